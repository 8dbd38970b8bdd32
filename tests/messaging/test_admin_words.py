"""Mailtekster: staff write the words of a mail, see it on real data, and may go back to ours."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from wagtail.models import ModelLogEntry

from enrolments.links import registration_link
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.messaging.changing import our_words
from website.messaging.models import MailText
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db
KIND = "enrolments.registered"
URL = f"/admin/mail-texts/{KIND}/"
WORDS = {"subject": "Tak, {name}", "body": "Hej {name}\n\n{link}", "seen": ""}


def page(client: Client, url: str = URL) -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def test_every_kind_of_mail_with_words_is_listed_with_when_it_is_sent(organisers_client):
    text = page(organisers_client, "/admin/mail-texts/").get_text(" ")

    for kind in mail_kinds:
        if kind.text:
            assert str(kind.text.title) in text, kind.name
    assert "Vores tekst" in text and "Egen tekst" not in text


def test_words_are_saved_used_and_told_who_wrote_them_without_keeping_them_in_the_log(organisers_client, organiser):
    response = organisers_client.post(URL, WORDS, follow=True)

    text = MailText.objects.get()
    assert (text.subject, text.body, text.updated_by) == ("Tak, {name}", "Hej {name}\n\n{link}", organiser)
    assert "er gemt" in response.content.decode()
    entry = ModelLogEntry.objects.get(action="messaging.text_changed")
    assert (entry.user, entry.data, entry.label) == (organiser, {}, KIND)
    assert "Ændrede teksten" in page(organisers_client).get_text(" ")
    assert "Egen tekst" in page(organisers_client, "/admin/mail-texts/").get_text(" ")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"body": "Uden knap"}, "Teksten skal indeholde {link}"),
        ({"body": "{link}\n\n{ukendt}"}, "{ukendt}"),
        ({"subject": "{run}"}, "{run}"),
        ({"subject": ""}, "Dette felt"),
    ],
)
def test_words_that_cannot_work_are_refused_at_their_field_and_kept_on_the_screen(organisers_client, changed, says):
    response = organisers_client.post(URL, WORDS | changed)

    assert not MailText.objects.exists()
    shown = BeautifulSoup(response.content, "html.parser")
    field = next(iter(changed))
    wrapper = shown.find(id=f"id_{field}").find_parent(attrs={"data-field": True}) or shown.find(
        id=f"panel-child-{field}-errors"
    )
    assert says in (wrapper or shown).get_text(" ")
    assert shown.find(id="id_body").text.strip() == (WORDS | changed)["body"].strip()


def test_the_preview_shows_the_newest_real_mail_with_its_secret_link_masked(organisers_client):
    registration = sign_up(CourseRunFactory(course__title="Ret & <pligt>"), "Anna")

    response = organisers_client.post(URL, WORDS | {"action": "preview"})

    assert not MailText.objects.exists()
    shown = BeautifulSoup(response.content, "html.parser")
    html = shown.find("iframe")["srcdoc"]
    assert "Hej Bente Holm" in html and "/tilmelding/min/…" in html
    assert registration_link.token(registration) not in response.content.decode()
    assert shown.find("iframe").has_attr("sandbox") and not shown.find("iframe")["sandbox"]


def test_the_live_preview_answers_with_the_mail_and_what_is_wrong(organisers_client):
    registration = sign_up(CourseRunFactory(), "Anna")

    answer = organisers_client.post(f"{URL}preview/", WORDS | {"body": "<script>x</script> {nej}"}).json()

    assert "&lt;script&gt;" in answer["html"] and "<script>" not in answer["html"]
    assert registration_link.token(registration) not in str(answer)
    assert len(answer["errors"]["body"]) == 2


def test_without_any_registration_the_preview_is_a_marked_example(organisers_client):
    shown = page(organisers_client)

    assert "Eksempel: " in shown.get_text(" ")
    assert "[modtagerens navn]" in shown.find("iframe")["srcdoc"]


def test_a_mail_with_a_secret_is_only_ever_shown_as_an_example(organisers_client):
    shown = page(organisers_client, "/admin/mail-texts/accounts.login_code/")

    assert "Eksempel: " in shown.get_text(" ")
    assert "[koden]" in shown.find("iframe")["srcdoc"].casefold()


def test_our_text_is_restored_after_a_question_and_that_can_be_undone(organisers_client):
    organisers_client.post(URL, WORDS)
    assert "Gendan vores tekst i" in page(organisers_client, f"{URL}reset/").get_text(" ")
    assert MailText.objects.exists()

    after = organisers_client.post(f"{URL}reset/", follow=True).content.decode()
    assert not MailText.objects.exists()
    assert "Fortryd" in after

    organisers_client.post(f"{URL}undo/")
    assert MailText.objects.get().subject == "Tak, {name}"
    organisers_client.post(f"{URL}undo/")
    actions = list(ModelLogEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["messaging.text_changed", "messaging.text_reset", "messaging.text_changed"]


def test_saving_our_own_words_unchanged_keeps_them_ours(organisers_client):
    subject, body = our_words(mail_kinds.get(KIND).text)

    organisers_client.post(URL, {"subject": subject, "body": body.replace("\n", "\r\n"), "seen": ""})

    assert not MailText.objects.exists()


def test_two_who_write_at_once_do_not_overwrite_each_other(organisers_client):
    organisers_client.post(URL, WORDS)

    response = organisers_client.post(URL, WORDS | {"subject": "Min"})

    assert "En anden har ændret teksten" in response.content.decode()
    assert MailText.objects.get().subject == "Tak, {name}"


def test_words_of_a_mail_that_is_gone_are_shown_and_can_be_deleted(organisers_client):
    MailText.objects.create(kind="gone.mail", subject="Gammel", body="Tekst")
    assert "Bruges ikke længere" in page(organisers_client, "/admin/mail-texts/").get_text(" ")
    assert organisers_client.get("/admin/mail-texts/gone.mail/").status_code == 404

    organisers_client.post("/admin/mail-texts/gone.mail/forget/")

    assert not MailText.objects.exists()


def test_words_in_use_cannot_be_deleted_that_way(organisers_client):
    organisers_client.post(URL, WORDS)

    organisers_client.post(f"{URL}forget/")

    assert MailText.objects.exists()


def test_only_organisers_and_administrators_change_words(editors_client):
    for url in ("/admin/mail-texts/", URL, f"{URL}reset/"):
        assert editors_client.get(url).status_code in (302, 403)
    editors_client.post(URL, WORDS)
    assert not MailText.objects.exists()


def test_the_list_costs_the_same_however_much_is_written(organisers_client, organiser, django_assert_max_num_queries):
    page(organisers_client, "/admin/mail-texts/")
    with django_assert_max_num_queries(20) as before:
        organisers_client.get("/admin/mail-texts/")
    for kind in mail_kinds:
        MailText.objects.create(kind=kind.name, subject="x", body="y", updated_by=organiser)
    with django_assert_max_num_queries(len(before)):
        organisers_client.get("/admin/mail-texts/")
