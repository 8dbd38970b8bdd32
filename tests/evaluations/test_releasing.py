"""What is released of papers: five or more, by municipality only so that nothing left over is fewer than five."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.ballots import Answer, Paper
from evaluations.enums import About, QuestionKind
from evaluations.operations.releasing import Cell, Counting
from evaluations.questions import NO_OPINION, Condition, Question, Subject, Text
from tests.evaluations.factories import paper

PEOPLE = [Subject("p1", About.PRESENTER, "Anna", 1), Subject("p2", About.PRESENTER, "Bo", 2)]


def asks(name: str, kind: str = QuestionKind.SCALE, *, options: int = 3, **more) -> Question:
    labels = tuple(Text(f"svar {number}") for number in range(options))
    plain = kind in (QuestionKind.TEXT, QuestionKind.NUMBER, QuestionKind.MUNICIPALITY)
    return Question(name=name, kind=kind, text=Text(name), options=() if plain else labels, **more)


def count(questions: list[Question], papers: list[Paper], **more) -> dict[tuple, Cell]:
    counting = Counting(questions, more.pop("subjects", ()), **more)
    for each in papers:
        counting.add(each)
    return {(cell.question, cell.subject, cell.row, cell.group): cell for cell in counting.cells()}


def test_five_answers_are_counted_by_value():
    cells = count([asks("q")], [paper(("q", value)) for value in (0, 2, 2, 1, 2)])

    assert cells == {("q", "", None, ""): Cell("q", "", None, "", answered=5, no_opinion=0, counts=(1, 1, 3))}


def test_four_answers_leave_nothing():
    assert count([asks("q")], [paper(("q", 1))] * 4) == {}


def test_no_opinion_is_apart_and_makes_nobody_the_fifth():
    question = asks("q", has_no_opinion=True)
    papers = [paper(("q", 1))] * 4 + [paper(("q", NO_OPINION))] * 3

    assert count([question], papers) == {}
    cell = count([question], [*papers, paper(("q", 0))])["q", "", None, ""]
    assert (cell.answered, cell.no_opinion, cell.counts) == (5, 3, (1, 4, 0))


def test_no_opinion_that_was_not_offered_is_no_answer():
    assert count([asks("q")], [paper(("q", NO_OPINION))] * 6 + [paper(("q", 1))] * 4) == {}


def test_a_paper_without_any_answer_counts_nowhere():
    cell = count([asks("q")], [paper(("q", 1))] * 5 + [paper()] * 3)["q", "", None, ""]

    assert cell.answered == 5


def test_each_question_is_judged_by_its_own_answers():
    papers = [paper(("a", 1), ("b", 1))] * 4 + [paper(("a", 0))]

    assert set(count([asks("a"), asks("b")], papers)) == {("a", "", None, "")}


def test_several_answers_are_counted_by_option_and_people_once():
    question = asks("q", QuestionKind.MULTIPLE)
    papers = [paper(("q", (0, 1)))] * 3 + [paper(("q", (2,)))] * 2 + [paper(("q", ()))]

    cell = count([question], papers)["q", "", None, ""]

    assert (cell.answered, cell.counts) == (5, (3, 3, 2))


def test_a_number_has_eleven_places():
    cell = count([asks("q", QuestionKind.NUMBER)], [paper(("q", value)) for value in (0, 10, 10, 5, 5)])[
        "q", "", None, ""
    ]

    assert cell.counts == (1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2)


def test_rows_of_a_matrix_are_judged_one_by_one():
    question = asks("q", QuestionKind.MATRIX, rows=(Text("a"), Text("b")))
    papers = [paper(("q", "", 0, 1), ("q", "", 1, 2))] * 4 + [paper(("q", "", 1, 0))]

    cells = count([question], papers)

    assert set(cells) == {("q", "", 1, "")}
    assert cells["q", "", 1, ""].counts == (1, 0, 4)


def test_presenters_are_judged_one_by_one():
    question = asks("q", about=About.PRESENTER)
    papers = [paper(("q", "p1", 2), ("q", "p2", 0))] * 4 + [paper(("q", "p1", 1))]

    assert set(count([question], papers, subjects=PEOPLE)) == {("q", "p1", None, "")}


def test_texts_are_stripped_and_empty_ones_answer_nothing():
    question = asks("q", QuestionKind.TEXT)
    papers = [paper(("q", f"  ord {number}\r\n")) for number in range(4)] + [paper(("q", " \n\t "))] * 3

    assert count([question], papers) == {}
    cell = count([question], [*papers, paper(("q", "en\r\nto"))])["q", "", None, ""]
    assert cell.answered == 5
    assert sorted(cell.texts) == ["en\nto", "ord 0", "ord 1", "ord 2", "ord 3"]


def test_texts_that_the_database_cannot_hold_are_made_so_that_it_can():
    papers = [paper(("q", f"hal\0v {sign}")) for sign in "abcd"] + [paper(("q", "hal\ud800v"))]

    texts = count([asks("q", QuestionKind.TEXT)], papers)["q", "", None, ""].texts

    assert sorted(texts) == ["hal?v", "halv a", "halv b", "halv c", "halv d"]


def test_texts_of_one_person_are_nowhere_together():
    """The order of texts says nothing: over many countings every order comes about, of each question by itself."""
    questions = [asks("a", QuestionKind.TEXT), asks("b", QuestionKind.TEXT)]
    papers = [paper(("a", f"{n}"), ("b", f"{n}")) for n in range(5)]
    together = 0
    first = set()
    for _each in range(200):
        cells = count(questions, papers)
        one, two = cells["a", "", None, ""].texts, cells["b", "", None, ""].texts
        together += sum(x == y for x, y in zip(one, two, strict=True))
        first.add(one[0])

    assert first == {"0", "1", "2", "3", "4"}
    # One of five stands in its place by chance: 200 of 1,000, give or take 14 (one standard deviation).
    assert 60 < together < 340


def test_what_was_asked_on_condition_counts_only_where_it_was_met():
    questions = [asks("used"), asks("why", condition=Condition("used", frozenset({0})))]
    papers = [paper(("used", 0), ("why", 1))] * 5 + [paper(("used", 1), ("why", 2))] * 5 + [paper(("why", 2))] * 5

    cells = count(questions, papers)

    assert cells["why", "", None, ""].counts == (0, 5, 0)


def test_a_condition_on_what_was_itself_not_asked_is_not_met():
    questions = [
        asks("a"),
        asks("b", condition=Condition("a", frozenset({0}))),
        asks("c", condition=Condition("b", frozenset({0}))),
    ]

    assert ("c", "", None, "") not in count(questions, [paper(("a", 1), ("b", 0), ("c", 0))] * 6)


def test_a_condition_about_presenters_is_met_for_each_by_what_was_said_of_them():
    questions = [
        asks("met", about=About.PRESENTER),
        asks("how", about=About.PRESENTER, condition=Condition("met", frozenset({0}))),
    ]
    filled = paper(("met", "p1", 0), ("met", "p2", 1), ("how", "p1", 2), ("how", "p2", 2))

    cells = count(questions, [filled] * 5, subjects=PEOPLE)

    assert ("how", "p1", None, "") in cells
    assert ("how", "p2", None, "") not in cells


def test_what_was_said_of_another_presenter_does_not_meet_it():
    questions = [
        asks("met", about=About.PRESENTER),
        asks("how", about=About.PRESENTER, condition=Condition("met", frozenset({0}))),
    ]
    nothing_of_bo = paper(("met", "p1", 0), ("how", "p2", 2))

    assert ("how", "p2", None, "") not in count(questions, [nothing_of_bo] * 5, subjects=PEOPLE)


def test_a_question_about_the_course_may_hang_on_what_was_said_of_any_presenter():
    questions = [asks("met", about=About.PRESENTER), asks("why", condition=Condition("met", frozenset({0})))]
    filled = paper(("met", "p1", 1), ("met", "p2", 0), ("why", 2))

    assert ("why", "", None, "") in count(questions, [filled] * 5, subjects=PEOPLE)


def test_a_condition_on_several_answers_is_met_by_one_of_them():
    questions = [asks("a", QuestionKind.MULTIPLE), asks("b", condition=Condition("a", frozenset({2})))]

    assert ("b", "", None, "") in count(questions, [paper(("a", (0, 2)), ("b", 1))] * 5)


def grouped(*sizes: tuple[str, int], name: str = "q") -> list[Paper]:
    return [paper((name, 1), group=group) for group, size in sizes for _each in range(size)]


CODES = ("0101", "0147", "0151", "0153")


@pytest.mark.parametrize(
    ("sizes", "released"),
    [
        pytest.param([("0101", 6), ("0147", 7)], {"0101", "0147"}, id="nobody is left over"),
        pytest.param([("0101", 6), ("0147", 4)], set(), id="four left over would be known"),
        pytest.param([("0101", 6), ("0147", 4), ("0151", 1)], {"0101"}, id="two small ones hide each other"),
        pytest.param([("0101", 9), ("0147", 6), ("0151", 1)], {"0101"}, id="the smallest of the large gives way"),
        pytest.param([("0101", 6), ("", 3)], set(), id="those of no municipality are left over as well"),
        pytest.param([("0101", 6), ("9999", 5)], {"0101"}, id="an unknown municipality is none"),
        pytest.param([("0101", 4), ("0147", 4)], set(), id="none is large enough"),
    ],
)
def test_municipalities_are_released_only_where_nothing_under_five_is_left_over(sizes, released):
    cells = count([asks("q")], grouped(*sizes), groups=CODES)

    assert {group for (_q, _s, _r, group) in cells if group} == released
    assert cells["q", "", None, ""].answered == sum(size for _group, size in sizes)


def test_one_persons_no_opinion_is_not_what_is_left_over():
    question = asks("q", has_no_opinion=True)
    papers = [*grouped(("0101", 6)), paper(("q", NO_OPINION), group="0147")]

    assert set(count([question], papers, groups=CODES)) == {("q", "", None, "")}


def test_which_municipalities_are_released_is_judged_for_each_question():
    papers = [
        *[paper(("a", 1), ("b", 1), group="0101")] * 5,
        *[paper(("a", 1), ("b", 1), group="0147")] * 4,
        paper(("a", 1), group="0147"),
    ]

    cells = count([asks("a"), asks("b")], papers, groups=CODES)

    assert {(name, group) for (name, _s, _r, group) in cells} == {("a", ""), ("a", "0101"), ("a", "0147"), ("b", "")}


def test_texts_are_never_told_apart_by_municipality():
    papers = [paper(("q", f"ord {n}"), group="0101") for n in range(9)]

    assert set(count([asks("q", QuestionKind.TEXT)], papers, groups=CODES)) == {("q", "", None, "")}


def test_the_question_of_the_municipality_counts_who_told_theirs():
    cells = count([asks("where", QuestionKind.MUNICIPALITY)], grouped(("0101", 6), ("0147", 5), ("", 2)), groups=CODES)

    assert {group: cell.answered for (_q, _s, _r, group), cell in cells.items()} == {"": 11, "0101": 6, "0147": 5}


def test_an_evaluation_of_a_course_reads_no_municipality():
    assert set(count([asks("q")], grouped(("0101", 9)))) == {("q", "", None, "")}


@pytest.mark.parametrize(
    "damaged",
    [
        Answer("unknown", "", None, 1),
        Answer("q", "p9", None, 1),
        Answer("q", "", 3, 1),
        Answer("q", "", None, 99),
        Answer("q", "", None, -5),
        Answer("q", "", None, "1"),
        Answer("q", "", None, True),
        Answer("q", "", None, None),
        Answer("q", "", None, (1,)),
        Answer("q", "", None, {"a": 1}),
        Answer("q", "", None, 1.0),
        Answer(["q"], "", None, 1),
        Answer("q", {}, None, 1),
        Answer("q", "", [], 1),
        Answer(None, None, None, None),
    ],
    ids=repr,
)
def test_what_does_not_belong_on_the_paper_is_passed_over(damaged):
    """It neither counts nor keeps the rest of the paper from counting."""
    questions = [asks("q"), asks("other")]
    cells = count(questions, [Paper((damaged, Answer("other", "", None, 1)), group=damaged.value)] * 6, groups=CODES)

    assert set(cells) == {("other", "", None, "")}


def test_a_question_answered_twice_on_one_paper_counts_once():
    cells = count([asks("q")], [paper(("q", 99), ("q", 2), ("q", 0))] * 5)

    assert cells["q", "", None, ""].counts == (0, 0, 5)


QUESTIONS = [
    asks("scale", has_no_opinion=True),
    asks("several", QuestionKind.MULTIPLE),
    asks("if", condition=Condition("scale", frozenset({0, 1}))),
    asks("who", about=About.PRESENTER),
    asks("grid", QuestionKind.MATRIX, rows=(Text("a"), Text("b"))),
    asks("words", QuestionKind.TEXT),
    asks("where", QuestionKind.MUNICIPALITY),
]
anything = st.one_of(
    st.integers(-3, 12), st.booleans(), st.none(), st.text(max_size=5), st.tuples(st.integers(0, 4), st.integers(0, 4))
)
answers = st.builds(
    Answer,
    st.sampled_from([*(each.name for each in QUESTIONS), "none"]),
    st.sampled_from(["", "p1", "p2"]),
    st.sampled_from([None, 0, 1, 5]),
    anything,
)
papers_of_all_sorts = st.lists(
    st.builds(Paper, st.lists(answers, max_size=12).map(tuple), st.sampled_from([*CODES, "", "9999"])), max_size=40
)


@given(papers_of_all_sorts)
def test_whatever_was_handed_in_no_cell_and_no_difference_holds_fewer_than_five(papers):
    cells = count(QUESTIONS, papers, subjects=PEOPLE, groups=CODES)

    for (name, subject, row, group), cell in cells.items():
        assert cell.answered >= 5
        kind = next(each.kind for each in QUESTIONS if each.name == name)
        if kind == QuestionKind.TEXT:
            assert len(cell.texts) == cell.answered
            assert not group
        elif kind not in (QuestionKind.MULTIPLE, QuestionKind.MUNICIPALITY):
            assert sum(cell.counts) == cell.answered
        if group:
            continue
        parts = [part for key, part in cells.items() if key[:3] == (name, subject, row) and key[3]]
        rest = cell.answered - sum(part.answered for part in parts)
        unsure = cell.no_opinion - sum(part.no_opinion for part in parts)
        assert rest >= 5 or rest == unsure == 0
        for place in range(len(cell.counts)):
            assert cell.counts[place] >= sum(part.counts[place] for part in parts)


@given(papers_of_all_sorts, st.randoms(use_true_random=False))
def test_the_order_of_the_papers_changes_nothing(papers, source: random.Random):
    shuffled = list(papers)
    source.shuffle(shuffled)

    def sorted_texts(cells):
        return {key: (cell.answered, cell.no_opinion, cell.counts, sorted(cell.texts)) for key, cell in cells.items()}

    one, two = (count(QUESTIONS, each, subjects=PEOPLE, groups=CODES) for each in (papers, shuffled))
    assert sorted_texts(one) == sorted_texts(two)
