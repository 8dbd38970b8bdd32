"""The public form over HTTP: the fields other programs rely on, refusals in words, nothing lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.models import Enrolment, Payer, Registration
from tests.enrolments.helpers import EAN, form_data, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, EnrolmentFactory, RegistrationFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory(capacity=20, terms=CancellationTermsFactory())


def url(run: CourseRun) -> str:
    return f"/tilmelding/{run.pk}/"


def problems(response) -> list[str]:
    """Return the messages of the error summary, in its order."""
    page = BeautifulSoup(response.content, "html.parser")
    return [item.get_text(strip=True) for item in page.select(".error-summary li")]


def value_of(response, name: str) -> str:
    return BeautifulSoup(response.content, "html.parser").select_one(f"[name={name}]").get("value", "")


def test_a_leader_registers_three_colleagues(client, run):
    data = form_data("Anna Ågård", "Bo Berg", "Carl Dam", **{"participants-1-job_title": "leder"})

    response = client.post(url(run), data)

    assert response.status_code == 302
    assert response["Location"].startswith("/tilmelding/min/")
    assert statuses(run) == {"Anna Ågård": "confirmed", "Bo Berg": "confirmed", "Carl Dam": "confirmed"}
    payer = Payer.objects.get()
    assert (payer.billing_method, payer.ean, payer.person_reference) == ("ean", EAN, "Bente Holm")
    assert Enrolment.objects.get(name="Bo Berg").job_title == "leder"
    assert OutboxMessage.objects.count() == 4


def test_the_page_shows_the_form_with_one_participant(client, run):
    page = BeautifulSoup(client.get(url(run)).content, "html.parser")

    assert page.h1.get_text() == "Tilmelding"
    assert len(page.select("fieldset.participant")) == 1
    assert page.select_one("[name=participants-TOTAL_FORMS]")["value"] == "1"
    assert len(page.select("[name=organisation] option")) == 98 + 1


def test_a_run_without_price_asks_for_no_billing(client):
    run = CourseRunFactory(free=True)
    data = {key: value for key, value in form_data().items() if key not in ("billing_method", "ean")}

    assert "billing_method" not in client.get(url(run)).content.decode()
    assert client.post(url(run), data).status_code == 302
    assert not Payer.objects.exists()


def test_an_organisation_that_is_no_municipality_is_written_by_name(client, run):
    data = form_data(organisation="", organisation_name="Frivilligcenter Herlev")

    assert client.post(url(run), data).status_code == 302
    assert Enrolment.objects.get().organisation_label == "Frivilligcenter Herlev"


def test_invoice_by_email_needs_no_ean(client, run):
    data = form_data(billing_method="email", ean="", invoice_email="faktura@example.dk", cvr="13585628")

    assert client.post(url(run), data).status_code == 302
    assert Payer.objects.get().invoice_email == "faktura@example.dk"


def test_digits_may_be_grouped_with_spaces(client, run):
    assert client.post(url(run), form_data(ean="5798 0098 11578")).status_code == 302
    assert Payer.objects.get().ean == EAN


LONG = "x" * 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"contact_name": ""}, "Skriv dit navn."),
        ({"contact_name": LONG}, "200"),
        ({"contact_email": "bente"}, "Skriv en e-mailadresse som anna@kommune.dk."),
        ({"contact_email": ""}, "Skriv din e-mailadresse."),
        ({"organisation": ""}, "Vælg din kommune, eller skriv navnet på din organisation."),
        ({"organisation": "9999"}, "Vælg en kommune på listen, eller skriv organisationens navn."),
        ({"billing_method": ""}, "Vælg, hvordan I vil betale."),
        ({"billing_method": "gold"}, "Vælg e-faktura (EAN) eller faktura på e-mail."),
        ({"ean": ""}, "Skriv det EAN-nummer, vi skal sende e-fakturaen til."),
        ({"ean": "579800981157"}, "13 cifre"),
        ({"ean": "5798009811579"}, "Kontrolcifferet passer ikke"),
        ({"billing_method": "email"}, "Skriv den e-mailadresse, vi skal sende fakturaen til."),
        ({"billing_method": "email", "invoice_email": "a@b.dk", "cvr": "12345678"}, "CVR-nummeret 12345678"),
        ({"accept_terms": ""}, "Du skal acceptere afbestillingsvilkårene"),
        ({"participants-0-name": ""}, "Skriv deltagerens navn."),
        ({"participants-0-email": "anna(at)example.dk"}, "Skriv en e-mailadresse som anna@kommune.dk."),
        ({"participants-0-name": "", "participants-0-email": ""}, "Skriv deltagerens navn."),
        ({"participants-TOTAL_FORMS": "21"}, "Du kan højst tilmelde 20 deltagere ad gangen."),
    ],
)
def test_each_mistake_is_told_at_its_field_and_in_the_summary_and_nothing_is_lost(client, run, changes, message):
    response = client.post(url(run), form_data("Anna", contact_phone="12 34 56 78") | changes)

    assert response.status_code == 200
    assert any(message in problem for problem in problems(response)), problems(response)
    assert value_of(response, "contact_phone") == "12 34 56 78"
    assert not Registration.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_the_same_address_twice_in_one_form_names_the_other_participant(client, run):
    data = form_data("Anna", "Bo", **{"participants-1-email": "ANNA@example.dk"})

    [problem] = problems(client.post(url(run), data))

    assert "anna@example.dk er allerede deltager 1" in problem


def test_who_is_already_registered_is_named_at_their_row_and_the_others_are_kept(client, run):
    EnrolmentFactory(run=run, email="bo@example.dk")

    response = client.post(url(run), form_data("Anna", "Bo"))

    page = BeautifulSoup(response.content, "html.parser")
    assert "bo@example.dk er allerede tilmeldt holdet." in " ".join(problems(response))
    assert page.select_one("[name=participants-1-email]").find_parent(class_="form-error")
    assert value_of(response, "participants-0-name") == "Anna"


def test_more_participants_than_seats_are_told_how_many_seats_there_are(client):
    run = CourseRunFactory(capacity=2)

    response = client.post(url(run), form_data("Anna", "Bo", "Carl"))

    assert "Der er kun 2 ledige pladser til dine 3 deltagere." in " ".join(problems(response))
    assert client.post(url(run), form_data("Anna", "Bo", "Carl", waiting_list="on")).status_code == 302
    assert sorted(statuses(run).values()) == ["confirmed", "confirmed", "waiting"]


def test_a_full_run_says_so_and_takes_a_group_into_line(client):
    run = CourseRunFactory(capacity=1)
    EnrolmentFactory(run=run)

    assert "Holdet er fuldt" in client.get(url(run)).content.decode()
    assert "Holdet er fuldt. Sæt kryds her" in " ".join(problems(client.post(url(run), form_data("Anna"))))
    response = client.post(url(run), form_data("Anna", "Bo", waiting_list="on", keep_together="on"), follow=True)
    assert "Du står på venteliste" in response.content.decode()
    assert Registration.objects.get(contact_email="bente@example.dk").keep_together


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"status": RunStatus.CANCELLED}, "Holdet er aflyst."),
        ({"status": RunStatus.CLOSED}, "Tilmeldingen til holdet er lukket."),
        ({"registration_deadline": timezone.now() - timedelta(minutes=1)}, "Tilmeldingen til holdet er lukket."),
        ({"registration_opens_at": timezone.now() + timedelta(days=2)}, "Tilmeldingen er ikke åbnet endnu."),
    ],
)
def test_a_run_that_closed_while_the_page_was_open_says_so_and_keeps_what_was_typed(client, run, changes, message):
    CourseRun.objects.filter(pk=run.pk).update(**changes)

    assert message.rstrip(".") in client.get(url(run)).content.decode()
    response = client.post(url(run), form_data("Anna"))

    assert message in " ".join(problems(response))
    assert value_of(response, "participants-0-name") == "Anna"
    assert not Registration.objects.exists()


def test_a_draft_and_an_unknown_run_are_not_found(client):
    assert client.get(url(CourseRunFactory(draft=True))).status_code == 404
    assert client.get("/tilmelding/999999/").status_code == 404


def test_the_same_page_posted_twice_is_one_registration(client, run):
    data = form_data(submission="page-1")

    first, second = client.post(url(run), data), client.post(url(run), data)

    assert first["Location"] == second["Location"]
    assert Registration.objects.count() == 1
    assert OutboxMessage.objects.filter(to="bente@example.dk").count() == 1


def test_the_same_words_on_another_page_are_another_registration(client, run):
    client.post(url(run), form_data("Anna", submission="page-1"))

    client.post(url(run), form_data("Bo", submission="page-1"))

    assert Registration.objects.count() == 2


def test_a_stale_page_keeps_what_was_typed_and_works_when_sent_again(run):
    client = Client(enforce_csrf_checks=True)

    stale = client.post(url(run), form_data("Anna"))

    assert stale.status_code == 403
    assert "Siden har været åben for længe." in " ".join(problems(stale))
    assert value_of(stale, "participants-0-name") == "Anna"
    again = client.post(url(run), form_data("Anna", csrfmiddlewaretoken=value_of(stale, "csrfmiddlewaretoken")))
    assert again.status_code == 302


def test_a_price_that_changed_while_the_page_was_open_is_shown_before_it_is_accepted(client, run):
    CourseRun.objects.filter(pk=run.pk).update(price=Decimal(2500))

    response = client.post(url(run), form_data(seen_price="1995.00"))

    assert "Prisen er ændret fra 1.995\u00a0kr. til 2.500\u00a0kr." in " ".join(problems(response))
    again = client.post(url(run), form_data(seen_price=value_of(response, "seen_price")))
    assert again.status_code == 302


def test_control_characters_of_pasted_text_are_dropped_from_names_since_calendars_refuse_them(client, run):
    client.post(url(run), form_data("Anna", **{"participants-0-name": "Anna\x07\x1b \n And"}))

    assert Enrolment.objects.get().name == "Anna And"


def test_a_text_with_nul_is_refused_at_the_field(client, run):
    response = client.post(url(run), form_data("Anna", contact_name="An\0na"))

    assert response.status_code == 200
    assert len(problems(response)) == 1


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "Ida 🎉 Åse", "O'Neil & Søn"])
def test_a_name_is_text_whatever_it_looks_like(client, run, name):
    data = form_data("Anna", **{"participants-0-name": name})

    response = client.post(url(run), data, follow=True)

    assert Enrolment.objects.get().name == name
    assert BeautifulSoup(response.content, "html.parser").select_one(".people strong").get_text() == name


def test_line_breaks_in_a_name_become_spaces(client, run):
    client.post(url(run), form_data(contact_name="Bente\r\nBcc: all@example.dk"))

    assert Registration.objects.get().contact_name == "Bente Bcc: all@example.dk"


@pytest.mark.parametrize("count", ["abc", "-1", "", "99999999"])
def test_a_count_of_rows_that_cannot_be_read_loses_nobody(client, run, count):
    assert client.post(url(run), form_data("Anna", "Bo") | {"participants-TOTAL_FORMS": count}).status_code == 302
    assert Enrolment.objects.count() == 2


def test_rows_left_empty_do_not_count(client, run):
    data = form_data("Anna") | {"participants-TOTAL_FORMS": "3"}

    assert client.post(url(run), data).status_code == 302
    assert Enrolment.objects.count() == 1


def test_rows_are_added_and_removed_without_javascript_and_keep_what_was_typed(client, run):
    added = client.post(url(run), form_data("Anna", add_participant="1"))
    assert value_of(added, "participants-TOTAL_FORMS") == "2"
    assert value_of(added, "participants-0-name") == "Anna"
    assert not problems(added)

    removed = client.post(url(run), form_data("Anna", "Bo", remove_participant="0"))
    assert value_of(removed, "participants-TOTAL_FORMS") == "1"
    assert value_of(removed, "participants-0-name") == "Bo"


def test_the_contact_can_be_filled_in_as_participant_without_javascript(client, run):
    data = form_data(copy_contact="1", **{"participants-0-name": "", "participants-0-email": ""})

    response = client.post(url(run), data)

    assert value_of(response, "participants-0-name") == "Bente Holm"
    assert value_of(response, "participants-0-email") == "bente@example.dk"


def test_a_registration_costs_at_most_25_queries_however_many_participants(client, run):
    client.post(url(run), form_data("Anna"))  # fills the cache of the site's root
    counts = []
    for at, size in enumerate((1, 5, 20)):
        people = [f"P{at}x{n}" for n in range(size)]
        CourseRun.objects.filter(pk=run.pk).update(capacity=100)
        with CaptureQueriesContext(connection) as queries:
            assert client.post(url(run), form_data(*people)).status_code == 302
        counts.append(len(queries))

    assert counts[0] == counts[1] == counts[2] <= 25


def test_the_form_costs_the_same_however_many_are_registered(client, run):
    client.get(url(run))
    with CaptureQueriesContext(connection) as before:
        client.get(url(run))
    RegistrationFactory(run=run, participants=12)
    with CaptureQueriesContext(connection) as after:
        client.get(url(run))

    assert len(before) == len(after) <= 16


def test_the_form_may_not_be_stored_by_caches(client, run):
    assert "no-store" in client.get(url(run))["Cache-Control"]
