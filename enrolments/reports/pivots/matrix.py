"""Participants × days of a run: who was marked what on which day, and room to sign where nothing is marked yet."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus
from enrolments.reports import facts
from enrolments.reports.expressions import ORGANISATION
from enrolments.reports.kinds import Choices, Table
from enrolments.reports.sums import frame_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

_BEFORE = [
    Column("participant", gettext_lazy("Participant"), "", width=28),
    Column("organisation", gettext_lazy("Organisation"), "", width=26),
    Column("course", gettext_lazy("Course"), "", width=32),
    Column("run", gettext_lazy("Run"), "", width=18),
]
_AFTER = [Column("attended", gettext_lazy("Days attended"), "", Kind.INTEGER, 9)]


def columns() -> Sequence[Column]:
    """Return the columns that are always there; between them stands one for each day."""
    return [*_BEFORE, *_AFTER]


def matrix(user: AnyUser, choices: Choices) -> Table:
    """Return a row per participant and run, with the mark of each day; the total says how many were there.

    The days of one run are named by their dates; those of several by their number, with the date in the cell.
    """
    people = (
        facts.entries(user, choices)
        .order_by()
        .values(
            number=F("enrolment_id"),
            run_number=F("enrolment__run_id"),
            participant=F("enrolment__name"),
            place_of_work=ORGANISATION,
            course=F("enrolment__run__course__title"),
            run=F("enrolment__run__label"),
        )
        .annotate(
            dates=ArrayAgg("day__date", order_by="day__date"),
            marks=ArrayAgg("status", order_by="day__date"),
            minutes=ArrayAgg("minutes_present", order_by="day__date"),
        )
    )
    found = sorted(people, key=lambda each: (each["dates"][0], each["run_number"], danish_key(each["participant"])))
    runs = {each["run_number"] for each in found}
    # With one run, a day is a date, though somebody may not have it in what was chosen.
    days: list[Any] = sorted({day for each in found for day in each["dates"]}) if len(runs) == 1 else []
    if not days:
        days = list(range(max((len(each["dates"]) for each in found), default=0)))
    labels = {"": "", **{status.value: str(status.label) for status in AttendanceStatus}}
    there = [0] * len(days)
    records = []
    for each in found:
        cells = [""] * len(days)
        attended = 0
        for n, (day, mark, minutes) in enumerate(zip(each["dates"], each["marks"], each["minutes"], strict=True)):
            at = days.index(day) if len(runs) == 1 else n
            cells[at] = labels[mark] if len(runs) == 1 else f"{date_format(day, 'SHORT_DATE_FORMAT')} {labels[mark]}"
            if mark in ATTENDED_STATUSES and minutes:
                there[at] += 1
                attended += 1
        named = each["participant"] or _("Name to follow")
        records.append((named, each["place_of_work"] or "", each["course"], each["run"], *cells, attended))
    day_columns = [
        Column(
            f"day_{n}",
            date_format(day, "SHORT_DATE_FORMAT") if len(runs) == 1 else _("Day %(number)s") % {"number": n + 1},
            "",
            width=14 if len(runs) == 1 else 22,
        )
        for n, day in enumerate(days)
    ]
    shown = [*_BEFORE, *day_columns, *_AFTER]
    frame = frame_of(records, [column.name for column in shown])
    totals = {column.name: str(count) for column, count in zip(day_columns, there, strict=True)}
    return Table(shown, frame, {**totals, "attended": sum(there)})
