"""A run's workspace: who sees it, how the run stands, the list and its search, one participant, the history."""

import re

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments.enums import OfferStatus
from enrolments.links import participant_link
from enrolments.models import ChangeRequest, Enrolment, EnrolmentEvent, Offer, SeatHold
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import (
    CancellationTermsFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
)
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(settings) -> Client:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


@pytest.fixture
def run() -> CourseRun:
    """One seat, taken by Anna; Bo and Carl together in line, then Dorte."""
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Anna")
    sign_up(run, "Bo", "Carl", accepts_line=True, keep_together=True)
    sign_up(run, "Dorte", accepts_line=True)
    return run


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def names(response) -> list[str]:
    """Return the names in the list of participants, in its order."""
    page = BeautifulSoup(response.content, "html.parser")
    return [" ".join(cell.a.get_text().split()) for cell in page.select("td.title")]


def at(run: CourseRun, rest: str = "") -> str:
    return f"/admin/participants/run/{run.pk}/{rest}"


def pk(name: str) -> int:
    return Enrolment.objects.get(name=name).pk


# --- the overview ---------------------------------------------------------------------------


def test_the_overview_tells_how_full_the_run_is(organiser, run):
    page = text(organiser.get(at(run)))

    assert "1 af 1 pladser optaget · 3 på venteliste" in page


def test_held_seats_are_told_from_those_somebody_sits_on(organiser):
    run = CourseRunFactory(capacity=10)
    EnrolmentFactory.create_batch(2, run=run)
    SeatHold.objects.create(run=run, seats=3, reason="Til værterne")

    page = text(organiser.get(at(run)))

    assert "5 af 10 pladser optaget" in page
    assert "Har plads 2 Holdt tilbage 3 Ledige 5 På venteliste 0" in page


def test_the_overview_names_what_waits_for_the_organiser(organiser):
    run = CourseRunFactory(capacity=5)
    seated = EnrolmentFactory(run=run)
    EnrolmentFactory(run=run, name="", email="")
    ChangeRequest.objects.create(enrolment=seated, kind="cancel", actor="contact")

    page = text(organiser.get(at(run)))

    assert "Næste skridt 1 ønske venter på dit svar." in page
    assert "1 plads mangler navn." in page


def test_an_offer_that_expires_soon_is_named(organiser):
    from datetime import timedelta

    from django.utils import timezone

    run = CourseRunFactory(capacity=1)
    registration = RegistrationFactory(run=run)
    offer = Offer.objects.create(
        run=run, registration=registration, seats=1, expires_at=timezone.now() + timedelta(hours=3)
    )
    EnrolmentFactory(registration=registration, status="offered", offer=offer, line_order=1)

    assert "1 tilbud om plads udløber inden for et døgn." in text(organiser.get(at(run)))
    Offer.objects.update(status=OfferStatus.EXPIRED, answered_at=timezone.now())
    assert "udløber inden for" not in text(organiser.get(at(run)))


def test_a_mail_that_does_not_arrive_is_told_with_its_participant(organiser, run):
    anna = Enrolment.objects.get(name="Anna")
    OutboxMessage.objects.filter(to=anna.email).update(status="failed", last_error="550 no such user")
    other = EnrolmentFactory()
    OutboxMessage.objects.create(
        message_id="<x>", kind="enrolments.registered", to="anden@example.dk", reference=f"registration:{other.pk}"
    )

    assert "Mails når ikke frem til 1 adresse." in text(organiser.get(at(run)))
    page = text(organiser.get(at(run, "undelivered/")))
    assert anna.email in page and "Anna" in page and "550 no such user" in page


def test_nothing_to_do_is_said_too(organiser):
    assert "Der er ikke noget, der venter på dig." in text(organiser.get(at(CourseRunFactory())))


def test_needs_are_counted_without_names(organiser):
    run = CourseRunFactory(asks_dietary=True)
    for n in range(3):
        EnrolmentFactory(run=run, dietary="vegetar" if n else "glutenfri", name=f"Person {n}")

    page = text(organiser.get(at(run)))

    assert "2 × Vegetar 1 × Glutenfri" in page
    assert "Person 1" not in page


def test_the_runs_notes_are_kept_and_nothing_else_is_written(organiser, run):
    CourseRun.objects.filter(pk=run.pk).update(practical="Nyt")

    organiser.post(at(run, "notes/"), {"notes": "Husk projektor"})

    run = CourseRun.objects.get(pk=run.pk)
    assert (run.notes, run.practical) == ("Husk projektor", "Nyt")


# --- the list -------------------------------------------------------------------------------


def test_search_words_stand_in_no_url(organiser, run):
    answer = organiser.post(at(run, "participants/"), {"words": "dorte example"})

    assert answer.status_code == 302
    assert "dorte" not in answer["Location"]
    assert names(organiser.get(answer["Location"])) == ["Dorte"]


def test_someone_elses_search_key_finds_everybody(organiser, run):
    address = organiser.post(at(run, "participants/"), {"words": "dorte"})["Location"]
    organiser.logout()
    organiser.force_login(UserFactory(staff=True, organiser=True))

    assert names(organiser.get(address)) == ["Anna", "Bo", "Carl", "Dorte"]


def test_the_list_of_everybody_is_searched_in_the_same_way(organiser, run):
    answer = organiser.post("/admin/participants/", {"words": "Dorte", "status": "waiting"})

    assert "orte" not in answer["Location"] and "status=waiting" in answer["Location"]
    assert names(organiser.get(answer["Location"])) == ["Dorte"]


def test_names_are_in_danish_order_and_unnamed_seats_last(organiser):
    run = CourseRunFactory()
    for name in ("Aase", "", "Zenia", "Øjvind", "Ærø", "Bo"):
        EnrolmentFactory(run=run, name=name)

    assert names(organiser.get(at(run, "participants/"))) == [
        "Bo",
        "Zenia",
        "Ærø",
        "Øjvind",
        "Aase",
        "Navn følger (T" + numbers(run) + ")",
    ]


def numbers(run: CourseRun) -> str:
    return f"{run.enrolments.get(name='').registration_id:06d}"


def test_each_filter_narrows_the_list(organiser):
    run = CourseRunFactory(asks_dietary=True)
    EnrolmentFactory(run=run, name="Note", notes="Ring")
    EnrolmentFactory(run=run, name="Behov", dietary="vegetar")
    EnrolmentFactory(run=run, name="Uden", email="")
    EnrolmentFactory(run=run, name="Væk", cancelled=True)
    other = RegistrationFactory(run=run, organisation=None, organisation_name="Foreningen", payer__name="Fonden")
    EnrolmentFactory(registration=other, name="Betaler")

    def found(query: str) -> list[str]:
        return names(organiser.get(at(run, f"participants/?{query}")))

    assert found("only=notes") == ["Note"]
    assert found("only=needs") == ["Behov"]
    assert found("only=no-address") == ["Uden"]
    assert found("status=cancelled") == ["Væk"]
    assert found("status=ended") == ["Væk"]
    assert len(found("status=all")) == 5
    assert found(f"payer={other.payers.get().pk}") == ["Betaler"]
    assert found("status=all&only=notes&organisation=999999") == ["Note"]


def test_the_list_is_sorted_both_ways(organiser, run):
    assert names(organiser.get(at(run, "participants/?sort=-name"))) == ["Dorte", "Carl", "Bo", "Anna"]
    assert names(organiser.get(at(run, "participants/?sort=status&status=waiting"))) == ["Bo", "Carl", "Dorte"]


def test_fifty_stand_on_a_page_and_filters_follow_to_the_next(organiser):
    run = CourseRunFactory(capacity=100)
    registration = RegistrationFactory(run=run, participants=60)
    Enrolment.objects.filter(registration=registration).update(notes="x")

    first = organiser.get(at(run, "participants/?only=notes"))
    assert len(names(first)) == 50
    following = BeautifulSoup(first.content, "html.parser").find("a", rel="next")["href"]
    assert "only=notes" in following
    assert len(names(organiser.get(at(run, f"participants/{following}")))) == 10


def test_the_list_is_a_file_too_with_the_same_filters_and_no_formula(organiser, run):
    Enrolment.objects.filter(name="Dorte").update(name="=2+3")

    answer = organiser.get(at(run, "participants/csv/?status=waiting&sort=status"))

    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines] == ["Navn", "Bo", "Carl", "'=2+3"]
    assert "no-store" in answer["Cache-Control"]
    assert organiser.get(at(run, "participants/xlsx/")).status_code == 200
    assert organiser.get(at(run, "participants/pdf/")).status_code == 404


# --- one participant ------------------------------------------------------------------------


def test_a_participants_page_tells_all_about_them(organiser, run):
    anna = Enrolment.objects.select_related("registration").get(name="Anna")
    EnrolmentEvent.objects.create(
        enrolment=anna, kind="details", actor="contact", data={"fields": ["name", "job_title"]}
    )

    page = text(organiser.get(at(run, f"participant/{anna.pk}/")))

    assert anna.email in page
    assert anna.registration.number in page and anna.registration.contact_email in page
    assert "Oplysninger rettet : navn og stilling" in page.replace("rettet:", "rettet :")
    assert page.index("Oplysninger rettet") < page.index("Tilmeldt ·")
    assert participant_link.url(anna) in organiser.get(at(run, f"participant/{anna.pk}/")).content.decode()


def test_a_participant_of_another_run_is_not_shown_here(organiser, run):
    other = EnrolmentFactory()

    assert organiser.get(at(run, f"participant/{other.pk}/")).status_code == 404
    assert organiser.post(at(run, f"participant/{other.pk}/notes/"), {"notes": "x"}).status_code == 404
    assert Enrolment.objects.get(pk=other.pk).notes == ""


def test_notes_on_a_participant_are_kept(organiser, run):
    organiser.post(at(run, f"participant/{pk('Anna')}/notes/"), {"notes": "Ring efter kl. 15"})

    assert Enrolment.objects.get(name="Anna").notes == "Ring efter kl. 15"


@pytest.mark.parametrize("whose", ["participant", "contact"])
def test_a_link_is_replaced_after_a_question(organiser, run, whose):
    anna = Enrolment.objects.select_related("registration").get(name="Anna")
    address = at(run, f"participant/{anna.pk}/link/{whose}/")
    before = (anna.link_version, anna.registration.link_version)

    organiser.get(address)
    anna = Enrolment.objects.select_related("registration").get(pk=anna.pk)
    assert (anna.link_version, anna.registration.link_version) == before

    organiser.post(address)
    anna = Enrolment.objects.select_related("registration").get(pk=anna.pk)
    changed = (before[0] + 1, before[1]) if whose == "participant" else (before[0], before[1] + 1)
    assert (anna.link_version, anna.registration.link_version) == changed


def test_an_organiser_corrects_details(organiser, run):
    anna = Enrolment.objects.get(name="Anna")

    organiser.post(
        at(run, f"participant/{anna.pk}/correct/"),
        {"name": "Anna Andersen", "email": anna.email, "version": anna.version, "reason": "Ringede"},
    )

    event = EnrolmentEvent.objects.get(enrolment=anna, kind="details")
    assert Enrolment.objects.get(pk=anna.pk).name == "Anna Andersen"
    assert (event.actor, event.reason, event.user is not None) == ("staff", "Ringede", True)


def test_a_correction_upon_an_old_page_is_refused_in_words(organiser, run):
    anna = Enrolment.objects.get(name="Anna")
    address = at(run, f"participant/{anna.pk}/correct/")
    organiser.post(address, {"name": "Anna Ny", "email": anna.email, "version": anna.version})

    refused = organiser.post(address, {"name": "Anna Gammel", "email": anna.email, "version": anna.version})

    assert "En anden har ændret navn imens." in text(refused)
    assert Enrolment.objects.get(pk=anna.pk).name == "Anna Ny"


def test_an_organiser_puts_a_colleague_in_a_place_after_the_deadline(organiser):
    terms = CancellationTermsFactory(tiers=[(28, "100")], replace_until=60)
    run = CourseRunFactory(terms=terms)
    old = EnrolmentFactory(run=run, name="Gamle")

    organiser.post(at(run, f"participant/{old.pk}/replace/"), {"name": "Nye", "email": "nye@example.dk"})

    assert statuses(run) == {"Gamle": "replaced", "Nye": "confirmed"}


def test_an_organiser_moves_a_participant_to_another_run(organiser):
    run = CourseRunFactory()
    other = CourseRunFactory(course=run.course)
    one = EnrolmentFactory(run=run, name="Flytte")
    stranger = CourseRunFactory()

    page = organiser.get(at(run, f"participant/{one.pk}/move/")).content.decode()
    assert f'value="{other.pk}"' in page and f'value="{stranger.pk}"' not in page
    organiser.post(at(run, f"participant/{one.pk}/move/"), {"to_run": other.pk})

    assert statuses(run) == {"Flytte": "moved"}
    assert statuses(other) == {"Flytte": "confirmed"}


def test_an_organiser_cancels_with_a_reason_and_is_told_the_fee(organiser):
    terms = CancellationTermsFactory(tiers=[(60, "50")])
    run = CourseRunFactory(terms=terms)
    one = EnrolmentFactory(run=run, name="Syge")
    address = at(run, f"cancel/{one.pk}/")

    assert "koster det 997,50 kr." in text(organiser.get(address)).replace("\u00a0", " ")
    assert statuses(run)["Syge"] == "confirmed"
    organiser.post(address, {"reason": "Syg", "waive_fee": "on"})

    one.refresh_from_db()
    event = EnrolmentEvent.objects.get(enrolment=one, kind="cancelled")
    assert (one.status, one.fee) == ("cancelled", 0)
    assert (event.actor, event.reason, event.user is not None) == ("staff", "Syg", True)


def test_who_no_longer_comes_is_not_changed(organiser):
    run = CourseRunFactory()
    gone = EnrolmentFactory(run=run, cancelled=True)

    for change in ("correct", "replace", "move"):
        answer = organiser.get(at(run, f"participant/{gone.pk}/{change}/"), follow=True)
        assert "Deltageren kommer ikke længere." in text(answer)


# --- seating by hand ------------------------------------------------------------------------


def test_an_organiser_seats_the_next_in_line(organiser, run):
    Enrolment.objects.filter(name="Anna").delete()

    organiser.post(at(run, f"seat/{pk('Dorte')}/"), {"reason": ""})

    assert statuses(run)["Dorte"] == "confirmed"


def test_passing_someone_asks_for_a_reason_and_keeps_it(organiser, run):
    CourseRun.objects.filter(pk=run.pk).update(capacity=3)
    address = at(run, f"seat/{pk('Dorte')}/")

    refused = organiser.post(address, {"reason": ""})
    assert "Skriv, hvorfor de" in text(refused)
    assert statuses(run)["Dorte"] == "waiting"

    organiser.post(address, {"reason": "Er vært"})
    assert EnrolmentEvent.objects.get(enrolment__name="Dorte", kind="seated").reason == "Er vært"


def test_a_full_run_refuses_in_words(organiser, run):
    answer = organiser.post(at(run, f"seat/{pk('Dorte')}/"), {"reason": "x"}, follow=True)

    assert "Der er 0 ledige pladser til 1 deltagere." in text(answer)
    assert statuses(run)["Dorte"] == "waiting"


# --- history --------------------------------------------------------------------------------


def test_the_history_tells_the_newest_first_and_is_narrowed(organiser, run):
    organiser.post(at(run, f"cancel/{pk('Anna')}/"), {"reason": "Syg"})

    everything = text(organiser.get(at(run, "history/"))).split("Begrundelse")[1]
    assert everything.index("Syg") < everything.index("Sat på venteliste")
    only = text(organiser.get(at(run, "history/?by=staff")))
    assert "Syg" in only
    assert "Dorte" not in only.split("Begrundelse")[1]


def test_strange_data_in_an_event_breaks_no_page(organiser, run):
    anna = Enrolment.objects.get(name="Anna")
    for data in ([], {"fee": "x", "kind": 3, "fields": ["ukendt"]}, {"fields": []}):
        EnrolmentEvent.objects.create(enrolment=anna, kind="details", actor="staff", data=data)

    assert organiser.get(at(run, "history/")).status_code == 200


# --- who sees it, and what it costs -----------------------------------------------------------

PAGES = [
    "",
    "participants/",
    "participants/csv/",
    "history/",
    "add/",
    "undelivered/",
    "badges/",
    "kitchen-list/",
    "participant/{pk}/",
    "participant/{pk}/correct/",
    "participant/{pk}/link/contact/",
    "cancel/{pk}/",
]


def addresses(run: CourseRun) -> list[str]:
    return ["/admin/participants/", *(at(run, page.format(pk=pk("Anna"))) for page in PAGES)]


@pytest.mark.parametrize("role", [{"editor": True}, {}])
def test_others_see_no_participants(run, settings, role):
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=bool(role), **role))

    for address in addresses(run):
        response = client.get(address)
        assert response.status_code in (302, 403), address
        assert b"Anna" not in response.content
    assert client.post(at(run, "chosen/"), {"action": "csv", "pk": pk("Anna")}).status_code in (302, 403)


def test_presenters_see_none_of_it_even_on_their_own_run(run, settings):
    presenter = PresenterFactory(with_user=True)
    day = run.days.first()
    day.presenters.set([presenter])
    day.save()
    client = Client()
    client.force_login(presenter.user)

    for address in addresses(run):
        assert client.get(address).status_code in (302, 403), address


@pytest.mark.parametrize("page", ["", "participants/", "participants/?status=all&sort=status", "history/", "add/"])
def test_the_pages_cost_the_same_however_many_there_are(organiser, run, page):
    url = at(run, page)
    organiser.get(url)
    with CaptureQueriesContext(connection) as before:
        organiser.get(url)
    CourseRun.objects.filter(pk=run.pk).update(capacity=50)
    for _ in range(3):
        registration = RegistrationFactory(run=run, participants=5)
        EnrolmentFactory(run=run, waiting=True, notes="x")
        EnrolmentEvent.objects.create(enrolment=registration.enrolments.first(), kind="registered", actor="contact")
    with CaptureQueriesContext(connection) as after:
        organiser.get(url)

    assert len(after) <= len(before)


def test_everybody_costs_the_same_however_many_there_are(organiser, run):
    organiser.get("/admin/participants/")
    with CaptureQueriesContext(connection) as before:
        organiser.get("/admin/participants/")
    for _ in range(4):
        EnrolmentFactory()
    with CaptureQueriesContext(connection) as after:
        organiser.get("/admin/participants/")

    assert len(after) == len(before)


def test_no_page_puts_personal_data_in_an_address(organiser, run):
    for address in addresses(run):
        answer = organiser.get(address)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        for href in re.findall(r'\s(?:href|action)="([^"]+)"', answer.content.decode()):
            if not href.startswith(("mailto:", "tel:")):
                assert "Anna" not in href and "@" not in href, (address, href)


def test_documents_are_pdf_files_that_nothing_keeps(organiser, run):
    for document in ("badges/", "kitchen-list/"):
        answer = organiser.get(at(run, document))
        assert answer.content.startswith(b"%PDF"), document
        assert "no-store" in answer["Cache-Control"]


def test_without_names_there_are_no_badges_and_that_is_said(organiser):
    run = CourseRunFactory()
    EnrolmentFactory(run=run, name="")

    assert "ingen navneskilte at udskrive" in text(organiser.get(at(run, "badges/"), follow=True))
