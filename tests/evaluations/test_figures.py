"""Figures say what was released, and how sure it is."""

import random
from statistics import mean, stdev

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Organisation
from evaluations.enums import QuestionKind
from evaluations.models import QuestionResult
from evaluations.questions import Question, Text
from evaluations.results.figures import Tally, estimate_of, figures_of, interval, pool, question_key, t_quantile
from tests import factories
from tests.evaluations.factories import (
    CONFIDENCE,
    LEARNED,
    PRESENTER,
    TEACHING,
    closed_evaluation,
    options,
    question,
    questionnaire,
)

GOALS = question(
    "matrix",
    "goals",
    "Hvor godt nåede I målene?",
    options=options("Slet ikke", "Delvis", "Helt"),
    rows=options("At forstå", "At bruge", "At dele"),
    no_opinion=True,
)

pytestmark = pytest.mark.django_db


def test_mean_is_as_on_the_scale_and_its_interval_is_students():
    # Five people: 3, 4, 4, 5, 5. Mean 4.2, s = 0.8367, t(4) = 2.776, half = 2.776 * 0.8367 / sqrt(5) = 1.0387.
    found = interval([0, 0, 1, 2, 2], range(1, 6))

    assert found is not None
    assert found.mean == pytest.approx(4.2)
    assert found.low == pytest.approx(4.2 - 1.0387, abs=1e-3)
    assert found.high == 5, "an interval ends where the scale does"


def test_interval_holds_the_true_mean_about_95_times_of_100():
    chance = random.Random(5)
    weights, values = [1, 2, 4, 6, 3], range(1, 6)
    true = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
    held = 0
    for _each in range(2000):
        drawn = chance.choices(values, weights, k=25)
        found = interval([drawn.count(value) for value in values], values)
        assert found is not None
        assert found.mean == pytest.approx(mean(drawn))
        held += bool(stdev(drawn) and found.low <= true <= found.high)
    assert 0.93 < held / 2000 < 0.97


def test_that_all_answer_the_same_makes_no_mean_certain():
    same, other = interval([0, 0, 0, 0, 5], range(1, 6)), interval([5, 0, 0, 0, 0], range(1, 6))

    assert same is not None and other is not None
    assert (same.mean, same.low, same.high) == (5, None, None)
    assert not same.is_above(other)


def test_quantile_between_two_rows_of_the_table_is_never_too_small():
    assert t_quantile(4) == 2.776
    assert t_quantile(35) == t_quantile(30) > 2.030
    assert t_quantile(5000) == t_quantile(100) > 1.960


def test_without_answers_there_is_no_mean():
    assert interval([0, 0, 0], range(1, 4)) is None
    assert pool([]) is None


def test_what_has_no_order_has_no_mean():
    asked = Question("why", QuestionKind.SINGLE, Text("Hvorfor?"), options=(Text("a"), Text("b")))

    assert estimate_of(asked, Tally(6, 0, (3, 3))) is None


def test_pool_adds_up_answers_and_keeps_those_without_an_opinion_apart():
    assert pool([Tally(6, 1, (1, 5)), Tally(7, 0, (7, 0))]) == Tally(13, 1, (8, 5))


def test_pool_refuses_questions_of_different_length():
    with pytest.raises(ValueError, match="zip"):
        pool([Tally(6, 0, (1, 5)), Tally(7, 0, (7, 0, 0))])


def test_the_same_question_has_the_same_name_kind_and_number_of_values():
    scale = Question("q", QuestionKind.SCALE, Text("Før"), options=(Text("a"), Text("b")))

    assert question_key(scale) == question_key(
        Question("q", QuestionKind.SCALE, Text("Efter"), options=(Text("c"), Text("d")))
    )
    longer = Question("q", QuestionKind.SCALE, Text("Før"), options=(Text("a"), Text("b"), Text("c")))
    assert question_key(scale) != question_key(longer)


def test_figures_stand_in_the_order_of_the_questionnaire_and_those_of_municipalities_last():
    evaluation = closed_evaluation(
        asked=questionnaire(LEARNED, GOALS, TEACHING, CONFIDENCE),
        counts={"confidence": [0] * 6 + [2, 2, 2, 0, 0], "teaching": [0, 1, 2, 3, 4]},
        texts={"learned": ["a", "b", "c", "d", "e"]},
    )
    for row in (2, 0):
        QuestionResult.objects.create(
            evaluation=evaluation, question="goals", row=row, answered=6, no_opinion=2, counts=[1, 2, 3]
        )
    where = Organisation.objects.first() or factories.OrganisationFactory()
    QuestionResult.objects.create(
        evaluation=evaluation, question="teaching", group=where, answered=5, counts=[0, 0, 0, 2, 3]
    )

    found = figures_of(evaluation)

    assert [(each.question.name, each.row, each.group) for each in found] == [
        ("learned", None, None),
        ("goals", 0, None),
        ("goals", 2, None),
        ("teaching", None, None),
        ("confidence", None, None),
        ("teaching", None, where),
    ]
    teaching = found[3]
    assert [(each.label, each.count, each.share) for each in teaching.choices][-1] == ("Meget tilfreds", 4, 0.4)
    assert teaching.mean == pytest.approx(4.0)
    assert teaching.interval is not None
    assert found[0].choices == [] and found[0].mean is None
    assert found[1].no_opinion == 2 and found[1].mean == pytest.approx(14 / 6)
    assert found[4].mean == pytest.approx(7.0), "a number is itself"


def test_shares_of_several_answers_are_of_people_not_of_crosses():
    several = question("multiple", "barriers", "Hvad står i vejen?", options=options("Tid", "Penge"))
    evaluation = closed_evaluation(asked=questionnaire(several))
    QuestionResult.objects.create(evaluation=evaluation, question="barriers", answered=10, counts=[9, 6])

    (found,) = figures_of(evaluation)

    assert [each.share for each in found.choices] == [0.9, 0.6]


def test_reading_figures_takes_as_many_queries_whatever_there_is_to_read():
    def queries(evaluation) -> int:
        fresh = type(evaluation).objects.get(pk=evaluation.pk)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            figures_of(fresh)
        return len(captured)

    run = factories.CourseRunFactory(capacity=None, with_days=1)
    few = closed_evaluation(run=run, asked=questionnaire(TEACHING), counts={"teaching": [0, 1, 2, 3, 4]})
    many = closed_evaluation(
        asked=questionnaire(
            TEACHING,
            CONFIDENCE,
            PRESENTER,
            *(TEACHING | {"value": TEACHING["value"] | {"name": f"t{n}"}} for n in range(20)),
        ),
        counts={"confidence": [1] * 11, **{f"t{n}": [0, 1, 2, 3, 4] for n in range(20)}},
    )

    assert queries(few) == queries(many) == 2
