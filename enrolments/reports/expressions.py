"""What several reports say of an entry of the roll, as PostgreSQL evaluates it."""

from django.db.models import CharField, Value
from django.db.models.functions import Coalesce, Concat, NullIf, Trim


def organisation_of(enrolment: str) -> Coalesce:
    """Return a participant's organisation by its official name, else as written in the form."""
    return Coalesce(
        NullIf(f"{enrolment}organisation__official_name", Value("")),
        f"{enrolment}organisation__name",
        f"{enrolment}organisation_name",
        output_field=CharField(),
    )


ORGANISATION = organisation_of("enrolment__")
#: Who took the mark: the name, else the address they sign in with.
MARKED_BY = Coalesce(
    NullIf(
        Trim(Concat("attendance__marked_by__first_name", Value(" "), "attendance__marked_by__last_name")), Value("")
    ),
    "attendance__marked_by__email",
    output_field=CharField(),
)
