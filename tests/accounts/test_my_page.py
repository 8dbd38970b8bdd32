"""Min side: who gets in by a mailed code, what stands there, and the person's own hand on it."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.links import feed_link, offer_link, participant_link, registration_link
from enrolments.models import Enrolment, Offer, Person, PersonAddress
from enrolments.operations.people import join_people
from tests.accounts.conftest import PASSWORD
from tests.factories import (
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
)
from website.accounts.models import User
from website.accounts.operations import addresses_of
from website.messaging.models import OutboxMessage
from website.messaging.operations import deliver
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db

CODE = re.compile(r"\d{4}-\d{4}")


def code_mailed_to(email: str) -> str:
    message = OutboxMessage.objects.filter(to=email).latest("pk")
    return CODE.search(mail_kinds.get(message.kind).render(message.context).text).group()


def sign_in(client: Client, email: str):
    """Sign in by the code that is mailed to the address."""
    client.post("/konto/login/code/", {"email": email})
    return client.post("/konto/login/code/confirm/", {"code": code_mailed_to(email)}, follow=True)


def add_address(client: Client, email: str):
    client.post("/min-side/", {"email": email})
    return client.post("/min-side/adresse/", {"code": code_mailed_to(email)}, follow=True)


def words(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return len(captured)


# Signing in


def test_a_participant_signs_in_with_a_code_and_lands_on_min_side(client: Client):
    enrolment = EnrolmentFactory(email="anna@kommune.dk")
    answer = sign_in(client, "Anna@Kommune.dk".lower())
    assert answer.redirect_chain[-1][0] == "/min-side/"
    assert enrolment.run.course.title in words(answer)
    user = User.objects.get(email="anna@kommune.dk")
    assert not user.has_usable_password() and not user.is_staff


def test_a_contact_signs_in_too(client: Client):
    RegistrationFactory(contact_email="bente@kommune.dk", participants=2)
    assert sign_in(client, "bente@kommune.dk").redirect_chain[-1][0] == "/min-side/"


def test_no_user_is_made_before_the_code_comes_back(client: Client):
    EnrolmentFactory(email="anna@kommune.dk")
    client.post("/konto/login/code/", {"email": "anna@kommune.dk"})
    client.post("/konto/login/code/confirm/", {"code": "0000-0000"})
    assert not User.objects.filter(email="anna@kommune.dk").exists()


def test_the_page_tells_nobody_whether_an_address_is_registered(client: Client):
    EnrolmentFactory(email="kendt@kommune.dk")

    def ask(email: str) -> tuple:
        visitor = Client()
        asked = visitor.post("/konto/login/code/", {"email": email}, follow=True)
        wrong = visitor.post("/konto/login/code/confirm/", {"code": "0000-0000"})
        again = visitor.post("/konto/login/code/confirm/", {"action": "resend"}, follow=True)
        texts = [
            re.sub(r'value="\w{64}"', "", response.content.decode()).replace(email, "…")
            for response in (asked, wrong, again)
        ]
        return asked.redirect_chain, again.redirect_chain, texts

    assert ask("kendt@kommune.dk") == ask("ukendt@kommune.dk")
    kinds = dict(OutboxMessage.objects.values_list("to", "kind"))
    assert kinds == {"kendt@kommune.dk": "accounts.login_code", "ukendt@kommune.dk": "accounts.unknown_address"}


def test_a_code_that_was_never_sent_opens_nothing(client: Client):
    client.post("/konto/login/code/", {"email": "ukendt@kommune.dk"})
    client.post("/konto/login/code/confirm/", {"action": "resend"})
    code = client.session["account_login"]["state"]["stages"]["login_by_code"]["data"]["code"]
    answer = client.post("/konto/login/code/confirm/", {"code": code})
    assert answer.status_code == 302
    assert "_auth_user_id" not in client.session
    assert not User.objects.filter(email="ukendt@kommune.dk").exists()


def test_a_closed_account_is_not_opened_by_being_on_a_registration(client: Client):
    EnrolmentFactory(email="lukket@kommune.dk")
    User.objects.create_user("lukket@kommune.dk", is_active=False)
    client.post("/konto/login/code/", {"email": "lukket@kommune.dk"})
    assert OutboxMessage.objects.get().kind == "accounts.unknown_address"


def test_signing_in_joins_earlier_and_later_enrolments_to_the_person(client: Client):
    early = EnrolmentFactory(email="anna@kommune.dk")
    sign_in(client, "anna@kommune.dk")
    late = EnrolmentFactory(email="anna@kommune.dk")
    join_people()
    person = Person.objects.get()
    assert set(person.enrolments.all()) == {early, late}


def test_an_enrolment_corrected_to_another_address_leaves_the_person(client: Client):
    enrolment = EnrolmentFactory(email="anna@kommune.dk")
    sign_in(client, "anna@kommune.dk")
    Enrolment.objects.filter(pk=enrolment.pk).update(email="anne@kommune.dk")
    assert join_people() == 1
    enrolment.refresh_from_db()
    assert enrolment.person is None


def test_min_side_asks_who_you_are_first(client: Client):
    assert client.get("/min-side/").headers["Location"] == "/konto/login/?next=/min-side/"


# What stands there


@pytest.fixture
def anna(client: Client) -> User:
    user = User.objects.create_user("anna@kommune.dk")
    client.force_login(user)
    return user


def test_upcoming_courses_come_with_date_place_status_and_the_way_to_change(client: Client, anna):
    enrolment = EnrolmentFactory(email=anna.email, run__venue__city="Herlev")
    page = words(client.get("/min-side/"))
    assert enrolment.run.course.title in page and "Herlev" in page
    assert "Du har en plads" in page
    assert participant_link.url(enrolment) in page


def test_the_place_in_line_counts_everybody_before(client: Client, anna):
    run = CourseRunFactory(capacity=1)
    EnrolmentFactory(run=run)
    EnrolmentFactory(run=run, waiting=True)
    EnrolmentFactory(run=run, waiting=True, email=anna.email)
    assert "Nr. 2 på venteliste" in words(client.get("/min-side/"))


def test_an_offer_that_waits_stands_first_with_its_link(client: Client, anna):
    registration = RegistrationFactory(contact_email=anna.email)
    offer = Offer.objects.create(
        run=registration.run, registration=registration, seats=1, expires_at=timezone.now() + timedelta(days=2)
    )
    EnrolmentFactory(registration=registration, email=anna.email, status="offered", offer=offer, line_order=1)
    page = words(client.get("/min-side/"))
    assert offer_link.url(offer) in page
    assert "Et tilbud venter på svar" in page


def test_an_offer_that_the_contact_answers_gives_a_participant_no_way_into_the_registration(client: Client, anna):
    registration = RegistrationFactory()
    offer = Offer.objects.create(
        run=registration.run, registration=registration, seats=1, expires_at=timezone.now() + timedelta(days=2)
    )
    EnrolmentFactory(registration=registration, email=anna.email, status="offered", offer=offer, line_order=1)
    page = words(client.get("/min-side/"))
    assert offer_link.token(offer) not in page
    assert registration_link.token(registration) not in page


def test_an_offer_that_has_run_out_is_not_shown_as_one(client: Client, anna):
    registration = RegistrationFactory(contact_email=anna.email)
    offer = Offer.objects.create(
        run=registration.run, registration=registration, seats=1, expires_at=timezone.now() - timedelta(hours=1)
    )
    EnrolmentFactory(registration=registration, email=anna.email, status="offered", offer=offer, line_order=1)
    assert offer_link.url(offer) not in words(client.get("/min-side/"))


def test_earlier_courses_and_cancelled_seats_stand_apart(client: Client, anna):
    past = EnrolmentFactory(email=anna.email, run=CourseRunFactory(past=True))
    cancelled = EnrolmentFactory(email=anna.email, cancelled=True)
    page = words(client.get("/min-side/"))
    before, after = page.split("Tidligere kurser")
    for enrolment in (past, cancelled):
        assert enrolment.run.course.title in after and enrolment.run.course.title not in before


def test_registrations_made_for_others_are_listed_and_own_alone_are_not(client: Client, anna):
    for_others = RegistrationFactory(contact_email=anna.email, participants=3)
    own = RegistrationFactory(contact_email=anna.email)
    EnrolmentFactory(registration=own, email=anna.email)
    page = words(client.get("/min-side/"))
    assert registration_link.url(for_others) in page and "3 pladser" in page
    assert registration_link.url(own) not in page


def test_a_cancelled_run_says_so(client: Client, anna):
    EnrolmentFactory(email=anna.email, run=CourseRunFactory(cancelled=True))
    assert "Holdet er aflyst" in words(client.get("/min-side/"))


def test_nothing_empty_is_shown(client: Client, anna):
    page = words(client.get("/min-side/"))
    for heading in ("Tidligere kurser", "Materiale", "Tilmeldinger, du har lavet for andre", "i din kalender"):
        assert heading not in page
    assert "Find et kursus" in page


def test_a_presenter_finds_their_roll_calls(client: Client, anna):
    PresenterFactory(user=anna, email=anna.email)
    assert "/fremmoede/" in words(client.get("/min-side/"))


def test_nobody_sees_what_is_another_persons(client: Client, anna):
    other = EnrolmentFactory(email="anna2@kommune.dk")
    assert other.run.course.title not in words(client.get("/min-side/"))


def test_the_page_costs_the_same_however_many_courses_one_has(client: Client, anna):
    def load() -> None:
        EnrolmentFactory(email=anna.email)
        run = CourseRunFactory(capacity=1)
        EnrolmentFactory(run=run)
        EnrolmentFactory(run=run, waiting=True, email=anna.email)
        EnrolmentFactory(email=anna.email, run=CourseRunFactory(past=True, with_days=3))
        RegistrationFactory(contact_email=anna.email, participants=2)

    load()
    client.get("/min-side/")
    first = queries(client, "/min-side/")
    for _ in range(4):
        load()
    assert queries(client, "/min-side/") == first


# Addresses


def test_another_address_brings_the_courses_of_an_earlier_job_along(client: Client):
    EnrolmentFactory(email="anna@ny.dk")
    old = EnrolmentFactory(email="anna@gammel.dk")
    sign_in(client, "anna@ny.dk")
    answer = add_address(client, "anna@gammel.dk")
    assert old.run.course.title in words(answer)
    old.refresh_from_db()
    assert old.person == Person.objects.get()
    # And it opens the same page from then on.
    other = Client()
    sign_in(other, "anna@gammel.dk")
    assert other.session["_auth_user_id"] == client.session["_auth_user_id"]


def test_adding_the_address_of_ones_other_sign_in_merges_the_two_persons(client: Client):
    EnrolmentFactory(email="anna@ny.dk")
    old = EnrolmentFactory(email="anna@gammel.dk")
    before = Client()
    sign_in(before, "anna@gammel.dk")
    old_feed = feed_link.token(Person.objects.get())
    sign_in(client, "anna@ny.dk")
    add_address(client, "anna@gammel.dk")
    person = Person.objects.get()
    assert set(person.addresses.values_list("email", flat=True)) == {"anna@ny.dk", "anna@gammel.dk"}
    assert old in person.enrolments.all()
    assert User.objects.filter(email__startswith="anna@").count() == 1
    # The sign-in that was merged is closed, and its calendar address dead.
    assert before.get("/min-side/").status_code == 302
    assert client.get(f"/kalender/{old_feed}.ics").status_code == 404


@pytest.mark.parametrize("whose", ["staff", "presenter"])
def test_the_sign_in_of_staff_or_presenters_never_becomes_part_of_another(client: Client, whose):
    EnrolmentFactory(email="anna@ny.dk")
    sign_in(client, "anna@ny.dk")
    other = UserFactory(email="kollega@kommune.dk", password=PASSWORD, organiser=whose == "staff")
    if whose == "presenter":
        other.set_unusable_password()
        other.save()
        PresenterFactory(user=other, email=other.email)
    answer = add_address(client, other.email)
    assert "kan derfor ikke tilføjes" in words(answer)
    assert User.objects.filter(pk=other.pk).exists()
    assert addresses_of(User.objects.get(email="anna@ny.dk")) == ["anna@ny.dk"]


def test_a_wrong_code_adds_nothing_and_three_end_the_attempt(client: Client, anna):
    client.post("/min-side/", {"email": "en-andens@kommune.dk"})
    for _ in range(3):
        client.post("/min-side/adresse/", {"code": "0000-0000"})
    answer = client.post("/min-side/adresse/", {"code": code_mailed_to("en-andens@kommune.dk")})
    assert answer.headers["Location"] == "/min-side/"
    assert addresses_of(anna) == [anna.email]


def test_a_code_for_one_thing_does_nothing_else(client: Client, anna):
    client.post("/min-side/", {"email": "ny@kommune.dk"})
    client.post("/min-side/glem-mig/kode/", {"code": code_mailed_to("ny@kommune.dk")})
    assert User.objects.filter(pk=anna.pk).exists()


def test_an_address_can_be_let_go_of(client: Client):
    EnrolmentFactory(email="anna@ny.dk")
    old = EnrolmentFactory(email="anna@gammel.dk")
    sign_in(client, "anna@ny.dk")
    add_address(client, "anna@gammel.dk")
    client.post("/min-side/adresse/fjern/", {"email": "anna@gammel.dk"})
    assert old.run.course.title not in words(client.get("/min-side/"))
    assert list(PersonAddress.objects.values_list("email", flat=True)) == ["anna@ny.dk"]
    client.post("/min-side/adresse/fjern/", {"email": "anna@ny.dk"})
    assert addresses_of(User.objects.get(email="anna@ny.dk")) == ["anna@ny.dk"]


# My data


def test_my_data_holds_everything_we_know_as_a_file(client: Client, anna):
    enrolment = EnrolmentFactory(
        email=anna.email, name="Anna Berg", dietary="nødder", notes="ringet op", run=CourseRunFactory(past=True)
    )
    AttendanceFactory(enrolment=enrolment)
    RegistrationFactory(contact_email=anna.email, contact_name="Anna Berg", contact_phone="99887766", participants=1)
    answer = client.get("/min-side/mine-data.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mine-data.json"'
    assert "no-store" in answer.headers["Cache-Control"]
    data = json.loads(answer.content)
    [known] = data["courses"]["enrolments"]
    assert known["name"] == "Anna Berg" and known["dietary_and_access_needs"] == "nødder"
    assert known["internal_notes"] == "ringet op"
    assert known["attendance"][0]["mark"] == "Til stede"
    assert data["courses"]["registrations"][0]["contact_phone"] == "99887766"
    assert data["courses"]["registrations"][0]["payers"][0]["person_reference"]
    assert data["sign_in"]["addresses"] == ["anna@kommune.dk"]
    page = words(client.get("/min-side/mine-data/"))
    assert "99887766" in page and "nødder" in page


def test_my_data_costs_the_same_however_much_there_is(client: Client, anna):
    def load() -> None:
        AttendanceFactory(enrolment=EnrolmentFactory(email=anna.email, run=CourseRunFactory(past=True)))
        RegistrationFactory(contact_email=anna.email, participants=2)

    load()
    client.get("/min-side/mine-data.json")
    first = queries(client, "/min-side/mine-data.json")
    load()
    load()
    assert queries(client, "/min-side/mine-data.json") == first


# Sessions and mails


def test_the_codes_of_min_side_are_wiped_from_the_outbox_once_sent(client: Client, anna, mailoutbox):
    client.post("/min-side/glem-mig/")
    message = OutboxMessage.objects.get()
    deliver([message.pk])
    message.refresh_from_db()
    assert CODE.search(mailoutbox[0].body)
    assert message.context == {}
    assert CODE.search(str(Session.objects.get().get_decoded())) is None
