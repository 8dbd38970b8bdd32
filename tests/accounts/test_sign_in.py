"""Signing in: by mailed code, by password, and what nobody learns on the way."""

import re

import pytest
from django.test import Client

from tests.accounts.conftest import PASSWORD, sign_in_with_password
from tests.factories import PresenterFactory
from website.accounts.models import ThrottleEntry, User
from website.accounts.operations import ensure_user_for_address
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver

pytestmark = pytest.mark.django_db

CODE = re.compile(r"\d{4}-\d{4}")


def ask_for_code(client: Client, email: str, **extra: str):
    return client.post("/konto/login/code/", {"email": email}, follow=True, **extra)


def test_a_presenter_signs_in_by_mailed_code_and_lands_at_the_roll_calls(client: Client, last_mail):
    user = ensure_user_for_address("Lone@Example.dk", "Lone Nørgård Larsen")
    PresenterFactory(email=user.email, user=user)
    ask_for_code(client, "lone@example.dk")
    mail = last_mail()
    code = CODE.search(mail.text).group()
    assert code in mail.html and code not in mail.subject

    response = client.post("/konto/login/code/confirm/", {"code": code}, follow=True)

    assert ("/start/", 302) in response.redirect_chain
    assert response.redirect_chain[-1][0] == "/fremmoede/"
    assert client.session["_auth_user_id"] == str(user.pk)
    assert client.get("/admin/").status_code == 403


def test_a_wrong_code_does_not_sign_in_and_three_end_the_attempt(client: Client):
    user = ensure_user_for_address("lone@example.dk", "Lone")
    ask_for_code(client, user.email)
    answer = client.post("/konto/login/code/confirm/", {"code": "0000-0000"})
    assert "Koden er ikke rigtig" in answer.content.decode()
    client.post("/konto/login/code/confirm/", {"code": "0000-0001"})
    client.post("/konto/login/code/confirm/", {"code": "0000-0002"})
    assert client.get("/konto/login/code/confirm/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_code_is_unreadable_in_the_outbox_once_it_is_sent(client: Client, mailoutbox):
    ask_for_code(client, ensure_user_for_address("lone@example.dk", "Lone").email)
    message = OutboxMessage.objects.get()
    code = message.context["code"]
    deliver([message.pk])
    message.refresh_from_db()
    assert code in mailoutbox[0].body
    assert message.context == {}


def test_the_page_is_the_same_whether_or_not_an_address_is_known(client: Client):
    ensure_user_for_address("kendt@example.dk", "Kendt")
    known = ask_for_code(client, "kendt@example.dk")
    unknown = ask_for_code(Client(), "ukendt@example.dk")

    def words(response) -> str:
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        return text.replace("ukendt@", "kendt@")

    assert known.redirect_chain == unknown.redirect_chain
    assert words(known) == words(unknown)
    assert list(OutboxMessage.objects.order_by("pk").values_list("kind", flat=True)) == [
        "accounts.login_code",
        "accounts.unknown_address",
    ]


def test_a_wrong_password_reads_the_same_whether_or_not_an_address_is_known(client: Client, editor):
    known = sign_in_with_password(client, editor, password="forkert-adgangskode")
    unknown = Client().post("/konto/login/", {"login": "ukendt@example.dk", "password": "forkert-adgangskode"})
    sentence = "E-mailadressen og adgangskoden passer ikke sammen."
    assert sentence in known.content.decode() and sentence in unknown.content.decode()


def test_a_forgotten_password_reads_the_same_whether_or_not_an_address_is_known(client: Client, editor):
    known = client.post("/konto/password/reset/", {"email": editor.email}, follow=True)
    unknown = Client().post("/konto/password/reset/", {"email": "ukendt@example.dk"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert known.content == unknown.content


def test_staff_choose_a_new_password_by_a_link_that_works_once(client: Client, editor, last_mail, settings):
    client.post("/konto/password/reset/", {"email": editor.email}, headers={"host": "localhost"})
    link = re.search(r"http\S+", last_mail().text).group()
    assert link.startswith(settings.SITE_URL)
    path = link.removeprefix(settings.SITE_URL)
    form = client.get(path).headers["Location"]
    client.post(form, {"password1": "tre-nye-ord-her", "password2": "tre-nye-ord-her"})
    editor.refresh_from_db()
    assert editor.check_password("tre-nye-ord-her")
    assert "virker ikke længere" in Client().get(path).content.decode()


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client: Client, editor):
    for n in range(5):
        sign_in_with_password(client, editor, password=f"forkert-{n}")
    answer = sign_in_with_password(client, editor)
    assert "for mange forsøg" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_attempts_are_counted_where_every_process_sees_them(client: Client, editor):
    sign_in_with_password(client, editor, password="forkert")
    assert [key for key in ThrottleEntry.objects.values_list("cache_key", flat=True) if "login_failed" in key]


def test_codes_are_mailed_to_an_address_three_times_a_minute_at_most(client: Client):
    for _ in range(3):
        ask_for_code(Client(), "lone@example.dk")
    answer = ask_for_code(Client(), "lone@example.dk")
    assert "for mange forsøg" in answer.content.decode()
    assert OutboxMessage.objects.count() == 3


def test_the_session_key_changes_when_somebody_signs_in(client: Client, editor):
    client.get("/konto/login/")
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before
    sign_in_with_password(client, editor)
    assert client.session.session_key != before


def test_staff_land_in_the_admin_and_others_on_their_own_page(client: Client, organiser):
    sign_in_with_password(client, organiser)
    assert client.get("/start/").headers["Location"] == "/admin/"
    client.force_login(User.objects.create_user("deltager@example.dk"))
    assert client.get("/start/").headers["Location"] == "/min-side/"


def test_after_signing_in_one_is_not_sent_to_another_site(client: Client, organiser):
    answer = client.post(
        "/konto/login/", {"login": organiser.email, "password": PASSWORD, "next": "https://ond.example/"}
    )
    assert answer.headers["Location"] == "/start/"


def test_signing_out_takes_a_post(client: Client, organiser):
    client.force_login(organiser)
    client.get("/konto/logout/")
    assert "_auth_user_id" in client.session
    client.post("/konto/logout/")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["/konto/signup/", "/konto/email/", "/konto/confirm-email/"])
def test_nobody_signs_up_or_changes_the_address_they_were_given(client: Client, organiser, address):
    assert client.get(address).status_code == 404
    client.force_login(organiser)
    assert client.get(address).status_code == 404


def test_a_closed_account_gets_no_code(client: Client, last_mail):
    user = ensure_user_for_address("lone@example.dk", "Lone")
    User.objects.filter(pk=user.pk).update(is_active=False)
    ask_for_code(client, user.email)
    assert not CODE.search(last_mail().text)
