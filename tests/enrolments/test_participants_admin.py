"""Organisers' pages on registrations: who sees them, seating from the line, cancelling, constant cost."""

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments.models import Enrolment, EnrolmentEvent
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(settings) -> Client:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


@pytest.fixture
def run() -> CourseRun:
    """One seat, taken by Anna; Bo and Carl together in line, then Dorte."""
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Anna")
    sign_up(run, "Bo", "Carl", accepts_line=True, keep_together=True)
    sign_up(run, "Dorte", accepts_line=True)
    return run


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def pk(name: str) -> int:
    return Enrolment.objects.get(name=name).pk


def test_the_list_finds_a_participant_by_any_word(organiser, run):
    page = text(organiser.get("/admin/participants/?q=dorte+example"))

    assert "Dorte" in page
    assert "Anna" not in page


def test_the_runs_page_shows_seats_line_and_who_is_next(organiser, run):
    Enrolment.objects.filter(name="Anna").delete()

    page = text(organiser.get(f"/admin/participants/run/{run.pk}/"))

    assert "0 af 1 pladser optaget · 3 på venteliste" in page
    assert "Bo , Carl Kun samlet" in page
    assert "Dorte Næste efter reglen" in page


def test_an_organiser_seats_the_next_in_line(organiser, run):
    Enrolment.objects.filter(name="Anna").delete()

    organiser.post(f"/admin/participants/run/{run.pk}/seat/{pk('Dorte')}/", {"reason": ""})

    assert statuses(run)["Dorte"] == "confirmed"


def test_passing_someone_asks_for_a_reason_and_keeps_it(organiser, run):
    CourseRun.objects.filter(pk=run.pk).update(capacity=3)
    address = f"/admin/participants/run/{run.pk}/seat/{pk('Dorte')}/"

    refused = organiser.post(address, {"reason": ""})
    assert "En anden er næste på ventelisten." in text(refused)
    assert statuses(run)["Dorte"] == "waiting"

    organiser.post(address, {"reason": "Er vært"})
    assert EnrolmentEvent.objects.get(enrolment__name="Dorte", kind="seated").reason == "Er vært"


def test_a_full_run_refuses_in_words(organiser, run):
    answer = organiser.post(f"/admin/participants/run/{run.pk}/seat/{pk('Dorte')}/", {"reason": "x"}, follow=True)

    assert "Der er 0 ledige pladser til 1 deltagere." in text(answer)
    assert statuses(run)["Dorte"] == "waiting"


def test_an_organiser_cancels_a_participant_with_a_reason(organiser, run):
    organiser.post(f"/admin/participants/run/{run.pk}/cancel/{pk('Anna')}/", {"reason": "Syg"})

    event = EnrolmentEvent.objects.get(enrolment__name="Anna", kind="cancelled")
    assert (event.actor, event.reason, event.user is not None) == ("staff", "Syg", True)
    assert statuses(run)["Anna"] == "cancelled"


def test_needs_are_counted_without_names(organiser):
    run = CourseRunFactory(asks_dietary=True)
    for n in range(3):
        EnrolmentFactory(run=run, dietary="vegetar" if n else "glutenfri", name=f"Person {n}")

    page = text(organiser.get(f"/admin/participants/run/{run.pk}/"))

    assert "2 × Vegetar 1 × Glutenfri" in page


@pytest.mark.parametrize("role", [{"editor": True}, {}])
def test_others_see_no_participants(run, settings, role):
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=bool(role), **role))

    for address in ("/admin/participants/", f"/admin/participants/run/{run.pk}/"):
        response = client.get(address)
        assert response.status_code in (302, 403)
        assert b"Anna" not in response.content


@pytest.mark.parametrize("address", ["/admin/participants/", "/admin/participants/run/{pk}/"])
def test_the_pages_cost_the_same_however_many_there_are(organiser, run, address):
    url = address.format(pk=run.pk)
    organiser.get(url)
    with CaptureQueriesContext(connection) as before:
        organiser.get(url)
    CourseRun.objects.filter(pk=run.pk).update(capacity=50)
    for _ in range(3):
        RegistrationFactory(run=run, participants=5)
        EnrolmentFactory(run=run, waiting=True)
    with CaptureQueriesContext(connection) as after:
        organiser.get(url)

    assert len(after) == len(before)
