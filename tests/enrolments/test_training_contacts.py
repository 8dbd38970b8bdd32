"""Training contacts: who gives access, what it opens and what it never does, and that it ends at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import caches
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.exceptions import AlreadyTrainingContact, SignInClosed
from enrolments.models import Enrolment, Person, Registration, RollEntry, TrainingContact
from enrolments.operations.training_contacts import end_access, give_access, take_over_access
from tests.accounts.test_my_page import add_address, sign_in
from tests.enrolments.test_races import at_once
from tests.factories import (
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)
from website.accounts.models import User
from website.accounts.operations import forget
from website.core.contributions import attention_items, my_data
from website.core.retention import run_retention
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

AARHUS, ODENSE = "0751", "0461"
YEAR_PAGE = f"/kommune/{AARHUS}/"


@pytest.fixture(autouse=True)
def _nobody_has_tried_before(db: None) -> None:
    caches["throttle"].clear()


@pytest.fixture
def organiser() -> User:
    return UserFactory(organiser=True, staff=True, first_name="Arne", last_name="Arrangør")


@pytest.fixture
def contact(organiser) -> TrainingContact:
    return give_access(email="bente@aarhus.dk", name="Bente Holm", organisation=municipality(AARHUS), by=organiser)


@pytest.fixture
def signed_in(contact) -> Client:
    client = Client()
    client.force_login(contact.user)
    return client


def staff_client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


class TestGivingAccess:
    def test_an_organiser_gives_it_by_address_and_the_person_is_told(self, organiser):
        client = staff_client(organiser)
        answer = client.post(
            "/admin/municipalities/contacts/give/",
            {
                "organisation": municipality(AARHUS).pk,
                "name": "Bente Holm",
                "email": "Bente@Aarhus.dk",
                "expires_on": "",
            },
        )
        assert answer.status_code == 302
        contact = TrainingContact.objects.get()
        assert contact.user.email == "bente@aarhus.dk" and contact.granted_by == organiser
        assert not contact.user.has_usable_password()
        mail = OutboxMessage.objects.get(kind="enrolments.training_contact")
        assert mail.to == "bente@aarhus.dk"
        text = mail_kinds.get(mail.kind).render(mail.context).text
        assert YEAR_PAGE in text and "Aarhus Kommune" in text
        assert "Arne Arrangør" in client.get("/admin/municipalities/contacts/").content.decode()

    def test_the_mail_says_until_when(self, organiser):
        until = timezone.localdate() + timedelta(days=30)
        give_access(email="b@a.dk", organisation=municipality(), by=organiser, expires_on=until)
        mail = OutboxMessage.objects.get(kind="enrolments.training_contact")
        assert str(until.year) in mail_kinds.get(mail.kind).render(mail.context).text

    def test_they_sign_in_by_a_mailed_code_and_see_their_municipality(self, client, contact):
        answer = sign_in(client, "bente@aarhus.dk")
        assert answer.redirect_chain[-1][0] == "/min-side/"
        assert YEAR_PAGE in answer.content.decode()
        assert client.get(YEAR_PAGE).status_code == 200

    def test_who_has_an_account_keeps_it(self, organiser):
        user = UserFactory(email="bente@aarhus.dk", first_name="Bente Marie")
        assert give_access(email=user.email, name="B", organisation=municipality(), by=organiser).user == user
        assert User.objects.get(pk=user.pk).first_name == "Bente Marie"

    def test_an_address_that_somebody_has_proven_besides_gives_that_person_access(self, client, organiser):
        EnrolmentFactory(email="bente@privat.dk")
        sign_in(client, "bente@privat.dk")
        add_address(client, "bente@aarhus.dk")
        contact = give_access(email="bente@aarhus.dk", organisation=municipality(), by=organiser)
        assert contact.user.email == "bente@privat.dk"

    def test_nobody_gets_it_twice(self, organiser, contact):
        with pytest.raises(AlreadyTrainingContact):
            give_access(email="BENTE@aarhus.dk", organisation=municipality(AARHUS), by=organiser)
        assert TrainingContact.objects.count() == 1

    def test_a_closed_sign_in_gets_none(self, organiser):
        user = UserFactory(is_active=False)
        with pytest.raises(SignInClosed):
            give_access(email=user.email, organisation=municipality(), by=organiser)
        assert not OutboxMessage.objects.exists()

    def test_it_can_be_given_anew_after_it_ran_out(self, organiser, contact):
        TrainingContact.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
        give_access(email="bente@aarhus.dk", organisation=municipality(AARHUS), by=organiser)
        assert TrainingContact.objects.count() == 2
        assert TrainingContact.objects.in_force().count() == 1

    def test_a_day_that_has_passed_is_refused_in_words(self, organiser):
        page = staff_client(organiser).post(
            "/admin/municipalities/contacts/give/",
            {"organisation": municipality().pk, "name": "B", "email": "b@a.dk", "expires_on": "2020-01-01"},
        )
        assert page.status_code == 200 and not TrainingContact.objects.exists()

    def test_an_editor_gives_none(self):
        editor = staff_client(UserFactory(editor=True, staff=True))
        assert editor.get("/admin/municipalities/contacts/").status_code == 302
        assert editor.post("/admin/municipalities/contacts/give/", {}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_organisers_at_once_give_it_once():
    organiser, place = UserFactory(organiser=True, staff=True), municipality(AARHUS)
    UserFactory(email="bente@aarhus.dk")

    def give() -> str:
        try:
            with transaction.atomic():
                give_access(email="bente@aarhus.dk", organisation=place, by=organiser)
        except AlreadyTrainingContact:
            return "already"
        return "given"

    assert sorted(at_once(give, give)) == ["already", "given"]
    assert TrainingContact.objects.count() == 1


class TestWhatItOpens:
    def test_a_contact_sees_their_own_municipality_and_no_other(self, contact):
        run = CourseRunFactory(past=True)
        mine = EnrolmentFactory(run=run, registration__organisation=municipality(AARHUS))
        EnrolmentFactory(run=run, registration__organisation=municipality(ODENSE))
        EnrolmentFactory(run=run, registration__organisation=None, registration__organisation_name="Foreningen")
        assert list(Enrolment.objects.visible_to(contact.user)) == [mine]
        assert [entry.enrolment for entry in RollEntry.objects.visible_to(contact.user)] == [mine]
        assert list(Registration.objects.visible_to(contact.user)) == [mine.registration]

    def test_a_registration_that_seats_others_too_is_not_theirs_to_see(self, contact):
        registration = RegistrationFactory(participants=1)
        EnrolmentFactory(registration=registration, organisation=municipality(ODENSE))
        assert not Registration.objects.visible_to(contact.user).exists()
        assert Enrolment.objects.visible_to(contact.user).count() == 1

    def test_nobody_else_sees_anything(self, contact):
        EnrolmentFactory()
        for user in (UserFactory(), AnonymousUser()):
            assert not Enrolment.objects.visible_to(user).exists()
            assert not RollEntry.objects.visible_to(user).exists()
            assert not Registration.objects.visible_to(user).exists()

    def test_it_opens_no_roll_call_and_no_admin(self, contact, signed_in):
        run = CourseRunFactory(today=True)
        EnrolmentFactory(run=run)
        day = run.ordered_days()[0]
        roll_call = reverse("enrolments:roll_call", args=[run.pk, day.date])
        assert signed_in.get(roll_call).status_code == 403
        assert signed_in.post(roll_call, {}).status_code == 403
        assert signed_in.get("/admin/").status_code == 403
        assert signed_in.get(f"/admin/municipalities/{AARHUS}/").status_code == 403
        assert run.course.title not in signed_in.get("/fremmoede/").content.decode()

    def test_another_municipality_is_a_page_that_does_not_exist(self, signed_in):
        unknown = signed_in.get("/kommune/9999/")
        other = signed_in.get(f"/kommune/{ODENSE}/")
        assert (other.status_code, unknown.status_code) == (404, 404)
        assert "Odense" not in other.content.decode()

    def test_a_presenter_who_is_a_contact_too_gets_each_in_its_place(self, organiser):
        presenter = PresenterFactory(with_user=True)
        give_access(email=presenter.email, organisation=municipality(AARHUS), by=organiser)
        run = CourseRunFactory(past=True, day_fields={"presenters": [presenter]})
        EnrolmentFactory(run=run, name="Odin Odense", registration__organisation=municipality(ODENSE))
        EnrolmentFactory(run=run, name="Aase Aarhus")
        other = EnrolmentFactory(run=CourseRunFactory(past=True), name="Alma Aarhus")
        client = staff_client(presenter.user)
        year = client.get(f"{YEAR_PAGE}?aar={run.ordered_days()[0].date.year}").content.decode()
        assert "Aase Aarhus" in year and "Alma Aarhus" in year and "Odin Odense" not in year
        day = run.ordered_days()[0].date
        assert "Odin Odense" in client.get(reverse("enrolments:roll_call", args=[run.pk, day])).content.decode()
        day = other.run.ordered_days()[0].date
        assert client.get(reverse("enrolments:roll_call", args=[other.run.pk, day])).status_code == 403

    def test_who_is_not_signed_in_is_asked_to(self, client):
        assert client.get(YEAR_PAGE)["Location"].startswith("/konto/login/")

    def test_no_cache_keeps_it_and_no_search_engine_finds_it(self, signed_in):
        page = signed_in.get(YEAR_PAGE)
        assert "no-store" in page["Cache-Control"] and "noindex" in page["X-Robots-Tag"]
        assert "unsafe-inline" not in page["Content-Security-Policy"]


class TestEnding:
    def test_it_ends_at_once_where_they_are_signed_in(self, organiser, contact, signed_in):
        assert signed_in.get(YEAR_PAGE).status_code == 200
        staff_client(organiser).post(f"/admin/municipalities/contacts/{contact.pk}/", {"do": "end"})
        assert signed_in.get(YEAR_PAGE).status_code == 404
        assert not Enrolment.objects.visible_to(contact.user).exists()
        assert YEAR_PAGE not in signed_in.get("/min-side/").content.decode()

    def test_it_lasts_the_last_day_and_no_longer(self, contact, signed_in):
        TrainingContact.objects.update(expires_on=timezone.localdate())
        assert signed_in.get(YEAR_PAGE).status_code == 200
        TrainingContact.objects.update(expires_on=timezone.localdate() - timedelta(days=1))
        assert signed_in.get(YEAR_PAGE).status_code == 404

    def test_a_closed_sign_in_sees_nothing(self, contact, signed_in):
        User.objects.filter(pk=contact.user.pk).update(is_active=False)
        assert signed_in.get(YEAR_PAGE).status_code == 302
        assert not Enrolment.objects.visible_to(User.objects.get(pk=contact.user.pk)).exists()

    def test_an_organiser_lets_it_last_longer(self, organiser, contact):
        until = timezone.localdate() + timedelta(days=400)
        staff_client(organiser).post(f"/admin/municipalities/contacts/{contact.pk}/", {"expires_on": until.isoformat()})
        assert TrainingContact.objects.get().expires_on == until

    def test_whose_access_runs_out_soon_needs_attention(self, organiser, contact):
        def told(user):
            return [item.text for item in attention_items.get("training_contacts")(user)]

        assert told(organiser) == []
        TrainingContact.objects.update(expires_on=timezone.localdate() + timedelta(days=5))
        assert len(told(organiser)) == 1 and "Bente Holm" in told(organiser)[0]
        assert told(UserFactory(editor=True, staff=True)) == []


class TestPersonalData:
    def test_my_data_tells_of_it(self, contact):
        assert my_data.get("training_contact")(contact.user)[0]["municipality"] == "Aarhus Kommune"

    def test_who_is_forgotten_has_it_no_more(self, contact):
        forget(contact.user)
        assert not TrainingContact.objects.exists() and not User.objects.filter(email="bente@aarhus.dk").exists()

    def test_a_user_who_is_deleted_takes_it_along(self, contact):
        contact.user.delete()
        assert not TrainingContact.objects.exists()

    def test_it_stands_when_whoever_gave_it_goes(self, organiser, contact, signed_in):
        organiser.delete()
        assert signed_in.get(YEAR_PAGE).status_code == 200

    def test_a_sign_in_that_becomes_part_of_another_takes_the_access_along(self, client, contact):
        EnrolmentFactory(email="bente@privat.dk")
        sign_in(client, "bente@privat.dk")
        add_address(client, "bente@aarhus.dk")
        assert TrainingContact.objects.get().user.email == "bente@privat.dk"
        assert client.get(YEAR_PAGE).status_code == 200

    def test_who_has_access_keeps_the_sign_in_and_who_has_not_loses_it_in_time(self, client, contact):
        sign_in(client, "bente@aarhus.dk")
        later = timezone.localdate() + timedelta(days=400)
        run_retention(today=later)
        assert TrainingContact.objects.exists() and Person.objects.filter(user=contact.user).exists()
        end_access(contact=contact)
        run_retention(today=later)
        run_retention(today=later)
        assert not TrainingContact.objects.exists()
        assert not User.objects.filter(pk=contact.user.pk).exists()

    def test_a_sign_in_that_was_never_used_goes_with_its_access(self, contact):
        end_access(contact=contact)
        run_retention(today=timezone.localdate() + timedelta(days=400))
        assert not User.objects.filter(pk=contact.user.pk).exists()

    def test_staff_keep_theirs(self, organiser):
        contact = give_access(email=organiser.email, organisation=municipality(), by=organiser)
        end_access(contact=contact)
        run_retention(today=timezone.localdate() + timedelta(days=400))
        assert User.objects.filter(pk=organiser.pk).exists() and not TrainingContact.objects.exists()


def test_the_list_costs_the_same_however_many(organiser):
    client = staff_client(organiser)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/municipalities/contacts/").status_code == 200
        return len(captured)

    give_access(email="a@a.dk", organisation=municipality(), by=organiser)
    cost()
    before = cost()
    for number in range(5):
        give_access(email=f"k{number}@a.dk", organisation=municipality(), by=organiser)
    assert cost() == before


def test_access_of_a_joined_sign_in_takes_the_place_of_one_that_ran_out(organiser, contact):
    """Bente's own ran out; what was given to her other address since is hers when the sign-ins become one."""
    TrainingContact.objects.filter(pk=contact.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    other = give_access(email="bente@odense.dk", organisation=contact.organisation, by=organiser)
    take_over_access(user=contact.user, emails=["bente@odense.dk"])
    assert TrainingContact.objects.of(contact.user).get() == other
