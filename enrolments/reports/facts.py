"""Fact rows: one per participant and day. Everything else that is counted can be counted again from these.

Screen, CSV and XLSX read `columns`, one definition, to which other apps add their own
(`columns.add("modules.ects", Column(…), order=…)` in their `AppConfig.ready`). Reasons of the excused, dietary
needs and notes are in no column.
"""

from typing import Any, TypeVar

from django.db.models import Case, CharField, Expression, QuerySet, TimeField, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.enums import IN_LINE_STATUSES, AttendanceStatus, MarkSource
from enrolments.models import Fact
from enrolments.querysets import RollEntryQuerySet
from enrolments.reports.expressions import MARKED_BY
from enrolments.reports.kinds import Choices
from enrolments.reports.participant_columns import participant_columns
from website.accounts.typing import AnyUser
from website.core.exports import Column, Kind, label_of, local
from website.core.registry import Registry

QuerySetT = TypeVar("QuerySetT", bound=QuerySet[Any])

columns: Registry[Column] = Registry()

NOT_TAKEN = gettext_lazy("Not taken")

PLACE = Case(
    When(day__venue__isnull=False, then=Concat("day__venue__name", Value(", "), "day__venue__city")),
    When(
        enrolment__run__venue__isnull=False,
        then=Concat("enrolment__run__venue__name", Value(", "), "enrolment__run__venue__city"),
    ),
    When(enrolment__run__online_link__gt="", then=Value(gettext_lazy("Online"), output_field=CharField())),
    default=Value(""),
)


def _taken(path: str | Expression) -> Case:
    """What stands on the mark, but only while one is taken: an undone mark has no time and no hand."""
    return Case(When(status__gt="", then=path))


def _clock(instant: str) -> Cast:
    return Cast(local(instant), TimeField())


for _order, _column in enumerate(
    [
        Column("course", gettext_lazy("Course"), "enrolment__run__course__title", width=40),
        Column("run", gettext_lazy("Run"), "enrolment__run__label", width=18),
        Column("run_number", gettext_lazy("Run no."), "enrolment__run_id", Kind.INTEGER, 8, on_screen=False),
        Column("date", gettext_lazy("Date"), "day__date", Kind.DATE, 12),
        Column("starts", gettext_lazy("Planned start"), _clock("starts_at"), Kind.TIME, 9, on_screen=False),
        Column("ends", gettext_lazy("Planned end"), _clock("ends_at"), Kind.TIME, 9, on_screen=False),
        Column(
            "minutes_planned",
            gettext_lazy("Planned minutes"),
            "minutes_planned",
            Kind.INTEGER,
            9,
            on_screen=False,
        ),
        Column("place", gettext_lazy("Place"), PLACE, width=28, on_screen=False),
        Column("presenters", gettext_lazy("Presenters"), "presenters", width=28, on_screen=False),
        *participant_columns("enrolment__"),
        Column(
            "mark",
            pgettext_lazy("attendance", "Attendance"),
            label_of("status", AttendanceStatus, blank=NOT_TAKEN),
            width=12,
        ),
        Column("arrived", gettext_lazy("Arrived"), _clock("arrived_at"), Kind.TIME, 9, on_screen=False),
        Column("left", pgettext_lazy("time", "Left"), _clock("left_at"), Kind.TIME, 9, on_screen=False),
        Column("minutes_present", gettext_lazy("Minutes present"), "minutes_present", Kind.INTEGER, 9),
        Column("minutes_late", gettext_lazy("Minutes late"), "attendance__minutes_late", Kind.INTEGER, 9),
        Column(
            "minutes_early",
            gettext_lazy("Left early (minutes)"),
            "attendance__minutes_early",
            Kind.INTEGER,
            9,
            on_screen=False,
        ),
        Column(
            "source",
            gettext_lazy("Marked how"),
            _taken(label_of("attendance__source", MarkSource)),
            width=18,
            on_screen=False,
        ),
        Column(
            "marked_at",
            gettext_lazy("Marked at"),
            _taken(local("attendance__marked_at")),
            Kind.DATETIME,
            17,
            on_screen=False,
        ),
        Column("marked_by", gettext_lazy("Marked by"), _taken(MARKED_BY), width=22, on_screen=False),
        Column("corrections", gettext_lazy("Corrections"), "corrections", Kind.INTEGER, 10, on_screen=False),
    ]
):
    columns.add(_column.name, _column, order=(_order + 1) * 10)


def entries(user: AnyUser, choices: Choices | None = None) -> RollEntryQuerySet:
    """Return the fact rows as `user` may see them: the expected, by day, run and name.

    The confirmed, walk-ins, and those who no longer come (cancelled, replaced, moved) and were marked; with
    `with_cancelled` all who no longer come. Never those in line. The period is that of the days.
    """
    choices = choices or Choices()
    found = Fact.objects.visible_to(user)
    found = found.exclude(enrolment__status__in=IN_LINE_STATUSES) if choices.with_cancelled else found.expected()
    found = narrowed(found, choices, enrolment="enrolment__", day="day__")
    return found.in_danish_order("day__date", "day__start_time", "enrolment__run_id")


def narrowed(found: QuerySetT, choices: Choices, *, enrolment: str, day: str | None) -> QuerySetT:
    """Return those of the chosen courses, runs, organisations, departments and days.

    `enrolment` and `day` are the paths to them, with their `__`; without `day` the period is left to the caller.
    """
    chosen: dict[str, Any] = {
        f"{enrolment}run__course__in": choices.courses,
        f"{enrolment}run__in": choices.runs,
        f"{enrolment}organisation__in": choices.organisations,
        f"{enrolment}department__in": choices.departments,
    }
    if day is not None:
        chosen |= {f"{day}date__gte": choices.start, f"{day}date__lte": choices.end}
    return found.filter(**{path: value for path, value in chosen.items() if value})
