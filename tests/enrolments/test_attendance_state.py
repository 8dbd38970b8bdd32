"""How a run's participants stand: minutes, requirement, no-shows and late cancellations, in constant queries."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import AttendanceRule, CourseRun
from enrolments.enums import EnrolmentStatus, Requirement
from enrolments.models import Enrolment
from enrolments.reports.attendance_state import cancelled_late, had_seat, results_of_run, state_of_run
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> CourseRun:
    """A run of three days of seven hours that is over."""
    return CourseRunFactory(first_day=timezone.localdate() - timedelta(days=60), with_days=3)


def marked(run: CourseRun, enrolment: Enrolment, *statuses: str, **fields) -> Enrolment:
    """Mark the run's days in order; "" leaves one untaken."""
    for day, status in zip(run.ordered_days(), statuses, strict=False):
        if status:
            AttendanceFactory(enrolment=enrolment, day=day, status=status, **fields)
    return enrolment


def cancelled(run: CourseRun, *, days_before: int, **fields) -> Enrolment:
    first = run.ordered_days()[0].date
    at = timezone.make_aware(datetime.combine(first - timedelta(days=days_before), time(12)))
    return EnrolmentFactory(run=run, status=EnrolmentStatus.CANCELLED, cancelled_at=at, **fields)


def standing(run: CourseRun, enrolment: Enrolment):
    return {person.pk: person for person in state_of_run(run).participants}[enrolment.pk]


def test_results_count_the_minutes_of_every_day(run):
    anna = marked(run, EnrolmentFactory(run=run), "present", "late")
    anna.attendance.filter(status="late").update(minutes_late=60, minutes_early=30)

    result = results_of_run(run)[anna.pk]

    assert (result.minutes_planned, result.minutes_attended, result.minutes_open) == (1260, 420 + 330, 420)
    assert (result.days_planned, result.days_taken, result.days_attended) == (3, 2, 2)
    assert result.requirement == Requirement.AT_RISK


def test_a_mark_is_worth_the_minutes_it_was_taken_under_and_an_untaken_one_the_days_own(run):
    anna = marked(run, EnrolmentFactory(run=run), "present", "present")
    first, second, _third = run.ordered_days()
    for day in (first, second):
        day.end_time = time(12)
        day.save()
    anna.attendance.filter(day=second).update(status="")

    result = results_of_run(CourseRun.objects.get(pk=run.pk))[anna.pk]

    assert (result.minutes_planned, result.minutes_attended) == (420 + 180 + 420, 420)


def test_a_rule_of_the_course_decides(run):
    anna = marked(run, EnrolmentFactory(run=run), "present", "present", "absent")
    assert results_of_run(run)[anna.pk].requirement == Requirement.OUT_OF_REACH

    run.course.attendance_rule = AttendanceRule.objects.create(name="Halvdelen", minimum_percent=50)
    run.course.save()

    assert results_of_run(CourseRun.objects.get(pk=run.pk))[anna.pk].is_met


def test_who_counts_on_a_run(run):
    """On the roll, had a seat, or was marked; never who waited, was replaced or moved."""
    seated, walked_in = EnrolmentFactory(run=run), EnrolmentFactory(run=run, status=EnrolmentStatus.WALK_IN)
    gone = cancelled(run, days_before=30)
    left_line = cancelled(run, days_before=30, line_order=7)
    seated_from_line = cancelled(run, days_before=30, line_order=8, fee=Decimal(0))
    waiting = EnrolmentFactory(run=run, waiting=True)
    moved = EnrolmentFactory(run=run, status=EnrolmentStatus.MOVED, cancelled_at=timezone.now(), fee=Decimal(0))
    replaced_midway = marked(
        run, EnrolmentFactory(run=run, status=EnrolmentStatus.REPLACED, cancelled_at=timezone.now()), "present"
    )

    found = {person.pk: person for person in state_of_run(run).participants}

    assert set(found) == {e.pk for e in (seated, walked_in, gone, seated_from_line, replaced_midway)}
    assert not {left_line.pk, waiting.pk, moved.pk} & set(found)
    assert not found[replaced_midway.pk].is_booked
    assert {person.pk for person in state_of_run(run).expected} == {seated.pk, walked_in.pk}


@pytest.mark.parametrize(
    ("days_before", "in_time_days", "is_late"),
    [(2, 1, False), (1, 1, False), (0, 1, True), (14, 14, False), (13, 14, True), (0, 0, False)],
)
def test_cancelling_is_late_by_the_rules_days(days_before, in_time_days, is_late):
    first = date(2026, 12, 9)
    # Half past eleven at night in Denmark: a day later than in UTC would be wrong.
    at = timezone.make_aware(datetime.combine(first - timedelta(days=days_before), time(23, 30)))

    found = cancelled_late(
        status=EnrolmentStatus.CANCELLED, cancelled_at=at, first_date=first, cancel_in_time_days=in_time_days
    )

    assert found is is_late


def test_no_shows(run):
    never = marked(run, EnrolmentFactory(run=run), "absent", "absent", "absent")
    late_cancel = cancelled(run, days_before=0)
    came_once = marked(run, EnrolmentFactory(run=run), "absent", "late", "absent")
    excused_once = marked(run, EnrolmentFactory(run=run), "absent", "excused", "absent")
    not_taken = marked(run, EnrolmentFactory(run=run), "absent", "absent", "")
    in_time = cancelled(run, days_before=5)

    assert standing(run, never).is_no_show
    assert standing(run, late_cancel).is_no_show
    assert standing(run, late_cancel).is_late_cancellation
    for enrolment in (came_once, excused_once, not_taken, in_time):
        assert not standing(run, enrolment).is_no_show, enrolment.name
    assert not standing(run, in_time).is_late_cancellation


def test_who_came_too_late_to_count_is_a_no_show_by_the_rule(run):
    bo = marked(run, EnrolmentFactory(run=run), "late", "absent", "absent")
    bo.attendance.filter(status="late").update(minutes_late=90)
    assert not standing(run, bo).is_no_show

    AttendanceRule.objects.create(name="Standard", absent_after=60, is_default=True)

    assert standing(run, bo).is_no_show


def test_nobody_is_a_no_show_before_the_run_is_over_or_when_it_was_cancelled(run):
    coming = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=7), with_days=3)
    anna = marked(coming, EnrolmentFactory(run=coming), "absent", "absent", "absent")
    assert not standing(coming, anna).is_no_show

    bo = marked(run, EnrolmentFactory(run=run), "absent", "absent", "absent")
    CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)
    assert not standing(CourseRun.objects.get(pk=run.pk), bo).is_no_show


@pytest.mark.parametrize(
    ("status", "fee", "line_order", "booked"),
    [
        ("confirmed", None, None, True),
        ("walk_in", None, None, True),
        ("cancelled", None, None, True),
        ("cancelled", Decimal(0), 3, True),
        ("cancelled", None, 3, False),
        ("waiting", None, 3, False),
        ("offered", None, 3, False),
        ("moved", Decimal(0), None, False),
        ("replaced", None, None, False),
    ],
)
def test_who_had_a_seat(status, fee, line_order, booked):
    assert had_seat(status=status, fee=fee, line_order=line_order) is booked


def test_the_number_of_queries_does_not_grow(run):
    def measured() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            results_of_run(CourseRun.objects.get(pk=run.pk))
        return len(queries)

    marked(run, EnrolmentFactory(run=run), "present")
    few = measured()
    for _n in range(10):
        marked(run, EnrolmentFactory(run=run), "present", "absent", "late")
    assert measured() == few
