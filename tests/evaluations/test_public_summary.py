"""The course page shows a few pooled figures where an organiser has published them, and never a text."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evaluations.enums import Moment
from evaluations.models import Evaluation
from evaluations.operations.moderating import publish_summary, write_changes
from evaluations.results.public import summary_of
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
from tests.evaluations.results import release, release_texts
from tests.evaluations.test_figures import GOALS
from tests.factories import CoursePageFactory, CourseRunFactory, PresenterFactory

pytestmark = pytest.mark.django_db

URL = "/kurser/kursus/"
FORMAT = question("scale", "format", "Hvordan passede formen?", options=options("Dårligt", "Godt"))
PACE = question("scale", "pace", "Hvordan var tempoet?", options=options("Langsomt", "Passende", "Hurtigt"))


@pytest.fixture
def course():
    return CoursePageFactory(slug="kursus")


def evaluated(course, *, public: bool = True, days: int = 0, asked=None, **fields) -> Evaluation:
    presenter = PresenterFactory()
    run = CourseRunFactory(course=course, capacity=None, with_days=1, day_fields={"presenters": [presenter]})
    asked = asked or questionnaire(TEACHING, GOALS, PRESENTER, CONFIDENCE, FORMAT, PACE, LEARNED)
    evaluation = closed_evaluation(people=0, run=run, asked=asked)
    release(evaluation, "teaching", [0, 1, 2, 3, 4])
    release(evaluation, "confidence", [0, 0, 0, 0, 0, 0, 1, 2, 3, 2, 2])
    release(evaluation, "presenter", [6, 1, 1], subject=f"p{presenter.pk}")
    release_texts(evaluation, "learned", *(f"Hemmeligt {n}" for n in range(5)))
    Evaluation.objects.filter(pk=evaluation.pk).update(
        closed_at=evaluation.closed_at - timedelta(days=days), is_public=public, **fields
    )
    return evaluation


def test_the_summary_pools_the_published_evaluations_of_the_course(course):
    evaluated(course, days=90)
    evaluated(course)
    evaluated(course, public=False)
    evaluated(CoursePageFactory())

    summary = summary_of(course)

    assert summary is not None and summary.runs == 2
    assert [(each.question.name, each.chart.people) for each in summary.asked] == [
        ("teaching", "20 svar"),
        ("confidence", "20 svar"),
    ]
    assert summary.asked[0].chart.mean.words == "Gennemsnit 4,0 af 5"


def test_no_text_no_presenter_and_no_matrix_is_published(course):
    evaluation = evaluated(course)
    release(evaluation, "goals", [1, 2, 3], row=0)

    page = Client().get(URL).content.decode()

    assert "Det siger deltagerne" in page
    assert "Hvor tilfreds er du med undervisningen?" in page
    for unsaid in ("Hemmeligt", "Hvor god var underviseren?", "Hvor godt nåede I målene?"):
        assert unsaid not in page


def test_at_most_three_questions_are_shown(course):
    evaluation = evaluated(course)
    release(evaluation, "format", [1, 9])
    release(evaluation, "pace", [1, 8, 1])

    assert [each.question.name for each in summary_of(course).asked] == ["teaching", "confidence", "format"]


def test_only_the_same_question_is_pooled(course):
    shorter = TEACHING | {"value": TEACHING["value"] | {"options": options("Dårlig", "Middel", "God", "Bedst", "?")}}
    other = questionnaire(shorter | {"type": "single", "value": {**shorter["value"], "no_opinion": None}}, CONFIDENCE)
    evaluated(course, days=90, asked=questionnaire(CONFIDENCE, LEARNED, other_name(TEACHING)))
    evaluated(course, days=60, asked=other)
    evaluated(course)

    assert [each.chart.people for each in summary_of(course).asked] == ["10 svar", "30 svar"]


def other_name(asked: dict) -> dict:
    return asked | {"value": asked["value"] | {"name": "other"}}


def test_what_was_changed_stands_in_the_summary(course):
    evaluation = evaluated(course)
    write_changes(evaluation_pk=evaluation.pk, words="Der er flere pauser nu.")

    page = Client().get(URL).content.decode()

    assert "Det ændrede vi på grund af deltagerne" in page and "Der er flere pauser nu." in page


def test_expectations_and_follow_ups_are_not_published(course):
    evaluated(course, asked=questionnaire(TEACHING, CONFIDENCE, LEARNED, moment=Moment.FOLLOW_UP))

    assert summary_of(course) is None


def test_publishing_and_taking_back_show_at_once_though_pages_are_cached(course, settings):
    evaluation = evaluated(course, public=False)
    caches["pages"].clear()
    visitor = Client()

    def shows() -> bool:
        return "Det siger deltagerne" in visitor.get(URL).content.decode()

    assert not shows()
    assert visitor.get(URL)["X-Page-Cache"] == "hit"
    publish_summary(evaluation_pk=evaluation.pk, public=True)
    assert shows()
    write_changes(evaluation_pk=evaluation.pk, words="Der er flere pauser nu.")
    assert "flere pauser" in visitor.get(URL).content.decode()
    publish_summary(evaluation_pk=evaluation.pk, public=False)
    assert not shows()


def test_a_course_without_a_summary_pays_one_query_and_one_with_it_two(course):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            summary_of(course)
        return len(captured)

    assert queries() == 1
    evaluated(course)
    assert queries() == 2
    evaluated(course, days=30)
    evaluated(course, days=60)
    assert queries() == 2
