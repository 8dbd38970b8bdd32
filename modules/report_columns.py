"""What diploma modules add to the reports."""

from django.utils.translation import gettext_lazy as _

from enrolments.reports import enrolment_results, facts
from website.core.exports import Column, Kind


def contribute() -> None:
    """Let fact rows and results carry the ECTS of the module; empty for other courses.

    After what every run has: most rows have none, and the first columns are what a screen shows.
    """
    for columns, path, order in (
        (facts.columns, "enrolment__run__course", 95),
        (enrolment_results.columns, "run__course", 55),
    ):
        columns.add(
            "modules.ects",
            Column("ects", _("ECTS"), f"{path}__diplomamodulepage__ects", Kind.DECIMAL, width=8, on_screen=False),
            order=order,
        )
