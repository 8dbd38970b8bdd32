"""Udgående mails: what became of each, nothing secret shown, and sending again."""

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone
from wagtail.models import ModelLogEntry

from enrolments.emails.parts import about_registration, attendee_of
from enrolments.links import participant_link
from enrolments.models import Enrolment
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.core.contributions import attention_items
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import CannotResend, queue_mail, resend, resend_to

pytestmark = pytest.mark.django_db
URL = "/admin/mails/"
REFUSED = "SMTPRecipientsRefused: 550 5.1.1 no such user"


@pytest.fixture
def anna() -> Enrolment:
    sign_up(CourseRunFactory(course__title="Samskabelse i praksis"), "Anna")
    OutboxMessage.objects.all().delete()
    return Enrolment.objects.select_related("registration__run").get()


def queued(anna: Enrolment, to: str = "anna@example.dk", **fields) -> OutboxMessage:
    context = about_registration(anna.registration, anna.registration.run) | {"attendee": attendee_of(anna)}
    message = queue_mail(
        kind="enrolments.invitation", to=to, context=context, reference=f"registration:{anna.registration_id}"
    )
    OutboxMessage.objects.filter(pk=message.pk).update(**fields)
    message.refresh_from_db()
    return message


def failed(anna: Enrolment, **fields) -> OutboxMessage:
    given = {"status": MailStatus.FAILED, "attempts": 7, "last_error": REFUSED}
    return queued(anna, **given | fields)


def text_of(response) -> str:
    return BeautifulSoup(response.content, "html.parser").get_text(" ")


def test_the_list_tells_what_became_of_each_mail_and_what_it_is_about(organisers_client, anna):
    failed(anna)

    response = organisers_client.get(URL)

    text = text_of(response)
    assert "En plads, med kalenderinvitation" in text
    assert "anna@example.dk" in text
    assert "Adressen findes ikke." in text
    assert f"{anna.registration.number} · Samskabelse i praksis" in text
    assert f'href="/admin/participants/run/{anna.run_id}/"' in response.content.decode()


def test_filters_find_by_status_kind_and_period(organisers_client, anna):
    failed(anna, to="bo@example.dk")
    queued(anna, status=MailStatus.SENT, sent_at=timezone.now())
    today = timezone.localdate().isoformat()

    def found(query: str) -> tuple[bool, bool]:
        text = text_of(organisers_client.get(f"{URL}?{query}"))
        return "bo@example.dk" in text, "anna@example.dk" in text

    assert found("status=undelivered") == (True, False)
    assert found("status=sent") == (False, True)
    assert found("kind=enrolments.invitation") == (True, True)
    assert found("kind=accounts.notice") == (False, False)
    assert found(f"since={today}&until={today}") == (True, True)
    assert found("until=2020-01-01") == (False, False)
    assert found("status=nonsense&since=x&p=99") == (True, True)


def test_a_search_with_nul_and_the_last_day_there_is_find_what_they_can(organisers_client, anna):
    queued(anna)
    response = organisers_client.post(URL, {"address": "anna\0@", "until": "9999-12-31"}, follow=True)
    assert response.status_code == 200
    assert "anna@example.dk" in text_of(response)


def test_a_search_for_an_address_stands_in_no_url(organisers_client, anna):
    failed(anna, to="bo@example.dk")
    queued(anna)

    response = organisers_client.post(URL, {"address": "BO@exam", "status": "failed"})

    assert response.status_code == 302
    assert "bo" not in response["Location"].casefold().replace("outbox", "").partition("s=")[0]
    assert "exam" not in response["Location"]
    text = text_of(organisers_client.get(response["Location"]))
    assert "bo@example.dk" in text and "anna@example.dk" not in text


def test_a_mail_is_shown_as_it_leaves_with_its_secret_link_masked(organisers_client, anna):
    message = queued(anna)

    response = organisers_client.get(f"{URL}{message.pk}/")

    frame = BeautifulSoup(response.content, "html.parser").find("iframe")["srcdoc"]
    assert "Kære Anna" in frame and "/tilmelding/deltager/…" in frame
    assert participant_link.token(anna) not in response.content.decode()
    assert "Mailen har også en kalenderinvitation med." in text_of(response)


def test_a_secret_mail_shows_nothing_of_what_it_says(organisers_client):
    message = queue_mail(kind="accounts.login_code", to="a@example.dk", context={"code": "1234-5678"})

    response = organisers_client.get(f"{URL}{message.pk}/")

    assert "1234" not in response.content.decode()
    assert "kun modtageren må læse den" in text_of(response)
    assert "Send igen" not in text_of(response)


def test_a_mail_whose_content_is_gone_or_whose_kind_is_unknown_is_still_told_of(organisers_client, anna):
    emptied = queued(anna, context={}, status=MailStatus.SENT)
    unknown = OutboxMessage.objects.create(message_id="<u@x>", kind="gone.kind", to="a@example.dk", context={"x": 1})
    broken = queued(anna, context={"run": None})

    for message in (emptied, unknown, broken):
        response = organisers_client.get(f"{URL}{message.pk}/")
        assert response.status_code == 200
        assert "Mailens indhold er slettet" in text_of(response)
    assert "gone.kind" in text_of(organisers_client.get(URL))


class TestResending:
    def test_a_failed_mail_goes_again_under_the_same_message_id_and_it_is_logged_without_its_address(
        self, organisers_client, organiser, anna
    ):
        message = failed(anna, undeliverable_at=timezone.now())

        page = organisers_client.get(f"{URL}{message.pk}/resend/")
        assert "igen?" in text_of(page)
        organisers_client.post(f"{URL}{message.pk}/resend/", {"address": "anna@example.dk"})

        again = OutboxMessage.objects.get()
        assert (again.status, again.attempts, again.message_id) == (MailStatus.QUEUED, 0, message.message_id)
        assert again.undeliverable_at is None
        entry = ModelLogEntry.objects.get(action="messaging.resent")
        assert entry.user == organiser
        assert "anna" not in f"{entry.label}{entry.data}"
        assert "Sendt igen" in text_of(organisers_client.get(f"{URL}{message.pk}/"))

    def test_to_a_corrected_address_it_is_a_mail_of_its_own_with_the_calendar_entry_readdressed(
        self, organisers_client, anna
    ):
        message = failed(anna)

        organisers_client.post(f"{URL}{message.pk}/resend/", {"address": "Anna.Ny@example.dk"})

        new = OutboxMessage.objects.latest("pk")
        message.refresh_from_db()
        assert (message.status, new.status) == (MailStatus.FAILED, MailStatus.QUEUED)
        assert (new.to, new.context["attendee"]["email"]) == ("anna.ny@example.dk", "anna.ny@example.dk")
        assert new.message_id != message.message_id
        assert new.reference == message.reference

    def test_a_wrong_address_is_refused_at_its_field(self, organisers_client, anna):
        message = failed(anna)

        response = organisers_client.post(f"{URL}{message.pk}/resend/", {"address": "ikke en adresse"})

        assert response.status_code == 200
        assert "gyldig" in text_of(response)
        assert OutboxMessage.objects.get().status == MailStatus.FAILED

    @pytest.mark.parametrize("status", [MailStatus.QUEUED, MailStatus.SENDING])
    def test_a_mail_that_is_under_way_cannot_go_again(self, organisers_client, anna, status):
        message = queued(anna, status=status)

        with pytest.raises(CannotResend):
            resend(message)
        with pytest.raises(CannotResend):
            resend_to(message, "b@example.dk")
        response = organisers_client.post(f"{URL}{message.pk}/resend/", {"address": message.to}, follow=True)
        assert "kan ikke sendes igen" in text_of(response)

    def test_all_that_failed_go_again_after_a_question_but_not_what_came_back_or_is_secret(
        self, organisers_client, anna
    ):
        first, second = failed(anna), failed(anna, to="bo@example.dk", last_error="TimeoutError: x")
        returned = failed(anna, to="cia@example.dk", status=MailStatus.BOUNCED)
        code = queue_mail(kind="accounts.login_code", to="a@example.dk", context={"code": "1"})
        OutboxMessage.objects.filter(pk=code.pk).update(status=MailStatus.FAILED, context={})

        text = text_of(organisers_client.get(f"{URL}resend-failed/"))
        assert "Send 2 fejlede mails igen?" in text
        assert "Adressen findes ikke. (1)" in text
        organisers_client.post(f"{URL}resend-failed/")

        statuses = dict(OutboxMessage.objects.values_list("pk", "status"))
        assert statuses[first.pk] == statuses[second.pk] == MailStatus.QUEUED
        assert (statuses[returned.pk], statuses[code.pk]) == (MailStatus.BOUNCED, MailStatus.FAILED)

    def test_only_those_who_may_send(self, editors_client, anna):
        message = failed(anna)

        for url in (URL, f"{URL}{message.pk}/", f"{URL}{message.pk}/resend/", f"{URL}resend-failed/"):
            assert editors_client.get(url).status_code in (302, 403)
        editors_client.post(f"{URL}resend-failed/")
        assert OutboxMessage.objects.get().status == MailStatus.FAILED


def test_undelivered_mails_need_attention_from_those_who_see_them(anna, organiser, editor):
    failed(anna)
    failed(anna, to="bo@example.dk", status=MailStatus.BOUNCED)

    def said(user) -> list[str]:
        return [item.text for contribute in attention_items for item in contribute(user) if "afleveres" in item.text]

    assert said(organiser) == ["2 mails kunne ikke afleveres"]
    assert said(editor) == []


def test_the_list_costs_the_same_however_many_mails(organisers_client, anna, django_assert_max_num_queries):
    failed(anna)
    organisers_client.get(URL)
    with django_assert_max_num_queries(30) as before:
        organisers_client.get(URL)
    for at in range(60):
        queued(anna, to=f"{at}@example.dk", reference=f"registration:{anna.registration_id}")
    with django_assert_max_num_queries(len(before)):
        organisers_client.get(URL)
