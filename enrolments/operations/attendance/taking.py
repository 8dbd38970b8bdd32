"""Take attendance. Every tap is kept with who, when, from and to; none is ever lost.

Per participant the later tap wins, by the instant it was tapped (ties by its id), whatever order taps reach us
in; one that comes in after a later one changes nothing and still stands in the history.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from courses.models import CourseDay
from enrolments.enums import ENDED_STATUSES, IN_LINE_STATUSES, ON_THE_ROLL, AttendanceStatus, MarkSource
from enrolments.models import AttendanceChange, Enrolment
from enrolments.operations.attendance.lines import Line, lines
from enrolments.operations.attendance.marks import (
    ChangedSince,
    DayRemoved,
    Mark,
    NothingToUndo,
    NotOnTheRoll,
    Refusal,
    Taken,
    Tap,
    UnknownMark,
)
from enrolments.operations.attendance.windows import Clock
from enrolments.operations.attendance.writing import MICROSECOND, merge, write_now
from website.accounts.models import User
from website.core.database import violated_constraint

MARK_ID_UNIQUE = "enrolments_attendancechange_mark_id_key"


def take(
    *,
    day: CourseDay,
    taps: Collection[Tap],
    by: User | None,
    source: str,
    device: str = "",
    clock_offset: int | None = None,
    received_at: datetime | None = None,
) -> Taken:
    """Take the taps of a device: the right ones are written, the wrong ones reported one by one.

    Constant in queries, however many taps. A tap whose `mark_id` is known is `repeated` and changes nothing. One
    that repeats the mark that stands still counts as a later tap. The window of correction is that of `by`, by the
    rule of the course (permissions.may_mark); without a user the caller answers for it. Whether `by` may take
    attendance on the run at all is the caller's to ask.
    """
    received_at = received_at or timezone.now()
    try:
        return _take(day, taps, by, source, device, clock_offset, received_at, foreign=frozenset())
    except IntegrityError as error:
        # An id that stands for a mark of another participant or day: rare, so it is looked for only now.
        if violated_constraint(error) != MARK_ID_UNIQUE:
            raise
        known = AttendanceChange.objects.filter(mark_id__in=[tap.mark_id for tap in taps]).exclude(
            attendance__day=day.pk, attendance__enrolment__in=[tap.enrolment for tap in taps]
        )
        foreign = frozenset(mark_id for mark_id in known.values_list("mark_id", flat=True) if mark_id)
        return _take(day, taps, by, source, device, clock_offset, received_at, foreign=foreign)


def _take(
    day: CourseDay,
    taps: Collection[Tap],
    by: User | None,
    source: str,
    device: str,
    clock_offset: int | None,
    received_at: datetime,
    *,
    foreign: frozenset[UUID],
) -> Taken:
    taken = Taken()
    if not taps:
        return taken
    with transaction.atomic():
        roll: dict[int, Line] = {}
        try:
            lock_roll(day)
            wanted = {tap.enrolment for tap in taps}
            roll = lines(day, enrolments=wanted, mark_ids=[tap.mark_id for tap in taps])
            explained = _why_not(day, wanted - roll.keys())
        except DayRemoved:
            explained = dict.fromkeys((tap.enrolment for tap in taps), Refusal.DAY_REMOVED)
        clock = Clock(day, by, received_at)
        good = []
        seen: set[UUID] = set()
        owner = {mark_id: pk for pk, line in roll.items() for mark_id in line.known_ids}
        for tap in _within_time(taps, received_at):
            if owner.get(tap.mark_id) == tap.enrolment or tap.mark_id in seen:
                taken.repeated.append(tap.mark_id)
                continue
            seen.add(tap.mark_id)
            refusal = (
                Refusal.ID_REUSED
                if tap.mark_id in foreign or tap.mark_id in owner
                else explained.get(tap.enrolment) or _refusal(tap, roll[tap.enrolment], clock)
            )
            if refusal:
                taken.refuse(tap.mark_id, refusal)
            else:
                good.append(tap)
        taken.changes = merge(
            good, roll, by=by, source=source, device=device, clock_offset=clock_offset, received_at=received_at
        )
    return taken


def _within_time(taps: Iterable[Tap], received_at: datetime) -> list[Tap]:
    """Return the taps in order of time, none after it was received: those that claim to be keep their order."""
    ordered = sorted(taps, key=lambda tap: (tap.at, tap.mark_id))
    limit = received_at
    for n in reversed(range(len(ordered))):
        if ordered[n].at <= limit:
            break
        ordered[n] = replace(ordered[n], at=limit)
        limit -= MICROSECOND
    return ordered


def _refusal(tap: Tap, line: Line, clock: Clock) -> Refusal | None:
    """Return why the tap of someone on the run is not taken, or None."""
    try:
        tap.mark.check()
    except UnknownMark as error:
        return error.refusal
    standing = line.standing
    if standing in IN_LINE_STATUSES:
        return Refusal.IN_LINE
    if standing in ENDED_STATUSES:
        return Refusal(standing)
    return clock.refusal(tap, line.date)


def _why_not(day: CourseDay, strangers: Collection[int]) -> dict[int, Refusal]:
    """Return why each of these is not on the day's roll. Raises DayRemoved. No query when there is nobody."""
    if not strangers:
        return {}
    _require_day(day)
    elsewhere = set(Enrolment.objects.filter(pk__in=strangers).values_list("pk", flat=True))
    return {pk: Refusal.OTHER_RUN if pk in elsewhere else Refusal.UNKNOWN for pk in strangers}


def mark(
    *,
    day: CourseDay,
    marks: Mapping[int, Mark],
    by: User | None,
    source: str = MarkSource.ROLL_CALL,
    at: datetime | None = None,
) -> list[AttendanceChange]:
    """Mark participants (by enrolment pk) on a day, now and all or nothing; return what really changed.

    A mark that changes nothing writes nothing. Constant in queries, however many marks. Raises UnknownMark,
    DayRemoved, and NotOnTheRoll for someone on another run, waiting, or cancelled meanwhile. The window of
    correction is the caller's to ask for (permissions.may_mark).
    """
    for wanted in marks.values():
        wanted.check()
    with transaction.atomic():
        lock_roll(day)
        roll = lines(day, enrolments=marks.keys())
        strangers = [pk for pk in marks if pk not in roll or roll[pk].standing not in ON_THE_ROLL]
        if strangers:
            _require_day(day)
            raise NotOnTheRoll(strangers, [roll[pk].name for pk in strangers if pk in roll])
        return write_now(((roll[pk], wanted) for pk, wanted in marks.items()), by=by, source=source, at=at)


def mark_untaken(
    *, day: CourseDay, status: str = AttendanceStatus.PRESENT, by: User | None, at: datetime | None = None
) -> list[AttendanceChange]:
    """Mark everyone on the roll whose attendance is not taken yet; marks that stand are left alone.

    Returns what changed. Raises DayRemoved and UnknownMark.
    """
    wanted = Mark(status)
    wanted.check()
    with transaction.atomic():
        lock_roll(day)
        untaken = [line for line in lines(day).values() if line.standing in ON_THE_ROLL and not line.mark.status]
        if not untaken:
            _require_day(day)
        return write_now(
            ((line, replace(wanted, note=line.mark.note)) for line in untaken),
            by=by,
            source=MarkSource.ROLL_CALL,
            at=at,
        )


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
        roll = lines(day, enrolments=[change.attendance.enrolment_id for change in act])
        newest = dict(
            AttendanceChange.objects.filter(attendance__in=[change.attendance_id for change in act], is_applied=True)
            .order_by("attendance_id", "-pk")
            .distinct("attendance_id")
            .values_list("attendance_id", "pk")
        )
        passed = [change for change in act if newest[change.attendance_id] != change.pk]
        if passed:
            raise ChangedSince([roll[change.attendance.enrolment_id].name for change in passed])
        return write_now(
            ((roll[change.attendance.enrolment_id], Mark.before(change)) for change in act),
            by=by,
            source=MarkSource.ROLL_CALL,
            at=at,
        )


def changes_of_act(*, day: CourseDay, change_pk: int, by: User | None) -> QuerySet[AttendanceChange]:
    """Return the changes that `by` made on the day in one act: those of the same instant as `change_pk`."""
    applied = AttendanceChange.objects.filter(attendance__day=day, by=by, is_applied=True)
    return applied.filter(at__in=applied.filter(pk=change_pk).values("at")).order_by("pk")


def lock_roll(day: CourseDay) -> None:
    """Lock the roll of the day's run for the rest of the transaction.

    Contract: one row for the run, the same that registration and cancellation lock first, so that
    nobody is cancelled between the check and the mark, two markers wait for each other instead of
    overwriting, and no order of locks can deadlock. Everything is read after it is held.
    """
    with connection.cursor() as cursor:
        # By hand, for this is done at each tap: the same as `select_for_update(no_key=True)`.
        cursor.execute("SELECT FROM courses_runseats WHERE run_id = %s FOR NO KEY UPDATE", [day.run_id])
        if not cursor.rowcount:
            raise DayRemoved


def _require_day(day: CourseDay) -> None:
    if not CourseDay.objects.filter(pk=day.pk).exists():
        raise DayRemoved
