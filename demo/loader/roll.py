"""Attendance on the days that were held before today, with every change kept."""

from datetime import datetime, timedelta
from random import Random

from courses.models import CourseDay, CourseRun
from demo.loader.ledger import Ledger
from demo.loader.users import ORGANISER, PRESENTER
from enrolments.enums import AttendanceStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from website.accounts.models import User

MARKS = {
    AttendanceStatus.PRESENT: 84,
    AttendanceStatus.LATE: 6,
    AttendanceStatus.ABSENT: 6,
    AttendanceStatus.EXCUSED: 4,
}
#: In a roll with gaps, how many were never marked: not taken, which is not absent.
NOT_TAKEN = 0.12
#: How many were first marked absent and came after all.
CAME_AFTER_ALL = 0.5


def load(ledger: Ledger) -> None:
    """Take the roll of the new runs' past days."""
    attendance: list[Attendance] = []
    changes: list[AttendanceChange] = []
    for run, entry in ledger.runs:
        taker = _taker(run)
        held = [day for day in run.ordered_days() if day.date < ledger.today] if "attendance" in entry else []
        confirmed = list(Enrolment.objects.confirmed().filter(run=run).order_by("pk")) if held else []
        for day in held:
            for enrolment in confirmed:
                if entry["attendance"] == "gaps" and ledger.random.random() < NOT_TAKEN:
                    continue
                mark, history = _mark(enrolment, day, taker, ledger.random)
                attendance.append(mark)
                changes.extend(history)
    Attendance.objects.bulk_create(attendance, batch_size=500)
    AttendanceChange.objects.bulk_create(changes, batch_size=500)


def _taker(run: CourseRun) -> User | None:
    """Return who held the phone: the presenter who can sign in if it was their run, else the organiser."""
    own = CourseDay.objects.filter(run=run, presenters__user__email=PRESENTER).exists()
    return User.objects.filter(email=PRESENTER if own else ORGANISER).first()


def _mark(
    enrolment: Enrolment, day: CourseDay, taker: User | None, random: Random
) -> tuple[Attendance, list[AttendanceChange]]:
    status = random.choices(list(MARKS), list(MARKS.values()))[0]
    minutes_late = random.choice([5, 10, 15, 20, 30, 45]) if status == AttendanceStatus.LATE else None
    first_mark = day.starts_at + timedelta(minutes=random.randint(1, 4), seconds=random.randint(0, 59))
    attendance = Attendance(
        enrolment=enrolment,
        day=day,
        status=status,
        minutes_late=minutes_late,
        planned_starts_at=day.starts_at,
        planned_ends_at=day.ends_at,
        marked_at=first_mark,
        marked_by=taker,
    )
    if status != AttendanceStatus.LATE or random.random() > CAME_AFTER_ALL:
        return attendance, [_change(attendance, "", status, first_mark)]
    attendance.marked_at = day.starts_at + timedelta(minutes=minutes_late or 0, seconds=30)
    return attendance, [
        _change(attendance, "", AttendanceStatus.ABSENT, first_mark),
        _change(attendance, AttendanceStatus.ABSENT, AttendanceStatus.LATE, attendance.marked_at),
    ]


def _change(attendance: Attendance, old: str, new: str, at: datetime) -> AttendanceChange:
    return AttendanceChange(
        attendance=attendance,
        old_status=old,
        new_status=new,
        new_minutes_late=attendance.minutes_late if new == AttendanceStatus.LATE else None,
        at=at,
        by=attendance.marked_by,
        source=attendance.source,
    )
