"""Two who build questionnaires at the same moment, on real connections."""

import pytest

from evaluations.models import Questionnaire
from evaluations.operations import questionnaires
from tests.enrolments.test_races import at_once
from tests.evaluations.factories import TEACHING, questionnaire

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_new_version_asked_for_by_several_at_once_is_one():
    first = questionnaires.lock(pk=questionnaire(TEACHING).pk)

    results = at_once(*[lambda: questionnaires.new_version(questionnaire=first)] * 6)

    assert {getattr(result, "version", result) for result in results} == {2}
    assert Questionnaire.objects.filter(family=first.family).count() == 2


def test_two_made_the_standard_at_once_end_with_one_standard():
    Questionnaire.objects.filter(moment="end", is_standard=True).update(is_standard=False)
    rivals = [questionnaire(TEACHING) for _ in range(4)]

    results = at_once(*[lambda each=each: questionnaires.make_standard(questionnaire=each) for each in rivals])

    assert not [result for result in results if isinstance(result, Exception)]
    assert Questionnaire.objects.filter(moment="end", is_standard=True).count() == 1
