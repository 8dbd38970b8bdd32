"""Corrections: which marks that stood were changed to what, and how long after the day.

A correction is a change of a mark or of its minutes that took effect; the first mark is none, and neither is one
that came in after a later tap.
"""

from collections.abc import Sequence

import pandas as pd
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.enums import ENDED_STATUSES, IN_LINE_STATUSES, ON_THE_ROLL, AttendanceStatus
from enrolments.models import AttendanceChange, Enrolment
from enrolments.reports import facts
from enrolments.reports.facts import NOT_TAKEN
from enrolments.reports.kinds import Chart, Choices, Table
from enrolments.reports.sums import DaysBetween, frame_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

_COUNTS = ("same_day", "week", "later", "corrections")
COLUMNS: Sequence[Column] = [
    Column("course", gettext_lazy("Course"), "", width=40),
    Column("before", pgettext_lazy("mark", "Before"), "", width=18),
    Column("after", pgettext_lazy("mark", "After"), "", width=18),
    Column("same_day", gettext_lazy("On the day"), "", Kind.INTEGER, 11),
    Column("week", gettext_lazy("Within a week"), "", Kind.INTEGER, 11),
    Column("later", gettext_lazy("Later"), "", Kind.INTEGER, 11),
    Column("corrections", gettext_lazy("Corrections"), "", Kind.INTEGER, 11),
]


def corrections(user: AnyUser, choices: Choices) -> Table:
    """Return a row per course and kind of change, among the marks of the fact rows chosen."""
    same = Q(old_status=F("new_status")) & Q(known_old_late=F("known_new_late"), known_old_early=F("known_new_early"))
    changed = (
        _changes(user, choices)
        .annotate(
            known_old_late=Coalesce("old_minutes_late", Value(-1)),
            known_new_late=Coalesce("new_minutes_late", Value(-1)),
            known_old_early=Coalesce("old_minutes_early", Value(-1)),
            known_new_early=Coalesce("new_minutes_early", Value(-1)),
            days=DaysBetween(TruncDate("at"), "attendance__day__date"),
        )
        .exclude(same)
        .order_by()
        .values_list(
            "attendance__day__run__course__title",
            "old_status",
            "new_status",
        )
        .annotate(
            same_day=Count("pk", filter=Q(days__lte=0)),
            week=Count("pk", filter=Q(days__gt=0, days__lte=7)),
            later=Count("pk", filter=Q(days__gt=7)),
            corrections=Count("pk"),
        )
    )
    labels = {"": str(NOT_TAKEN), **{status.value: str(status.label) for status in AttendanceStatus}}
    places = {name: n for n, name in enumerate([*AttendanceStatus.values, ""])}
    found = sorted(changed, key=lambda each: (danish_key(each[0]), places[each[1]], places[each[2]]))
    records = [(course, labels[old], labels[new], *counts) for course, old, new, *counts in found]
    frame = frame_of(records, [column.name for column in COLUMNS])
    return Table(
        columns=COLUMNS,
        frame=frame,
        total={name: sum(frame[name].tolist()) for name in _COUNTS},
        chart=Chart("stacked", "course", ["same_day", "week", "later"], gettext_lazy("Corrections by course")),
        charted=_by_course(frame),
    )


def _changes(user: AnyUser, choices: Choices) -> QuerySet[AttendanceChange]:
    """Return what was changed of the marks of `facts.entries`: reached from the changes, which are few."""
    found = AttendanceChange.objects.filter(
        is_applied=True, attendance__enrolment__in=Enrolment.objects.visible_to(user)
    ).exclude(old_status="")
    if choices.with_cancelled:
        found = found.exclude(attendance__enrolment__status__in=IN_LINE_STATUSES)
    else:
        found = found.filter(
            Q(attendance__enrolment__status__in=ON_THE_ROLL)
            | Q(attendance__enrolment__status__in=ENDED_STATUSES, attendance__status__gt="")
        )
    return facts.narrowed(found, choices, enrolment="attendance__enrolment__", day="attendance__day__")


def _by_course(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.groupby("course", as_index=False, sort=False)[list(_COUNTS)].sum()
