"""Newcomers who join while the same is done twice, or while it is being closed, on real connections."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from enrolments.enums import EnrolmentStatus
from evaluations.models import Evaluation
from evaluations.operations import closing, electorate
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.electorate import sync_roll, voter_in_room
from tests.enrolments.test_races import at_once
from tests.evaluations.factories import open_evaluation, paper
from tests.factories import EnrolmentFactory

pytestmark = pytest.mark.django_db(transaction=True)


def syncing(evaluation: Evaluation) -> Callable[[], int]:
    return lambda: sync_roll(evaluation=evaluation)


def test_several_workers_put_the_same_newcomers_on_the_roll_once_and_wait_in_no_circle():
    """Each would insert them in an order of its own."""
    evaluation = open_evaluation(people=0)
    EnrolmentFactory.create_batch(120, run=evaluation.run)

    results = at_once(*[syncing(evaluation)] * 4)

    assert sorted(map(str, results)) == ["0", "0", "0", "120"]
    assert evaluation.voters.count() == 120


def join_during_the_closing(monkeypatch, way: str) -> tuple[Evaluation, Any]:
    """Let somebody come in, or the worker look for newcomers, when the roll has been written for the last time."""
    evaluation = open_evaluation(people=6)
    for voter in evaluation.voters.all():
        cast(voter=voter, paper=paper(("teaching", 3)))
    late = EnrolmentFactory(run=evaluation.run, status=EnrolmentStatus.WALK_IN)
    ways = {"room": lambda: voter_in_room(evaluation=evaluation, typed=late.email), "worker": syncing(evaluation)}
    rewrite, came, threads = closing.rewrite_roll, [], []

    def rewrite_until_they_are_there(*args, **kwargs) -> None:
        rewrite(*args, **kwargs)
        threads.append(threading.Thread(target=lambda: came.append(at_once(ways[way])[0])))
        threads[0].start()
        for _look in range(2000):
            if came or somebody_waits():
                break
            threads[0].join(0.01)

    monkeypatch.setattr(closing, "rewrite_roll", rewrite_until_they_are_there)
    assert close_evaluation(pk=evaluation.pk, at=evaluation.closes_at + timedelta(seconds=1))
    threads[0].join(20)
    evaluation.refresh_from_db()
    return evaluation, came[0]


def somebody_waits() -> bool:
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND cardinality(pg_blocking_pids(pid)) > 0)"
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("way", "told"), [("room", None), ("worker", 0)])
def test_nobody_is_put_on_the_roll_while_it_is_being_closed(monkeypatch, way, told):
    evaluation, came = join_during_the_closing(monkeypatch, way)

    assert came == told
    assert evaluation.invited == evaluation.voters.count() == 6
    assert set(evaluation.voters.values_list("has_answered", flat=True)) == {None}


def test_without_the_lock_of_the_box_a_closed_roll_gets_somebody_who_has_not_answered(monkeypatch):
    monkeypatch.setattr(electorate, "share_box", lambda _pk: None)

    evaluation, _came = join_during_the_closing(monkeypatch, "room")

    assert (evaluation.invited, evaluation.voters.count()) == (6, 7)
