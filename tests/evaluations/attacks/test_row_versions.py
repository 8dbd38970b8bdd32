"""Row versions and physical order, as PostgreSQL keeps them beside every row, compared with the order of voting.

Whoever may read the tables also reads `xmin` (the transaction that wrote the row), `ctid` (where it lies), and the
numbers under which long values lie apart (TOAST). After closing, and while open after a stir, they say nothing:
the rank correlation is about 0 over many evaluations. The same measure finds the order at once where rows are written
anew without being put in random order, so it is able to see.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from statistics import correlation, mean

import pytest
from django.db import connection

from evaluations.ballots import unpack
from evaluations.models import Evaluation
from evaluations.operations import closing, releasing, stirring
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.stirring import stir_due
from evaluations.sealing import evaluation_key, unseal
from tests.evaluations.box_helpers import make_due, open_survey, rows
from tests.evaluations.factories import paper, question, questionnaire

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, EVALUATIONS = 16, 20
#: Under chance the mean of 20 coefficients of 16 ranks has a standard deviation of 1 / sqrt(15 * 20) = 0.058.
ABOUT_ZERO = 0.3
CERTAIN = 0.9
#: What to put in the place of the random order, to show that the order of voting is found then.
AS_THEY_LIE = "(SELECT 1)"


class Unshuffled:
    def shuffle(self, _values: list) -> None:
        """Leave them as they are."""


@pytest.fixture(autouse=True)
def plans_as_ever() -> Iterator[None]:
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET enable_indexscan; RESET enable_bitmapscan")


@pytest.fixture
def long_texts():
    """A questionnaire whose texts are too long to lie in the row: they get numbers of their own (TOAST)."""
    return questionnaire(question("text", "words", "Hvad så?"), moment="survey")


def voted(asked) -> tuple[Evaluation, list[int]]:
    """Return an evaluation of which everybody has voted, and the voters in the order of voting.

    The text of the n-th is n, and long.
    """
    evaluation = open_survey(asked=asked, people=PEOPLE)
    order = list(evaluation.voters.all())
    random.shuffle(order)
    for place, voter in enumerate(order):
        cast(voter=voter, paper=paper(("words", text_of(place))))
    return evaluation, [voter.pk for voter in order]


def text_of(place: int) -> str:
    # Signs that no compression makes short.
    noise = random.Random(place)
    return f"{place:04}" + "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _sign in range(1900))


def place_of(text: str) -> int:
    return int(text[:4])


def order_of_roll(evaluation: Evaluation, by: str) -> list[int]:
    return [pk for (pk,) in ordered("SELECT id FROM evaluations_voter WHERE evaluation_id = %s", by, evaluation)]


def order_of_box(evaluation: Evaluation, by: str) -> list[int]:
    """Return the places in the order of voting, in the order of that column: the test may open ballots."""
    key = evaluation_key(bytes(evaluation.sealed_key))
    found = ordered("SELECT sealed FROM evaluations_ballot WHERE evaluation_id = %s", by, evaluation)
    return [place_of(unpack(unseal(bytes(sealed), key)).answers[0].value) for (sealed,) in found]


def order_of_texts(evaluation: Evaluation, by: str) -> list[int]:
    sql = (
        "SELECT text FROM evaluations_textanswer AS answer"
        " JOIN evaluations_questionresult AS result ON result.id = result_id WHERE evaluation_id = %s"
    )
    return [place_of(text) for (text,) in ordered(sql, by, evaluation)]


def ordered(sql: str, by: str, evaluation: Evaluation) -> list[tuple]:
    return rows(f"{sql} ORDER BY {by}", evaluation.pk)


def agreement(found: Sequence[int], voting: Sequence[int]) -> float:
    """Return the rank correlation (Spearman's) of an order that was found and the order of voting."""
    place = {each: number for number, each in enumerate(voting)}
    assert set(found) == set(place)
    return correlation(range(len(found)), [float(place[each]) for each in found])


def over_many(
    asked, act: Callable[[Evaluation], object], orders: dict[str, Callable], *, on_fresh_pages: bool = False
) -> dict[str, float]:
    """Return the mean agreement of each order with that of voting, over many evaluations.

    On pages with gaps, where rows come to lie is half a chance already: to see what the order of writing alone
    would tell, each evaluation gets a roll of its own pages. There rows are read as they lie, not through an index
    (which finds a row by where its first version lay).
    """
    found: dict[str, list[float]] = {name: [] for name in orders}
    for _each in range(EVALUATIONS):
        if on_fresh_pages:
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE evaluations_voter")
                cursor.execute("SET enable_indexscan = off; SET enable_bitmapscan = off")
        evaluation, voters = voted(asked)
        act(evaluation)
        evaluation.refresh_from_db()
        for name, order in orders.items():
            those = order(evaluation)
            found[name].append(agreement(those, voters if set(those) == set(voters) else range(PEOPLE)))
    return {name: mean(each) for name, each in found.items()}


def close(evaluation: Evaluation) -> None:
    assert close_evaluation(pk=make_due(evaluation).pk)


def stir(_evaluation: Evaluation) -> None:
    assert stir_due() == 1


AFTER_CLOSING = {
    "roll by place": lambda evaluation: order_of_roll(evaluation, "ctid"),
    "roll by version": lambda evaluation: order_of_roll(evaluation, "xmin::text::bigint, ctid"),
    "texts by place": lambda evaluation: order_of_texts(evaluation, "answer.ctid"),
    "texts by number": lambda evaluation: order_of_texts(evaluation, "answer.id"),
}
WHILE_OPEN = {
    "roll by place": lambda evaluation: order_of_roll(evaluation, "ctid"),
    "roll by version": lambda evaluation: order_of_roll(evaluation, "xmin::text::bigint, ctid"),
    "box by place": lambda evaluation: order_of_box(evaluation, "ctid"),
    "box by version": lambda evaluation: order_of_box(evaluation, "xmin::text::bigint, ctid"),
    "box by number": lambda evaluation: order_of_box(evaluation, "id"),
}


def with_long_values(orders: dict[str, Callable]) -> dict[str, Callable]:
    """Add the numbers of values that lie apart, where PostgreSQL tells them (from 17)."""
    if connection.cursor().connection.info.server_version < 170000:
        return orders
    if "box by place" in orders:
        more = {"box by long value": lambda each: order_of_box(each, "pg_column_toast_chunk_id(sealed)::text::bigint")}
    else:
        more = {
            "texts by long value": lambda each: order_of_texts(each, "pg_column_toast_chunk_id(text)::text::bigint")
        }
    return orders | more


def test_after_closing_neither_version_nor_place_tells_the_order_of_voting(long_texts):
    found = over_many(long_texts, close, with_long_values(AFTER_CLOSING))

    assert all(abs(each) < ABOUT_ZERO for each in found.values()), found


def test_while_it_is_open_a_stir_leaves_nothing_of_the_order_of_voting(long_texts):
    found = over_many(long_texts, stir, with_long_values(WHILE_OPEN))

    assert all(abs(each) < ABOUT_ZERO for each in found.values()), found


def test_the_measure_finds_the_order_where_closing_does_not_shuffle(long_texts, monkeypatch):
    monkeypatch.setattr(stirring, "RANDOM_ORDER", AS_THEY_LIE)
    for module in (closing, releasing):
        monkeypatch.setattr(module.secrets, "SystemRandom", Unshuffled)

    found = over_many(
        long_texts,
        close,
        {name: AFTER_CLOSING[name] for name in ("roll by place", "texts by place")},
        on_fresh_pages=True,
    )

    assert min(found.values()) > CERTAIN, found


def test_the_measure_finds_the_order_where_stirring_does_not_shuffle(long_texts, monkeypatch):
    monkeypatch.setattr(stirring, "RANDOM_ORDER", AS_THEY_LIE)

    found = over_many(
        long_texts, stir, {name: WHILE_OPEN[name] for name in ("roll by place", "box by place")}, on_fresh_pages=True
    )

    assert min(found.values()) > CERTAIN, found


def test_after_closing_roll_and_results_are_of_one_transaction_each(long_texts):
    """So the version of a row is everybody's: no row of the roll has one of its own."""
    evaluation, _voters = voted(long_texts)

    close(evaluation)

    versions = "SELECT DISTINCT xmin::text FROM {} WHERE evaluation_id = %s"
    roll, results = (
        rows(versions.format(f"evaluations_{name}"), evaluation.pk) for name in ("voter", "questionresult")
    )
    assert len(roll) == len(results) == 1
    texts = rows("SELECT DISTINCT xmin::text FROM evaluations_textanswer")
    assert texts == results == roll


def test_until_the_next_stir_a_vote_and_its_sealed_ballot_are_of_one_transaction_and_not_after_it(long_texts):
    """What docs/evaluations-anonymity.md says remains: of the last minutes, and of what nobody can open."""
    evaluation, _voters = voted(long_texts)
    linked = (
        "SELECT count(*) FROM evaluations_voter AS voter JOIN evaluations_ballot AS ballot USING (evaluation_id)"
        " WHERE evaluation_id = %s AND voter.xmin::text = ballot.xmin::text"
    )

    assert rows(linked, evaluation.pk) == [(PEOPLE,)]
    stir(evaluation)
    assert rows(linked, evaluation.pk) == [(PEOPLE * PEOPLE,)], "each with all of them"


def test_no_old_version_of_a_row_is_left_after_closing(long_texts):
    """VACUUM took them away: a page holds what stands, and empty places."""
    evaluation, _voters = voted(long_texts)

    close(evaluation)

    [(roll, box)] = rows("SELECT pg_relation_size('evaluations_voter'), pg_relation_size('evaluations_ballot')")
    assert box == 0, "nothing is left of an empty box"
    assert roll <= 2 * 8192
    [(dead,)] = rows("SELECT count(*) FROM evaluations_voter WHERE has_answered IS NOT NULL")
    assert dead == 0
