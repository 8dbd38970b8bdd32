"""What the mails say, by whom they are to: each with its own words, its own link and nothing odd."""

import pytest

from enrolments.enums import ActorKind
from enrolments.links import participant_link, registration_link
from enrolments.models import Enrolment
from enrolments.operations.cancelling import cancel
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.messaging.models import MailText, OutboxMessage
from website.messaging.registry import Mail, mail_kinds
from website.messaging.texts import check_words, words_of

pytestmark = pytest.mark.django_db

KINDS = [kind for kind in mail_kinds if kind.text and kind.name.startswith(("enrolments.", "accounts."))]


def mail_to(address: str) -> tuple[str, Mail]:
    """Return the kind and the mail of the newest message to an address."""
    message = OutboxMessage.objects.filter(to=address).latest("pk")
    return message.kind, mail_kinds.get(message.kind).render(message.context)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_our_own_words_pass_the_check_that_staffs_words_must_pass(kind):
    subject, body = words_of(kind.text)

    check_words(kind.text, subject=subject, body=body)
    assert "{" not in str(kind.text.title) + str(kind.text.about)


def test_each_mail_about_a_registration_previews_a_real_one():
    run = CourseRunFactory(capacity=2, with_days=2)
    registration = sign_up(run, "Anna", "Bo", "Cia", accepts_line=True)
    sign_up(run, "Dan", accepts_line=True, submission="two")
    cancel(
        registration=registration,
        enrolment_pks=[registration.enrolments.get(name="Bo").pk],
        actor=ActorKind.CONTACT,
    )

    for name in (
        "registered", "registered_waiting", "seated", "cancellation", "cancellation_by_staff",
        "cancellation_by_participant", "invitation", "waiting", "cancelled", "cancelled_waiting", "invitation_day",
        "cancelled_day",
    ):  # fmt: skip
        kind = mail_kinds.get(f"enrolments.{name}")
        context = kind.text.sample()
        assert context is not None, name
        assert "Kære " in kind.render(context).text, name


def test_a_preview_says_so_when_there_is_nothing_to_show():
    assert mail_kinds.get("enrolments.registered").text.sample() is None
    assert mail_kinds.get("enrolments.invitation_day").text.sample() is None


def test_a_participants_mail_carries_their_own_link_and_never_the_contacts():
    sign_up(CourseRunFactory(), "Anna")
    anna = Enrolment.objects.get(name="Anna")

    kind, mail = mail_to("anna@example.dk")

    assert kind == "enrolments.invitation"
    assert participant_link.token(anna) in mail.text and participant_link.token(anna) in mail.html
    assert registration_link.token(anna.registration) not in mail.text + mail.html


def test_who_gets_no_seat_is_not_told_that_the_registration_is_confirmed():
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Anna")
    sign_up(run, "Bo", accepts_line=True, submission="two")

    kind, mail = mail_to("bente@example.dk")

    assert kind == "enrolments.registered_waiting"
    assert mail.subject.startswith("På venteliste: ")
    assert "På venteliste:\n- Bo" in mail.text
    assert "Har en plads" not in mail.text


@pytest.mark.parametrize(
    ("actor", "kind", "words"),
    [
        (ActorKind.CONTACT, "enrolments.cancellation", "Som du bad om"),
        (ActorKind.PARTICIPANT, "enrolments.cancellation_by_participant", "har meldt afbud"),
        (ActorKind.STAFF, "enrolments.cancellation_by_staff", "Vi har afmeldt"),
    ],
)
def test_a_cancellation_says_who_made_it(actor, kind, words):
    registration = sign_up(CourseRunFactory(), "Anna")

    cancel(registration=registration, actor=actor)

    told, mail = mail_to("bente@example.dk")
    assert (told, words in mail.text) == (kind, True)
    _kind, to_anna = mail_to("anna@example.dk")
    assert ("Spørg Bente Holm" in to_anna.text) == (actor == ActorKind.CONTACT)


def test_staffs_words_are_used_with_the_values_escaped_where_they_become_html():
    MailText.objects.create(
        kind="enrolments.invitation", subject="Vi ses, {name}", body="Hej {name} & co\n\n{link}\n\n{run}"
    )
    run = CourseRunFactory(course__title="Ret & <pligt>")
    sign_up(run, "Anna")

    _kind, mail = mail_to("anna@example.dk")

    assert mail.subject == "Vi ses, Anna"
    assert "Hej Anna & co" in mail.text and "Ret & <pligt>" in mail.text
    assert "Hej Anna &amp; co" in mail.html and "Ret &amp; &lt;pligt&gt;" in mail.html


def test_a_mail_that_was_queued_before_participants_had_links_is_sent_without_one():
    sign_up(CourseRunFactory(), "Anna")
    message = OutboxMessage.objects.get(to="anna@example.dk")
    del message.context["attendee"]["link_version"]

    mail = mail_kinds.get(message.kind).render(message.context)

    assert "/deltager/" not in mail.text
