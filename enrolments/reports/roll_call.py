"""What a roll call shows: who is expected on a day, how they are marked, and how many."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseDay
from enrolments.enums import ON_THE_ROLL, AttendanceStatus, EnrolmentStatus
from enrolments.models import AttendanceChange, RollEntry
from enrolments.reports.expressions import MARKED_BY, ORGANISATION
from website.accounts.typing import AnyUser


@dataclass(frozen=True)
class RollRow:
    """One participant on the day."""

    pk: int
    name: str
    job_title: str
    organisation: str
    standing: str
    link_version: int
    status: str
    minutes_late: int | None
    minutes_early: int | None
    reason: str
    note: str
    marked_at: datetime | None
    marked_by: str

    @property
    def is_expected(self) -> bool:
        return self.standing in ON_THE_ROLL

    @property
    def is_walk_in(self) -> bool:
        """Whether they came when every seat was taken."""
        return self.standing == EnrolmentStatus.WALK_IN

    @property
    def standing_label(self) -> str:
        """How the enrolment stands in words: cancelled, replaced by a colleague, moved to another run."""
        return str(EnrolmentStatus(self.standing).label)

    @property
    def byline(self) -> str:
        """Return "title, organisation", without what is not filled in."""
        return ", ".join(part for part in (self.job_title, self.organisation) if part)

    @property
    def mark_text(self) -> str:
        """Return the mark in words: "Late 12 min., at 9.14 by Kim Jensen"."""
        if not self.status or self.marked_at is None:
            return _("Not taken")
        return _("%(mark)s, at %(time)s by %(who)s") % {
            "mark": mark_label(self.status, self.minutes_late, self.minutes_early),
            "time": time_format(timezone.localtime(self.marked_at), "TIME_FORMAT"),
            "who": self.marked_by or _("someone who is no longer a user"),
        }


@dataclass(frozen=True)
class Roll:
    """The roll of a day. `former`: those who no longer come and were marked all the same."""

    rows: list[RollRow]
    former: list[RollRow]

    @property
    def counts(self) -> dict[str, int]:
        """How many of the expected are marked what; "" counts those not taken."""
        counter = Counter(row.status for row in self.rows)
        return {status: counter[status] for status in (*AttendanceStatus.values, "")}

    @property
    def untaken(self) -> int:
        return self.counts[""]

    @property
    def count_texts(self) -> list[tuple[str, int, str]]:
        """Return (status, number, words) for each kind of mark: ("present", 12, "present")."""
        counts = self.counts
        words = {
            AttendanceStatus.PRESENT: _("present"),
            AttendanceStatus.LATE: _("late"),
            AttendanceStatus.ABSENT: _("absent"),
            AttendanceStatus.EXCUSED: _("excused"),
            "": _("not taken"),
        }
        return [(str(status), counts[status], word) for status, word in words.items()]


def mark_label(status: str, minutes_late: int | None = None, minutes_early: int | None = None) -> str:
    """Return a mark in words: "Present", "Late 12 min., left 20 min. early", "Not taken"."""
    if not status:
        return _("Not taken")
    label = str(AttendanceStatus(status).label)
    if minutes_late:
        label = _("%(mark)s %(minutes)s min.") % {"mark": label, "minutes": minutes_late}
    if minutes_early:
        label = _("%(mark)s, left %(minutes)s min. early") % {"mark": label, "minutes": minutes_early}
    return label


def roll_of(day: CourseDay, *, of: QuerySet | Collection[int] | None = None) -> Roll:
    """Return the roll of the day in Danish order: one query, however long it is. `of`: these participants alone."""
    entries = (
        RollEntry.objects.filter(day=day.pk) if of is None else RollEntry.objects.filter(day=day.pk, enrolment__in=of)
    )
    found = (
        entries.expected()
        .in_danish_order()
        .values_list(
            "enrolment_id",
            "enrolment__name",
            "enrolment__job_title",
            ORGANISATION,
            F("enrolment__status"),
            "enrolment__link_version",
            Coalesce("attendance__status", Value("")),
            "attendance__minutes_late",
            "attendance__minutes_early",
            Coalesce("attendance__reason", Value("")),
            Coalesce("attendance__note", Value("")),
            "attendance__marked_at",
            Coalesce(MARKED_BY, Value("")),
        )
    )
    rows = [
        RollRow(pk, name or _("Name to follow"), title, organisation, standing, *mark)
        for pk, name, title, organisation, standing, *mark in found
    ]
    return Roll([row for row in rows if row.is_expected], [row for row in rows if not row.is_expected])


def last_act(day: CourseDay, user: AnyUser) -> list[AttendanceChange]:
    """Return the changes of what `user` last did on the day: one mark, or all marked together."""
    mine = AttendanceChange.objects.filter(attendance__day=day, by=user, is_applied=True)
    newest = mine.order_by("-pk").values("at")[:1]
    return list(mine.filter(at=newest).select_related("attendance__enrolment").order_by("pk"))


def act_text(changes: Iterable[AttendanceChange], names: dict[int, str] | None = None) -> str:
    """Return what an act did, in words: "Anna And: Present" or "12 participants: Present"."""
    changes = list(changes)
    first = changes[0]
    marks = {mark_label(change.new_status, change.new_minutes_late, change.new_minutes_early) for change in changes}
    mark = marks.pop() if len(marks) == 1 else _("different marks")
    if len(changes) == 1:
        who = names[first.attendance.enrolment_id] if names else first.attendance.enrolment.name
    else:
        who = ngettext("%(count)s participant", "%(count)s participants", len(changes)) % {"count": len(changes)}
    return _("%(who)s: %(mark)s") % {"who": who, "mark": mark}
