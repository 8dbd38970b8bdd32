"""What certificates add to the report per participant and run: when the valid one was issued, and its code."""

from django.db.models import CharField, DateField, ExpressionWrapper, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy

from enrolments.models import Certificate
from enrolments.reports import enrolment_results
from website.core.exports import Column, Kind

VALID = Certificate.objects.filter(enrolment=OuterRef("pk"), revoked_at=None, anonymised_at=None).order_by()

enrolment_results.columns.add(
    "certificate",
    Column(
        "certificate",
        gettext_lazy("Certificate"),
        ExpressionWrapper(Subquery(VALID.values(day=TruncDate("issued_at"))[:1]), DateField()),
        Kind.DATE,
        12,
    ),
    order=300,
)
enrolment_results.columns.add(
    "certificate_code",
    Column(
        "certificate_code",
        gettext_lazy("Certificate's code"),
        Coalesce(Subquery(VALID.values("code")[:1], output_field=CharField()), Value("")),
        Kind.IDENTIFIER,
        17,
        on_screen=False,
    ),
    order=310,
)
