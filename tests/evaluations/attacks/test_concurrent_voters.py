"""Fifty people vote at once on connections of their own: every vote counts once, whatever goes on meanwhile."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection

from evaluations.exceptions import AlreadyAnswered, NotOpen
from evaluations.models import Evaluation, Voter
from evaluations.operations import casting, closing
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.electorate import sync_roll
from evaluations.operations.stirring import stir
from tests.enrolments.test_races import at_once
from tests.evaluations.box_helpers import open_survey
from tests.evaluations.factories import paper

pytestmark = pytest.mark.django_db(transaction=True)

VOTERS, TWICE = 50, 12
FILLED = paper(("confidence", 7), ("learned", "Kanariefugl"))
PATIENCE = 20


@pytest.fixture(autouse=True)
def a_connection_each() -> Iterator[None]:
    connection.pool.resize(1, VOTERS + TWICE + 8)
    yield
    connection.pool.resize(1, 40)


def vote(voter: Voter) -> Callable[[], None]:
    return lambda: cast(voter=voter, paper=FILLED)


def close(evaluation: Evaluation) -> bool:
    """Close it as if its time were over, though voters' clocks say that it is not."""
    return close_evaluation(pk=evaluation.pk, at=evaluation.closes_at + timedelta(seconds=1))


def assert_counted(evaluation: Evaluation, votes: int) -> None:
    """That many votes were taken, that many people ticked off, that many ballots counted."""
    evaluation.refresh_from_db()
    assert (evaluation.answered, evaluation.in_box, evaluation.spoiled) == (votes, votes, 0)
    released = evaluation.results.filter(question="confidence").first()
    assert released.answered == votes if votes >= 5 else released is None


def test_fifty_voters_at_once_some_of_them_twice_count_once_each():
    evaluation = open_survey(people=VOTERS)
    voters = list(evaluation.voters.all())

    results = at_once(*map(vote, [*voters, *voters[:TWICE]]))

    assert Counter(type(each) for each in results) == {type(None): VOTERS, AlreadyAnswered: TWICE}
    assert evaluation.ballots.count() == evaluation.voters.filter(has_answered=True).count() == VOTERS
    assert close(evaluation)
    assert_counted(evaluation, VOTERS)


@pytest.mark.parametrize("attempt", range(3))
def test_votes_stirs_newcomers_and_a_closing_at_once_lose_nothing_and_deadlock_nowhere(attempt):
    evaluation = open_survey(people=VOTERS)
    voters = list(evaluation.voters.all())
    others = [
        lambda: stir(pk=evaluation.pk),
        lambda: close(evaluation),
        lambda: stir(pk=evaluation.pk),
        lambda: sync_roll(evaluation=evaluation),
    ]

    results = at_once(*map(vote, [*voters[:25], *voters[:TWICE]]), *others, *map(vote, voters[25:]))

    came = results[: 25 + TWICE] + results[25 + TWICE + len(others) :]
    kinds = Counter(type(each) for each in came)
    assert set(kinds) <= {type(None), AlreadyAnswered, NotOpen}, "no deadlock, no timeout"
    assert not [
        each for each in results if isinstance(each, Exception) and not isinstance(each, AlreadyAnswered | NotOpen)
    ]
    evaluation.refresh_from_db()
    # Under such a press the closing may have given way: a minute later it is tried again.
    assert evaluation.is_closed or close(evaluation)
    assert_counted(evaluation, kinds[type(None)])


def test_whoever_votes_while_it_is_being_closed_waits_and_is_told_that_it_is_closed(monkeypatch):
    evaluation, came = vote_during_the_closing(monkeypatch)

    assert isinstance(came, NotOpen)
    assert_counted(evaluation, 6)


def test_without_the_lock_of_the_box_that_vote_is_lost(monkeypatch):
    """What the lock is for: taken away, somebody is thanked for an answer that nobody counts."""
    monkeypatch.setattr(casting, "share_box", lambda _pk: None)

    evaluation, came = vote_during_the_closing(monkeypatch)

    assert came is None
    evaluation.refresh_from_db()
    assert (evaluation.answered, evaluation.in_box) == (7, 6)


def test_without_the_condition_on_the_tick_a_vote_counts_twice(monkeypatch):
    """What the condition is for: the second of two tabs finds the row ticked."""
    monkeypatch.setattr(casting, "TICK", casting.TICK.replace("AND voter.has_answered = false", ""))
    evaluation = open_survey(people=5)
    voter = evaluation.voters.first()

    at_once(*[vote(voter)] * 4)

    assert evaluation.ballots.count() == 4


def vote_during_the_closing(monkeypatch) -> tuple[Evaluation, Exception | None]:
    """Close with six ballots; let a seventh person vote when these have been counted; return what came of it."""
    evaluation = open_survey(people=7)
    *voters, late = evaluation.voters.all()
    for voter in voters:
        cast(voter=voter, paper=FILLED)
    outcome: list[Exception | None] = []
    threads: list[threading.Thread] = []
    publish = closing.publish

    def publish_when_the_late_one_is_there(*args) -> None:
        thread = threading.Thread(target=lambda: outcome.append(at_once(vote(late))[0]))
        thread.start()
        # With the lock, the vote waits until this transaction is over; without, it is through at once.
        for _look in range(PATIENCE * 100):
            if outcome or waits_for_the_box():
                break
            thread.join(0.01)
        publish(*args)
        threads.append(thread)

    monkeypatch.setattr(closing, "publish", publish_when_the_late_one_is_there)
    assert close(evaluation)
    threads[0].join(PATIENCE)
    return evaluation, outcome[0]


def waits_for_the_box() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return cursor.fetchone()[0]
