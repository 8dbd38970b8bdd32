"""To those who answer, a survey is a survey ("undersøgelsen"), never an evaluation; a course's evaluation stays one."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from evaluations.enums import Audience, EvaluationStatus
from evaluations.models import Evaluation
from tests.evaluations.answer_helpers import url_of, voters_of
from tests.evaluations.factories import open_evaluation
from tests.evaluations.survey_helpers import USE, asked, survey

pytestmark = pytest.mark.django_db

OPEN_URL = "/evaluering/undersoegelse/frivillighed-2026/"
#: What no page about a survey says; addresses of pages are called so and do not count.
EVALUATION = re.compile(r"evaluering|evaluation", re.IGNORECASE)
LANGUAGES = pytest.mark.parametrize("language", ["da", "en"])


@pytest.fixture(params=[Audience.OPEN, Audience.INVITED])
def where(request) -> str:
    """Return where somebody answers: a survey open to all, or one's own link to one with a list."""
    made = survey(people=5 * (request.param == Audience.INVITED), audience=request.param, questionnaire=asked(USE))
    return OPEN_URL if request.param == Audience.OPEN else url_of(voters_of(made.evaluation)[0])


def words(response: Any) -> str:
    """Return what somebody reads on the page, head and foot left out."""
    return strip_tags(response.content.decode().partition("<main")[2].partition("</main>")[0])


def fill_in(client: Client, where: str, language: str) -> dict[str, str]:
    form = client.get(where, {"sprog": language}).context["form"]
    return {"set": form.seen, "q-use": "0"}


@LANGUAGES
def test_the_questions_and_what_they_say_of_anonymity_name_the_survey(client, where, language):
    page = words(client.get(where, {"sprog": language}))

    assert {"da": "til undersøgelsen lukker", "en": "until the survey closes"}[language] in page
    assert not EVALUATION.search(page)


@LANGUAGES
def test_so_do_the_thanks_and_a_second_visit(client, where, language):
    sent = client.post(f"{where}?sprog={language}", fill_in(client, where, language))
    assert sent.status_code == 303

    for response in (client.get(sent["Location"]), client.get(where, {"sprog": language})):
        assert {"da": "undersøgelsen lukker", "en": "the survey closes"}[language] in words(response)
        assert not EVALUATION.search(words(response))


@LANGUAGES
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": EvaluationStatus.STOPPED}, {"da": "Undersøgelsen er stoppet", "en": "The survey has been stopped"}),
        (
            {"status": EvaluationStatus.PLANNED, "opens_at": timedelta(days=1), "closes_at": timedelta(days=2)},
            {"da": "Undersøgelsen er ikke åben endnu", "en": "The survey is not open yet"},
        ),
        ({"closes_at": timedelta(minutes=-1)}, {"da": "Undersøgelsen er lukket", "en": "The survey is closed"}),
    ],
)
def test_so_do_the_words_where_no_answers_are_taken(client, where, language, fields, said):
    sent = fill_in(client, where, language)
    change(fields)

    page = words(client.get(where, {"sprog": language}))
    assert said[language] in page
    assert not EVALUATION.search(page)
    assert not EVALUATION.search(words(client.post(f"{where}?sprog={language}", sent)))


def test_whoever_is_too_late_reads_that_the_survey_closed(client, where):
    sent = fill_in(client, where, "da")
    change({"closes_at": timedelta(minutes=-1)})

    assert "Undersøgelsen lukkede, før dit svar nåede frem" in words(client.post(where, sent))


def test_an_evaluation_of_a_course_is_still_called_one(client):
    evaluation = open_evaluation(people=3)
    own = url_of(voters_of(evaluation)[0])
    assert "til evalueringen lukker" in words(client.get(own))

    change({"closes_at": timedelta(minutes=-1)})
    assert "Evalueringen er lukket" in words(client.get(own))
    assert "Evalueringen lukkede, før dit svar nåede frem" in words(client.post(own, {"q-teaching": "3"}))


def test_an_open_survey_does_not_promise_that_an_answer_counts_only_once(client):
    survey(audience=Audience.OPEN, questionnaire=asked(USE))
    evaluation = open_evaluation(people=1)

    assert "tæller kun én gang" not in client.get(OPEN_URL).content.decode()
    assert "tæller kun én gang" in client.get(url_of(voters_of(evaluation)[0])).content.decode()


def test_an_open_survey_tells_that_answers_of_a_network_are_counted_and_others_do_not(client):
    survey(audience=Audience.OPEN, questionnaire=asked(USE))
    evaluation = open_evaluation(people=1)

    assert "hvor mange svar der kommer fra samme netværk" in words(client.get(OPEN_URL))
    assert "samme netværk" not in words(client.get(url_of(voters_of(evaluation)[0])))


def change(fields: dict[str, Any]) -> None:
    """Set fields of every evaluation; spans count from now."""
    now = timezone.now()
    Evaluation.objects.update(
        **{name: now + value if isinstance(value, timedelta) else value for name, value in fields.items()}
    )
