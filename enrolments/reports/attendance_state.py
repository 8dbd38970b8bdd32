"""How a run's participants stand: each day's mark, minutes, requirement, no-shows and late cancellations.

Read in a constant number of queries, however many participants and days. Minutes and requirement are
`results.py`'s; who had a seat, cancelled late or never came is defined here, as pure functions, and every
report agrees with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from courses.enums import HELD_STATUSES
from courses.models import AttendanceRule, CourseDay, CourseRun
from enrolments.enums import ON_THE_ROLL, AttendanceStatus, EnrolmentStatus, Requirement
from enrolments.models import Attendance, Enrolment
from enrolments.reports.results import DayMark, Result, minutes_present, result_of
from website.core.danish import DanishOrder


@dataclass(frozen=True, slots=True)
class DayState:
    """One participant's day. `minutes` present, as the rule counts them; `marked_at` None when not taken."""

    day_pk: int
    mark: DayMark
    minutes: int
    marked_at: datetime | None = None
    source: str = ""

    @property
    def status(self) -> str:
        return self.mark.status

    @property
    def is_taken(self) -> bool:
        return bool(self.mark.status)


@dataclass(frozen=True, slots=True)
class ParticipantState:
    """One participant on the run, with every day of it in order."""

    enrolment: Enrolment
    days: tuple[DayState, ...]
    result: Result
    is_booked: bool
    is_late_cancellation: bool
    is_no_show: bool

    @property
    def pk(self) -> int:
        return self.enrolment.pk

    @property
    def is_expected(self) -> bool:
        """Whether they still come: with a seat, or at the door without one."""
        return self.enrolment.status in ON_THE_ROLL

    @property
    def requirement(self) -> Requirement:
        return self.result.requirement


@dataclass(frozen=True, slots=True)
class RunState:
    """A run's days in order, the rule that is in force, and its participants in Danish order."""

    run: CourseRun
    rule: AttendanceRule
    days: list[CourseDay]
    participants: list[ParticipantState] = field(default_factory=list)

    @property
    def expected(self) -> list[ParticipantState]:
        return [person for person in self.participants if person.is_expected]

    @property
    def former(self) -> list[ParticipantState]:
        """Those who no longer come, and had a seat or were marked."""
        return [person for person in self.participants if not person.is_expected]


def had_seat(*, status: str, fee: Decimal | None, line_order: int | None) -> bool:
    """Whether this enrolment is *booked* on its run: has a seat, or had one when it was cancelled.

    Cancelling somebody with a seat always writes a fee (0 when it costs nothing), cancelling somebody in line
    never does; who never was in line has no place in it. Who was replaced or moved is not booked any more: the
    colleague, or the other run, is.
    """
    if status in ON_THE_ROLL:
        return True
    return status == EnrolmentStatus.CANCELLED and (fee is not None or line_order is None)


def cancelled_late(
    *, status: str, cancelled_at: datetime | None, first_date: date | None, cancel_in_time_days: int
) -> bool:
    """Whether somebody cancelled later than so many days before the run's first day, in Danish dates."""
    if status != EnrolmentStatus.CANCELLED or cancelled_at is None or first_date is None:
        return False
    return timezone.localdate(cancelled_at) > first_date - timedelta(days=cancel_in_time_days)


def never_came(
    *, marks: Iterable[DayMark], minutes: Iterable[int], is_booked: bool, is_cancelled: bool, is_late: bool
) -> bool:
    """Whether a booked participant of a run that is over is a no-show. (`marks`, `minutes`: of every day.)

    Booked, not cancelled in time, present not a minute of any day and excused from none. A day that is not
    taken is not absent, so nobody is a no-show while one is; except who cancelled late, whom nobody looks for.
    """
    if not is_booked or (is_cancelled and not is_late):
        return False
    marks = list(marks)
    if any(minutes) or any(mark.status == AttendanceStatus.EXCUSED for mark in marks):
        return False
    return is_cancelled or (bool(marks) and all(mark.status for mark in marks))


def state_of_run(run: CourseRun, *, at: datetime | None = None) -> RunState:
    """Return how everybody who is on the run's roll, had a seat on it or was marked on it stands at `at` (now).

    Five queries at most: days, course and rule (none for what `run` has fetched), participants, marks.
    """
    at = at or timezone.now()
    days, rule = run.ordered_days(), run.attendance_rule
    marks = _marks_of(run)
    enrolments = (
        Enrolment.objects.filter(run=run)
        .select_related("organisation", "registration")
        .order_by(DanishOrder("name"), "pk")
    )
    is_held = run.status in HELD_STATUSES
    is_over = is_held and bool(days) and max(day.ends_at for day in days) <= at
    participants = []
    for enrolment in enrolments:
        mine = marks.get(enrolment.pk, {})
        is_booked = had_seat(status=enrolment.status, fee=enrolment.fee, line_order=enrolment.line_order)
        if is_booked or mine:
            participants.append(
                participant_state(enrolment, mine, days, rule, is_booked=is_booked, is_held=is_held, is_over=is_over)
            )
    return RunState(run, rule, days, participants)


def results_of_run(run: CourseRun) -> dict[int, Result]:
    """Return each participant's result by enrolment number: of all on the roll, who had a seat, or was marked."""
    return {person.pk: person.result for person in state_of_run(run).participants}


def day_mark(day: CourseDay, attendance: Attendance | None) -> DayMark:
    """Return a participant's day: under the times the mark was taken under, else (not taken) the day's own."""
    if attendance is None or not attendance.status:
        return DayMark(day.planned_minutes)
    planned = int((attendance.planned_ends_at - attendance.planned_starts_at).total_seconds() // 60)
    return DayMark(planned, attendance.status, attendance.minutes_late, attendance.minutes_early)


def _marks_of(run: CourseRun) -> dict[int, dict[int, Attendance]]:
    """Return the marks that are taken, by participant and day."""
    found: dict[int, dict[int, Attendance]] = {}
    for mark in Attendance.objects.taken().filter(day__run=run).defer("reason", "note").order_by():
        found.setdefault(mark.enrolment_id, {})[mark.day_id] = mark
    return found


def participant_state(
    enrolment: Enrolment,
    mine: Mapping[int, Attendance],
    days: Iterable[CourseDay],
    rule: AttendanceRule,
    *,
    is_booked: bool,
    is_held: bool,
    is_over: bool,
) -> ParticipantState:
    """Return how one participant stands, from their marks by day, the run's days in order, and its rule."""
    shown, first_date = [], None
    for day in days:
        first_date = first_date or day.date
        attendance = mine.get(day.pk)
        mark = day_mark(day, attendance)
        minutes = minutes_present(mark, absent_after=rule.absent_after)
        shown.append(
            DayState(day.pk, mark, minutes, attendance.marked_at, attendance.source)
            if attendance
            else DayState(day.pk, mark, minutes)
        )
    marks = [state.mark for state in shown]
    is_late = (
        is_booked
        and is_held
        and cancelled_late(
            status=enrolment.status,
            cancelled_at=enrolment.cancelled_at,
            first_date=first_date,
            cancel_in_time_days=rule.cancel_in_time_days,
        )
    )
    is_no_show = is_over and never_came(
        marks=marks,
        minutes=[state.minutes for state in shown],
        is_booked=is_booked,
        is_cancelled=enrolment.status == EnrolmentStatus.CANCELLED,
        is_late=is_late,
    )
    return ParticipantState(enrolment, tuple(shown), result_of(marks, rule), is_booked, is_late, is_no_show)
