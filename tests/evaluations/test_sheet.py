"""A sheet holds what its reader may see, and says of the rest why it is not there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.models import Evaluation
from evaluations.results.sheet import ORGANISER, Sheet, Texts, reader_of, sheet_of
from tests.evaluations.factories import (
    CONFIDENCE,
    LEARNED,
    PRESENTER,
    TEACHING,
    closed_evaluation,
    question,
    questionnaire,
)
from tests.evaluations.results import release, release_texts
from tests.evaluations.test_figures import GOALS
from tests.factories import CourseRunFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db

ABOUT_THEM = question("text", "to_presenter", "Hvad vil du sige til underviseren?", about="presenter")


def labels(sheet: Sheet, name: str) -> list[str]:
    return [part.subject.label for asked, part in sheet.parts if asked.name == name]


def texts(sheet: Sheet) -> set[str]:
    return {text.text for _question, part in sheet.parts for text in part.texts or ()}


@pytest.fixture
def presenters():
    return [PresenterFactory(name=name, with_user=True) for name in ("Ane Ager", "Bo Birk")]


@pytest.fixture
def evaluation(presenters) -> Evaluation:
    run = CourseRunFactory(capacity=None, with_days=1, day_fields={"presenters": presenters})
    made = closed_evaluation(run=run, asked=questionnaire(TEACHING, GOALS, PRESENTER, ABOUT_THEM, LEARNED))
    release(made, "teaching", [0, 1, 2, 3, 4])
    for each in presenters:
        release(made, "presenter", [1, 2, 5], subject=f"p{each.pk}")
        release_texts(made, "to_presenter", *(f"{each.name} {n}" for n in range(5)), subject=f"p{each.pk}")
    release_texts(made, "learned", *(f"Lærte {n}" for n in range(5)))
    return made


def test_organiser_reads_what_was_said_of_each_presenter(evaluation):
    sheet = sheet_of(evaluation, reader_of(UserFactory(organiser=True)))

    assert labels(sheet, "presenter") == labels(sheet, "to_presenter") == ["Ane Ager", "Bo Birk"]


def test_presenter_reads_nothing_that_was_said_of_another(evaluation, presenters):
    sheet = sheet_of(evaluation, reader_of(presenters[0].user))

    assert labels(sheet, "presenter") == labels(sheet, "to_presenter") == ["Ane Ager"]
    assert labels(sheet, "teaching") == [""]
    assert "Bo Birk 0" not in texts(sheet)
    assert {"Ane Ager 0", "Lærte 0"} <= texts(sheet)


def test_somebody_who_only_hosts_reads_what_was_said_of_no_presenter(evaluation):
    sheet = sheet_of(evaluation, reader_of(UserFactory()))

    assert labels(sheet, "presenter") == []
    assert labels(sheet, "learned") == [""]


def test_presenter_never_sees_a_hidden_text(evaluation, presenters):
    hidden = evaluation.results.get(question="learned").texts.first()
    hidden.is_hidden = True
    hidden.save()

    assert hidden.text in texts(sheet_of(evaluation, ORGANISER))
    for which in Texts.values:
        assert hidden.text not in texts(sheet_of(evaluation, reader_of(presenters[0].user), texts=which))


def test_texts_are_narrowed_to_the_flagged_the_answered_and_the_hidden(evaluation):
    flagged, replied, hidden, *_rest = evaluation.results.get(question="learned").texts.all()
    type(flagged).objects.filter(pk=flagged.pk).update(is_flagged=True)
    type(flagged).objects.filter(pk=replied.pk).update(reply="Tak")
    type(flagged).objects.filter(pk=hidden.pk).update(is_hidden=True)

    assert texts(sheet_of(evaluation, ORGANISER, texts=Texts.FLAGGED)) == {flagged.text}
    assert texts(sheet_of(evaluation, ORGANISER, texts=Texts.REPLIED)) == {replied.text}
    assert texts(sheet_of(evaluation, ORGANISER, texts=Texts.HIDDEN)) == {hidden.text}
    assert hidden.text not in texts(sheet_of(evaluation, ORGANISER, texts=Texts.OPEN))


def test_what_was_not_released_stands_there_as_withheld(evaluation):
    sheet = sheet_of(evaluation, ORGANISER)

    assert [(asked.name, part.is_withheld) for asked, part in sheet.parts if not part.subject.label] == [
        ("teaching", False),
        ("goals", True),
        ("learned", False),
    ]
    assert sheet.withheld == 1
    assert not sheet.is_empty


def test_a_matrix_of_which_some_rows_were_released_says_so_at_the_others():
    evaluation = closed_evaluation(asked=questionnaire(GOALS))
    release(evaluation, "goals", [1, 2, 3], row=1, no_opinion=2)

    (_asked, part) = next(sheet_of(evaluation, ORGANISER).parts)

    assert not part.is_withheld
    assert part.matrix is not None
    assert [(line.label, bool(line.bars), line.no_opinion) for line in part.matrix.lines] == [
        ("At forstå", False, 0),
        ("At bruge", True, 2),
        ("At dele", False, 0),
    ]


def test_with_three_answers_there_is_nothing():
    assert sheet_of(closed_evaluation(people=3, answered=3), ORGANISER).is_empty


def test_sections_keep_their_headings():
    evaluation = closed_evaluation(
        asked=questionnaire(TEACHING, {"type": "section", "value": {"da": "Hvad nu?", "en": ""}}, CONFIDENCE, LEARNED)
    )

    sheet = sheet_of(evaluation, ORGANISER)

    assert [(each.title, [asked.question.name for asked in each.asked]) for each in sheet.sections] == [
        ("", ["teaching"]),
        ("Hvad nu?", ["confidence", "learned"]),
    ]


def test_a_sheet_takes_as_many_queries_whatever_was_asked_and_answered(evaluation):
    def queries(of: Evaluation) -> int:
        fresh = Evaluation.objects.get(pk=of.pk)
        with CaptureQueriesContext(connection) as captured:
            list(sheet_of(fresh, ORGANISER).parts)
        return len(captured)

    few = closed_evaluation(asked=questionnaire(TEACHING))
    release(few, "teaching", [0, 1, 2, 3, 4])

    assert queries(few) == queries(evaluation) == 3
