"""Questionnaires: versions, the lock that use puts on them, and one standard for each kind of course."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from evaluations.enums import EvaluationStatus, Moment
from evaluations.exceptions import EvaluationError, QuestionnaireLocked
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations import questionnaires
from evaluations.questions import parse
from tests.evaluations.factories import CONFIDENCE, LEARNED, TEACHING, open_evaluation, questionnaire

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def without_standard_sets():
    """What the migrations load is another test's matter."""
    Questionnaire.objects.all().delete()


def test_a_used_questionnaire_is_locked_and_keeps_its_first_time():
    asked = questionnaire(TEACHING)
    first = timezone.now()

    locked = questionnaires.lock(pk=asked.pk, at=first)
    again = questionnaires.lock(pk=asked.pk)

    assert locked.is_locked
    assert again.locked_at == first


@pytest.mark.parametrize(
    "change",
    [
        {"questions": [LEARNED]},
        {"introduction_da": "Noget andet"},
        {"introduction_en": "Something else"},
        {"moment": Moment.BEFORE},
        {"version": 7},
        {"locked_at": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_postgresql_refuses_to_change_what_people_have_answered(change):
    asked = questionnaires.lock(pk=questionnaire(TEACHING).pk)

    with pytest.raises(IntegrityError, match="make a new version"), transaction.atomic():
        Questionnaire.objects.filter(pk=asked.pk).update(**change)


def test_postgresql_refuses_to_delete_what_people_have_answered():
    asked = questionnaires.lock(pk=questionnaire(TEACHING).pk)

    with pytest.raises(IntegrityError, match="not deleted"), transaction.atomic():
        asked.delete()
    assert Questionnaire.objects.filter(pk=asked.pk).exists()


def test_a_locked_questionnaire_may_still_be_the_standard_and_be_called_something_else():
    asked = questionnaires.lock(pk=questionnaire(TEACHING).pk)

    questionnaires.make_standard(questionnaire=asked)
    Questionnaire.objects.filter(pk=asked.pk).update(title="Slut, udgave 2015", course_kind="one_day")

    asked.refresh_from_db()
    assert (asked.title, asked.is_standard) == ("Slut, udgave 2015", True)


def test_what_was_edited_while_it_was_locked_is_not_saved():
    edited = questionnaire(TEACHING)
    questionnaires.lock(pk=edited.pk)

    with pytest.raises(QuestionnaireLocked), transaction.atomic():
        questionnaires.begin_change(questionnaire=edited)


def test_an_evaluation_that_has_opened_keeps_its_questionnaire():
    evaluation = open_evaluation()
    other = questionnaire(TEACHING)

    with pytest.raises(IntegrityError, match="keeps its questionnaire"), transaction.atomic():
        Evaluation.objects.filter(pk=evaluation.pk).update(questionnaire=other)


def test_a_new_version_has_the_same_questions_and_is_free():
    first = questionnaires.lock(pk=questionnaire(TEACHING, LEARNED, title="Slut", course_kind="one_day").pk)
    questionnaires.make_standard(questionnaire=first)

    second = questionnaires.new_version(questionnaire=first)

    assert (second.family, second.version, second.title) == (first.family, 2, "Slut")
    assert [each.name for each in parse(second.questions)] == ["teaching", "learned"]
    assert second.course_kind == "one_day"
    assert not second.is_locked
    assert not second.is_standard
    assert str(second) == "Slut (2)"


def test_there_is_one_version_in_the_making_at_a_time():
    first = questionnaires.lock(pk=questionnaire(TEACHING).pk)

    second = questionnaires.new_version(questionnaire=first)

    assert questionnaires.new_version(questionnaire=first) == second
    assert questionnaires.new_version(questionnaire=second) == second
    questionnaires.lock(pk=second.pk)
    assert questionnaires.new_version(questionnaire=first).version == 3


def test_a_copy_is_a_questionnaire_of_its_own():
    first = questionnaires.lock(pk=questionnaire(TEACHING, title="S" * 120).pk)

    made = questionnaires.copy(questionnaire=first)

    assert made.family != first.family
    assert (made.version, made.is_locked, len(made.title)) == (1, False, 120)
    assert [each.name for each in parse(made.questions)] == ["teaching"]


def test_making_one_standard_takes_the_mark_from_the_other():
    for_all = questionnaire(TEACHING, is_standard=True)
    former = questionnaire(TEACHING, is_standard=True, course_kind="one_day")
    chosen = questionnaire(CONFIDENCE, course_kind="one_day")

    assert questionnaires.make_standard(questionnaire=chosen) == former

    assert set(Questionnaire.objects.filter(is_standard=True)) == {for_all, chosen}
    assert questionnaires.make_standard(questionnaire=chosen) is None
    assert Questionnaire.objects.standard_for(Moment.END, "one_day") == chosen
    assert Questionnaire.objects.standard_for(Moment.END, "theme_day") == for_all
    assert Questionnaire.objects.standard_for(Moment.BEFORE, "one_day") is None


def test_a_survey_has_no_standard():
    with pytest.raises(EvaluationError):
        questionnaires.make_standard(questionnaire=questionnaire(TEACHING, moment=Moment.SURVEY))


def test_planned_evaluations_may_move_to_the_new_version_and_open_ones_stay():
    first = questionnaire(TEACHING)
    opened = open_evaluation(asked=first)
    planned = open_evaluation(asked=first, status=EvaluationStatus.PLANNED)
    first.refresh_from_db()
    second = questionnaires.new_version(questionnaire=first)

    assert questionnaires.planned_with_older(second) == 1
    assert questionnaires.use_in_planned(questionnaire=second) == 1

    opened.refresh_from_db()
    planned.refresh_from_db()
    assert (opened.questionnaire, planned.questionnaire) == (first, second)
