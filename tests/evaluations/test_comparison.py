"""Results are compared with the same question earlier, and a difference is only told where it is certain."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.enums import CourseKind
from evaluations.enums import Moment
from evaluations.models import Evaluation
from evaluations.results.comparison import Compared, Verdict, compared, verdict
from evaluations.results.figures import Estimate, figures_of
from tests.evaluations.factories import PRESENTER, TEACHING, closed_evaluation, options, questionnaire
from tests.evaluations.results import release
from tests.evaluations.test_figures import GOALS
from tests.factories import CoursePageFactory, CourseRunFactory, PresenterFactory

pytestmark = pytest.mark.django_db

LOW, MIDDLE, HIGH = [20, 10, 2, 0, 0], [0, 2, 6, 3, 0], [0, 0, 2, 10, 20]


@pytest.fixture
def course():
    return CoursePageFactory(kind=CourseKind.ONE_DAY)


@pytest.fixture
def asked():
    return questionnaire(TEACHING, GOALS, PRESENTER)


def earlier(course, asked, counts, *, days: int = 30, **fields) -> Evaluation:
    run = CourseRunFactory(course=course, capacity=None, with_days=1)
    evaluation = closed_evaluation(people=0, run=run, asked=asked, **fields)
    release(evaluation, "teaching", counts)
    Evaluation.objects.filter(pk=evaluation.pk).update(closed_at=evaluation.closed_at - timedelta(days=days))
    return evaluation


def lines(evaluation: Evaluation, row: int | None = None, name: str = "teaching") -> list[Compared]:
    return compared(evaluation, figures_of(evaluation)).get((name, row), [])


def test_results_stand_beside_earlier_runs_the_kind_and_all_courses(course, asked):
    earlier(course, asked, LOW)
    earlier(course, asked, LOW)
    earlier(CoursePageFactory(kind=CourseKind.ONE_DAY), asked, MIDDLE)
    earlier(CoursePageFactory(kind=CourseKind.THEME_DAY), asked, HIGH)
    now = earlier(course, asked, HIGH, days=0)

    found = lines(now)

    assert [(each.scope, each.evaluations, each.answered) for each in found] == [
        ("course", 2, 64),
        ("kind", 3, 75),
        ("all", 4, 107),
    ]
    assert found[0].verdict == Verdict.HIGHER
    assert (found[0].words, found[0].arrow) == ("Højere", "↑")
    assert found[0].mean.short == "1,4"
    assert "interval" in found[0].mean.interval


def test_a_wider_pool_that_holds_nothing_more_is_left_out(course, asked):
    earlier(course, asked, LOW)

    assert [each.scope for each in lines(earlier(course, asked, HIGH, days=0))] == ["course"]


def test_without_anything_earlier_nothing_is_compared(course, asked):
    first = earlier(course, asked, LOW, days=60)
    earlier(course, asked, HIGH, days=0)

    assert lines(first) == []


def test_where_intervals_overlap_there_is_neither_arrow_nor_up_nor_down(course, asked):
    earlier(course, asked, [0, 2, 3, 3, 2])
    (line,) = lines(earlier(course, asked, [0, 1, 3, 4, 2], days=0))

    assert (line.verdict, line.words, line.arrow) == (Verdict.UNSURE, "Ingen sikker forskel", "")


def test_a_difference_is_told_only_where_intervals_are_apart():
    assert verdict(Estimate(4, 3.5, 4.5), Estimate(3, 2.5, 3.5)) == Verdict.UNSURE
    assert verdict(Estimate(4, 3.6, 4.5), Estimate(3, 2.5, 3.5)) == Verdict.HIGHER
    assert verdict(Estimate(3, 2.5, 3.4), Estimate(4, 3.5, 4.5)) == Verdict.LOWER
    assert verdict(Estimate(5), Estimate(1, 1, 1.5)) == Verdict.UNSURE, "a mean without an interval is never certain"


def test_other_moments_and_questions_of_another_length_are_not_compared(course, asked):
    shorter = TEACHING | {"value": TEACHING["value"] | {"options": options("Dårlig", "Middel", "God")}}
    release_in = earlier(course, questionnaire(shorter), [2, 3, 4])
    assert release_in.results.count() == 1
    earlier(course, questionnaire(TEACHING, moment=Moment.FOLLOW_UP), LOW)

    assert lines(earlier(course, asked, HIGH, days=0)) == []


def test_rows_of_a_matrix_are_compared_with_the_same_row(course, asked):
    before = earlier(course, asked, LOW)
    release(before, "goals", [5, 5, 5], row=1)
    release(before, "goals", [9, 0, 1], row=2)
    now = earlier(course, asked, HIGH, days=0)
    release(now, "goals", [0, 1, 9], row=1)

    (line,) = lines(now, row=1, name="goals")

    assert (line.answered, line.mean.short) == (15, "2,0")


def test_presenters_are_compared_with_nobody(course, asked):
    presenter = PresenterFactory()
    for days in (30, 0):
        run = CourseRunFactory(course=course, capacity=None, with_days=1, day_fields={"presenters": [presenter]})
        now = closed_evaluation(people=0, run=run, asked=asked)
        release(now, "presenter", [1, 3, 6], subject=f"p{presenter.pk}")
        Evaluation.objects.filter(pk=now.pk).update(closed_at=now.closed_at - timedelta(days=days))

    assert compared(now, figures_of(now)) == {}


def test_comparing_takes_as_many_queries_however_many_evaluations_there_are(course, asked):
    def queries() -> int:
        fresh = Evaluation.objects.select_related("questionnaire", "run__course").get(pk=now.pk)
        figures = figures_of(fresh)
        with CaptureQueriesContext(connection) as captured:
            compared(fresh, figures)
        return len(captured)

    earlier(course, asked, LOW)
    now = earlier(course, asked, HIGH, days=0)
    few = queries()
    for _each in range(4):
        earlier(course, questionnaire(TEACHING), LOW)
        earlier(CoursePageFactory(kind=CourseKind.THEME_DAY), asked, MIDDLE)

    assert queries() == few == 2
