"""Take attendance. Every change of a mark is kept with who, when, from and to; none is ever lost.

The last mark of a participant wins; the one before stands in the history. A mark that changes
nothing writes nothing. All or nothing: when one mark is refused, none is written.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from courses.models import CourseDay, RunSeats
from enrolments.enums import AttendanceStatus, EnrolmentStatus, MarkSource
from enrolments.exceptions import EnrolmentError
from enrolments.models import Attendance, AttendanceChange, RollEntry
from website.accounts.models import User

#: Nobody is a whole day late.
MAX_MINUTES_LATE = 600


class AttendanceError(EnrolmentError):
    """Base of all refusals of a mark. Nothing has been changed when one is raised."""


class DayRemoved(AttendanceError):
    """The day is no longer there."""


class UnknownMark(AttendanceError):
    """The status is none of present, late, absent, excused; or the minutes do not belong to it."""


class NotOnTheRoll(AttendanceError):
    """These enrolments are not confirmed on the day's run; `names` of those who are known at all."""

    def __init__(self, enrolment_pks: Collection[int], names: Collection[str] = ()) -> None:
        super().__init__(f"{len(enrolment_pks)} not on the roll")
        self.enrolment_pks, self.names = list(enrolment_pks), list(names)


class NothingToUndo(AttendanceError):
    """There is no such change, or it has been undone already."""


class ChangedSince(AttendanceError):
    """Someone else has marked `names` after the change that was to be undone."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(f"{len(names)} changed since")
        self.names = list(names)


@dataclass(frozen=True)
class Mark:
    """What is marked. An empty status is *not taken*; minutes belong to `late` alone."""

    status: str
    minutes_late: int | None = None

    def check(self) -> None:
        """Raise UnknownMark unless this is a mark one can take."""
        if self.status and self.status not in AttendanceStatus.values:
            raise UnknownMark(self.status)
        if self.minutes_late is not None and (
            self.status != AttendanceStatus.LATE or not 1 <= self.minutes_late <= MAX_MINUTES_LATE
        ):
            raise UnknownMark(f"{self.minutes_late} minutes")


NOT_TAKEN = Mark("")


def mark(
    *,
    day: CourseDay,
    marks: Mapping[int, Mark],
    by: User | None,
    source: str = MarkSource.ROLL_CALL,
    at: datetime | None = None,
) -> list[AttendanceChange]:
    """Mark participants (by enrolment pk) on a day; return what really changed.

    Constant in queries, however many marks. Raises UnknownMark, DayRemoved, and NotOnTheRoll for
    someone on another run, waiting, or cancelled meanwhile.
    """
    for wanted in marks.values():
        wanted.check()
    with transaction.atomic():
        lock_roll(day)
        roll = {entry.enrolment_id: entry for entry in _entries(day).filter(enrolment__in=list(marks))}
        strangers = [pk for pk in marks if pk not in roll or roll[pk].enrolment.status != EnrolmentStatus.CONFIRMED]
        if strangers:
            _require_day(day)
            raise NotOnTheRoll(strangers, [roll[pk].enrolment.name for pk in strangers if pk in roll])
        return _write(((roll[pk], wanted) for pk, wanted in marks.items()), by=by, source=source, at=at)


def mark_untaken(
    *, day: CourseDay, status: str = AttendanceStatus.PRESENT, by: User | None, at: datetime | None = None
) -> list[AttendanceChange]:
    """Mark everyone confirmed whose attendance is not taken yet; marks that stand are left alone.

    Returns what changed. Raises DayRemoved and UnknownMark.
    """
    wanted = Mark(status)
    wanted.check()
    with transaction.atomic():
        lock_roll(day)
        untaken = [
            entry
            for entry in _entries(day).filter(enrolment__status=EnrolmentStatus.CONFIRMED)
            if _current(entry) == NOT_TAKEN
        ]
        if not untaken:
            _require_day(day)
        return _write(((entry, wanted) for entry in untaken), by=by, source=MarkSource.ROLL_CALL, at=at)


def undo(*, day: CourseDay, change_pk: int, by: User | None, at: datetime | None = None) -> list[AttendanceChange]:
    """Put back what one act of `by` changed: one mark, or all that were marked together.

    The act is named by any of its changes. It goes into the history as changes of their own, so an
    undo can be undone. Raises NothingToUndo, and ChangedSince when someone has marked one of them since.
    """
    with transaction.atomic():
        lock_roll(day)
        act = list(changes_of_act(day=day, change_pk=change_pk, by=by).select_related("attendance"))
        if not act:
            raise NothingToUndo
        roll = {
            entry.enrolment_id: entry
            for entry in _entries(day).filter(enrolment__in=[change.attendance.enrolment_id for change in act])
        }
        newest = dict(
            AttendanceChange.objects.filter(attendance__in=[change.attendance_id for change in act])
            .order_by("attendance_id", "-pk")
            .distinct("attendance_id")
            .values_list("attendance_id", "pk")
        )
        passed = [change for change in act if newest[change.attendance_id] != change.pk]
        if passed:
            raise ChangedSince([roll[change.attendance.enrolment_id].enrolment.name for change in passed])
        return _write(
            (
                (roll[change.attendance.enrolment_id], Mark(change.old_status, change.old_minutes_late))
                for change in act
            ),
            by=by,
            source=MarkSource.ROLL_CALL,
            at=at,
        )


def changes_of_act(*, day: CourseDay, change_pk: int, by: User | None) -> QuerySet[AttendanceChange]:
    """Return the changes that `by` made on the day in one act: those of the same instant as `change_pk`."""
    return AttendanceChange.objects.filter(
        attendance__day=day,
        by=by,
        at__in=AttendanceChange.objects.filter(pk=change_pk, attendance__day=day, by=by).values("at"),
    ).order_by("pk")


def lock_roll(day: CourseDay) -> None:
    """Lock the roll of the day's run for the rest of the transaction.

    Contract: one row for the run, the same that registration and cancellation lock first, so that
    nobody is cancelled between the check and the mark, two markers wait for each other instead of
    overwriting, and no order of locks can deadlock. Everything is read after it is held.
    """
    if not RunSeats.objects.select_for_update(no_key=True).filter(pk=day.run_id).values_list("pk", flat=True):
        raise DayRemoved


def _require_day(day: CourseDay) -> None:
    if not CourseDay.objects.filter(pk=day.pk).exists():
        raise DayRemoved


def _entries(day: CourseDay) -> QuerySet[RollEntry]:
    return RollEntry.objects.filter(day=day.pk).select_related("enrolment", "day", "attendance")


def _current(entry: RollEntry) -> Mark:
    if entry.attendance is None:
        return NOT_TAKEN
    return Mark(entry.attendance.status, entry.attendance.minutes_late)


def _write(
    wanted: Iterable[tuple[RollEntry, Mark]], *, by: User | None, source: str, at: datetime | None
) -> list[AttendanceChange]:
    """Write the marks that change something, and their history."""
    at = at or timezone.now()
    pairs = [(entry, new) for entry, new in wanted if _current(entry) != new]
    if not pairs:
        return []
    marks = Attendance.objects.bulk_create(
        (
            Attendance(
                enrolment_id=entry.enrolment_id,
                day_id=entry.day_id,
                status=new.status,
                minutes_late=new.minutes_late,
                planned_starts_at=entry.day.starts_at,
                planned_ends_at=entry.day.ends_at,
                marked_at=at,
                marked_by=by,
                source=source,
            )
            for entry, new in pairs
        ),
        update_conflicts=True,
        unique_fields=["enrolment", "day"],
        update_fields=[
            "status",
            "minutes_late",
            "planned_starts_at",
            "planned_ends_at",
            "marked_at",
            "marked_by",
            "source",
        ],
    )
    changes = []
    for (entry, new), attendance in zip(pairs, marks, strict=True):
        old = _current(entry)
        changes.append(
            AttendanceChange(
                attendance=attendance,
                old_status=old.status,
                new_status=new.status,
                old_minutes_late=old.minutes_late,
                new_minutes_late=new.minutes_late,
                at=at,
                by=by,
                source=source,
            )
        )
    return AttendanceChange.objects.bulk_create(changes)
