"""The page where the contact answers an offer. Only a POST answers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import OfferStatus
from enrolments.links import offer_link, registration_link
from enrolments.models import Enrolment, EnrolmentEvent, Offer
from enrolments.operations.offers import accept_offer, decline_offer, withdraw_offer
from tests.enrolments.helpers import statuses
from tests.enrolments.test_offers import join, offered
from tests.factories import CancellationTermsFactory, UserFactory
from website.core.logs import mask
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db


def address(offer: Offer) -> str:
    return f"/tilbud/{offer_link.token(offer)}/"


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_it_shows_what_is_offered_to_whom_until_when_and_what_a_yes_means(client):
    offer = offered("Bo", "Carl", terms=CancellationTermsFactory())

    response = client.get(address(offer))

    page = text(response)
    assert "Du er tilbudt 2 pladser" in page
    assert "Bo" in page and "Carl" in page
    assert "Svar senest" in page
    assert "kr." in page and "Afbestillingsvilkår" in page
    assert response["Referrer-Policy"] == "no-referrer" and response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_mail_scanner_that_follows_the_links_changes_nothing(client, method):
    offer = offered("Bo")

    for link in ("", "?svar=nej", "?svar=ja"):
        getattr(client, method)(address(offer) + link)

    offer.refresh_from_db()
    assert (offer.status, statuses(offer.run)["Bo"]) == (OfferStatus.OPEN, "offered")
    assert not OutboxMessage.objects.exists()


def test_a_post_without_an_answer_changes_nothing(client):
    offer = offered("Bo")

    client.post(address(offer), {})

    assert statuses(offer.run)["Bo"] == "offered"


def test_yes_gives_the_seats_and_the_page_then_says_so(client):
    offer = offered("Bo")

    response = client.post(address(offer), {"svar": "ja"}, follow=True)

    assert "Du har sagt ja tak" in text(response)
    assert registration_link.url(offer.registration) in text(response)
    assert statuses(offer.run)["Bo"] == "confirmed"


def test_yes_twice_is_answered_as_once(client):
    offer = offered("Bo")

    client.post(address(offer), {"svar": "ja"})
    response = client.post(address(offer), {"svar": "ja"}, follow=True)

    assert "Du har sagt ja tak" in text(response)
    assert "kom for sent" not in text(response)
    assert EnrolmentEvent.objects.filter(kind="offer_accepted").count() == 1


def test_yes_to_some_of_the_seats_leaves_the_others_to_the_next(client):
    offer = offered("Bo", "Carl")
    join(offer.run, "Dorte")

    client.post(
        address(offer), {"svar": "ja", "valg": "1", "deltager": [str(Enrolment.objects.get(name="Bo").pk), "x"]}
    )

    found = statuses(offer.run)
    assert (found["Bo"], found["Carl"], found["Dorte"]) == ("confirmed", "cancelled", "offered")


def test_yes_for_nobody_is_asked_again(client):
    offer = offered("Bo", "Carl")

    response = client.post(address(offer), {"svar": "ja", "valg": "1"})

    assert "Vælg, hvem der tager imod en plads" in text(response)
    assert statuses(offer.run)["Bo"] == "offered"


def test_the_link_to_say_no_asks_first(client):
    offer = offered("Bo")

    page = text(client.get(address(offer) + "?svar=nej"))
    assert "Sig nej tak til pladsen?" in page
    response = client.post(address(offer), {"svar": "nej"}, follow=True)

    assert "Du har sagt nej tak" in text(response)
    assert f"/tilmelding/{offer.run_id}/" in text(response)
    assert statuses(offer.run)["Bo"] == "cancelled"


def test_no_after_yes_is_told_how_it_stands(client):
    offer = offered("Bo")
    accept_offer(offer_pk=offer.pk)

    response = client.post(address(offer), {"svar": "nej"}, follow=True)

    assert "Dit svar kom for sent" in text(response) and "Du har sagt ja tak" in text(response)


def expire(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def cancel_run(offer: Offer) -> None:
    CourseRun.objects.filter(pk=offer.run_id).update(status=RunStatus.CANCELLED)


@pytest.mark.parametrize(
    ("happens", "words", "way_on"),
    [
        (lambda offer: decline_offer(offer_pk=offer.pk), "Du har sagt nej tak", "Tilmeld igen"),
        (expire, "Fristen for at svare er udløbet", "Tilmeld igen"),
        (
            lambda offer: withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason="x"),
            "Tilbuddet er trukket tilbage",
            "Se din tilmelding",
        ),
        (cancel_run, "Holdet er aflyst", "Se din tilmelding"),
    ],
)
def test_what_can_no_longer_be_answered_says_why_and_the_way_on(client, happens, words, way_on):
    offer = offered("Bo")
    happens(offer)

    for page in (text(client.get(address(offer))), text(client.post(address(offer), {"svar": "ja"}, follow=True))):
        assert words in page
        assert way_on in page
        assert 'name="svar"' not in page
    assert not Enrolment.objects.filter(name="Bo", status="confirmed").exists()


def test_a_forged_link_opens_nothing(client):
    offer = offered("Bo")
    forged = address(offer)[:-2] + ("0" if address(offer)[-2] != "0" else "1") + "/"

    response = client.post(forged, {"svar": "ja"})

    assert response.status_code == 404
    assert statuses(offer.run)["Bo"] == "offered"


def test_the_secret_of_the_link_stands_in_no_log():
    assert "tilbud" in mask("GET /tilbud/1-0123456789012345678901234567890123456789/")
    assert "0123456789012345" not in mask("GET /tilbud/1-0123456789012345678901234567890123456789/")


@pytest.mark.parametrize("keep_together", [True, False])
def test_the_page_costs_the_same_however_many_are_offered_seats(client, django_assert_max_num_queries, keep_together):
    few = offered("Bo", keep_together=keep_together)
    many = offered(*[f"P{n}" for n in range(12)], keep_together=keep_together)

    with django_assert_max_num_queries(14):
        client.get(address(few))
    with django_assert_max_num_queries(14):
        client.get(address(many))


class TestMails:
    def sent(self, kind: str) -> str:
        message = OutboxMessage.objects.filter(kind=kind).latest("pk")
        mail = mail_kinds.get(kind).render(message.context)
        assert mail.html and "{" not in mail.text
        return f"{mail.subject}\n{mail.text}"

    def test_the_offer_and_its_reminder_carry_both_links_the_deadline_and_the_price(self):
        from enrolments.operations.offers import remind_of_offers

        offer = offered("Bo", "Carl")
        remind_of_offers(at=offer.expires_at - timedelta(hours=1))

        mail = self.sent("enrolments.offer_reminder")
        assert offer_link.url(offer) in mail and f"{offer_link.url(offer)}?svar=nej" in mail
        assert "Bo og Carl" in mail and "2 pladser" in mail and "kr." in mail

    def test_the_others_tell_what_happened_and_the_way_back(self):
        offer = offered("Bo")
        join(offer.run, "Dorte")
        decline_offer(offer_pk=offer.pk)

        assert f"/tilmelding/{offer.run_id}/" in self.sent("enrolments.offer_declined")
        assert "Kontakt Bo" in self.sent("enrolments.off_the_line")
        assert "Du er tilbudt en plads" in self.sent("enrolments.offer")

    @pytest.mark.parametrize(
        "kind", [k.name for k in mail_kinds if "offer" in k.name or k.name.endswith("off_the_line")]
    )
    def test_staff_see_a_preview_on_real_data(self, kind):
        offered("Bo")
        text_mail = mail_kinds.get(kind).text

        context = text_mail.sample()

        assert mail_kinds.get(kind).render(context).text


def test_a_participants_number_of_thousands_of_digits_is_nobody(client):
    offer = offered("Bo", "Carl")
    response = client.post(address(offer), {"svar": "ja", "valg": "1", "deltager": "9" * 5000})
    assert response.status_code == 200
    assert Offer.objects.get(pk=offer.pk).status == OfferStatus.OPEN
