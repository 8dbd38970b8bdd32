"""What somebody asked for: a kind of report, its choices, and the period by name, so that it moves with the calendar.

The same as JSON is what a saved report, a job's row and a mail's link keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from courses.models import CoursePage, CourseRun, Organisation
from enrolments.reports.kinds import Choices, ReportKind, report_kinds
from enrolments.reports.periods import OWN, PERIODS, span_of
from website.core.danish import DanishOrder, listed


class UnknownReport(Exception):
    """There is no such kind of report (any more)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A kind and its choices. `period` names one of PERIODS; otherwise the choices' own days stand."""

    kind: ReportKind
    choices: Choices
    period: str = OWN

    @classmethod
    def from_json(cls, kind: str, data: Mapping[str, Any]) -> "Asked":
        """Return what was kept. Raises UnknownReport; ValueError for a date or a number that is none."""
        try:
            found = report_kinds.get(kind)
        except KeyError as error:
            raise UnknownReport(kind) from error
        period = data.get("period", OWN)
        return cls(found, Choices.from_json(data), period if period in PERIODS else OWN)

    def to_json(self) -> dict[str, Any]:
        """Return the choices as JSON types; a period by name instead of the days it means today."""
        if self.period not in PERIODS:
            return self.choices.to_json()
        return replace(self.choices, start=None, end=None).to_json() | {"period": self.period}

    def on(self, day: date) -> Choices:
        """Return the choices as they are meant on that day."""
        if self.period not in PERIODS:
            return self.choices
        start, end = span_of(self.period, day)
        return replace(self.choices, start=start, end=end)

    def fixed(self, day: date) -> "Asked":
        """Return the same with the days its period means on that day: what was ordered then."""
        return Asked(self.kind, self.on(day), OWN)


@dataclass(frozen=True, slots=True)
class Named:
    """What the numbers in a report's choices are called, and how many of them are no more."""

    courses: list[str]
    runs: list[str]
    organisations: list[str]
    missing: int

    @classmethod
    def of(cls, choices: Choices) -> "Named":
        """Look the names up: three queries at most, however many there are."""
        courses = CoursePage.objects.filter(pk__in=choices.courses).order_by(DanishOrder("title"))
        runs = CourseRun.objects.filter(pk__in=choices.runs).select_related("course").order_by("pk")
        organisations = Organisation.objects.filter(pk__in=choices.organisations).order_by(DanishOrder("name"))
        found = (
            [course.title for course in courses] if choices.courses else [],
            [str(run) for run in runs] if choices.runs else [],
            [str(organisation) for organisation in organisations] if choices.organisations else [],
        )
        asked = len(set(choices.courses)) + len(set(choices.runs)) + len(set(choices.organisations))
        return cls(*found, missing=asked - sum(len(names) for names in found))


def days_in_words(choices: Choices) -> str:
    """Return the period: "1. januar 2026 – 31. december 2026"; in words too when an end is open."""
    start, end = (day and date_format(day, "DATE_FORMAT") for day in (choices.start, choices.end))
    if start and end:
        return start if start == end else f"{start} – {end}"
    if start:
        return _("from %(day)s") % {"day": start}
    return _("until %(day)s") % {"day": end} if end else _("All days")


def choices_in_words(choices: Choices, *, named: Named | None = None) -> list[tuple[str, str]]:
    """Return what was chosen as pairs (what, which), for the head of a printed report. Nobody is named in it."""
    named = named or Named.of(choices)
    pairs = [
        (_("Period"), days_in_words(choices)),
        (_("Courses"), listed(named.courses)),
        (_("Runs"), listed(named.runs)),
        (_("Municipalities"), listed(named.organisations)),
        (_("Departments"), listed(list(choices.departments))),
        (pgettext("participants of a report", "Cancelled"), _("included") if choices.with_cancelled else ""),
    ]
    if named.missing:
        pairs.append((_("No longer there"), missing_in_words(named.missing)))
    return [(what, which) for what, which in pairs if which]


def missing_in_words(count: int) -> str:
    return ngettext(
        "%(count)s choice has been deleted since, and finds nothing.",
        "%(count)s choices have been deleted since, and find nothing.",
        count,
    ) % {"count": count}
