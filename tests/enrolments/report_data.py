"""Runs, participants and marks of every kind for reports, and what they come to, counted in plain Python.

`worlds` draws what happened; `build` writes it; `facts_of` and `bookings_of` count it again from the rows as they
lie in the tables, by the pure functions of `reports/results.py` and `attendance_state.py`, with no SQL of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import AttendanceRule, CourseDay, CourseRun
from enrolments.enums import ENDED_STATUSES, IN_LINE_STATUSES, ON_THE_ROLL, AttendanceStatus, EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.reports.attendance_state import cancelled_late, day_mark, had_seat, never_came
from enrolments.reports.results import DayMark, minutes_present, result_of
from tests.factories import CourseDayFactory, CoursePageFactory, CourseRunFactory, RegistrationFactory, municipality

#: Days that begin before and end after the clocks change (29 March 2026 and 26 October 2025), and ordinary ones.
SPRING, AUTUMN = date(2026, 3, 29), date(2025, 10, 26)
DEPARTMENTS = ["Kultur og Fritid", "Ældre & Ålborg", ""]
STATUSES = [status for status in EnrolmentStatus if status != EnrolmentStatus.OFFERED]


@dataclass(frozen=True)
class MarkPlan:
    status: str
    late: int | None
    early: int | None
    #: Taken before the day was moved, under other times.
    moved: bool
    #: (before, after, applied, days after the day)
    changes: tuple[tuple[str, str, bool, int], ...]


@dataclass(frozen=True)
class PersonPlan:
    run: int
    place: int
    department: str
    status: EnrolmentStatus
    #: So many days before (or after) the first day.
    cancelled: int
    booked: int
    fee: Decimal | None
    was_in_line: bool
    price: Decimal
    marks: tuple[MarkPlan | None, ...]


def _marks() -> st.SearchStrategy[MarkPlan | None]:
    statuses = st.sampled_from(["", *AttendanceStatus.values])
    changes = st.tuples(statuses, statuses, st.booleans(), st.sampled_from([0, 3, 30]))

    @st.composite
    def plan(draw: Any) -> MarkPlan:
        status = draw(statuses)
        late = draw(st.none() | st.integers(1, 400)) if status == AttendanceStatus.LATE else None
        attended = status in (AttendanceStatus.PRESENT, AttendanceStatus.LATE)
        early = draw(st.none() | st.integers(1, 400)) if attended else None
        return MarkPlan(status, late, early, draw(st.booleans()), tuple(draw(st.lists(changes, max_size=2))))

    return st.none() | plan()


def worlds() -> st.SearchStrategy[list[PersonPlan]]:
    """Draw participants, on one of five runs (see `build`), with up to three days' marks each."""
    money = st.integers(0, 300_000).map(lambda ore: Decimal(ore) / 100)
    person = st.builds(
        PersonPlan,
        run=st.integers(0, 4),
        place=st.integers(0, 2),
        department=st.sampled_from(DEPARTMENTS),
        status=st.sampled_from(STATUSES),
        cancelled=st.integers(-2, 5),
        booked=st.sampled_from([0, 6, 7, 13, 20, 30, 60, -1]),
        fee=st.none() | money,
        was_in_line=st.booleans(),
        price=money,
        marks=st.tuples(_marks(), _marks(), _marks()),
    )
    return st.lists(person, min_size=1, max_size=10)


@dataclass
class World:
    """What stands in the tables."""

    runs: list[CourseRun] = field(default_factory=list)
    places: list[tuple[Any, str]] = field(default_factory=list)


def make_runs() -> World:
    """Make five runs: of three days and of one across clock changes, one going on, one to come, one cancelled."""
    strict = AttendanceRule.objects.create(name="Streng", minimum_percent=90, absent_after=30, cancel_in_time_days=2)
    first, second = CoursePageFactory(attendance_rule=strict, title="Ærlig ledelse"), CoursePageFactory(title="Åbenhed")
    today = timezone.localdate()
    plans = [
        (first, RunStatus.OPEN, [SPRING - timedelta(days=7), SPRING, SPRING + timedelta(days=9)]),
        (second, RunStatus.CLOSED, [AUTUMN]),
        (second, RunStatus.OPEN, [today - timedelta(days=1), today, today + timedelta(days=20)]),
        (first, RunStatus.OPEN, [today + timedelta(days=40)]),
        (first, RunStatus.CANCELLED, [today - timedelta(days=90)]),
    ]
    world = World(places=[(municipality("0751"), ""), (municipality("0492"), ""), (None, "=Foreningen Æ")])
    for course, status, dates in plans:
        run = CourseRunFactory(course=course, status=status, capacity=None, with_days=0)
        for day in dates:
            clock = {"start_time": time(0, 30), "end_time": time(5)} if day in (SPRING, AUTUMN) else {}
            CourseDayFactory(run=run, date=day, **clock)
        world.runs.append(CourseRun.objects.get(pk=run.pk))
    return world


def build(world: World, people: list[PersonPlan]) -> None:
    """Write the participants, their marks and every change of them."""
    days = {run.pk: run.ordered_days() for run in world.runs}
    for n, plan in enumerate(people):
        run = world.runs[plan.run]
        organisation, name = world.places[plan.place]
        registration = RegistrationFactory(
            run=run, price=plan.price, organisation=organisation, organisation_name=name, payer=False
        )
        first = days[run.pk][0].date
        in_line = plan.status in IN_LINE_STATUSES
        enrolment = Enrolment.objects.create(
            registration=registration,
            run=run,
            name=f"=Åse {n}",
            email=f"person{n}@example.dk",
            department=plan.department,
            organisation=organisation,
            organisation_name=name,
            status=plan.status,
            cancelled_at=_noon(first - timedelta(days=plan.cancelled)) if plan.status in ENDED_STATUSES else None,
            fee=min(plan.fee, plan.price) if plan.fee is not None and plan.status in ENDED_STATUSES else None,
            line_order=n + 1 if in_line or plan.was_in_line else None,
        )
        Enrolment.objects.filter(pk=enrolment.pk).update(created_at=_noon(first - timedelta(days=plan.booked)))
        if not in_line:
            for day, mark in zip(days[run.pk], plan.marks, strict=False):
                if mark is not None:
                    _mark(enrolment, day, mark)


def _mark(enrolment: Enrolment, day: CourseDay, plan: MarkPlan) -> None:
    shift = timedelta(hours=2) if plan.moved else timedelta(0)
    attendance = Attendance.objects.create(
        enrolment=enrolment,
        day=day,
        status=plan.status,
        minutes_late=plan.late,
        minutes_early=plan.early,
        reason="Barnets læge" if plan.status == AttendanceStatus.EXCUSED else "",
        note="Kun for os",
        planned_starts_at=day.starts_at - shift / 2,
        planned_ends_at=day.ends_at + shift,
    )
    for before, after, applied, later in plan.changes:
        AttendanceChange.objects.create(
            attendance=attendance,
            old_status=before,
            new_status=after,
            is_applied=applied,
            at=_noon(day.date + timedelta(days=later)),
        )


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)))


@dataclass
class PlainFact:
    """One participant's day, in plain Python."""

    enrolment: Enrolment
    day: CourseDay
    mark: DayMark
    minutes: int
    corrections: list[AttendanceChange]


@dataclass
class PlainBooking:
    """One participant's days on a run, in plain Python."""

    enrolment: Enrolment
    facts: list[PlainFact]
    first_date: date
    is_held: bool
    is_over: bool
    is_booked: bool
    is_late: bool
    is_in_time: bool
    is_no_show: bool
    minutes: int
    spend: Decimal

    @property
    def is_due(self) -> bool:
        return self.is_over and self.is_booked and not self.is_in_time

    @property
    def result(self) -> Any:
        return result_of([fact.mark for fact in self.facts], self.enrolment.run.attendance_rule)


def facts_of() -> list[PlainFact]:
    """Return every day of everybody who is not in line."""
    marks = {(mark.enrolment_id, mark.day_id): mark for mark in Attendance.objects.all()}
    changes: dict[int, list[AttendanceChange]] = {}
    for change in AttendanceChange.objects.select_related("attendance__day__run__course"):
        is_correction = change.is_applied and change.old_status and change.old_status != change.new_status
        if is_correction:
            changes.setdefault(change.attendance_id, []).append(change)
    found = []
    for enrolment in Enrolment.objects.select_related("run__course__attendance_rule", "registration", "organisation"):
        if enrolment.status in IN_LINE_STATUSES:
            continue
        for day in enrolment.run.ordered_days():
            attendance = marks.get((enrolment.pk, day.pk))
            mark = day_mark(day, attendance)
            minutes = minutes_present(mark, absent_after=enrolment.run.attendance_rule.absent_after)
            corrections = changes.get(attendance.pk, []) if attendance else []
            found.append(PlainFact(enrolment, day, mark, minutes, corrections))
    return found


def bookings_of(facts: Iterable[PlainFact]) -> list[PlainBooking]:
    """Return what the facts come to for each participant on their run."""
    by_enrolment: dict[int, list[PlainFact]] = {}
    for fact in facts:
        by_enrolment.setdefault(fact.enrolment.pk, []).append(fact)
    return [_booking(days) for days in by_enrolment.values()]


def _booking(facts: list[PlainFact]) -> PlainBooking:
    enrolment = facts[0].enrolment
    run = enrolment.run
    rule = run.attendance_rule
    first_date = min(fact.day.date for fact in facts)
    is_held = run.status in HELD_STATUSES
    is_over = is_held and max(fact.day.ends_at for fact in facts) <= timezone.now()
    is_booked = had_seat(status=enrolment.status, fee=enrolment.fee, line_order=enrolment.line_order)
    is_cancelled = enrolment.status == EnrolmentStatus.CANCELLED
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
    has_seat = is_held and enrolment.status in ON_THE_ROLL
    return PlainBooking(
        enrolment=enrolment,
        facts=facts,
        first_date=first_date,
        is_held=is_held,
        is_over=is_over,
        is_booked=is_booked,
        is_late=is_late,
        is_in_time=is_booked and is_cancelled and not is_late,
        is_no_show=is_over
        and never_came(
            marks=[fact.mark for fact in facts],
            minutes=[fact.minutes for fact in facts],
            is_booked=is_booked,
            is_cancelled=is_cancelled,
            is_late=is_late,
        ),
        minutes=sum(fact.minutes for fact in facts),
        spend=enrolment.registration.price if has_seat else enrolment.fee or Decimal(0),
    )
