"""Who may answer: before, at the end, at the follow-up; and the roll that follows them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.check_in_codes import check_in_code
from enrolments.enums import AttendanceStatus, EnrolmentStatus
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Evaluation, Voter
from evaluations.operations.electorate import concerned, sync_roll, voter_in_room, voters_for
from evaluations.operations.participation import participation
from tests.evaluations.factories import open_evaluation, questionnaire
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory

pytestmark = pytest.mark.django_db


def evaluation_of(run, moment: str = Moment.END) -> Evaluation:
    return open_evaluation(run=run, people=0, asked=questionnaire(moment=moment))


def those_of(run, moment: str) -> set:
    return set(voters_for(Evaluation(run=run, moment=moment)))


def mark(enrolment, status: str, *, day: int = 0, **fields):
    return AttendanceFactory(enrolment=enrolment, day=enrolment.run.ordered_days()[day], status=status, **fields)


def test_expectations_are_asked_of_the_confirmed_with_a_name_alone():
    run = CourseRunFactory()
    anna = EnrolmentFactory(run=run)
    EnrolmentFactory(run=run, waiting=True)
    EnrolmentFactory(run=run, cancelled=True)
    EnrolmentFactory(run=run, name="", email="")
    EnrolmentFactory(run=run, anonymised_at=timezone.now())
    EnrolmentFactory()

    assert those_of(run, Moment.BEFORE) == {anna}


def test_the_end_asks_those_who_are_there_and_those_not_yet_marked():
    run = CourseRunFactory(with_days=2)
    present, late, unmarked, absent, excused, second_day, may_come = (EnrolmentFactory(run=run) for _each in range(7))
    walk_in = EnrolmentFactory(run=run, status=EnrolmentStatus.WALK_IN, email="")
    mark(present, AttendanceStatus.PRESENT)
    mark(late, AttendanceStatus.LATE, minutes_late=10)
    mark(absent, AttendanceStatus.ABSENT)
    mark(absent, AttendanceStatus.ABSENT, day=1)
    mark(excused, AttendanceStatus.EXCUSED, day=1)
    mark(second_day, AttendanceStatus.ABSENT)
    mark(second_day, AttendanceStatus.PRESENT, day=1)
    mark(may_come, AttendanceStatus.ABSENT)

    assert those_of(run, Moment.END) == {present, late, unmarked, second_day, may_come, walk_in}


def test_the_end_asks_somebody_who_was_there_and_then_gave_the_seat_away_and_not_who_never_came():
    run = CourseRunFactory(with_days=2)
    was_there = EnrolmentFactory(run=run, status=EnrolmentStatus.REPLACED, cancelled_at=timezone.now())
    EnrolmentFactory(run=run, cancelled=True)
    EnrolmentFactory(run=run, waiting=True)
    mark(was_there, AttendanceStatus.PRESENT)

    assert those_of(run, Moment.END) == {was_there}


def test_the_follow_up_asks_those_who_attended_some_of_it():
    run = CourseRunFactory(past=True)
    there, absent, unmarked, too_late = (EnrolmentFactory(run=run) for _each in range(4))
    mark(there, AttendanceStatus.PRESENT)
    mark(absent, AttendanceStatus.ABSENT)
    mark(too_late, AttendanceStatus.LATE, minutes_late=420)

    assert those_of(run, Moment.FOLLOW_UP) == {there}
    assert unmarked not in those_of(run, Moment.FOLLOW_UP)


def test_the_follow_up_of_a_run_where_all_were_absent_asks_nobody():
    run = CourseRunFactory(past=True)
    for _each in range(3):
        mark(EnrolmentFactory(run=run), AttendanceStatus.ABSENT)

    assert those_of(run, Moment.FOLLOW_UP) == those_of(run, Moment.END) == set()


def test_newcomers_and_walk_ins_join_the_roll_and_nobody_leaves_it():
    run = CourseRunFactory(capacity=None)
    stays, cancels, is_absent = (EnrolmentFactory(run=run) for _each in range(3))
    evaluation = evaluation_of(run)
    assert sync_roll(evaluation=evaluation) == 3

    comes = EnrolmentFactory(run=run, status=EnrolmentStatus.WALK_IN)
    cancels.status, cancels.cancelled_at = EnrolmentStatus.CANCELLED, timezone.now()
    cancels.save()
    mark(is_absent, AttendanceStatus.ABSENT)

    assert sync_roll(evaluation=evaluation) == 1
    assert {voter.enrolment for voter in evaluation.voters.all()} == {stays, cancels, is_absent, comes}
    assert {voter.enrolment for voter in concerned(evaluation)} == {stays, comes}
    assert sync_roll(evaluation=evaluation) == 0


@pytest.mark.parametrize("has_answered", [True, False])
def test_what_becomes_of_somebody_tells_nobody_whether_they_had_answered(has_answered):
    run = CourseRunFactory()
    evaluation = open_evaluation(run=run, people=6, asked=questionnaire())
    evaluation.voters.filter(pk=evaluation.voters.first().pk).update(has_answered=has_answered)
    before = participation([evaluation])

    run.enrolments.filter(pk=evaluation.voters.first().enrolment_id).update(
        status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now()
    )
    sync_roll(evaluation=evaluation)

    assert participation([evaluation]) == before


@pytest.mark.parametrize("status", [EvaluationStatus.PLANNED, EvaluationStatus.STOPPED])
def test_the_roll_of_an_evaluation_that_is_not_open_is_left_alone(status):
    evaluation = open_evaluation(people=1)
    EnrolmentFactory(run=evaluation.run)
    Evaluation.objects.update(status=status)

    assert sync_roll(evaluation=evaluation) == 0
    assert evaluation.voters.count() == 1


def test_the_roll_costs_the_same_for_many(django_assert_num_queries):
    run = CourseRunFactory(capacity=None)
    evaluation = evaluation_of(run)
    EnrolmentFactory.create_batch(2, run=run)
    with django_assert_num_queries(6):
        sync_roll(evaluation=evaluation)

    EnrolmentFactory.create_batch(20, run=run)
    with django_assert_num_queries(6):
        sync_roll(evaluation=evaluation)


def test_in_the_room_one_is_known_by_the_address_registered_with_or_by_the_badge():
    run = CourseRunFactory()
    evaluation = open_evaluation(run=run, people=1)
    voter = evaluation.voters.get()
    anna = voter.enrolment

    for typed in (anna.email, f"  {anna.email.upper()} ", check_in_code(anna), check_in_code(anna).lower()):
        assert voter_in_room(evaluation=evaluation, typed=typed) == voter
    assert evaluation.voters.count() == 1


def test_a_walk_in_without_an_address_is_put_on_the_roll_by_the_code_on_the_badge():
    run = CourseRunFactory()
    evaluation = evaluation_of(run)
    walk_in = EnrolmentFactory(run=run, status=EnrolmentStatus.WALK_IN, email="")

    voter = voter_in_room(evaluation=evaluation, typed=check_in_code(walk_in))

    assert voter == Voter.objects.get(evaluation=evaluation, enrolment=walk_in)


def test_in_the_room_nobody_unknown_or_not_concerned_or_done_is_told_from_another():
    run = CourseRunFactory()
    evaluation = open_evaluation(run=run, people=1)
    done = evaluation.voters.get().enrolment
    evaluation.voters.update(has_answered=True)
    cancelled = EnrolmentFactory(run=run, cancelled=True)
    elsewhere = EnrolmentFactory()
    unknown = ["", "  ", "ingen@example.dk", "@", "9IX-7F2QXA4K", "\0", "x\0@example.dk", "a" * 500]

    for typed in [done.email, check_in_code(done), cancelled.email, check_in_code(elsewhere), *unknown]:
        assert voter_in_room(evaluation=evaluation, typed=typed) is None
    assert evaluation.voters.count() == 1


def test_in_the_room_nobody_is_let_in_before_it_opens_or_after_it_closes():
    evaluation = open_evaluation(people=1)
    email = evaluation.voters.get().enrolment.email

    assert voter_in_room(evaluation=evaluation, typed=email, at=evaluation.opens_at - timedelta(seconds=1)) is None
    assert voter_in_room(evaluation=evaluation, typed=email, at=evaluation.closes_at) is None
    Evaluation.objects.update(status=EvaluationStatus.STOPPED)
    assert voter_in_room(evaluation=evaluation, typed=email) is None
