"""Glem mig: it says what goes and what stays and why, asks for a code, and then does exactly that."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from enrolments.models import Answer, ChangeRequest, Enrolment, GroupDraft, Person
from tests.accounts.test_my_page import code_mailed_to, sign_in, words
from tests.factories import (
    AnswerFactory,
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
)
from website.accounts.models import User
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

EMAIL = "anna@kommune.dk"


def past() -> dict:
    return {"run": CourseRunFactory(past=True)}


def forget(client: Client):
    client.post("/min-side/glem-mig/")
    email = OutboxMessage.objects.filter(kind="accounts.forget_code").latest("pk").to
    return client.post("/min-side/glem-mig/kode/", {"code": code_mailed_to(email)}, follow=True)


def test_what_goes_and_what_stays_is_said_before_and_is_what_happens(client: Client):
    over = EnrolmentFactory(email=EMAIL, name="Anna Berg", **past())
    coming = EnrolmentFactory(email=EMAIL, name="Anna Berg")
    sign_in(client, EMAIL)

    page = words(client.get("/min-side/glem-mig/"))
    goes, kept = page.split("Det skal vi gemme")
    assert over.run.course.title in goes and coming.run.course.title in kept
    assert "Kurset er ikke holdt endnu" in kept and "Se eller afbestil din plads" in kept
    kept_until = coming.run.ordered_days()[0].date + timedelta(days=120)
    assert date_format(kept_until, "j. F Y") in kept

    answer = forget(client)

    assert answer.redirect_chain[-1][0] == "/min-side/glemt/"
    over.refresh_from_db()
    coming.refresh_from_db()
    assert (over.name, over.email, over.job_title) == (f"Deltager {over.pk}", "", "")
    assert over.events.get(kind="anonymised").actor == "participant"
    assert (coming.name, coming.email) == ("Anna Berg", EMAIL)


def test_a_payment_record_is_kept_until_the_day_the_page_names(client: Client):
    registration = RegistrationFactory(contact_email=EMAIL, participants=1, **past())
    sign_in(client, EMAIL)
    page = words(client.get("/min-side/glem-mig/"))
    last = registration.run.ordered_days()[-1].date
    assert "Bogføringsloven" in page and f"31. december {last.year + 5}" in page
    forget(client)
    registration.refresh_from_db()
    assert registration.contact_name and registration.contact_email == EMAIL and not registration.contact_phone


def test_the_contact_of_colleagues_who_are_still_to_come_is_kept(client: Client):
    registration = RegistrationFactory(contact_email=EMAIL, participants=2)
    sign_in(client, EMAIL)
    assert "Se eller afbestil tilmeldingen" in words(client.get("/min-side/glem-mig/"))
    forget(client)
    registration.refresh_from_db()
    assert registration.contact_email == EMAIL


def test_everything_else_goes_in_one_act(client: Client):
    free = CourseRunFactory(past=True, free=True)
    registration = RegistrationFactory(contact_email=EMAIL, run=free, participants=1)
    enrolment = EnrolmentFactory(registration=registration, email=EMAIL, notes="syg", dietary="nødder")
    mark = AttendanceFactory(enrolment=enrolment)
    AnswerFactory(enrolment=enrolment)
    ChangeRequest.objects.create(enrolment=enrolment, kind="cancel", message="Jeg er syg", actor="participant")
    GroupDraft.objects.create(run=CourseRunFactory(), contact_email=EMAIL, data={"contact_name": ["Anna"]})
    OutboxMessage.objects.create(message_id="<1>", kind="x", to=EMAIL, status="sent")
    about = f"registration:{registration.pk}"
    OutboxMessage.objects.create(message_id="<2>", kind="x", to="chef@kommune.dk", status="sent", reference=about)
    sign_in(client, EMAIL)
    other = Client()
    sign_in(other, EMAIL)

    forget(client)

    registration.refresh_from_db()
    enrolment.refresh_from_db()
    mark.refresh_from_db()
    assert registration.contact_name == registration.contact_email == ""
    assert (enrolment.notes, enrolment.dietary) == ("", "")
    assert mark.status == "present"
    assert not Answer.objects.exists() and not GroupDraft.objects.exists() and not Person.objects.exists()
    assert ChangeRequest.objects.get().message == ""
    assert not User.objects.filter(email=EMAIL).exists()
    [receipt] = OutboxMessage.objects.all()
    assert (receipt.kind, receipt.to) == ("accounts.forgotten", EMAIL)
    for visitor in (client, other):
        assert visitor.get("/min-side/").status_code == 302
    assert not [s for s in Session.objects.all() if "_auth_user_id" in s.get_decoded()]


def test_it_takes_the_code(client: Client):
    EnrolmentFactory(email=EMAIL, **past())
    sign_in(client, EMAIL)
    client.post("/min-side/glem-mig/")
    answer = client.post("/min-side/glem-mig/kode/", {"code": "0000-0000"})
    assert "Koden er ikke rigtig" in words(answer)
    assert Enrolment.objects.get().email == EMAIL
    assert client.get("/min-side/glem-mig/kode/").status_code == 200


def test_nothing_happens_by_following_links(client: Client):
    EnrolmentFactory(email=EMAIL, **past())
    sign_in(client, EMAIL)
    for address in ("/min-side/", "/min-side/glem-mig/", "/min-side/glem-mig/kode/", "/min-side/mine-data/"):
        client.get(address)
    assert Enrolment.objects.get().email == EMAIL and User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize("role", ["organiser", "presenter"])
def test_staff_and_presenters_keep_their_sign_in(client: Client, role):
    user = UserFactory(email=EMAIL, organiser=role == "organiser", staff=role == "organiser")
    if role == "presenter":
        user.set_unusable_password()
        user.save()
        PresenterFactory(user=user, email=EMAIL)
    enrolment = EnrolmentFactory(email=EMAIL, **past())
    client.force_login(user)
    assert "En administrator lukker dit login" in words(client.get("/min-side/glem-mig/"))
    forget(client)
    enrolment.refresh_from_db()
    assert enrolment.email == ""
    assert User.objects.filter(pk=user.pk).exists()
    client.force_login(user)
    assert client.get("/min-side/").status_code == 200


def test_all_or_nothing(client: Client, monkeypatch):
    EnrolmentFactory(email=EMAIL, **past())
    sign_in(client, EMAIL)

    def break_down(user: User) -> None:
        raise RuntimeError

    monkeypatch.setattr("website.accounts.operations.end_sessions", break_down)
    with pytest.raises(RuntimeError):
        forget(client)
    assert Enrolment.objects.get().email == EMAIL
    assert not OutboxMessage.objects.filter(kind="accounts.forgotten").exists()


def test_who_was_forgotten_and_still_has_a_seat_may_sign_in_again(client: Client):
    EnrolmentFactory(email=EMAIL)
    sign_in(client, EMAIL)
    forget(client)
    assert sign_in(Client(), EMAIL).redirect_chain[-1][0] == "/min-side/"


def test_a_cancelled_seat_on_a_run_to_come_goes_at_once(client: Client):
    enrolment = EnrolmentFactory(email=EMAIL, status="cancelled", cancelled_at=timezone.now())
    sign_in(client, EMAIL)
    forget(client)
    enrolment.refresh_from_db()
    assert enrolment.email == ""
