"""Runs × days: how many came on each. Of one run: who was marked what, and room to sign where nothing is marked."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseDay
from enrolments.enums import IN_LINE_STATUSES, ON_THE_ROLL, AttendanceStatus
from enrolments.models import Enrolment
from enrolments.reports import facts
from enrolments.reports.expressions import ORGANISATION
from enrolments.reports.kinds import Choices, Table
from enrolments.reports.sums import frame_of, with_room
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

_PEOPLE = [
    Column("participant", gettext_lazy("Participant"), "", width=28),
    Column("organisation", gettext_lazy("Organisation"), "", width=26),
]
_RUNS = [
    Column("course", gettext_lazy("Course"), "", width=40),
    Column("run", gettext_lazy("Run"), "", width=18),
    Column("first_date", gettext_lazy("From"), "", Kind.DATE, 12),
]
_ATTENDED = Column("attended", gettext_lazy("Days attended"), "", Kind.INTEGER, 9)


def columns() -> Sequence[Column]:
    """Return the columns that are always there when several runs are chosen; a column for each day comes between."""
    return [*_RUNS, _ATTENDED]


def matrix(user: AnyUser, choices: Choices) -> Table:
    """Return a row per run with how many came on each of its days; of one run, a row per participant.

    The totals say how many came on each day.
    """
    return _of_one_run(user, choices) if len(choices.runs) == 1 else _of_runs(user, choices)


def _of_one_run(user: AnyUser, choices: Choices) -> Table:
    people: dict[int, dict[str, Any]] = {}
    for number, name, place, day, status, minutes in (
        facts.entries(user, choices)
        .order_by("day__date")
        .values_list("enrolment_id", "enrolment__name", ORGANISATION, "day__date", "status", "minutes_present")
    ):
        row = people.setdefault(number, {"participant": name, "organisation": place or "", "days": {}})
        row["days"][day] = (status, minutes)
    dates: list[date] = sorted({day for row in people.values() for day in row["days"]})
    labels = {"": "", **{status.value: str(status.label) for status in AttendanceStatus}}
    records = []
    for row in sorted(people.values(), key=lambda row: (not row["participant"], danish_key(row["participant"]))):
        marks = [row["days"].get(day, ("", 0)) for day in dates]
        cells = [labels[status] for status, _minutes in marks]
        attended = sum(minutes > 0 for _status, minutes in marks)
        records.append((row["participant"] or _("Name to follow"), row["organisation"], *cells, attended))
    days = [
        Column(f"day_{n}", date_format(day, "SHORT_DATE_FORMAT"), "", width=14) for n, day in enumerate(dates, start=1)
    ]
    shown = [*_PEOPLE, *days, _ATTENDED]
    there = [sum(row["days"].get(day, ("", 0))[1] > 0 for row in people.values()) for day in dates]
    totals = {column.name: str(count) for column, count in zip(days, there, strict=True)}
    return Table(shown, frame_of(records, [column.name for column in shown]), {**totals, "attended": sum(there)})


def _of_runs(user: AnyUser, choices: Choices) -> Table:
    came = dict(
        with_room(
            facts.entries(user, choices)
            .order_by()
            .filter(status__gt="")
            .values_list("day_id")
            .annotate(came=Count("enrolment_id", filter=Q(minutes_present__gt=0)))
        )
    )
    runs: dict[int, list[tuple[date, int]]] = {}
    named: dict[int, tuple[str, str]] = {}
    for day, number, title, label, on in _days(user, choices, list(came)):
        runs.setdefault(number, []).append((on, came.get(day, 0)))
        named[number] = (title, label)
    most = max(map(len, runs.values()), default=0)
    records = []
    for number, found in runs.items():
        found.sort()
        cells = [count for _on, count in found]
        records.append((*named[number], found[0][0], *cells, *[None] * (most - len(cells)), sum(cells)))
    records.sort(key=lambda record: (record[2], danish_key(record[0]), danish_key(record[1])))
    days = [Column(f"day_{n}", _("Day %(number)s") % {"number": n}, "", Kind.INTEGER, 8) for n in range(1, most + 1)]
    shown = [*_RUNS, *days, _ATTENDED]
    frame = frame_of(records, [column.name for column in shown])
    totals = {column.name: sum(value or 0 for value in frame[column.name].tolist()) for column in (*days, _ATTENDED)}
    return Table(shown, frame, totals)


def _days(user: AnyUser, choices: Choices, marked: list[int]) -> QuerySet:
    """Return the days on which somebody is to come or was marked."""
    people = Enrolment.objects.visible_to(user).filter(run=OuterRef("run"))
    people = (
        people.exclude(status__in=IN_LINE_STATUSES) if choices.with_cancelled else people.filter(status__in=ON_THE_ROLL)
    )
    expected = CourseDay.objects.filter(Exists(facts.narrowed(people, choices, enrolment="", day=None)))
    if choices.start:
        expected = expected.filter(date__gte=choices.start)
    if choices.end:
        expected = expected.filter(date__lte=choices.end)
    found = expected.order_by() | CourseDay.objects.filter(pk__in=marked).order_by()
    return found.values_list("pk", "run_id", "run__course__title", "run__label", "date")
