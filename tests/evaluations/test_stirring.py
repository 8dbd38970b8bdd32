"""Stirring: what was voted on is written anew; nobody's vote, link or change suffers from it."""

import threading
import time

import pytest
from django.db import connection, transaction

from evaluations.links import answer_link
from evaluations.models import Evaluation, Voter
from evaluations.operations import stirring
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.stirring import clear_remains, stir, stir_due
from tests.enrolments.test_races import at_once
from tests.evaluations.box_helpers import make_due, open_survey, rows
from tests.evaluations.factories import paper

pytestmark = pytest.mark.django_db(transaction=True)

FILLED = paper(("confidence", 7))


def voted(people: int = 8, votes: int = 3) -> Evaluation:
    evaluation = open_survey(people=people)
    for voter in evaluation.voters.all()[:votes]:
        cast(voter=voter, paper=FILLED)
    return evaluation


def roll(evaluation: Evaluation) -> list[tuple]:
    return sorted(evaluation.voters.values_list("pk", "invitation", "link_version", "mails", "has_answered"))


def box(evaluation: Evaluation) -> dict[str, bytes]:
    return {str(each.pk): bytes(each.sealed) for each in evaluation.ballots.all()}


def versions(table: str, evaluation: Evaluation) -> set[str]:
    return {version for (version,) in rows(f"SELECT xmin::text FROM {table} WHERE evaluation_id = %s", evaluation.pk)}  # noqa: S608 - our own tables


def test_stirring_keeps_roll_and_ballots_and_gives_the_ballots_new_numbers():
    evaluation = voted()
    links = {answer_link.token(voter) for voter in evaluation.voters.all()}
    roll_before, box_before = roll(evaluation), box(evaluation)

    assert stir(pk=evaluation.pk)

    assert roll(evaluation) == roll_before
    assert {answer_link.token(voter) for voter in evaluation.voters.all()} == links
    assert sorted(box(evaluation).values()) == sorted(box_before.values())
    assert not set(box(evaluation)) & set(box_before)
    assert versions("evaluations_voter", evaluation) == versions("evaluations_ballot", evaluation)
    assert len(versions("evaluations_voter", evaluation)) == 1


def test_only_what_was_voted_on_since_the_last_time_is_stirred():
    quiet, busy, unanswered = voted(), voted(), open_survey(people=4)
    assert stir_due() == 2
    assert stir_due() == 0

    cast(voter=busy.voters.filter(has_answered=False).first(), paper=FILLED)
    untouched = versions("evaluations_voter", quiet), versions("evaluations_voter", unanswered)

    assert stir_due() == 1
    assert (versions("evaluations_voter", quiet), versions("evaluations_voter", unanswered)) == untouched


def test_only_what_is_open_is_stirred():
    evaluation = voted()
    close_evaluation(pk=make_due(evaluation).pk)
    before = versions("evaluations_voter", evaluation)

    assert stir_due() == 0
    assert not stir(pk=evaluation.pk)
    assert versions("evaluations_voter", evaluation) == before


def test_a_large_box_waits_until_a_tenth_of_it_is_new_but_the_roll_never(monkeypatch):
    monkeypatch.setattr(stirring, "SMALL_BOX", 0)
    evaluation = voted(people=40, votes=30)
    assert stir_due() == 1
    whole = versions("evaluations_ballot", evaluation)
    assert len(whole) == 1
    late = list(evaluation.voters.filter(has_answered=False))

    for voter in late[:2]:
        cast(voter=voter, paper=FILLED)
    assert stir_due() == 1
    assert len(versions("evaluations_voter", evaluation)) == 1
    assert whole < versions("evaluations_ballot", evaluation)
    assert not versions("evaluations_voter", evaluation) & versions("evaluations_ballot", evaluation)

    for voter in late[2:5]:
        cast(voter=voter, paper=FILLED)
    assert stir_due() == 1
    assert len(versions("evaluations_ballot", evaluation)) == 1


def test_stirring_gives_way_to_whoever_holds_a_row():
    """Long before PostgreSQL looks for a circle (1 s), so nobody else is ever refused because of it."""
    evaluation = voted()
    before = roll(evaluation)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Voter.objects.select_for_update().get(pk=evaluation.voters.first().pk)
            held.set()
            done.wait(20)

    def stir_meanwhile() -> tuple[bool, float]:
        held.wait(20)
        began = time.monotonic()
        try:
            return stir(pk=evaluation.pk), time.monotonic() - began
        finally:
            done.set()

    _held, (stirred, _took) = at_once(hold, stir_meanwhile)

    assert stirred is False
    assert roll(evaluation) == before


def test_a_change_of_the_roll_that_waited_for_a_stir_is_not_lost(monkeypatch):
    """A reminder that is counted while rows are deleted and inserted again finds them all the same."""
    evaluation = voted()
    rewritten, counted = threading.Event(), threading.Event()
    rewrite = stirring.rewrite_roll

    def rewrite_and_wait(pk: int) -> None:
        rewrite(pk)
        rewritten.set()
        # The other one waits for this transaction: it can be seen doing so.
        for _look in range(2000):
            if counted.is_set() or others_wait():
                return
            time.sleep(0.005)

    def count_a_mail() -> int:
        rewritten.wait(20)
        try:
            return evaluation.voters.update(mails=1)
        finally:
            counted.set()

    monkeypatch.setattr(stirring, "rewrite_roll", rewrite_and_wait)

    stirred, changed = at_once(lambda: stir(pk=evaluation.pk), count_a_mail)

    assert (stirred, changed) == (True, 8)
    assert set(evaluation.voters.values_list("mails")) == {(1,)}


def others_wait() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'evaluations_voter'::regclass AND NOT granted)"
        )
        return cursor.fetchone()[0]


def test_the_night_writes_the_tables_into_new_files():
    evaluation = voted()
    files = "SELECT pg_relation_filepath('evaluations_voter'), pg_relation_filepath('evaluations_ballot')"
    before = rows(files)
    kept = roll(evaluation), box(evaluation)

    clear_remains()

    assert not set(rows(files)[0]) & set(before[0])
    assert (roll(evaluation), box(evaluation)) == kept


def test_votes_go_on_while_it_is_stirred_again_and_again():
    evaluation = open_survey(people=30)
    voters = list(evaluation.voters.all())

    results = at_once(*[lambda v=v: cast(voter=v, paper=FILLED) for v in voters], *[lambda: stir(pk=evaluation.pk)] * 5)

    assert results[:30] == [None] * 30
    assert evaluation.ballots.count() == evaluation.voters.filter(has_answered=True).count() == 30
