"""The closing is killed at every one of its statements, in three ways: nothing is lost, nothing published twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from evaluations.enums import EvaluationStatus, Trouble
from evaluations.models import Evaluation, QuestionResult, TextAnswer
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from tests.evaluations.box_helpers import make_due, open_survey
from tests.evaluations.factories import paper

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 7
#: More statements than the closing has.
MANY = 60


@pytest.fixture
def evaluation() -> Evaluation:
    made = open_survey(people=PEOPLE + 2)
    for place, voter in enumerate(made.voters.all()[:PEOPLE]):
        cast(voter=voter, paper=paper(("confidence", place), ("learned", f"ord {place}")))
    return make_due(made)


def state(evaluation: Evaluation) -> tuple:
    """Return all that a closing touches, as it stands."""
    return (
        *Evaluation.objects.filter(pk=evaluation.pk).values_list(
            "status", "closed_at", "invited", "answered", "in_box"
        ),
        bytes(Evaluation.objects.get(pk=evaluation.pk).sealed_key or b""),
        sorted(bytes(each.sealed) for each in evaluation.ballots.all()),
        sorted(evaluation.voters.values_list("pk", "has_answered", "mails")),
        QuestionResult.objects.count(),
        TextAnswer.objects.count(),
    )


def assert_closed_once(evaluation: Evaluation) -> None:
    evaluation.refresh_from_db()
    assert (evaluation.status, evaluation.trouble) == (EvaluationStatus.CLOSED, Trouble.NONE)
    assert (evaluation.invited, evaluation.answered, evaluation.in_box) == (PEOPLE + 2, PEOPLE, PEOPLE)
    assert sorted(evaluation.results.values_list("question", "answered")) == [("confidence", 7), ("learned", 7)]
    assert sorted(TextAnswer.objects.values_list("text", flat=True)) == [f"ord {place}" for place in range(PEOPLE)]
    assert not evaluation.ballots.exists()
    assert set(evaluation.voters.values_list("has_answered")) == {(None,)}


def kill_backend() -> None:
    """End this connection from another, as `kill` or a restart of the database would."""
    values = connection.get_connection_params()
    values = {key: values[key] for key in ("dbname", "user", "password", "host", "port") if values.get(key)}
    with psycopg.connect(**values, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])


def fail() -> None:
    raise OperationalError("the disk is full")


def fail_strangely() -> None:
    raise RuntimeError("nobody thought of this")


@contextmanager
def at_statement(number: int, act: Callable[[], None]) -> Iterator[list[str]]:
    """Do `act` before the statement of that number (from 0); give the statements so far."""
    seen: list[str] = []

    def count(execute: Callable, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        if len(seen) == number + 1:
            act()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield seen


@pytest.mark.parametrize("act", [kill_backend, fail, fail_strangely])
def test_killed_at_any_statement_nothing_is_lost_or_half_done_and_the_next_try_succeeds(evaluation, act):
    before = state(evaluation)
    closed = False
    for number in range(MANY):
        with at_statement(number, act) as seen:
            closed = close_evaluation(pk=evaluation.pk)
        connection.close()
        if closed:
            break
        assert state(evaluation) == before, f"after {number} statements: {seen[-1]}"

    assert closed and number >= 10, "the closing's own statements were all tried"
    assert_closed_once(evaluation)


def test_killed_at_the_commit_it_has_not_happened(evaluation, monkeypatch):
    before = state(evaluation)
    commit = connection._commit

    def killed(*args) -> None:
        kill_backend()
        commit(*args)

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", killed)
        assert not close_evaluation(pk=evaluation.pk)
    connection.close()

    assert state(evaluation) == before
    assert close_evaluation(pk=evaluation.pk)
    assert_closed_once(evaluation)


def test_killed_right_after_the_commit_it_has_happened_and_is_not_done_again(evaluation, monkeypatch):
    """The worker never learns that it succeeded; its next try finds nothing to do."""
    commit = connection._commit

    def committed_then_killed(*args) -> None:
        commit(*args)
        kill_backend()

    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", committed_then_killed)
        close_evaluation(pk=evaluation.pk)
    connection.close()

    assert_closed_once(evaluation)
    assert not close_evaluation(pk=evaluation.pk)
    assert_closed_once(evaluation)


def test_two_workers_at_once_publish_once(evaluation):
    from tests.enrolments.test_races import at_once

    results = at_once(*[lambda: close_evaluation(pk=evaluation.pk)] * 4)

    assert sorted(results) == [False, False, False, True]
    assert_closed_once(evaluation)
