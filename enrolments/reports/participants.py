"""A run's participants as a table that leaves the house. Health data and internal notes stay inside."""

from collections.abc import Iterator, Sequence
from typing import IO

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, LPad, NullIf
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.enums import BillingMethod, EnrolmentStatus
from enrolments.models import Enrolment
from website.core.exports import Column, Kind, csv_blocks, label_of, local, open_workbook, rows, snapshot, write_sheet


def columns() -> Sequence[Column]:
    """Return the columns, in order."""
    number = Concat(Value("T"), LPad(Cast("registration_id", CharField()), 6, Value("0")), output_field=CharField())
    organisation = Coalesce("organisation__official_name", "organisation_name")
    return [
        Column("name", gettext_lazy("Name"), "name", width=28),
        Column("email", gettext_lazy("E-mail"), "email", width=30),
        Column("job_title", gettext_lazy("Job title"), "job_title", width=22),
        Column("department", gettext_lazy("Department or workplace"), "department", width=24),
        Column("organisation", gettext_lazy("Organisation"), organisation, width=26),
        Column("municipality_code", gettext_lazy("Municipality code"), "organisation__code", Kind.IDENTIFIER, width=12),
        Column("status", gettext_lazy("Status"), label_of("status", EnrolmentStatus), width=20),
        Column("number", gettext_lazy("Registration"), number, width=12),
        Column("registered", pgettext_lazy("when", "Registered"), local("created_at"), Kind.DATETIME, width=17),
        Column("contact", gettext_lazy("Contact person"), "registration__contact_name", width=26),
        Column("contact_email", gettext_lazy("Contact's e-mail"), "registration__contact_email", width=30),
        Column("contact_phone", gettext_lazy("Contact's telephone"), "registration__contact_phone", width=16),
        Column("price", gettext_lazy("Price (DKK, excl. VAT)"), "registration__price", Kind.DECIMAL, width=12),
        Column("fee", gettext_lazy("Fee (DKK, excl. VAT)"), "fee", Kind.DECIMAL, width=12),
        Column("payer", gettext_lazy("Payer"), "payer__name", width=26),
        Column("billing", gettext_lazy("Billing"), label_of("payer__billing_method", BillingMethod), width=18),
        Column("ean", gettext_lazy("EAN number"), NullIf("payer__ean", Value("")), Kind.IDENTIFIER, width=16),
        Column("order", gettext_lazy("Order or requisition number"), "payer__order_reference", width=20),
        Column("reference", gettext_lazy("Reference person"), "payer__person_reference", width=24),
        Column("invoice_email", gettext_lazy("E-mail for the invoice"), "payer__invoice_email", width=28),
    ]


def csv(found: QuerySet[Enrolment]) -> Iterator[bytes]:
    """Yield the participants as CSV for Danish Excel."""
    return csv_blocks(found, columns())


def xlsx(found: QuerySet[Enrolment], output: IO[bytes], *, title: str) -> int:
    """Write the participants as one sheet; return how many there are."""
    table = columns()
    with snapshot(), open_workbook(output) as workbook:
        return write_sheet(workbook, title, table, rows(found, table).iterator(chunk_size=2000))
