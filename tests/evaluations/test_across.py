"""Many evaluations at once: sums of what was released, by run, period and moment, in a constant number of queries."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.enums import Moment
from evaluations.models import Evaluation
from evaluations.results.across import (
    HalfYear,
    Pair,
    Quarter,
    Rate,
    Selection,
    evaluations_of,
    headline,
    paired,
    pooled,
    questions_by_moment,
    rates,
)
from tests.evaluations.factories import (
    CONFIDENCE,
    LEARNED,
    PRESENTER,
    TEACHING,
    closed_evaluation,
    open_evaluation,
    options,
    question,
    questionnaire,
)
from tests.factories import CoursePageFactory, CourseRunFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db

INTENTION = question("scale", "intention", "Vil du bruge det?", options=options("Nej", "Måske", "Ja"))
USE = question("scale", "use", "Har du brugt det?", options=options("Nej", "Ja"))


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


def run_on(day, **more):
    return CourseRunFactory(capacity=None, with_days=1, first_day=day, **more)


def closed(day=date(2026, 3, 4), teaching=(0, 0, 1, 2, 3), **more):
    run = more.pop("run", None) or run_on(day)
    return closed_evaluation(run=run, people=more.pop("people", 8), counts={"teaching": list(teaching)}, **more)


def test_the_same_question_of_several_evaluations_is_added_up(organiser):
    closed(teaching=(0, 0, 1, 2, 3))
    closed(teaching=(5, 0, 0, 0, 1))
    [found] = pooled(evaluations_of(organiser))
    assert found.tally.counts == (5, 0, 1, 2, 4)
    assert (found.tally.answered, found.evaluations) == (12, 2)
    assert found.estimate.mean == pytest.approx((5 + 3 + 8 + 20) / 12)


def test_a_question_that_was_changed_is_another(organiser):
    closed()
    fewer = question("scale", "teaching", "Hvor tilfreds?", options=options("Lidt", "Noget", "Meget"))
    closed(teaching=(0, 0, 5), asked=questionnaire(fewer))
    assert sorted(len(each.tally.counts) for each in pooled(evaluations_of(organiser))) == [3, 5]


def test_only_questions_about_the_course_as_a_whole_are_counted_and_texts_are_not(organiser):
    presenter = PresenterFactory()
    run = CourseRunFactory(capacity=None, with_days=1)
    run.days.get().presenters.add(presenter)
    day = run.days.get()
    day.presenters = [presenter]
    day.save()
    closed_evaluation(
        run=run,
        counts={"teaching": [0, 0, 0, 0, 5], f"presenter/p{presenter.pk}": [0, 0, 5]},
        texts={"learned": ["God dag"] * 5},
        asked=questionnaire(TEACHING, PRESENTER, LEARNED),
    )
    assert [each.question.name for each in pooled(evaluations_of(organiser))] == ["teaching"]
    assert set(questions_by_moment(evaluations_of(organiser))["end"]) == {"teaching", "learned"}


def test_periods_go_by_the_runs_last_day(organiser):
    for day in (date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 1)):
        closed(day)
    chosen = evaluations_of(organiser)
    assert {each.by: each.evaluations for each in pooled(chosen, Quarter("held_on"))} == {
        date(2026, 1, 1): 1,
        date(2026, 4, 1): 2,
        date(2026, 7, 1): 1,
    }
    assert {each.by: each.evaluations for each in pooled(chosen, HalfYear("held_on"))} == {
        date(2026, 1, 1): 3,
        date(2026, 7, 1): 1,
    }
    within = Selection(start=date(2026, 4, 1), end=date(2026, 6, 30))
    assert evaluations_of(organiser, within).count() == 2


def test_courses_and_kinds_are_chosen(organiser):
    one = CoursePageFactory(kind="one_day")
    two = CoursePageFactory(kind="theme_day")
    closed(run=run_on(date(2026, 3, 4), course=one))
    closed(run=run_on(date(2026, 3, 4), course=two))
    assert [each.run.course_id for each in evaluations_of(organiser, Selection(courses=(one.pk,)))] == [one.pk]
    assert [each.run.course_id for each in evaluations_of(organiser, Selection(kind="theme_day"))] == [two.pk]


def test_nothing_that_is_open_is_counted(organiser):
    open_evaluation()
    assert not evaluations_of(organiser).exists()


def test_rates_leave_out_evaluations_with_fewer_than_five_invited_altogether(organiser):
    first, small = closed(people=10, answered=7), closed(people=8, answered=8)
    Evaluation.objects.filter(pk=small.pk).update(invited=4, answered=4)
    found = rates(evaluations_of(organiser), "run")
    assert found == {(first.run_id, "end"): Rate(1, 10, 7)}
    assert found[first.run_id, "end"].share == pytest.approx(0.7)


def test_two_moments_are_compared_over_the_runs_that_have_both(organiser):
    first, follow = questionnaire(INTENTION, CONFIDENCE), questionnaire(USE, CONFIDENCE, moment=Moment.FOLLOW_UP)
    both, only_end, unreleased = run_on(date(2026, 1, 7)), run_on(date(2026, 1, 8)), run_on(date(2026, 1, 9))
    number = [0] * 10 + [6]
    for run in (both, only_end, unreleased):
        closed_evaluation(run=run, asked=first, counts={"intention": [1, 2, 3], "confidence": number})
    closed_evaluation(run=both, asked=follow, counts={"use": [2, 4], "confidence": [6, *[0] * 10]})
    closed_evaluation(run=unreleased, asked=follow, counts={"confidence": number})

    use, confidence, nothing = paired(
        evaluations_of(organiser),
        [
            Pair(("end", "intention"), ("follow_up", "use")),
            Pair(("end", "confidence"), ("follow_up", "confidence")),
            Pair(("before", "confidence"), ("end", "confidence")),
        ],
    )

    assert (use.runs, use.first.tally.counts, use.second.tally.counts) == (1, (1, 2, 3), (2, 4))
    assert confidence.runs == 2
    assert (confidence.first.estimate.mean, confidence.second.estimate.mean) == (10, 5)
    assert nothing is None


def test_a_changed_question_is_not_compared_with_what_it_was(organiser):
    changed = question("scale", "confidence", "Hvor sikker er du?", options=options("Lidt", "Meget"))
    follow = questionnaire(CONFIDENCE, moment=Moment.FOLLOW_UP)
    for n, (asked, counts) in enumerate(
        [(questionnaire(CONFIDENCE), [*[0] * 9, 3, 3])] * 2 + [(questionnaire(changed), [3, 3])]
    ):
        run = run_on(date(2026, 1, 7 + n))
        closed_evaluation(run=run, asked=asked, counts={"confidence": counts})
        closed_evaluation(run=run, asked=follow, counts={"confidence": [*[0] * 10, 6]})
    [found] = paired(evaluations_of(organiser), [Pair(("end", "confidence"), ("follow_up", "confidence"))])
    assert found.runs == 2
    assert len(found.first.tally.counts) == len(found.second.tally.counts) == 11


def test_the_headline_is_the_named_question_else_the_one_most_answered(organiser):
    closed_evaluation(counts={"teaching": [0, 0, 0, 0, 5], "confidence": [*[0] * 10, 6]})
    found = pooled(evaluations_of(organiser))
    assert headline(found, ["teaching"]).question.name == "teaching"
    assert headline(found, ["satisfaction"]).question.name == "confidence"
    assert headline([], ["teaching"]) is None


def test_presenters_get_their_own_runs_and_others_nothing(organiser):
    presenter = PresenterFactory(with_user=True)
    run = run_on(date(2026, 3, 4))
    day = run.days.get()
    day.presenters = [presenter]
    day.save()
    own = closed(run=run)
    closed()
    assert list(evaluations_of(presenter.user)) == [own]
    assert not evaluations_of(UserFactory()).exists()


def test_queries_do_not_grow_with_evaluations(organiser):
    asked, follow = questionnaire(TEACHING, CONFIDENCE), questionnaire(TEACHING, moment=Moment.FOLLOW_UP)
    pairs = [Pair(("end", "teaching"), ("follow_up", "teaching"))]

    def add(runs):
        for _n in range(runs):
            run = run_on(date(2026, 3, 4))
            closed(run=run, asked=asked)
            closed(run=run, asked=follow)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            chosen = evaluations_of(organiser)
            pooled(chosen, Quarter("held_on"))
            rates(chosen, "run__course")
            paired(chosen, pairs)
            questions_by_moment(chosen)
        return len(captured)

    organiser.has_perm("evaluations.view_evaluation")  # asked for once a user
    add(1)
    few = queries()
    add(12)
    assert queries() == few == 7
