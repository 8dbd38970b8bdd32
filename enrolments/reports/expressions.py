"""What several reports say of an entry of the roll, as PostgreSQL evaluates it."""

from django.db.models import CharField, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim

#: The participant's organisation by its official name, else as written in the form.
ORGANISATION = Coalesce(
    NullIf("enrolment__organisation__official_name", Value("")),
    "enrolment__organisation__name",
    "enrolment__organisation_name",
    output_field=CharField(),
)
#: Who took the mark: the name, else the address they sign in with.
MARKED_BY = Coalesce(
    NullIf(
        Trim(Concat("attendance__marked_by__first_name", Value(" "), "attendance__marked_by__last_name")), Value("")
    ),
    "attendance__marked_by__email",
    output_field=CharField(),
)
