"""A person's own calendar: read by ical.js, cheap to ask for again, dead when its address is replaced."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.links import feed_link
from enrolments.models import Enrolment, Person
from enrolments.operations.people import settle_person
from tests.calendar_reader import read_calendar
from tests.enrolments.helpers import sign_up
from tests.factories import CourseDayFactory, CourseRunFactory, EnrolmentFactory
from website.accounts.models import User
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db
EMAIL = "anna@example.dk"


@pytest.fixture
def person() -> Person:
    return settle_person(User.objects.create_user(EMAIL))


def address(person: Person) -> str:
    return f"/kalender/{feed_link.token(person)}.ics"


def events(client: Client, person: Person) -> list[dict]:
    return read_calendar(client.get(address(person)).content)["events"]


def test_every_day_of_a_seat_stands_there_at_its_instant(client, person):
    run = CourseRunFactory(first_day=date(2031, 7, 15), venue__city="Herlev", with_days=2)
    EnrolmentFactory(run=run, email=EMAIL)
    first, second = events(client, person)
    assert first["start"].startswith("2031-07-15T07:00:00")
    assert second["start"].startswith("2031-07-22T07:00:00")
    assert run.course.title in first["summary"]
    assert "Herlev" in client.get(address(person)).content.decode().replace("\r\n ", "")


def test_the_events_are_those_of_the_mailed_invitation(client, person):
    sign_up(CourseRunFactory(first_day=date(2031, 7, 15)), "Anna")
    mails = OutboxMessage.objects.filter(to=EMAIL)
    invitations = [mail for m in mails if (mail := mail_kinds.get(m.kind).render(m.context)).calendar]
    mailed = read_calendar(invitations[0].calendar.content)["events"][0]
    [fed] = events(client, person)
    assert (fed["uid"], fed["start"], fed["sequence"]) == (mailed["uid"], mailed["start"], mailed["sequence"])


@pytest.mark.parametrize(
    "fields",
    [{"waiting": True}, {"cancelled": True}, {"run__status": "cancelled"}, {"email": "bo@example.dk"}],
    ids=["in line", "cancelled", "cancelled run", "somebody else"],
)
def test_only_own_seats_stand_there(client, person, fields):
    EnrolmentFactory(**{"email": EMAIL, **fields})
    assert events(client, person) == []


def test_what_is_long_over_leaves_the_feed(client, person):
    today = timezone.localdate()
    EnrolmentFactory(email=EMAIL, run=CourseRunFactory(first_day=today - timedelta(days=100)))
    EnrolmentFactory(email=EMAIL, run=CourseRunFactory(first_day=today - timedelta(days=80)))
    assert len(events(client, person)) == 1


def test_a_moved_day_moves_and_a_cancelled_seat_goes(client, person):
    enrolment = EnrolmentFactory(email=EMAIL, run=CourseRunFactory(first_day=date(2031, 7, 15)))
    day = enrolment.run.ordered_days()[0]
    day.date = date(2031, 7, 16)
    day.save()
    Enrolment.objects.filter(pk=enrolment.pk).update(calendar_sequence=1)
    [event] = events(client, person)
    assert event["start"].startswith("2031-07-16") and event["sequence"] == 1
    Enrolment.objects.filter(pk=enrolment.pk).update(status="cancelled", cancelled_at=timezone.now())
    assert events(client, person) == []


def test_another_proven_address_brings_its_days_along(client, person):
    person.addresses.create(email="anna@gammel.dk")
    EnrolmentFactory(email="anna@gammel.dk")
    assert len(events(client, person)) == 1


def test_an_unchanged_feed_is_not_sent_again(client, person):
    EnrolmentFactory(email=EMAIL)
    first = client.get(address(person))
    assert first.headers["Cache-Control"] == "private, max-age=900"
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    again = client.get(address(person), headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304 and again.content == b""
    EnrolmentFactory(email=EMAIL)
    assert client.get(address(person), headers={"if-none-match": first.headers["ETag"]}).status_code == 200


def test_a_feed_costs_the_same_however_many_days_there_are(client, person):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(address(person))
        return len(captured)

    EnrolmentFactory(email=EMAIL)
    before = cost()
    for _ in range(5):
        EnrolmentFactory(email=EMAIL, run=CourseRunFactory(with_days=3))
    assert cost() == before <= 3


def test_a_replaced_address_is_dead_at_once(client, person):
    old = address(person)
    client.force_login(person.user)
    assert client.get("/min-side/kalender/").status_code == 405
    client.post("/min-side/kalender/")
    assert client.get(old).status_code == 404
    person.refresh_from_db()
    assert client.get(address(person)).status_code == 200


def test_a_forged_address_opens_nothing_and_answers_are_kept_by_nobody_else(client, person):
    answer = client.get(f"/kalender/{feed_link.token(person)[:-1]}x.ics")
    assert answer.status_code == 404
    assert answer.headers["Referrer-Policy"] == "no-referrer" and "private" in answer.headers["Cache-Control"]


def test_a_person_on_one_run_with_two_addresses_has_both_seats(client, person):
    person.addresses.create(email="anna@gammel.dk")
    run = CourseRunFactory()
    CourseDayFactory(run=run, date=date(2031, 9, 1))
    EnrolmentFactory(run=run, email=EMAIL)
    EnrolmentFactory(run=run, email="anna@gammel.dk")
    assert len(events(client, person)) == 4
