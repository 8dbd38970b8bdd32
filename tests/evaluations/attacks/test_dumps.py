"""Dumps of the whole database before and after one vote: one tick on the roll and one opaque ballot, nothing else.

Every table of every schema of ours is read, row by row as text, with every sequence: sessions, throttles, outbox,
jobs and counters are among them. Whatever was answered, what differs looks the same.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from evaluations.ballots import Paper
from evaluations.enums import Audience
from evaluations.forms import AnswerForm
from evaluations.links import answer_link
from evaluations.models import Evaluation, Voter
from evaluations.operations import casting
from evaluations.operations.casting import cast, cast_openly
from tests.evaluations.box_helpers import open_survey, rows
from tests.evaluations.factories import open_evaluation, paper
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = paper(("confidence", 0))
LONG = paper(("teaching", 4), ("confidence", 10), ("learned", "æøå 😀 " * 330))
PAPERS = {"nothing": paper(), "short": SHORT, "long": LONG, "words": paper(("learned", "Kanariefugl"))}

#: A UUID of version 4: random.
RANDOM = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@dataclass(frozen=True)
class Difference:
    gone: dict[str, list[str]]
    came: dict[str, list[str]]
    sequences: dict[str, tuple]


def dump() -> tuple[dict[str, Counter], dict[str, int | None]]:
    """Return all rows of all tables as text, and where all sequences stand."""
    tables = rows(
        "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'reference')"
    )
    # Row by row as PostgreSQL shows them: whatever column is added to whatever table is read here, too.
    read = "SELECT to_jsonb(t)::text FROM {} AS t"
    content = {table: Counter(row for (row,) in rows(read.format(table))) for (table,) in tables}
    return content, dict(rows("SELECT schemaname || '.' || sequencename, last_value FROM pg_sequences"))


def difference(act: Callable[[], object]) -> Difference:
    before, counted_before = dump()
    act()
    after, counted = dump()
    assert before.keys() == after.keys()
    gone = {table: list((before[table] - after[table]).elements()) for table in before}
    came = {table: list((after[table] - before[table]).elements()) for table in before}
    moved = {name: (counted_before[name], at) for name, at in counted.items() if counted_before[name] != at}
    return Difference(
        {table: each for table, each in gone.items() if each},
        {table: each for table, each in came.items() if each},
        moved,
    )


def assert_is_one_tick_and_one_ballot(found: Difference, voter: Voter) -> None:
    assert found.sequences == {}
    assert set(found.gone) == {"public.evaluations_voter"}
    assert set(found.came) == {"public.evaluations_voter", "public.evaluations_ballot"}
    [was], [became] = (map(json.loads, each["public.evaluations_voter"]) for each in (found.gone, found.came))
    assert (was["id"], was["has_answered"]) == (voter.pk, False)
    assert became == was | {"has_answered": True}
    [ballot] = map(json.loads, found.came["public.evaluations_ballot"])
    assert ballot.keys() == {"id", "evaluation_id", "sealed"}
    assert ballot["evaluation_id"] == voter.evaluation_id
    assert re.fullmatch(RANDOM, ballot["id"])
    assert re.fullmatch(r"\\x[0-9a-f]+", ballot["sealed"])
    assert len(ballot["sealed"]) == 2 + 2 * (voter.evaluation.ballot_size + 48)


@pytest.mark.parametrize("filled", PAPERS.values(), ids=PAPERS)
def test_a_vote_is_one_tick_and_one_opaque_ballot_whatever_was_answered(filled: Paper):
    voter = open_evaluation(people=3).voters.first()

    found = difference(lambda: cast(voter=voter, paper=filled))

    assert_is_one_tick_and_one_ballot(found, voter)


@pytest.mark.parametrize("filled", PAPERS.values(), ids=PAPERS)
def test_a_vote_on_the_page_leaves_no_more_than_that(filled: Paper):
    """No session, no counter, no job, no mail, nor when the page was opened, sent wrongly, or sent twice."""
    voter = open_evaluation(people=3).voters.first()
    address = reverse("evaluations:answer", args=[answer_link.token(voter)])
    data = form_data(voter.evaluation, filled)
    visitor = Client()

    def visit() -> None:
        assert visitor.get(address).status_code == 200
        assert visitor.post(address, data | {"q-confidence": "99"}).status_code == 422
        assert visitor.post(address, data | {"q-confidence": "7"}).status_code == 303
        assert visitor.post(address, data | {"q-confidence": "7"}).status_code == 409
        assert visitor.get(address).status_code == 200

    found = difference(visit)

    assert_is_one_tick_and_one_ballot(found, voter)
    assert not visitor.cookies


def form_data(evaluation: Evaluation, filled: Paper) -> dict[str, object]:
    names = {item.key: item.field_name for item in AnswerForm(evaluation).items}
    return {names[each.question, each.subject, each.row]: each.value for each in filled.answers}


@pytest.mark.parametrize("filled", PAPERS.values(), ids=PAPERS)
def test_an_answer_to_an_open_survey_is_one_opaque_ballot(filled: Paper):
    evaluation = open_survey(audience=Audience.OPEN)

    found = difference(lambda: cast_openly(evaluation=evaluation, paper=filled))

    assert found.gone == {} and found.sequences == {}
    assert {table: len(each) for table, each in found.came.items()} == {"public.evaluations_ballot": 1}


def test_a_vote_that_is_refused_leaves_nothing():
    voter = open_evaluation(people=3).voters.first()
    cast(voter=voter, paper=SHORT)

    def again() -> None:
        with pytest.raises(casting.AlreadyAnswered):
            cast(voter=voter, paper=LONG)

    assert difference(again) == Difference({}, {}, {})


def test_the_same_answers_make_ballots_that_share_nothing():
    """A ballot is sealed with a key of its own each time: equal answers cannot be told from different ones."""
    evaluation = open_evaluation(people=2)

    for voter in evaluation.voters.all():
        cast(voter=voter, paper=SHORT)

    one, two = (bytes(each.sealed) for each in evaluation.ballots.all())
    same = sum(a == b for a, b in zip(one, two, strict=True))
    # Of random bytes one in 256 is the same by chance.
    assert same < len(one) / 64


def test_the_dump_sees_what_a_vote_must_not_leave():
    """A mail sent along, a job queued or a visit counted would be found."""
    voter = open_evaluation(people=3).voters.first()

    def vote_and_thank() -> None:
        with transaction.atomic():
            cast(voter=voter, paper=SHORT)
            OutboxMessage.objects.create(kind="tests.thanks", to="anna@example.dk")

    found = difference(vote_and_thank)

    assert "public.messaging_outboxmessage" in found.came
