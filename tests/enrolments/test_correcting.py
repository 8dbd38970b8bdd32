"""Correct details, name an unnamed seat, and what happens when two change the same at once."""

import pytest
from django.utils import timezone

from enrolments.enums import ActorKind
from enrolments.exceptions import AlreadyRegistered, DetailsChanged, DetailsFrozen, NoLongerActive
from enrolments.links import participant_link
from enrolments.models import Enrolment, EnrolmentEvent, Person, PersonAddress, Registration
from enrolments.operations.cancelling import cancel
from enrolments.operations.correcting import (
    ReferenceDetails,
    contact_digest,
    correct,
    correct_contact,
    send_seat_link,
)
from enrolments.operations.details import ParticipantDetails
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> Enrolment:
    registration = sign_up(CourseRunFactory(), "Anna", "Bo")
    OutboxMessage.objects.all().delete()
    return registration.enrolments.get(name="Anna")


def told() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("kind", "to"))


def test_a_title_is_corrected_without_a_mail_and_the_history_holds_no_words(anna):
    details = ParticipantDetails("Anna", "anna@example.dk", job_title="direktør")

    row = correct(enrolment=anna, details=details, version=1, actor=ActorKind.PARTICIPANT)

    assert (row.job_title, row.version) == ("direktør", 2)
    assert not told()
    event = EnrolmentEvent.objects.get(kind="details")
    assert event.data == {"fields": ["job_title"], "version": 2}


def test_what_is_the_same_writes_nothing(anna):
    correct(enrolment=anna, details=ParticipantDetails("Anna", "anna@example.dk"), version=9, actor=ActorKind.CONTACT)

    anna.refresh_from_db()
    assert anna.version == 1
    assert not EnrolmentEvent.objects.filter(kind="details").exists()


def test_a_name_that_the_contact_corrects_is_told_to_the_participant_once(anna):
    details = ParticipantDetails("Anna Åberg", "anna@example.dk")

    correct(enrolment=anna, details=details, version=1, actor=ActorKind.CONTACT)

    assert told() == [("enrolments.corrected", "anna@example.dk")]


def test_a_name_that_the_participant_corrects_is_told_to_the_contact_once(anna):
    details = ParticipantDetails("Anna Åberg", "anna@example.dk")

    correct(enrolment=anna, details=details, version=1, actor=ActorKind.PARTICIPANT)

    assert told() == [("enrolments.participant_corrected", "bente@example.dk")]


def test_a_new_address_gets_the_invitation_the_old_one_is_told_and_its_link_dies(anna):
    old_link = participant_link.token(anna)

    row = correct(
        enrolment=anna, details=ParticipantDetails("Anna", "ny@example.dk"), version=1, actor=ActorKind.CONTACT
    )

    assert told() == [("enrolments.address_changed", "anna@example.dk"), ("enrolments.invitation", "ny@example.dk")]
    assert row.calendar_sequence == anna.calendar_sequence + 1
    assert participant_link.find(old_link) is None
    assert participant_link.find(participant_link.token(row)) == anna


def test_an_address_that_has_a_seat_is_refused(anna):
    with pytest.raises(AlreadyRegistered):
        correct(enrolment=anna, details=ParticipantDetails("Anna", "bo@example.dk"), version=1, actor=ActorKind.CONTACT)


def test_the_later_of_two_is_told_which_fields_have_changed_meanwhile(anna):
    participant = ParticipantDetails("Anna", "anna@example.dk", job_title="direktør")
    correct(enrolment=anna, details=participant, version=1, actor=ActorKind.PARTICIPANT)

    with pytest.raises(DetailsChanged) as refused:
        contact = ParticipantDetails("Anna", "anna@example.dk", department="Kultur")
        correct(enrolment=anna, details=contact, version=1, actor=ActorKind.CONTACT)

    assert refused.value.fields == ["job_title"]
    assert refused.value.current.job_title == "direktør"
    anna.refresh_from_db()
    assert anna.department == ""


def test_who_no_longer_comes_is_not_corrected(anna):
    cancel(registration=anna.registration, enrolment_pks=[anna.pk], actor=ActorKind.STAFF)

    with pytest.raises(NoLongerActive):
        correct(enrolment=anna, details=ParticipantDetails("A", "a@example.dk"), version=1, actor=ActorKind.CONTACT)


class TestUnnamedSeat:
    @pytest.fixture
    def seat(self, anna) -> Enrolment:
        bo = anna.registration.enrolments.get(name="Bo")
        Enrolment.objects.filter(pk=bo.pk).update(name="", email="")
        bo.refresh_from_db()
        return bo

    def test_naming_it_sends_the_invitation_and_tells_the_contact(self, seat):
        details = ParticipantDetails("Carla", "carla@example.dk")

        row = correct(enrolment=seat, details=details, version=1, actor=ActorKind.PARTICIPANT)

        assert row.name == "Carla"
        assert told() == [
            ("enrolments.invitation", "carla@example.dk"),
            ("enrolments.participant_corrected", "bente@example.dk"),
        ]
        assert seat.events.last().kind == "named"

    def test_its_link_works_until_somebody_has_used_it(self, seat):
        link = participant_link.token(seat)
        assert participant_link.find(link) == seat

        details = ParticipantDetails("Carla", "carla@example.dk")
        correct(enrolment=seat, details=details, version=1, actor=ActorKind.PARTICIPANT)

        assert participant_link.find(link) is None

    def test_the_link_is_sent_and_a_second_colleague_puts_the_first_ones_out_of_use(self, seat):
        first = send_seat_link(enrolment=seat, email="carla@example.dk", actor=ActorKind.CONTACT)
        link = participant_link.token(first)
        send_seat_link(enrolment=seat, email="dan@example.dk", actor=ActorKind.CONTACT)

        assert told() == [
            ("enrolments.name_your_seat", "carla@example.dk"),
            ("enrolments.name_your_seat", "dan@example.dk"),
        ]
        assert participant_link.find(link) is None

    def test_the_link_is_not_sent_to_somebody_who_has_a_seat(self, seat):
        with pytest.raises(AlreadyRegistered):
            send_seat_link(enrolment=seat, email="anna@example.dk", actor=ActorKind.CONTACT)


class TestContact:
    @pytest.fixture
    def registration(self, anna) -> Registration:
        return anna.registration

    def seen(self, registration: Registration) -> str:
        return contact_digest(registration, registration.payers.order_by("pk"))

    def save(self, registration: Registration, **fields) -> Registration:
        payer = registration.payers.get()
        given = {
            "name": "Bente Holm",
            "phone": "87654321",
            "references": [ReferenceDetails(payer.pk, order_reference="4711", person_reference="Bente")],
            "seen": self.seen(registration),
            "actor": ActorKind.CONTACT,
        }
        return correct_contact(registration=registration, **(given | fields))

    def test_telephone_and_references_are_corrected(self, registration):
        self.save(registration)

        registration.refresh_from_db()
        assert (registration.contact_phone, registration.payers.get().order_reference) == ("87654321", "4711")
        event = EnrolmentEvent.objects.filter(kind="details").first()
        assert event.data == {"fields": ["contact_phone", "order_reference", "person_reference"]}

    def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(self, registration):
        shown = self.seen(registration)
        self.save(registration, phone="11111111")

        with pytest.raises(DetailsChanged):
            self.save(registration, phone="22222222", seen=shown)
        registration.refresh_from_db()
        assert registration.contact_phone == "11111111"

    def test_what_stands_on_an_invoice_is_not_changed(self, registration):
        registration.payers.update(frozen_at=timezone.now())

        with pytest.raises(DetailsFrozen):
            self.save(registration)


def test_a_seat_link_sent_to_another_address_takes_the_seat_from_whoever_had_the_first(anna):
    first = Person.objects.create(user=UserFactory(email="first@example.dk"))
    PersonAddress.objects.create(person=first, email="first@example.dk")
    Enrolment.objects.filter(pk=anna.pk).update(name="", email="first@example.dk", person=first)

    row = send_seat_link(enrolment=anna, email="second@example.dk", actor=ActorKind.CONTACT)

    row.refresh_from_db()
    assert row.person is None
