"""What every report tells of a participant and of who pays: the same columns, wherever the enrolment stands."""

from django.utils.translation import gettext_lazy

from enrolments.enums import EnrolmentStatus
from enrolments.reports.expressions import organisation_of
from website.core.exports import Column, Kind, label_of, local


def participant_columns(enrolment: str = "") -> list[Column]:
    """Return the columns. `enrolment` leads from a report's row to the enrolment, such as "enrolment__"."""
    return [
        Column("participant", gettext_lazy("Participant"), f"{enrolment}name", width=28),
        Column("email", gettext_lazy("Email address"), f"{enrolment}email", width=28, on_screen=False),
        Column("job_title", gettext_lazy("Title"), f"{enrolment}job_title", width=20, on_screen=False),
        Column("department", gettext_lazy("Department"), f"{enrolment}department", width=22, on_screen=False),
        Column("organisation", gettext_lazy("Organisation"), organisation_of(enrolment), width=26),
        Column(
            "municipality_code",
            gettext_lazy("Municipality code"),
            f"{enrolment}organisation__code",
            Kind.IDENTIFIER,
            10,
            on_screen=False,
        ),
        Column("ean", gettext_lazy("EAN number"), f"{enrolment}payer__ean", Kind.IDENTIFIER, 16, on_screen=False),
        Column(
            "order_reference",
            gettext_lazy("Order reference"),
            f"{enrolment}payer__order_reference",
            Kind.IDENTIFIER,
            18,
            on_screen=False,
        ),
        Column("enrolment_status", gettext_lazy("Enrolment"), label_of(f"{enrolment}status", EnrolmentStatus)),
        Column(
            "cancelled_at",
            gettext_lazy("Cancelled at"),
            local(f"{enrolment}cancelled_at"),
            Kind.DATETIME,
            17,
            on_screen=False,
        ),
    ]
