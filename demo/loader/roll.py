"""Attendance on the days that were held before today, with every tap kept: late, early, excused, by several hands."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from courses.models import CourseDay, CourseRun
from demo.loader.ledger import Ledger
from demo.loader.users import ORGANISER, PRESENTER
from enrolments.enums import AttendanceStatus, MarkSource
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations.attendance import Mark
from website.accounts.models import User

MARKS = {
    AttendanceStatus.PRESENT: 84,
    AttendanceStatus.LATE: 6,
    AttendanceStatus.ABSENT: 6,
    AttendanceStatus.EXCUSED: 4,
}
#: Of a run so small that everybody came.
ALL_CAME = {AttendanceStatus.PRESENT: 1}
#: Of a run of many days: so many stay away that some are at risk.
MARKS_OF_MANY_DAYS = {
    AttendanceStatus.PRESENT: 72,
    AttendanceStatus.LATE: 10,
    AttendanceStatus.ABSENT: 8,
    AttendanceStatus.EXCUSED: 10,
}
#: In a roll with gaps, how many were never marked: not taken, which is not absent.
NOT_TAKEN = 0.12
#: How many were first marked absent and came after all.
CAME_AFTER_ALL = 0.5
#: How many of those who came left early.
LEFT_EARLY = 0.04
#: How many marks a second device took too, while it was offline: kept, and of no effect.
TAKEN_TWICE = 0.06
#: Written while the run goes on. Reasons go when it is over, as health data does.
REASONS = ("Syg", "Barns 1. sygedag", "Møde i byrådet", "Syg", "Begravelse")
NOTES = ("Ringede om morgenen", "Måtte køre til en borger", "Toget var forsinket")
SOURCES = {MarkSource.ROLL_CALL: 70, MarkSource.SCAN: 15, MarkSource.SELF: 15}


@dataclass(frozen=True)
class Taking:
    """How the roll of a run was taken."""

    mode: str
    taker: User | None
    is_over: bool
    is_last_past: bool
    random: Random


def load(ledger: Ledger) -> None:
    """Take the roll of the new runs' past days."""
    attendance: list[Attendance] = []
    changes: list[AttendanceChange] = []
    for run, entry in ledger.runs:
        taker, days = _taker(run), run.ordered_days()
        held = [day for day in days if day.date < ledger.today] if "attendance" in entry else []
        confirmed = list(Enrolment.objects.confirmed().filter(run=run).order_by("pk")) if held else []
        for day in held:
            taking = Taking(entry["attendance"], taker, held == days, day == held[-1], ledger.random)
            for enrolment in confirmed:
                if taking.random.random() < _untaken(taking):
                    continue
                mark, history = _mark(enrolment, day, taking)
                attendance.append(mark)
                changes.extend(history)
    Attendance.objects.bulk_create(attendance, batch_size=500)
    AttendanceChange.objects.bulk_create(changes, batch_size=500)


def _untaken(taking: Taking) -> float:
    """Return how many were never marked. Of a run that goes on, half of the latest day is still to be typed in."""
    if taking.mode == "rich":
        return 0.5 if taking.is_last_past else 0.0
    return NOT_TAKEN if taking.mode == "gaps" else 0.0


def _taker(run: CourseRun) -> User | None:
    """Return who held the phone: the presenter who can sign in if it was their run, else the organiser."""
    own = CourseDay.objects.filter(run=run, presenters__user__email=PRESENTER).exists()
    return User.objects.filter(email=PRESENTER if own else ORGANISER).first()


def _mark(enrolment: Enrolment, day: CourseDay, taking: Taking) -> tuple[Attendance, list[AttendanceChange]]:
    random = taking.random
    odds = {"rich": MARKS_OF_MANY_DAYS, "all": ALL_CAME}.get(taking.mode, MARKS)
    mark = _drawn(AttendanceStatus(random.choices(list(odds), list(odds.values()))[0]), taking)
    source = MarkSource(random.choices(list(SOURCES), list(SOURCES.values()))[0])
    first_at = day.starts_at + timedelta(minutes=random.randint(1, 4), seconds=random.randint(0, 59))
    steps = [(mark, first_at)]
    if mark.status == AttendanceStatus.LATE:
        came_at = day.starts_at + timedelta(minutes=mark.minutes_late or 0, seconds=30)
        steps = [(mark, came_at)]
        if random.random() <= CAME_AFTER_ALL:
            steps.insert(0, (Mark(AttendanceStatus.ABSENT), first_at))
    if mark.minutes_early:
        # Marked when they came, and again when they left.
        steps.insert(-1, (replace(mark, minutes_early=None), first_at))
        steps[-1] = (mark, day.ends_at - timedelta(minutes=mark.minutes_early))
    if mark.status not in (AttendanceStatus.PRESENT, AttendanceStatus.LATE):
        source = MarkSource.ROLL_CALL
    attendance = Attendance(
        enrolment=enrolment,
        day=day,
        planned_starts_at=day.starts_at,
        planned_ends_at=day.ends_at,
        marked_at=steps[-1][1],
        marked_by=None if source == MarkSource.SELF else taking.taker,
        source=source,
        **vars(mark),
    )
    history, before = [], Mark("")
    for step, at in steps:
        history.append(_change(attendance, before, step, at))
        before = step
    if random.random() < TAKEN_TWICE:
        history.append(_too_late(attendance, before, first_at, random))
    return attendance, history


def _drawn(status: AttendanceStatus, taking: Taking) -> Mark:
    """Return a mark of this status with minutes, and with words while the run goes on."""
    random = taking.random
    mark = Mark(status)
    if status == AttendanceStatus.LATE:
        mark = replace(mark, minutes_late=random.choice([5, 10, 15, 20, 30, 45]))
    elif status == AttendanceStatus.PRESENT and random.random() < LEFT_EARLY:
        mark = replace(mark, minutes_early=random.choice([15, 30, 45, 60]))
    if taking.mode == "rich" and not taking.is_over:
        if status == AttendanceStatus.EXCUSED:
            mark = replace(mark, reason=random.choice(REASONS))
        if random.random() < 0.08:
            mark = replace(mark, note=random.choice(NOTES))
    return mark


def _too_late(attendance: Attendance, stands: Mark, at: datetime, random: Random) -> AttendanceChange:
    """Return the tap of a second device, taken first and received when the later one stood."""
    change = _change(attendance, stands, Mark(AttendanceStatus.ABSENT), at - timedelta(seconds=20))
    change.received_at = attendance.marked_at + timedelta(minutes=random.randint(20, 180))
    change.is_applied = False
    change.device = "telefon-2"
    change.clock_offset = random.choice([-45, 3, 190])
    change.source = MarkSource.ROLL_CALL
    return change


def _change(attendance: Attendance, old: Mark, new: Mark, at: datetime) -> AttendanceChange:
    return AttendanceChange(
        attendance=attendance,
        **{f"old_{name}": value for name, value in vars(old).items()},
        **{f"new_{name}": value for name, value in vars(new).items()},
        at=at,
        received_at=at,
        by=attendance.marked_by,
        source=attendance.source,
    )
