"""Mails as they leave, read by Python's `email` package; the calendar part read by ical.js."""

import re
from datetime import date, time
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core import mail

from enrolments.enums import ActorKind
from enrolments.links import registration_link
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails, ParticipantDetails
from enrolments.operations.seating import seat_from_line
from tests.calendar_reader import read_calendar
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging import operations

pytestmark = pytest.mark.django_db
WINTER, SUMMER = date(2031, 1, 15), date(2031, 7, 15)


@pytest.fixture
def send():
    """Send what is queued; return the mails by address, parsed from their bytes."""

    def deliver() -> dict[str, list[EmailMessage]]:
        mail.outbox.clear()
        operations.deliver(operations.due_pks())
        found: dict[str, list[EmailMessage]] = {}
        for sent in mail.outbox:
            parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
            found.setdefault(parsed["To"], []).append(parsed)
        return found

    return deliver


def part(message: EmailMessage, kind: str) -> EmailMessage:
    return next(part for part in message.walk() if part.get_content_type() == kind)


def calendar(message: EmailMessage) -> dict:
    """Return what ical.js reads in the mail's calendar part."""
    return read_calendar(part(message, "text/calendar").get_content())


def test_the_confirmation_is_danish_text_and_html_with_a_calendar_part_last(send):
    sign_up(CourseRunFactory(first_day=WINTER, venue__city="Herlev"), "Anna")

    [invitation] = send()["anna@example.dk"]

    assert invitation["Subject"].startswith("Du har en plads: ")
    assert invitation.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in invitation.iter_parts()] == [
        "text/plain",
        "multipart/related",
        "text/calendar",
    ]
    assert part(invitation, "text/calendar")["Content-Type"].params["method"] == "REQUEST"
    assert part(invitation, "text/calendar").get_content_charset() == "utf-8"
    assert re.fullmatch(r"<[0-9a-f-]{36}@localhost>", invitation["Message-ID"])
    text = part(invitation, "text/plain").get_content()
    assert "Kære Anna" in text
    assert "onsdag 15. januar 2031 kl. 9.00–16.00" in text
    assert "Herlev" in text


@pytest.mark.parametrize(("day", "start", "end"), [(WINTER, "08:00", "15:00"), (SUMMER, "07:00", "14:00")])
def test_another_parser_reads_the_same_instants_in_winter_and_in_summer(send, day, start, end):
    sign_up(CourseRunFactory(first_day=day), "Anna")

    read = calendar(send()["anna@example.dk"][0])

    [event] = read["events"]
    assert read["method"] == "REQUEST"
    assert (event["start"], event["end"]) == (f"{day}T{start}:00.000Z", f"{day}T{end}:00.000Z")
    assert event["attendees"] == ["mailto:anna@example.dk"]
    assert event["organizer"] == "mailto:kurser@example.dk"


def test_a_cancellation_takes_the_same_entry_out_of_the_calendar(send):
    registration = sign_up(CourseRunFactory(first_day=SUMMER), "Anna")
    [before] = calendar(send()["anna@example.dk"][0])["events"]

    cancel(registration=registration, actor=ActorKind.CONTACT)
    [message] = send()["anna@example.dk"]

    read = calendar(message)
    [after] = read["events"]
    assert (read["method"], after["status"]) == ("CANCEL", "CANCELLED")
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert message["Subject"].startswith("Afmeldt: ")


def test_a_run_of_several_days_gives_each_day_an_invitation_of_its_own(send):
    sign_up(CourseRunFactory(with_days=3, first_day=WINTER), "Anna")

    messages = send()["anna@example.dk"]

    read = [calendar(message) for message in messages]
    assert [len(one["events"]) for one in read] == [1, 1, 1]
    assert len({one["events"][0]["uid"] for one in read}) == 3
    assert [one["events"][0]["start"][:10] for one in read] == ["2031-01-15", "2031-01-22", "2031-01-29"]
    assert messages[1]["Subject"].startswith("Til din kalender: dag 2 af ")


def test_cancelling_takes_every_day_out_of_the_calendar(send):
    registration = sign_up(CourseRunFactory(with_days=3, first_day=WINTER), "Anna")
    made = {calendar(message)["events"][0]["uid"] for message in send()["anna@example.dk"]}

    cancel(registration=registration, actor=ActorKind.CONTACT)

    gone = [calendar(message) for message in send()["anna@example.dk"]]
    assert {one["events"][0]["uid"] for one in gone} == made
    assert {one["method"] for one in gone} == {"CANCEL"}


def test_the_contact_gets_the_link_and_sees_who_has_a_seat_and_who_waits(send):
    run = CourseRunFactory(capacity=1, first_day=WINTER)
    registration = sign_up(run, "Anna", "Bo", accepts_line=True)

    sent = send()
    [message] = sent["bente@example.dk"]

    text = part(message, "text/plain").get_content()
    assert f"http://localhost:8000/tilmelding/min/{registration_link.token(registration)}/" in text
    assert "Har en plads:\n- Anna" in text
    assert "På venteliste:\n- Bo" in text
    assert not any(p.get_content_type() == "text/calendar" for p in message.walk())
    assert sent["bo@example.dk"][0]["Subject"].startswith("På venteliste: ")


def test_a_participant_never_gets_the_contacts_link(send):
    sign_up(CourseRunFactory(), "Anna")

    assert "/tilmelding/min/" not in send()["anna@example.dk"][0].as_string()


def test_who_registers_themselves_gets_one_mail_with_the_invitation_in_it(send):
    me = ContactDetails("Anna", "anna@example.dk")
    registration = sign_up(CourseRunFactory(), "Anna", contact=me)

    [message] = send()["anna@example.dk"]

    assert calendar(message)["method"] == "REQUEST"
    cancel(registration=registration, actor=ActorKind.CONTACT)
    [cancellation] = send()["anna@example.dk"]
    assert calendar(cancellation)["method"] == "CANCEL"


def test_who_is_seated_from_the_line_gets_an_invitation(send):
    run = CourseRunFactory(capacity=1)
    seated = EnrolmentFactory(run=run)
    registration = sign_up(run, "Bo", accepts_line=True)
    send()
    seated.delete()

    pks = list(registration.enrolments.values_list("pk", flat=True))
    seat_from_line(run_pk=run.pk, enrolment_pks=pks, user=UserFactory())

    sent = send()
    assert calendar(sent["bo@example.dk"][0])["method"] == "REQUEST"
    assert sent["bente@example.dk"][0]["Subject"].startswith("Du har en plads: ")


def test_the_online_link_goes_to_those_with_a_seat_only(send):
    run = CourseRunFactory(venue=None, online_link="https://moede.example.dk/rum", capacity=1)
    sign_up(run, "Anna", "Bo", accepts_line=True)

    sent = send()

    assert "moede.example.dk" in part(sent["anna@example.dk"][0], "text/plain").get_content()
    assert "moede.example.dk" not in sent["bo@example.dk"][0].as_string()
    assert "moede.example.dk" not in sent["bente@example.dk"][0].as_string()


def test_a_name_with_markup_is_text_in_both_forms(send):
    people = [ParticipantDetails("<b>Ida</b> & Åse", "ida@example.dk")]
    sign_up(CourseRunFactory(), "Ida", participants=people)

    [message] = send()["ida@example.dk"]

    assert "Kære <b>Ida</b> & Åse" in part(message, "text/plain").get_content()
    assert "Kære &lt;b&gt;Ida&lt;/b&gt; &amp; Åse" in part(message, "text/html").get_content()


def test_the_mail_says_what_was_so_when_it_was_queued(send):
    run = CourseRunFactory(first_day=WINTER)
    sign_up(run, "Anna")
    day = run.ordered_days()[0]
    day.start_time = time(10)
    day.save()

    assert "kl. 9.00–16.00" in part(send()["anna@example.dk"][0], "text/plain").get_content()
