"""Staff show a second factor before anything in their rooms opens."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.test import Client

from tests.accounts.conftest import PASSWORD, sign_in_with_password
from website.accounts.models import User
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

ROOMS = ["/admin/", "/admin/pages/", "/admin/account/", "/fremmoede/"]


@pytest.fixture(autouse=True)
def _required(settings) -> None:
    settings.STAFF_SECOND_FACTOR_REQUIRED = True


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def enrol(user: User) -> str:
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


@pytest.mark.parametrize("room", ROOMS)
def test_staff_without_a_second_factor_are_sent_to_get_one(client: Client, organiser, room):
    sign_in_with_password(client, organiser)
    response = client.get(room, follow=True)
    assert response.redirect_chain[-1][0] == "/konto/to-trin/"
    assert "Tilføj en adgangsnøgle eller en godkendelsesapp, før du går videre" in response.content.decode()


def test_a_post_is_not_let_through_either(client: Client, administrator):
    sign_in_with_password(client, administrator)
    assert client.post("/admin/users/new/", {"email": "ny@example.dk"}).headers["Location"] == "/konto/to-trin/"


@pytest.mark.django_db(transaction=True)  # allauth tells of it after the commit, before it saves the session
def test_enrolling_an_app_opens_the_admin_in_the_same_session(client: Client, organiser):
    sign_in_with_password(client, organiser)
    client.post("/konto/reauthenticate/", {"password": PASSWORD})
    page = client.get("/konto/to-trin/totp/activate/").content.decode()
    secret = re.search(r"account__secret\">(\w+)<", page).group(1)
    response = client.post("/konto/to-trin/totp/activate/", {"code": code_for(secret)})
    assert response.headers["Location"] == "/konto/to-trin/recovery-codes/"
    assert client.get("/admin/").status_code == 200
    assert Authenticator.objects.filter(user=organiser, type=Authenticator.Type.RECOVERY_CODES).exists()


def test_the_password_alone_no_longer_signs_in_who_has_a_second_factor(client: Client, organiser):
    secret = enrol(organiser)
    assert sign_in_with_password(client, organiser).headers["Location"] == "/konto/to-trin/authenticate/"
    assert "_auth_user_id" not in client.session
    client.post("/konto/to-trin/authenticate/", {"code": code_for(secret)})
    assert client.get("/admin/").status_code == 200


def test_a_mailed_code_alone_does_not_sign_in_who_has_a_second_factor(client: Client, organiser):
    secret = enrol(organiser)
    client.post("/konto/login/code/", {"email": organiser.email})
    response = client.post("/konto/login/code/confirm/", {"code": OutboxMessage.objects.get().context["code"]})
    assert response.headers["Location"] == "/konto/to-trin/authenticate/"
    assert "_auth_user_id" not in client.session
    client.post("/konto/to-trin/authenticate/", {"code": code_for(secret)})
    assert client.get("/admin/").status_code == 200


def test_a_code_from_the_app_works_once(client: Client, organiser):
    code = code_for(enrol(organiser))
    sign_in_with_password(client, organiser)
    client.post("/konto/to-trin/authenticate/", {"code": code})
    other = Client()
    sign_in_with_password(other, organiser)
    other.post("/konto/to-trin/authenticate/", {"code": code})
    assert "_auth_user_id" not in other.session


def test_a_session_older_than_the_enrolment_is_asked_for_the_second_factor(client: Client, organiser):
    sign_in_with_password(client, organiser)
    secret = enrol(organiser)
    response = client.get("/admin/pages/")
    assert response.headers["Location"] == "/konto/to-trin/reauthenticate/?next=%2Fadmin%2Fpages%2F"
    client.post("/konto/to-trin/reauthenticate/", {"code": code_for(secret)})
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_knowing_the_password_does_not_let_in_by_adding_another_second_factor(client: Client, organiser):
    sign_in_with_password(client, organiser)
    Authenticator.objects.create(user=organiser, type=Authenticator.Type.WEBAUTHN, data={"name": "Nøgle"})
    client.post("/konto/reauthenticate/", {"password": PASSWORD})
    page = client.get("/konto/to-trin/totp/activate/").content.decode()
    secret = re.search(r"account__secret\">(\w+)<", page).group(1)
    client.post("/konto/to-trin/totp/activate/", {"code": code_for(secret)})
    assert client.get("/admin/").headers["Location"].startswith("/konto/to-trin/reauthenticate/")


def test_staff_cannot_remove_their_last_second_factor(client: Client, organiser):
    secret = enrol(organiser)
    sign_in_with_password(client, organiser)
    client.post("/konto/to-trin/authenticate/", {"code": code_for(secret)})
    client.post("/konto/reauthenticate/", {"password": PASSWORD})
    client.post("/konto/to-trin/totp/deactivate/")
    assert Authenticator.objects.filter(user=organiser, type=Authenticator.Type.TOTP).exists()


def test_enrolling_is_told_by_mail(client: Client, organiser, django_capture_on_commit_callbacks):
    sign_in_with_password(client, organiser)
    client.post("/konto/reauthenticate/", {"password": PASSWORD})
    page = client.get("/konto/to-trin/totp/activate/").content.decode()
    secret = re.search(r"account__secret\">(\w+)<", page).group(1)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/konto/to-trin/totp/activate/", {"code": code_for(secret)})
    assert OutboxMessage.objects.filter(kind="accounts.notice", context__event="totp_activated").exists()


def test_a_presenter_needs_no_second_factor(client: Client):
    client.force_login(User.objects.create_user("underviser@example.dk"))
    assert client.get("/fremmoede/").status_code != 302


def test_the_demo_asks_for_none(client: Client, organiser, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    sign_in_with_password(client, organiser)
    assert client.get("/admin/").status_code == 200
