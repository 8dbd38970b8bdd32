"""The standard questionnaires: there for every moment and kind of course, short, in both languages, comparable."""

import re
from collections import defaultdict

import pytest
from django.utils import translation

from courses.enums import CourseKind
from evaluations.enums import COURSE_MOMENTS, QuestionKind
from evaluations.models import Questionnaire
from evaluations.operations import questionnaires as operations
from evaluations.questionnaire_facts import advice, is_comparable, minutes_for, texts_of
from evaluations.questions import parse
from evaluations.standards import HAS_USED, INTENDS, SETS, ensure_standards
from tests.evaluations.factories import TEACHING, questionnaire

pytestmark = pytest.mark.django_db

EACH = pytest.mark.parametrize("standard", SETS, ids=lambda each: each.title)


def stored(standard):
    return Questionnaire.objects.get(family=standard.family)


@pytest.mark.parametrize("moment", COURSE_MOMENTS)
@pytest.mark.parametrize("kind", CourseKind.values)
def test_every_course_has_a_standard_at_every_moment(moment, kind):
    assert Questionnaire.objects.standard_for(moment, kind) is not None


@EACH
def test_a_standard_is_one_that_the_editor_would_take(standard):
    made = stored(standard)

    made.questions.stream_block.clean(made.questions)
    made.full_clean()


@EACH
def test_everything_stands_in_both_languages(standard):
    made = stored(standard)

    assert all(text.en for text in texts_of(made, parse(made.questions)) if text.da)
    assert advice(made) == []


@EACH
def test_it_takes_as_long_as_it_says(standard):
    promised = [int(number) for number in re.findall(r"\d+", standard.introduction_da)]

    assert min(promised) - 1 <= minutes_for(parse(stored(standard).questions)) <= max(promised)
    assert [int(number) for number in re.findall(r"\d+", standard.introduction_en)] == promised


@EACH
def test_nothing_has_to_be_answered(standard):
    assert not any(question.is_required for question in parse(stored(standard).questions))


def test_a_name_is_the_same_question_wherever_it_stands():
    shapes = defaultdict(list)
    for each in SETS:
        for question in parse(stored(each).questions):
            shapes[question.name].append(question)

    assert all(is_comparable(same[0], other) for same in shapes.values() for other in same)
    # A scale reads the same as well: only what is asked about may differ in its tense.
    assert all(same[0].options == other.options for same in shapes.values() for other in same)
    everywhere = {name for name, same in shapes.items() if len(same) == len(SETS)}
    assert {"confidence", "obstacles"} <= everywhere


@EACH
def test_they_ask_for_more_than_satisfaction(standard):
    names = {question.name for question in parse(stored(standard).questions)}

    assert {"confidence", "obstacles"} <= names
    if standard.moment == "end":
        assert {"intention", "intention_text", "leader_support", "presenter", "satisfaction"} <= names
    if standard.moment == "follow_up":
        assert {"use", "use_amount", "helped", "leader_support"} <= names


def test_intention_and_use_tell_the_same_three_months():
    end = {each.name: each for each in parse(stored(SETS[1]).questions)}
    follow_up = {each.name: each for each in parse(stored(SETS[-1]).questions)}

    with translation.override("en"):
        intends = [str(end["intention"].options[value]) for value in sorted(INTENDS)]
        used = [str(follow_up["use"].options[value]) for value in sorted(HAS_USED)]

    assert intends[-1] == "Within three months"
    assert all(label.startswith("Yes") for label in used)
    assert follow_up["use_amount"].condition.values == HAS_USED


def test_a_diploma_module_is_asked_about_days_objectives_and_the_exam():
    asked = {each.name: each for each in parse(Questionnaire.objects.get(course_kind="diploma_module").questions)}

    assert asked["day_gain"].about == "day"
    assert asked["objectives"].kind == QuestionKind.MATRIX
    assert asked["exam_text"].condition.question == "exam_ready"


def test_what_staff_made_of_a_standard_is_left_alone():
    changed = Questionnaire.objects.get(course_kind="one_day")
    Questionnaire.objects.filter(pk=changed.pk).update(title="Vores egen", questions=[TEACHING])

    assert ensure_standards(Questionnaire) == []

    changed.refresh_from_db()
    assert changed.title == "Vores egen"
    assert [each.name for each in parse(changed.questions)] == ["teaching"]


def test_a_standard_that_is_missing_comes_without_taking_the_mark_from_another():
    Questionnaire.objects.filter(course_kind="one_day").delete()
    ours = questionnaire(TEACHING, course_kind="one_day")
    operations.make_standard(questionnaire=ours)

    [title] = ensure_standards(Questionnaire)

    assert not Questionnaire.objects.get(title=title).is_standard
    assert Questionnaire.objects.standard_for("end", "one_day") == ours
