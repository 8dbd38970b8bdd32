"""A solver over all that is released of generated cohorts: no sum of figures leaves fewer than five alone.

SOLVER_EXAMPLES=2000 tries so many cohorts. With a guard taken away the same solver finds people at once: it is no
test that cannot fail.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from evaluations.enums import About, QuestionKind
from evaluations.models.results import MIN_ANSWERS
from evaluations.operations import releasing
from evaluations.operations.releasing import Cell, Counting
from evaluations.questions import Condition, Question, Subject, Text, items_of
from tests.evaluations.attacks.cohorts import Voter, cohort
from tests.evaluations.attacks.solver import FEW, Published, isolated

EXAMPLES = int(os.environ.get("SOLVER_EXAMPLES", 150))
thorough = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
CODES = ("0101", "0147", "0461", "0751", "0851", "0999")
LABELS = (Text("en"), Text("to"), Text("tre"))


def asks(name: str, kind: str = QuestionKind.SCALE, **more) -> Question:
    return Question(name=name, kind=kind, text=Text(name), options=LABELS, **more)


QUESTIONS = (
    asks("satisfied", has_no_opinion=True),
    asks("why", condition=Condition("satisfied", frozenset({0, 1}))),
    asks("because", QuestionKind.MULTIPLE, condition=Condition("why", frozenset({2}))),
    Question("sure", QuestionKind.NUMBER, Text("sure")),
    asks("grid", QuestionKind.MATRIX, rows=(Text("a"), Text("b")), has_no_opinion=True),
    asks("presenter", about=About.PRESENTER, has_no_opinion=True),
    asks("day", about=About.DAY),
    Question("words", QuestionKind.TEXT, Text("words")),
    Question("where", QuestionKind.MUNICIPALITY, Text("where")),
)
SUBJECTS = tuple(
    Subject(key, about, key)
    for key, about in (("p1", About.PRESENTER), ("p2", About.PRESENTER), ("d1", About.DAY), ("d2", About.DAY))
)
ITEMS = tuple(items_of(QUESTIONS, SUBJECTS))

#: How many of each municipality, and of none: around the limits, where it is dangerous.
group_sizes = st.dictionaries(st.sampled_from([*CODES, ""]), st.integers(1, 12), min_size=1)
seeds = st.integers(0, 2**32)


def released(people: Sequence[Voter], groups: Sequence[str] = CODES) -> list[Cell]:
    counting = Counting(QUESTIONS, SUBJECTS, groups=groups)
    for person in people:
        counting.add(person.paper)
    return counting.cells()


def published(people: Sequence[Voter], cells: Iterable[Cell]) -> Iterator[Published]:
    """Yield each cell as a figure about the people in it, and check that it counts just these."""
    for cell in cells:
        key = cell.question, cell.subject, cell.row
        there = [each for each in people if not cell.group or each.group == cell.group]
        where = f"{key} {cell.group}"
        if cell.question == "where":
            yield Published(key, named(each for each in there if each.group), where)
            continue
        answered = named(each for each in there if each.answered(key))
        unsure = named(each for each in there if each.is_unsure(key))
        assert (cell.answered, cell.no_opinion) == (len(answered), len(unsure)), where
        yield Published(key, answered, where)
        # That somebody had no opinion is told of all who said anything.
        yield Published((key, "no opinion"), answered | unsure, where)


def named(people: Iterable[Voter]) -> frozenset[str]:
    return frozenset(each.name for each in people)


def found_by_solver(seed: int, sizes: dict[str, int]) -> dict:
    people = cohort(Random(seed), ITEMS, sizes=sizes)
    return isolated(published(people, released(people)))


# --- the solver itself --------------------------------------------------------------------------


def figures(*populations: str) -> list[Published]:
    return [Published("q", frozenset(people), people) for people in populations]


@pytest.mark.parametrize(
    ("populations", "alone"),
    [
        pytest.param(["abcdefgh", "abcde"], set("fgh"), id="parent minus part"),
        pytest.param(["abcdefghij", "abcde"], set(), id="five are left"),
        pytest.param(["abc"], set("abc"), id="published itself"),
        pytest.param(["abcdefgh", "fghijklm", "abcdeijklm"], set("fgh"), id="a sum of two less a third, halved"),
        pytest.param(["abcdefghij", "fghijklmno"], set(), id="two that overlap in five"),
        pytest.param(["abcdefg", "cdefghi"], set("abhi"), id="how two that overlap differ is a figure of four"),
        pytest.param(["abcdefghijkl", "abcde", "fghij"], set("kl"), id="parent minus two parts"),
    ],
)
def test_the_solver_finds_who_can_be_found(populations, alone):
    assert isolated(figures(*populations)).get("q", set()) == alone


# --- against what is released -------------------------------------------------------------------


@thorough
@given(seeds, group_sizes)
def test_no_sum_of_a_surveys_figures_leaves_fewer_than_five_alone(seed, sizes):
    assert found_by_solver(seed, sizes) == {}


@thorough
@given(seeds, st.integers(1, 14))
def test_no_sum_of_an_evaluations_figures_leaves_fewer_than_five_alone(seed, people):
    voters = cohort(Random(seed), ITEMS, sizes={"": people})

    assert isolated(published(voters, released(voters, ()))) == {}


@thorough
@given(seeds, st.lists(st.tuples(st.integers(1, 12), st.sampled_from("AB"), st.integers(1, 4)), max_size=8))
def test_no_sum_over_runs_courses_and_periods_leaves_fewer_than_five_alone(seed, runs):
    """Each evaluation's cells, and every sum of whole cells that any page could make: by course, period and both."""
    source, cells = Random(seed), []
    for number, (size, course, quarter) in enumerate(runs):
        people = cohort(source, ITEMS, sizes={"": size}, name=f"run{number}-")
        cells += [(course, quarter, figure) for figure in published(people, released(people, ()))]
    sums = [
        Published(asked, frozenset().union(*parts), f"{course} {since} {until}")
        for asked in {figure.asked for _course, _quarter, figure in cells}
        for course in ("A", "B", "AB")
        for since in range(1, 5)
        for until in range(since, 5)
        if (
            parts := [
                figure.people
                for of, quarter, figure in cells
                if of in course and since <= quarter <= until and figure.asked == asked
            ]
        )
    ]

    assert isolated([*(figure for _course, _quarter, figure in cells), *sums]) == {}


# --- with a guard taken away --------------------------------------------------------------------

drawn = st.tuples(seeds, group_sizes)
EASY = settings(max_examples=500, deadline=None, phases=[Phase.generate], database=None)


def somebody_is_found() -> dict:
    """Return whom the solver finds in some cohort. Raises hypothesis.errors.NoSuchExample when it finds nobody."""
    return found_by_solver(*find(drawn, lambda each: bool(found_by_solver(*each)), settings=EASY))


def test_without_the_limit_of_five_the_solver_finds_people(monkeypatch):
    monkeypatch.setattr(releasing, "MIN_ANSWERS", 1)

    found = somebody_is_found()

    assert all(1 <= len(people) <= FEW for people in found.values())


def test_without_the_municipalities_that_give_way_the_solver_finds_people(monkeypatch):
    def every_large_one(everyone, by_group):
        return [group for group, count in by_group.items() if count.answered >= MIN_ANSWERS]

    monkeypatch.setattr(releasing, "releasable", every_large_one)

    found = somebody_is_found()

    assert all(1 <= len(people) <= FEW for people in found.values())


def test_without_those_who_have_no_opinion_in_the_rest_the_solver_finds_them(monkeypatch):
    """The rest may have nobody who answered, and one who had no opinion."""

    def by_answers_alone(everyone, by_group):
        large = sorted(
            (group for group, count in by_group.items() if count.answered >= MIN_ANSWERS),
            key=lambda group: -by_group[group].answered,
        )
        while large and 0 < everyone.answered - sum(by_group[group].answered for group in large) < MIN_ANSWERS:
            large.pop()
        return large

    monkeypatch.setattr(releasing, "releasable", by_answers_alone)

    assert somebody_is_found()
