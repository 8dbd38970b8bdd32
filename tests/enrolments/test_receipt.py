"""The receipt behind the secret link: see, cancel one, cancel all; nobody else gets in."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from courses.models import CourseDay
from enrolments.links import find_registration, registration_link
from enrolments.models import Enrolment, Registration
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseRunFactory, EnrolmentFactory
from website.core.logs import mask
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def registration() -> Registration:
    registration = sign_up(CourseRunFactory(), "Anna", "Bo")
    OutboxMessage.objects.all().delete()
    return registration


def url(registration: Registration) -> str:
    return f"/tilmelding/min/{registration_link.token(registration)}/"


def test_the_receipt_shows_everybody_and_what_was_agreed(client, registration):
    page = BeautifulSoup(client.get(url(registration)).content, "html.parser")

    assert page.h1.get_text() == "I har 2 pladser"
    assert [who.get_text() for who in page.select(".people strong")] == ["Anna", "Bo"]
    assert "5798009811578" in page.get_text()
    assert "3.990\u00a0kr." in page.get_text()


def test_the_place_in_line_is_shown(client):
    run = CourseRunFactory(capacity=1)
    EnrolmentFactory(run=run)
    sign_up(run, "Først", accepts_line=True)

    page = client.get(url(sign_up(run, "Dernæst", accepts_line=True))).content.decode()

    assert "Nr. 2 på venteliste" in page


def test_the_contact_cancels_one_of_two_after_a_confirming_step(client, registration):
    anna = registration.enrolments.get(name="Anna")

    asked = client.get(f"{url(registration)}afbestil/?deltager={anna.pk}")
    assert "Vil du afbestille for Anna?" in asked.content.decode()
    assert statuses(registration.run)["Anna"] == "confirmed"

    done = client.post(f"{url(registration)}afbestil/", {"deltager": anna.pk}, follow=True)
    assert "Pladsen til Anna er afbestilt" in done.content.decode()
    assert statuses(registration.run) == {"Anna": "cancelled", "Bo": "confirmed"}
    assert set(OutboxMessage.objects.values_list("kind", "to")) == {
        ("enrolments.cancellation", "bente@example.dk"),
        ("enrolments.cancelled", "anna@example.dk"),
    }


def test_the_contact_cancels_everybody(client, registration):
    page = client.post(f"{url(registration)}afbestil/", follow=True).content.decode()

    assert "Tilmeldingen er afbestilt" in page
    assert set(statuses(registration.run).values()) == {"cancelled"}


def test_cancelling_twice_changes_and_tells_nothing_more(client, registration):
    client.post(f"{url(registration)}afbestil/")
    OutboxMessage.objects.all().delete()

    page = client.post(f"{url(registration)}afbestil/", follow=True).content.decode()

    assert "Der var allerede afbestilt." in page
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("pk", ["x", "-1", "9" * 30, "0"])
def test_an_unknown_participant_cancels_nobody(client, registration, pk):
    client.post(f"{url(registration)}afbestil/", {"deltager": pk})

    assert set(statuses(registration.run).values()) == {"confirmed"}


def test_another_registrations_participant_cannot_be_cancelled_from_here(client, registration):
    other = sign_up(registration.run, "Carl").enrolments.get()

    client.post(f"{url(registration)}afbestil/", {"deltager": other.pk})

    other.refresh_from_db()
    assert other.status == "confirmed"


def test_after_the_run_has_begun_the_contact_is_sent_to_a_person(client, registration):
    yesterday = timezone.localdate() - timedelta(days=1)
    CourseDay.objects.filter(run=registration.run).update(date=yesterday)

    page = client.post(f"{url(registration)}afbestil/", follow=True).content.decode()

    assert "Ring eller skriv til os." in page
    assert set(statuses(registration.run).values()) == {"confirmed"}


@pytest.mark.parametrize("forge", [lambda t: t[:-1] + ("0" if t[-1] != "0" else "1"), lambda t: "1" + t, lambda t: "x"])
def test_a_forged_link_is_not_found_and_says_what_to_do(client, registration, forge):
    response = client.get(f"/tilmelding/min/{forge(registration_link.token(registration))}/")

    assert response.status_code == 404
    assert "Linket virker ikke" in response.content.decode()


def test_a_replaced_link_no_longer_works(registration):
    token = registration_link.token(registration)
    Registration.objects.update(link_version=2)

    assert find_registration(token) is None


def test_the_secret_address_leaks_neither_by_referrer_nor_search_nor_cache(client, registration):
    response = client.get(url(registration))

    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert "no-store" in response["Cache-Control"]


def test_logs_hold_neither_the_link_nor_an_address(registration):
    line = mask(f"GET {url(registration)} 200 for anna@example.dk")

    assert registration_link.token(registration) not in line
    assert "anna@example.dk" not in line


def test_the_outbox_stores_no_secret_link(registration):
    sign_up(registration.run, "Carl")

    stored = str(list(OutboxMessage.objects.values_list("context", flat=True)))
    assert registration_link.token(Registration.objects.latest("pk")) not in stored


def test_cancelling_frees_the_seat(client, registration):
    client.post(f"{url(registration)}afbestil/")

    registration.run.seats.refresh_from_db()
    assert registration.run.seats.taken == 0
    assert Enrolment.objects.filter(cancelled_at__isnull=True).count() == 0
