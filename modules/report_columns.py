"""What diploma modules add to the reports."""

from django.utils.translation import gettext_lazy as _

from enrolments.reports import enrolment_results, facts
from website.core.exports import Column, Kind


def contribute() -> None:
    """Let fact rows and results carry the ECTS of the module; empty for other courses."""
    for columns, path in ((facts.columns, "enrolment__run__course"), (enrolment_results.columns, "run__course")):
        columns.add(
            "modules.ects",
            Column("ects", _("ECTS"), f"{path}__diplomamodulepage__ects", Kind.DECIMAL, width=8, on_screen=False),
            order=25,
        )
