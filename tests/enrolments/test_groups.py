"""Groups: who pays for whom, seats whose names are to follow, and drafts."""

import pytest

from courses.models import RunSeats
from enrolments.models import Enrolment, Payer
from enrolments.operations.details import Affiliation, ParticipantDetails, PayerDetails
from enrolments.operations.drafts import save_draft
from tests.enrolments.helpers import EAN, sign_up
from tests.factories import CourseRunFactory, municipality
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db

OTHER_EAN = "5798000000001"


def person(name: str, **fields) -> ParticipantDetails:
    return ParticipantDetails(name, f"{name.lower()}@example.dk", **fields)


class TestPayers:
    def test_whoever_has_no_payer_of_their_own_is_paid_for_by_the_contacts(self):
        run = CourseRunFactory()

        sign_up(run, participants=[person("Anna"), person("Bo")])

        assert Payer.objects.get().enrolments.count() == 2

    def test_payers_that_are_alike_become_one(self):
        own = PayerDetails("ean", ean=OTHER_EAN, order_reference="77")
        run = CourseRunFactory()

        sign_up(run, participants=[person("Anna", payer=own), person("Bo", payer=own), person("Carl")])

        paid = {payer.ean: payer.enrolments.count() for payer in Payer.objects.all()}
        assert paid == {OTHER_EAN: 2, EAN: 1}

    def test_a_payer_that_pays_for_nobody_is_not_written(self):
        own = PayerDetails("email", invoice_email="faktura@example.dk")

        sign_up(CourseRunFactory(), participants=[person("Anna", payer=own)])

        assert Payer.objects.get().invoice_email == "faktura@example.dk"

    def test_a_participants_own_organisation_is_invoiced_by_their_own_payer(self):
        herning = Affiliation(municipality("0657"))
        own = PayerDetails("ean", ean=EAN)
        run = CourseRunFactory()

        sign_up(run, participants=[person("Anna"), person("Bo", affiliation=herning, payer=own)])

        bo = Enrolment.objects.get(name="Bo")
        assert (bo.organisation_label, bo.payer.name) == ("Herning Kommune", "Herning Kommune")
        assert Enrolment.objects.get(name="Anna").payer.name == "Aarhus Kommune"

    def test_nobody_has_a_payer_where_there_is_nothing_to_pay(self):
        own = PayerDetails("ean", ean=EAN)

        sign_up(CourseRunFactory(free=True), participants=[person("Anna", payer=own)], payer=None)

        assert not Payer.objects.exists()

    def test_the_contacts_mail_says_who_pays_for_whom(self):
        own = PayerDetails("ean", ean=OTHER_EAN)

        sign_up(CourseRunFactory(), participants=[person("Anna", payer=own), person("Bo")])

        text = to_contact().text
        assert f"- Aarhus Kommune, EAN {OTHER_EAN}: Anna" in text
        assert f"- Aarhus Kommune, EAN {EAN}: Bo" in text


class TestNamesToFollow:
    def test_a_seat_without_a_name_is_a_seat(self):
        run = CourseRunFactory(capacity=2)

        sign_up(run, participants=[ParticipantDetails("", ""), ParticipantDetails("", "")])

        assert [str(each) for each in run.enrolments.all()] == ["Navn følger", "Navn følger"]
        assert RunSeats.objects.get(pk=run.pk).left == 0

    def test_the_contacts_mail_lists_each_seat_with_its_own_link(self):
        sign_up(CourseRunFactory(), participants=[person("Anna"), ParticipantDetails("", "")])

        mail = to_contact()
        assert "Plads 2:" in mail.text
        assert mail.text.count("/tilmelding/deltager/") == mail.html.count("/tilmelding/deltager/") == 1

    def test_a_colleague_whose_address_is_given_gets_their_link_and_no_invitation_yet(self):
        sign_up(CourseRunFactory(), participants=[ParticipantDetails("", "bo@example.dk")])

        [message] = OutboxMessage.objects.filter(to="bo@example.dk")
        mail = mail_kinds.get(message.kind).render(message.context)
        assert message.kind == "enrolments.name_your_seat"
        assert "Bente Holm har reserveret en plads til dig." in mail.text
        assert "/tilmelding/deltager/" in mail.text
        assert mail.calendar is None


def to_contact():
    """Return the mail that the contact gets."""
    message = OutboxMessage.objects.get(to="bente@example.dk")
    return mail_kinds.get(message.kind).render(message.context)


def test_a_draft_with_nul_in_it_is_kept_without():
    draft = save_draft(run=CourseRunFactory(), data={"contact_name": ["An\0na"]})
    draft.refresh_from_db()
    assert draft.data == {"contact_name": ["Anna"]}
