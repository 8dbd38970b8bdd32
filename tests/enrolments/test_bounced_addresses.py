"""Who can mend an address that takes no mail is told so: the contact on the receipt, an organiser in the workspace."""

import pytest
from django.test import Client
from django.utils import timezone

from enrolments.links import registration_link
from enrolments.models import Enrolment
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.accounts.operations import create_staff
from website.accounts.roles import ORGANISER
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db
SAYS = "Vores mail til adressen kom retur. Ret adressen."


def bounce(address: str) -> None:
    OutboxMessage.objects.filter(to=address).update(
        status=MailStatus.BOUNCED, undeliverable_at=timezone.now(), sent_at=timezone.now()
    )


def test_the_contact_sees_which_participants_address_takes_no_mail(client: Client):
    registration = sign_up(CourseRunFactory(), "Anna", "Bo")
    page = f"/tilmelding/min/{registration_link.token(registration)}/"
    assert SAYS not in client.get(page).content.decode()

    bounce("anna@example.dk")

    assert client.get(page).content.decode().count(SAYS) == 1


def test_the_contact_sees_that_their_own_address_takes_no_mail(client: Client):
    registration = sign_up(CourseRunFactory(), "Anna")
    bounce("bente@example.dk")

    page = client.get(f"/tilmelding/min/{registration_link.token(registration)}/").content.decode()

    assert "Vores mails til bente@example.dk kommer retur" in page


def test_an_organiser_sees_it_on_the_participants_page(client: Client):
    sign_up(CourseRunFactory(), "Anna")
    anna = Enrolment.objects.get()
    organiser = create_staff(email="arrangoer@example.dk", role=ORGANISER, password="en-lang-adgangskode")
    client.force_login(organiser, backend="django.contrib.auth.backends.ModelBackend")
    bounce("anna@example.dk")

    page = client.get(f"/admin/participants/run/{anna.run_id}/participant/{anna.pk}/")

    assert page.status_code == 200
    assert page.content.decode().count(SAYS) == 1
