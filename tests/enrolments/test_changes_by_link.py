"""The pages behind the two secret links: the contact's registration and the participant's own seat."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CancellationTier, CourseRun
from enrolments.enums import ActorKind
from enrolments.links import participant_link, registration_link
from enrolments.models import ChangeRequest, Enrolment, EnrolmentEvent, Registration
from enrolments.operations.correcting import correct
from enrolments.operations.details import ParticipantDetails
from enrolments.views.seats import moved_to
from tests.calendar_reader import read_calendar
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, EnrolmentFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

COLLEAGUE = {"name": "Carla Colleague", "email": "carla@example.dk"}


def run_in(days: int, **fields) -> CourseRun:
    return CourseRunFactory(first_day=timezone.localdate() + timedelta(days=days), **fields)


@pytest.fixture
def run() -> CourseRun:
    terms = CancellationTermsFactory(
        tiers=[(28, "50")], cancel_until=3, move_until=5, move_fee=Decimal(250), replace_until=0
    )
    return run_in(20, terms=terms, price=Decimal(1895))


@pytest.fixture
def registration(run) -> Registration:
    registration = sign_up(run, "Anna", "Bo", "Carl")
    OutboxMessage.objects.all().delete()
    return registration


@pytest.fixture
def anna(registration) -> Enrolment:
    return registration.enrolments.get(name="Anna")


def contact(registration: Registration, page: str = "") -> str:
    return f"/tilmelding/min/{registration_link.token(registration)}/{page}"


def own(enrolment: Enrolment, page: str = "") -> str:
    return f"/tilmelding/deltager/{participant_link.token(enrolment)}/{page}"


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def filled(page: BeautifulSoup) -> dict[str, list[str]]:
    """Return what the page's posting form would send as it stands."""
    found: dict[str, list[str]] = {}
    for each in page.select("main form[method=post] input[name], main form[method=post] textarea[name]"):
        if each.get("type") in ("checkbox", "radio") and not each.has_attr("checked"):
            continue
        found.setdefault(each["name"], []).append(each.get("value", ""))
    return found


def a_month_later(run: CourseRun) -> None:
    """The registration was made long ago, and the run begins the day after tomorrow."""
    Registration.objects.update(created_at=timezone.now() - timedelta(days=30))
    run.days.update(date=timezone.localdate() + timedelta(days=2))


class TestCancel:
    def test_the_fee_stands_in_words_before_it_is_accepted_and_what_was_shown_counts(self, client, registration, anna):
        page = soup(client.get(contact(registration, f"afbestil/?deltager={anna.pk}")))

        assert "Afbestil – gebyr 947,50\u00a0kr." in page.get_text()
        done = client.post(contact(registration, "afbestil/"), filled(page), follow=True)
        assert "Pladsen til Anna er afbestilt" in done.content.decode()
        anna.refresh_from_db()
        assert anna.fee == Decimal("947.50")

    def test_several_are_ticked_and_cancelled_together(self, client, registration):
        receipt = soup(client.get(contact(registration)))
        boxes = [each["value"] for each in receipt.select("input[name=deltager]")]
        assert len(boxes) == 3

        page = soup(client.get(contact(registration, "afbestil/"), {"valg": "1", "deltager": boxes[:2]}))
        assert "1.895\u00a0kr." in page.get_text()
        client.post(contact(registration, "afbestil/"), filled(page))

        assert statuses(registration.run) == {"Anna": "cancelled", "Bo": "cancelled", "Carl": "confirmed"}

    def test_ticking_nobody_does_not_mean_everybody(self, client, registration):
        page = client.get(contact(registration, "afbestil/?valg=1"), follow=True).content.decode()

        assert "Sæt kryds ved de deltagere" in page

    def test_a_fee_that_has_risen_meanwhile_is_shown_before_anything_happens(self, client, registration, anna):
        page = soup(client.get(contact(registration, f"afbestil/?deltager={anna.pk}")))
        CancellationTier.objects.update(value=Decimal(100))

        again = client.post(contact(registration, "afbestil/"), filled(page)).content.decode()

        assert "Intet er afbestilt endnu" in again
        assert "Afbestil – gebyr 1.895\u00a0kr." in again
        assert set(statuses(registration.run).values()) == {"confirmed"}

    def test_a_participant_cancels_their_own_seat_and_nobody_elses(self, client, registration, anna):
        page = soup(client.get(own(anna, "afbestil/")))
        bo = registration.enrolments.get(name="Bo")

        client.post(own(anna, "afbestil/"), {**filled(page), "deltager": [bo.pk]})
        assert set(statuses(registration.run).values()) == {"confirmed"}

        done = client.post(own(anna, "afbestil/"), filled(page), follow=True).content.decode()
        assert "Din plads er afbestilt" in done
        assert statuses(registration.run)["Bo"] == "confirmed"
        assert EnrolmentEvent.objects.get(kind="cancelled").actor == "participant"

    def test_after_the_deadline_the_wish_goes_to_the_organiser(self, client, run, registration, anna):
        a_month_later(run)
        page = soup(client.get(own(anna, "afbestil/")))
        assert "Fristen er overskredet" in page.get_text()

        done = client.post(own(anna, "afbestil/"), {**filled(page), "message": "Jeg er syg"}, follow=True)

        assert "Intet er ændret endnu" in done.content.decode()
        assert "Arrangøren er spurgt og har ikke svaret endnu" in done.content.decode()
        request = ChangeRequest.objects.get()
        assert (request.kind, request.message, request.actor) == ("cancel", "Jeg er syg", "participant")
        assert statuses(run)["Anna"] == "confirmed"

    def test_a_page_opened_before_the_deadline_and_posted_after_it_asks_first(self, client, run, registration, anna):
        page = soup(client.get(own(anna, "afbestil/")))
        a_month_later(run)

        again = client.post(own(anna, "afbestil/"), filled(page)).content.decode()

        assert "Fristen er overskredet" in again
        assert statuses(run)["Anna"] == "confirmed"
        assert not ChangeRequest.objects.exists()


class TestReplace:
    def test_a_colleague_takes_over(self, client, registration, anna):
        page = client.get(contact(registration, f"kollega/{anna.pk}/")).content.decode()
        assert "Det er gratis." in page

        done = client.post(contact(registration, f"kollega/{anna.pk}/"), COLLEAGUE, follow=True)

        assert "Carla Colleague har overtaget pladsen fra Anna" in done.content.decode()
        assert statuses(registration.run)["Carla Colleague"] == "confirmed"

    def test_errors_keep_what_was_typed(self, client, registration, anna):
        typed = {"name": "Bo Bentsen", "email": "bo@example.dk", "job_title": "leder"}

        page = client.post(contact(registration, f"kollega/{anna.pk}/"), typed).content.decode()

        assert "bo@example.dk er allerede tilmeldt holdet" in page
        assert "Bo Bentsen" in page and "leder" in page

    def test_somebody_elses_participant_is_out_of_reach(self, client, registration):
        other = sign_up(registration.run, "Eva").enrolments.get()

        client.post(contact(registration, f"kollega/{other.pk}/"), COLLEAGUE)

        assert statuses(registration.run)["Eva"] == "confirmed"

    def test_the_participants_own_link_shows_that_the_seat_is_gone_and_not_the_colleagues_details(
        self, client, registration, anna
    ):
        done = client.post(own(anna, "kollega/"), COLLEAGUE, follow=True).content.decode()

        assert "En kollega har overtaget din plads" in done
        assert "carla@example.dk" not in done

    def test_after_the_deadline_the_colleague_goes_with_the_wish(self, client, run, registration, anna):
        run.days.update(date=timezone.localdate())
        run.days.update(start_time="00:00", end_time="23:59")
        page = soup(client.get(contact(registration, f"kollega/{anna.pk}/")))
        assert "Spørg arrangøren" in page.get_text()

        client.post(contact(registration, f"kollega/{anna.pk}/"), {**filled(page), **COLLEAGUE, "message": "Syg"})

        request = ChangeRequest.objects.get()
        assert (request.kind, request.data["details"]["name"]) == ("replace", "Carla Colleague")


class TestMove:
    @pytest.fixture
    def target(self, run) -> CourseRun:
        terms = CancellationTermsFactory(text="De nye vilkår gælder.")
        return run_in(60, course=run.course, label="Efterår", price=Decimal(2195), terms=terms, capacity=2)

    def test_fee_price_and_terms_are_shown_and_accepted_first(self, client, registration, anna, target):
        choose = client.get(contact(registration, f"flyt/?deltager={anna.pk}")).content.decode()
        assert "Efterår" in choose

        page = soup(client.get(contact(registration, f"flyt/?deltager={anna.pk}&til={target.pk}")))
        words = page.get_text()
        assert "Flyt – gebyr 250\u00a0kr." in words
        assert "2.195\u00a0kr." in words and "De nye vilkår gælder." in words

        refused = client.post(contact(registration, "flyt/"), filled(page)).content.decode()
        assert "Acceptér afbestillingsvilkårene" in refused
        done = client.post(contact(registration, "flyt/"), {**filled(page), "accept_terms": "on"}, follow=True)
        assert "Anna er flyttet til" in done.content.decode()
        assert statuses(target) == {"Anna": "confirmed"}

    def test_a_run_that_fills_meanwhile_is_refused_in_words_with_the_free_ones_suggested(
        self, client, run, registration, anna, target
    ):
        other = run_in(90, course=run.course, label="Vinter")
        page = soup(client.get(own(anna, f"flyt/?til={target.pk}")))
        sign_up(target, "Eva", "Finn")

        again = soup(client.post(own(anna, "flyt/"), {**filled(page), "accept_terms": "on"}))

        assert "Holdet er netop blevet fyldt" in again.get_text()
        assert [each["value"] for each in again.select("input[name=til]:not([disabled])")] == [str(other.pk)]
        assert statuses(run)["Anna"] == "confirmed"

    def test_a_price_that_has_changed_meanwhile_is_shown_again(self, client, registration, anna, target):
        page = soup(client.get(contact(registration, f"flyt/?deltager={anna.pk}&til={target.pk}")))
        CourseRun.objects.filter(pk=target.pk).update(price=Decimal(2500))

        again = client.post(contact(registration, "flyt/"), {**filled(page), "accept_terms": "on"}).content.decode()

        assert "Intet er flyttet endnu" in again
        assert "2.500\u00a0kr." in again

    def test_a_participant_who_has_moved_finds_the_way_to_the_new_seat(self, client, registration, anna, target):
        page = soup(client.get(own(anna, f"flyt/?til={target.pk}")))
        client.post(own(anna, "flyt/"), {**filled(page), "accept_terms": "on"})

        new = Enrolment.objects.get(run=target)
        assert participant_link.token(new) in client.get(own(anna)).content.decode()

    def test_a_cancelled_run_offers_another_one_for_free(self, client, run, registration, target):
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

        receipt = client.get(contact(registration)).content.decode()
        assert "Vælg et andet hold" in receipt
        page = soup(client.get(own(registration.enrolments.get(name="Bo"), f"flyt/?til={target.pk}")))
        assert "Flyt – gratis" in page.get_text()

    @pytest.mark.parametrize("til", ["x", "-1", "9" * 30, "0"])
    def test_an_unknown_run_shows_the_choice_again(self, client, registration, target, til):
        assert client.get(contact(registration, "flyt/"), {"til": til}).status_code == 200
        assert client.post(contact(registration, "flyt/"), {"til": til}).status_code == 200

    def test_after_the_deadline_the_wish_goes_to_the_organiser(self, client, run, registration, anna, target):
        a_month_later(run)
        page = soup(client.get(own(anna, f"flyt/?til={target.pk}")))

        client.post(own(anna, "flyt/"), filled(page))

        assert ChangeRequest.objects.get().data == {"run": target.pk}


class TestCorrect:
    def test_a_participant_corrects_their_own_details(self, client, anna):
        page = soup(client.get(own(anna, "ret/")))

        client.post(own(anna, "ret/"), {**filled(page), "job_title": "direktør"})

        anna.refresh_from_db()
        assert anna.job_title == "direktør"

    def test_a_participant_who_changes_the_address_goes_on_by_the_new_link(self, client, anna):
        page = soup(client.get(own(anna, "ret/")))

        done = client.post(own(anna, "ret/"), {**filled(page), "email": "ny@example.dk"}, follow=True)

        assert done.status_code == 200
        assert "ny@example.dk" in done.content.decode()
        assert client.get(own(anna)).status_code == 404

    def test_the_later_of_two_is_told_what_has_changed_and_keeps_what_was_typed(self, client, registration, anna):
        page = soup(client.get(contact(registration, f"ret/{anna.pk}/")))
        mine = {**filled(page), "department": "Kultur"}
        theirs = ParticipantDetails("Anna", "anna@example.dk", job_title="direktør")
        correct(enrolment=anna, details=theirs, version=1, actor=ActorKind.PARTICIPANT)

        again = soup(client.post(contact(registration, f"ret/{anna.pk}/"), mine))
        assert "Stilling er nu »direktør«." in again.get_text()
        assert again.select_one("input[name=department]")["value"] == "Kultur"

        client.post(contact(registration, f"ret/{anna.pk}/"), filled(again))
        anna.refresh_from_db()
        assert anna.department == "Kultur"

    def test_a_colleague_fills_in_the_seat_that_is_booked_for_them(self, client, registration, anna):
        Enrolment.objects.filter(pk=anna.pk).update(name="", email="")
        anna.refresh_from_db()
        assert "Der er en plads til dig" in client.get(own(anna)).content.decode()

        page = soup(client.get(own(anna, "ret/")))
        done = client.post(own(anna, "ret/"), {**filled(page), **COLLEAGUE}, follow=True).content.decode()

        assert "Du har en plads" in done
        assert OutboxMessage.objects.filter(kind="enrolments.invitation", to="carla@example.dk").exists()

    def test_the_contact_finds_a_link_to_each_unnamed_seat_and_mails_it(self, client, registration, anna):
        Enrolment.objects.filter(pk=anna.pk).update(name="", email="")
        anna.refresh_from_db()
        assert participant_link.url(anna) in client.get(contact(registration)).content.decode()

        client.post(contact(registration, f"send-link/{anna.pk}/"), {"email": "carla@example.dk"})

        assert OutboxMessage.objects.filter(kind="enrolments.name_your_seat", to="carla@example.dk").exists()

    def test_the_contact_corrects_telephone_and_order_number(self, client, registration):
        page = soup(client.get(contact(registration, "oplysninger/")))
        payer = registration.payers.get()

        values = {**filled(page), "contact_phone": "87654321", f"order_reference-{payer.pk}": "4711"}
        client.post(contact(registration, "oplysninger/"), values)

        registration.refresh_from_db()
        payer.refresh_from_db()
        assert (registration.contact_phone, payer.order_reference) == ("87654321", "4711")


class TestPages:
    def test_deadlines_and_fees_stand_in_words(self, client, run, registration):
        words = soup(client.get(contact(registration))).get_text(" ")

        first_day = timezone.localdate() + timedelta(days=20)
        assert "Til og med" in words
        assert str((first_day - timedelta(days=5)).year) in words
        assert "250\u00a0kr." in words and "947,50\u00a0kr." in words

    def test_the_history_is_readable_newest_first_and_names_no_member_of_staff(self, client, registration, anna):
        client.post(contact(registration, f"kollega/{anna.pk}/"), COLLEAGUE)

        lines = [
            each.get_text(" ", strip=True) for each in soup(client.get(contact(registration))).select(".timeline li")
        ]

        assert lines[0].startswith("Carla Colleague: har overtaget pladsen fra Anna")
        assert lines[-1].startswith("Anna, Bo og Carl: tilmeldt")
        assert "Bente Holm" in lines[0]

    def test_the_calendar_file_holds_the_entries_of_the_mails(self, client, anna):
        response = client.get(own(anna, "kalender.ics"))

        calendar = read_calendar(response.content)
        day = anna.run.ordered_days()[0]
        assert response["Content-Type"].startswith("text/calendar")
        assert [event["uid"].split("@")[0] for event in calendar["events"]] == [f"enrolment-{anna.pk}-day-{day.pk}"]

    def test_nobodys_seat_no_calendar_file(self, client, anna):
        Enrolment.objects.filter(pk=anna.pk).update(status="cancelled", cancelled_at=timezone.now())

        assert client.get(own(anna, "kalender.ics")).status_code == 404

    def test_the_links_never_open_each_other(self, client, registration, anna):
        assert client.get(f"/tilmelding/deltager/{registration_link.token(registration)}/").status_code == 404
        assert client.get(f"/tilmelding/min/{participant_link.token(anna)}/").status_code == 404

    @pytest.mark.parametrize("page", ["", "afbestil/", "flyt/", "ret/", "kollega/"])
    def test_a_get_changes_nothing_and_the_address_does_not_leak(self, client, anna, page):
        response = client.get(own(anna, page))

        assert response.status_code == 200
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"
        assert "no-store" in response["Cache-Control"]
        anna.refresh_from_db()
        assert (anna.status, anna.version) == ("confirmed", 1)
        assert not OutboxMessage.objects.exists()

    def test_the_receipt_costs_the_same_for_three_and_for_twenty(self, client, registration):
        client.get(contact(registration))
        with CaptureQueriesContext(connection) as few:
            client.get(contact(registration))
        many = sign_up(registration.run, *(f"Person{n}" for n in range(17)), submission="many")
        with CaptureQueriesContext(connection) as more:
            client.get(contact(many))
        assert len(more) == len(few)

    def test_a_cancellation_costs_the_same_for_one_and_for_many(self, client, registration):
        many = sign_up(run_in(20), *(f"Person{n}" for n in range(20)), submission="many")
        one = sign_up(run_in(20), "Alene")
        with CaptureQueriesContext(connection) as few:
            client.post(contact(one, "afbestil/"), {"gebyr": "0"})
        with CaptureQueriesContext(connection) as more:
            client.post(contact(many, "afbestil/"), {"gebyr": "0"})
        assert set(statuses(many.run).values()) == {"cancelled"}
        assert len(more) == len(few)


def test_a_contact_does_not_see_a_participants_needs_and_keeps_them_by_saving(client):
    run = run_in(30, asks_dietary=True)
    anna = EnrolmentFactory(run=run, name="Anna", dietary="cøliaki")
    page = client.get(contact(anna.registration, f"ret/{anna.pk}/"))
    assert page.status_code == 200
    assert "cøliaki" not in page.content.decode()

    client.post(contact(anna.registration, f"ret/{anna.pk}/"), filled(soup(page)) | {"job_title": ["leder"]})

    anna.refresh_from_db()
    assert (anna.job_title, anna.dietary) == ("leder", "cøliaki")
    assert "cøliaki" in client.get(own(anna, "ret/")).content.decode()


def test_the_old_link_of_who_moved_leads_on_only_while_the_address_is_the_same():
    old = EnrolmentFactory(email="first@example.dk", status="moved", cancelled_at=timezone.now())
    new = EnrolmentFactory(email="first@example.dk", moved_from=old)
    assert moved_to([old], for_contact=False) == {old.pk: participant_link.url(new)}

    Enrolment.objects.filter(pk=new.pk).update(email="second@example.dk")
    assert moved_to([old], for_contact=False) == {}
    assert moved_to([old], for_contact=True) == {old.pk: registration_link.url(new.registration)}
