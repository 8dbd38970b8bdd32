"""Marks typed in from paper or a file: only what was changed, and never over what somebody else has marked since."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from courses.models import CourseDay
from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.attendance import NOT_TAKEN, DayRemoved, Mark, Tap, lock_roll, take
from website.accounts.models import User


@dataclass(frozen=True, slots=True)
class TypedMark:
    """What was typed for a participant, and the mark that stood there when it was (notes aside).

    `hides_reason`: whoever typed sees no reasons of others, so that none stands in `seen` either.
    """

    enrolment: int
    mark: Mark
    seen: Mark = NOT_TAKEN
    hides_reason: bool = False


@dataclass
class Typed:
    """What became of it, by enrolment: written, in conflict with the mark that stands now, or refused in words."""

    changes: list[AttendanceChange] = field(default_factory=list)
    conflicts: dict[int, Attendance | None] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


def type_in(*, day: CourseDay, marks: Sequence[TypedMark], by: User, source: str) -> Typed:
    """Take these marks; those of somebody who was marked otherwise since they were seen are left as they are.

    A mark that stands already is left alone, and the note on one that is changed stays. Constant in queries.
    Raises DayRemoved. The window of correction is checked one by one (`take`).
    """
    typed = Typed()
    if not marks:
        return typed
    with transaction.atomic():
        lock_roll(day)
        if not CourseDay.objects.filter(pk=day.pk).exists():
            raise DayRemoved
        # Read after the lock is held: nobody marks between this and the writing.
        standing = {
            mark.enrolment_id: mark
            for mark in Attendance.objects.filter(
                day=day.pk, enrolment__in=[mark.enrolment for mark in marks]
            ).select_related("marked_by")
        }
        at, taps = timezone.now(), {}
        for wanted in marks:
            attendance = standing.get(wanted.enrolment)
            current = Mark.of(attendance)
            if _without_note(current) == _without_note(wanted.mark):
                continue
            shown = replace(current, reason="") if wanted.hides_reason else current
            if _without_note(shown) != _without_note(wanted.seen):
                typed.conflicts[wanted.enrolment] = attendance
                continue
            tap = Tap(uuid4(), wanted.enrolment, replace(wanted.mark, note=current.note), at)
            taps[tap.mark_id] = tap
        taken = take(day=day, taps=list(taps.values()), by=by, source=source, received_at=at)
        typed.changes = taken.changes
        typed.refused = {taps[refused.mark_id].enrolment: refused.text for refused in taken.refused}
    return typed


def _without_note(mark: Mark) -> Mark:
    return replace(mark, note="")
