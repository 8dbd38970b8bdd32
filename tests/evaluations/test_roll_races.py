"""The roll is brought up to date while people vote, on real connections: nothing is lost, nobody waits in a circle."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from enrolments.enums import EnrolmentStatus
from evaluations import my_evaluations
from evaluations.enums import EvaluationStatus, Moment
from evaluations.exceptions import AlreadyAnswered
from evaluations.models import Ballot, Evaluation, Voter
from evaluations.operations import reminding
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.electorate import sync_roll, voter_in_room
from evaluations.operations.opening import open_evaluation as open_due_one
from evaluations.operations.planning import plan_evaluations
from evaluations.operations.reminding import send_due
from tests.enrolments.test_races import at_once
from tests.evaluations.box_helpers import make_due, open_survey
from tests.evaluations.factories import open_evaluation, paper, questionnaire
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def voting(voter: Voter, at: datetime | None = None) -> Callable[[], Any]:
    return lambda: cast(voter=voter, paper=paper(("teaching", 3)), at=at)


def syncing(evaluation: Evaluation) -> Callable[[], Any]:
    return lambda: sync_roll(evaluation=evaluation)


def assert_box_and_roll_agree(evaluation: Evaluation) -> None:
    assert Ballot.objects.filter(evaluation=evaluation).count() == evaluation.voters.filter(has_answered=True).count()


def test_people_vote_while_newcomers_are_put_on_the_roll():
    evaluation = open_evaluation(people=12)
    voters = list(evaluation.voters.all())
    newcomers = EnrolmentFactory.create_batch(4, run=evaluation.run)

    results = at_once(*map(voting, voters), *[syncing(evaluation)] * 4)

    assert not [result for result in results if isinstance(result, Exception)]
    assert_box_and_roll_agree(evaluation)
    assert Ballot.objects.count() == 12
    assert {each.pk for each in newcomers} <= set(evaluation.voters.values_list("enrolment", flat=True))
    assert evaluation.voters.count() == 16


def test_a_walk_in_who_presses_often_stands_on_the_roll_once_and_counts_once():
    evaluation = open_evaluation(people=0)
    walk_in = EnrolmentFactory(run=evaluation.run, status=EnrolmentStatus.WALK_IN)

    found = at_once(
        *[lambda: voter_in_room(evaluation=evaluation, typed=walk_in.email)] * 6, *[syncing(evaluation)] * 2
    )
    assert evaluation.voters.count() == 1
    assert len({each.pk for each in found if isinstance(each, Voter)}) == 1

    results = at_once(*[voting(evaluation.voters.get())] * 6)
    assert sum(isinstance(each, AlreadyAnswered) for each in results) == 5
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize("listed", [False, True])
def test_whoever_asks_to_be_forgotten_while_they_vote_leaves_a_tick_for_their_ballot(listed):
    evaluation = open_survey(people=6) if listed else open_evaluation(people=6)
    voter = evaluation.voters.order_by("pk").first()
    person = voter.invitation or voter.enrolment
    voted = Event()

    def vote() -> None:
        with transaction.atomic():
            cast(voter=voter, paper=paper(("teaching", 3)))
            voted.set()
            while not somebody_waits():
                time.sleep(0.005)

    def be_forgotten() -> None:
        voted.wait(20)
        with transaction.atomic():
            my_evaluations.forget(UserFactory.build(), [person.email])

    results = at_once(vote, be_forgotten)

    assert results == [None, None]
    assert_box_and_roll_agree(evaluation)
    assert close_evaluation(pk=make_due(evaluation).pk)
    evaluation.refresh_from_db()
    assert (evaluation.in_box, evaluation.answered) == (1, 1)
    assert evaluation.is_box_right


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database())"
        )
        return cursor.fetchone()[0]


def test_mails_that_several_workers_send_while_people_vote_go_to_each_at_most_once():
    now = timezone.now().replace(hour=12)
    evaluation = open_evaluation(
        people=15,
        opens_at=now - timedelta(hours=2),
        invites_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )
    voters = list(evaluation.voters.all())

    results = at_once(
        *[lambda: send_due(evaluation=evaluation, at=now)] * 4,
        *(voting(each, now) for each in voters[:5]),
        *[syncing(evaluation)] * 2,
    )

    assert not [each for each in results if isinstance(each, Exception)]
    addresses = list(OutboxMessage.objects.values_list("to", flat=True))
    assert len(addresses) == len(set(addresses))
    assert evaluation.voters.filter(has_answered=False, mails=0).count() == 0 or send_due(evaluation=evaluation, at=now)
    assert_box_and_roll_agree(evaluation)


def test_a_worker_passes_by_whom_another_has_in_hand(monkeypatch):
    """Both are made to choose before either has written. Without the lock on the rows everybody gets two mails."""
    now = timezone.now().replace(hour=12)
    times = {"invites_at": now - timedelta(hours=1), "closes_at": now + timedelta(days=1)}
    evaluation = open_evaluation(people=6, opens_at=now - timedelta(hours=2), **times)
    queue, choosing, both_chose, one_is_done = reminding.queue_evaluation_mails, [], Event(), Event()

    def queue_when_both_have_chosen(*args) -> None:
        choosing.append(args)
        if len(choosing) == 2:
            both_chose.set()
        for _look in range(2000):
            if both_chose.wait(0.01) or one_is_done.is_set():
                break
        queue(*args)

    def work() -> int:
        try:
            return send_due(evaluation=evaluation, at=now)
        finally:
            one_is_done.set()

    monkeypatch.setattr(reminding, "queue_evaluation_mails", queue_when_both_have_chosen)

    assert sorted(at_once(work, work)) == [0, 6]
    assert OutboxMessage.objects.count() == 6


def test_an_evaluation_that_several_workers_open_is_opened_once():
    run = CourseRunFactory()
    EnrolmentFactory.create_batch(5, run=run)
    asked = questionnaire()
    now = timezone.now()
    made = Evaluation.objects.create(
        run=run,
        moment=Moment.END,
        questionnaire=asked,
        opens_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=1),
    )

    results = at_once(*[lambda: open_due_one(pk=made.pk)] * 6)

    assert sorted(map(str, results)) == ["False"] * 5 + ["True"]
    made.refresh_from_db()
    assert made.status == EvaluationStatus.OPEN
    assert made.voters.count() == 5


def test_plans_that_several_workers_make_are_made_once():
    for moment in (Moment.BEFORE, Moment.END, Moment.FOLLOW_UP):
        if not Evaluation._meta.get_field("questionnaire").related_model.objects.standard_for(moment, ""):
            questionnaire(moment=moment, is_standard=True)
    CourseRunFactory.create_batch(3)

    results = at_once(*[plan_evaluations] * 5)

    assert not [each for each in results if isinstance(each, Exception)]
    assert Evaluation.objects.count() == 9
