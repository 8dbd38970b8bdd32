"""The list of all evaluations: how each stands, how many have answered, and what is wrong."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from evaluations.enums import EvaluationStatus, Moment, Trouble
from evaluations.models import Evaluation
from tests.evaluations.factories import closed_evaluation, open_evaluation, questionnaire
from tests.factories import CourseRunFactory, UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("evaluations_list:index")


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True, staff=True)
    client.force_login(user)
    return user


def rows(response):
    table = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(strip_tags(row.replace("<", " <")).split()) for row in re.findall(r"(?s)<tr>.*?</tr>", table)]


def planned(**more):
    now = timezone.now()
    return Evaluation.objects.create(
        **{
            "run": CourseRunFactory(with_days=1),
            "moment": Moment.END,
            "questionnaire": questionnaire(),
            "opens_at": now + timedelta(days=1),
            "closes_at": now + timedelta(days=9),
            **more,
        }
    )


def test_only_organisers_see_the_list_and_the_page_on_anonymity(client):
    for address in (LIST, reverse("evaluations_anonymity:index")):
        for user in (UserFactory(editor=True, staff=True), UserFactory(staff=True), UserFactory()):
            client.force_login(user)
            assert client.get(address).status_code in (302, 403)
        client.force_login(UserFactory(organiser=True, staff=True))
        assert client.get(address).status_code == 200


def test_each_stands_with_its_status_rate_and_ways_on(client, organiser):
    evaluation = closed_evaluation(people=10, answered=7)
    page = client.get(LIST)
    [row] = rows(page)
    assert "Afsluttet" in row
    assert "70 % 7 af 10" in row
    html = page.content.decode()
    assert reverse("participants:evaluation_results", args=[evaluation.run_id, evaluation.pk]) in html
    assert reverse("participants:evaluation", args=[evaluation.run_id]) in html


def test_the_rate_of_an_open_one_is_live_and_that_of_few_is_hidden(client, organiser):
    evaluation = open_evaluation(people=5)
    evaluation.voters.filter(pk=evaluation.voters.first().pk).update(has_answered=True)
    [row] = rows(client.get(LIST))
    assert "20 % 1 af 5" in row
    evaluation.voters.first().delete()
    [row] = rows(client.get(LIST))
    assert "%" not in row
    assert "Skjult: færre end fem inviterede" in row


def test_what_is_wrong_stands_there_and_can_be_asked_for(client, organiser):
    now = timezone.now()
    planned()
    late = planned(opens_at=now - timedelta(minutes=20))
    overdue, keyless = open_evaluation(), open_evaluation()
    Evaluation.objects.filter(pk=overdue.pk).update(
        opens_at=now - timedelta(days=9), closes_at=now - timedelta(minutes=20)
    )
    Evaluation.objects.filter(pk=keyless.pk).update(trouble=Trouble.KEY_MISSING)

    page = client.get(LIST, {"status": "alarm"})

    found = " | ".join(rows(page))
    assert len(rows(page)) == 3
    assert "Skulle være åbnet, men er det ikke" in found
    assert "Skulle være lukket, men er det ikke" in found
    assert str(Trouble.KEY_MISSING.label) in found
    assert str(late.run) in found


def test_what_the_worker_will_do_within_its_minute_is_no_alarm(client, organiser):
    now = timezone.now()
    planned(opens_at=now - timedelta(seconds=30))
    closing = open_evaluation()
    Evaluation.objects.filter(pk=closing.pk).update(
        opens_at=now - timedelta(days=9), closes_at=now - timedelta(seconds=30)
    )

    assert rows(client.get(LIST, {"status": "alarm"})) == []
    assert "men er det ikke" not in client.get(LIST).content.decode()


def test_status_moment_and_course_narrow_and_nonsense_narrows_nothing(client, organiser):
    closed_evaluation()
    other = planned(moment=Moment.FOLLOW_UP, questionnaire=questionnaire(moment=Moment.FOLLOW_UP))
    assert len(rows(client.get(LIST))) == 2
    assert len(rows(client.get(LIST, {"status": EvaluationStatus.PLANNED}))) == 1
    assert len(rows(client.get(LIST, {"hvornaar": "follow_up"}))) == 1
    assert len(rows(client.get(LIST, {"kursus": other.run.course_id}))) == 1
    assert len(rows(client.get(LIST, {"status": "hemmelig", "kursus": "x", "p": "99"}))) == 2


def test_what_needs_somebody_comes_first_then_what_is_open_then_what_is_nearest(client, organiser):
    now = timezone.now()
    far, near = planned(opens_at=now + timedelta(days=90), closes_at=now + timedelta(days=99)), planned()
    closed, opened, wrong = closed_evaluation(), open_evaluation(), open_evaluation()
    Evaluation.objects.filter(pk=closed.pk).update(opens_at=now - timedelta(days=20))
    Evaluation.objects.filter(pk=wrong.pk).update(trouble=Trouble.KEY_WRONG)
    page = client.get(LIST).content.decode()
    places = [page.index(f"/run/{each.run_id}/") for each in (wrong, opened, near, closed, far)]
    assert places == sorted(places)


def test_an_empty_list_says_how_evaluations_come_about(client, organiser):
    assert "Der er ingen evalueringer endnu" in client.get(LIST).content.decode()
    planned()
    assert "Ingen evalueringer passer" in client.get(LIST, {"status": "closed"}).content.decode()


def test_queries_do_not_grow_with_evaluations(client, organiser):
    asked = questionnaire()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    open_evaluation(asked=asked, people=5)
    queries()
    few = queries()
    for _n in range(8):
        open_evaluation(asked=asked, people=5)
        closed_evaluation(asked=asked, people=5)
    assert queries() == few
