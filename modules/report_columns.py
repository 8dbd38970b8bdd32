"""What diploma modules add to the reports."""

from django.utils.translation import gettext_lazy as _

from enrolments.reports import attendance
from website.core.exports import Column, Kind


def contribute() -> None:
    """Let the attendance report carry the ECTS of the module; empty for other courses."""
    attendance.columns.add(
        "modules.ects",
        Column(
            "ects", _("ECTS"), "enrolment__run__course__diplomamodulepage__ects", Kind.DECIMAL, width=8, on_screen=False
        ),
        order=25,
    )
