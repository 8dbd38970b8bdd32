"""Check in at the door: participants mark themselves, by the code that stands there.

The door's code is judged when it arrives (enrolments.door_codes) and gives a permit; the permit and who somebody
is make a mark. What somebody types tells them no more than that it was right or not: an address that nobody has,
a code of another run, someone in line and someone who is cancelled all get the same answer. Only those who have
proven who they are (a secret link, a sign-in) are told how their own seat stands.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from courses.enums import HELD_STATUSES
from courses.models import CourseDay, CourseRun
from enrolments.check_in_codes import is_code_of, read_code
from enrolments.door_codes import Permit
from enrolments.enums import ATTENDED_STATUSES, ON_THE_ROLL, AttendanceStatus, MarkSource
from enrolments.exceptions import EnrolmentError
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import MAX_MINUTES_LATE, Mark, Tap

#: What a participant's QR code holds: an address whose last part is the code.
CODE_IN_ADDRESS = re.compile(r"https?://\S+/fremmoede/kode/([^/?#\s]+)/?\S*")


class CheckInError(EnrolmentError):
    """Base of all refusals of a check-in. Nothing has been changed when one is raised."""


class OutsideWindow(CheckInError):
    """Check-in has not opened yet, or is over, or the day is not held."""


class NotOnThisRoll(CheckInError):
    """Whoever it is, they cannot be marked: the staff at the door help them."""


class PermitSpent(CheckInError):
    """The permit has taken its mark: of somebody else, or one that has been changed since."""


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What came of it: the mark that stands, and whether it stood already."""

    enrolment: Enrolment
    day: CourseDay
    status: str
    minutes_late: int | None
    marked_at: datetime
    was_there: bool


def code_in(text: str) -> str:
    """Return the participant's code in what was typed or scanned: the code itself, or its address."""
    found = CODE_IN_ADDRESS.fullmatch(text.strip())
    return found[1] if found else text.strip()


def enrolment_by_code(*, run: CourseRun | int, code: str) -> Enrolment | None:
    """Return whose check-in code this is, on this run; None for a dead or forged one and for one of another run.

    In whatever state the enrolment is: the caller says who may do what.
    """
    found = enrolment_of_code(code)
    pk = run.pk if isinstance(run, CourseRun) else run
    return found if found is not None and found.run_id == pk else None


def enrolment_of_code(code: str) -> Enrolment | None:
    """Return whose check-in code this is, on any run; None for a dead or forged one."""
    read = read_code(code_in(code))
    # Nothing is found by a number that no column holds.
    if read is None or read[0] >= 2**63:
        return None
    found = Enrolment.objects.filter(pk=read[0], anonymised_at=None).first()
    return found if found is not None and is_code_of(code_in(code), found) else None


def opens_at(day: CourseDay) -> datetime:
    return day.starts_at - timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES)


def is_open(day: CourseDay, at: datetime) -> bool:
    """Whether participants check themselves in on that day at that instant."""
    return day.run.status in HELD_STATUSES and opens_at(day) <= at < day.ends_at


def open_days(at: datetime) -> QuerySet[CourseDay]:
    """Return the days on which participants check themselves in at that instant."""
    latest = at + timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES)
    return (
        CourseDay.objects.filter(run__status__in=HELD_STATUSES, starts_at__lte=latest, ends_at__gt=at)
        .select_related("run__course")
        .order_by("pk")
    )


def find_typed(typed: str, days: Collection[CourseDay]) -> tuple[Enrolment, CourseDay] | None:
    """Return who it is by what somebody typed: the address registered with, or their code. None if nobody is."""
    by_run = {day.run_id: day for day in days}
    if "\0" in typed:
        return None  # which no column holds
    if "@" in typed:
        return find_by_address([typed.strip().casefold()], days)
    found = enrolment_of_code(typed)
    if found is None or found.run_id not in by_run:
        return None
    return found, by_run[found.run_id]


def find_by_address(emails: Collection[str], days: Collection[CourseDay]) -> tuple[Enrolment, CourseDay] | None:
    """Return whoever is on one of the days' runs under one of these addresses: who may be marked before others."""
    by_run = {day.run_id: day for day in days}
    rows = Enrolment.objects.filter(run__in=by_run, email__in=emails, anonymised_at=None).exclude(email="")
    found = sorted(rows, key=lambda each: (each.status not in ON_THE_ROLL, not each.is_active, -each.pk))
    return (found[0], by_run[found[0].run_id]) if found else None


def check_in(*, enrolment: Enrolment, day: CourseDay, permit: Permit, at: datetime | None = None) -> CheckedIn:
    """Mark a participant present, or late, by their own hand.

    Someone who is marked as having come keeps that mark; any other mark gives way: the later tap wins. Raises
    OutsideWindow, NotOnThisRoll, PermitSpent, and what `attendance.take` raises.
    """
    at = at or timezone.now()
    with transaction.atomic():
        attendance.lock_roll(day)
        # Read under the lock: the day may have been moved, and the participant cancelled or marked meanwhile.
        current = CourseDay.objects.select_related("run").filter(pk=day.pk, pk__in=permit.days).first()
        if current is None or not is_open(current, at):
            raise OutsideWindow
        fresh = Enrolment.objects.filter(pk=enrolment.pk, run=current.run_id, status__in=ON_THE_ROLL).first()
        if fresh is None:
            raise NotOnThisRoll
        spent = AttendanceChange.objects.filter(mark_id=permit.mark_id).select_related("attendance").first()
        standing = Attendance.objects.filter(enrolment=fresh, day=current, status__in=ATTENDED_STATUSES).first()
        if spent and (standing is None or spent.attendance_id != standing.pk):
            raise PermitSpent
        if standing:
            return CheckedIn(fresh, current, standing.status, standing.minutes_late, standing.marked_at, was_there=True)
        mark = mark_at(current, at)
        taken = attendance.take(
            day=current,
            taps=[Tap(mark_id=permit.mark_id, enrolment=fresh.pk, mark=mark, at=at)],
            by=None,
            source=MarkSource.SELF,
        )
        if taken.refused:
            raise NotOnThisRoll
        return CheckedIn(fresh, current, mark.status, mark.minutes_late, at, was_there=False)


def mark_at(day: CourseDay, at: datetime) -> Mark:
    """Return the mark of somebody who comes at an instant: present within the grace, else late by so many minutes."""
    minutes = int((at - day.starts_at).total_seconds() // 60)
    if minutes <= settings.CHECK_IN_GRACE_MINUTES:
        return Mark(AttendanceStatus.PRESENT)
    return Mark(AttendanceStatus.LATE, min(minutes, MAX_MINUTES_LATE))
