"""Groups over HTTP: seats without names, payers of one's own, drafts, lists, and runs that close meanwhile."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.links import draft_link
from enrolments.models import Enrolment, GroupDraft, Notice, Payer, Registration
from enrolments.operations.drafts import keeps_until
from enrolments.operations.groups import remind_of_names
from tests.enrolments.helpers import EAN, form_data, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, EnrolmentFactory, RegistrationFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

OTHER_EAN = "5798000000001"


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory(capacity=300, terms=CancellationTermsFactory())


def url(run: CourseRun) -> str:
    return f"/tilmelding/{run.pk}/"


def list_url(run: CourseRun) -> str:
    return f"{url(run)}liste/"


def page_of(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def problems(response) -> list[str]:
    return [item.get_text(" ", strip=True) for item in page_of(response).select(".error-summary li")]


def fields(response, form: str = "#registration-form") -> dict[str, str]:
    """Return what the page's form would post, as a browser does (without buttons)."""
    found: dict[str, str] = {}
    for control in page_of(response).select_one(form).select("input[name], select[name], textarea[name]"):
        kind = control.get("type", "")
        if control.find_parent("template") or kind == "file":
            continue
        if kind in ("checkbox", "radio") and not control.has_attr("checked"):
            continue
        if control.name == "select":
            chosen = control.select_one("option[selected]") or control.select_one("option")
            found[control["name"]] = chosen["value"]
        elif control.name == "textarea":
            found[control["name"]] = control.get_text().removeprefix("\n")
        else:
            found[control["name"]] = control.get("value", "on" if kind == "checkbox" else "")
    return found


class TestNamesToFollow:
    def test_seats_are_booked_without_names(self, client, run):
        data = form_data("Anna", "x", **{"participants-1-name": "", "participants-1-email": ""})

        assert client.post(url(run), data | {"participants-1-unnamed": "on"}).status_code == 302

        assert statuses(run) == {"Anna": "confirmed", "": "confirmed"}

    def test_their_address_may_be_given(self, client, run):
        data = form_data("x", **{"participants-0-name": "", "participants-0-unnamed": "on"})

        client.post(url(run), data)

        assert OutboxMessage.objects.get(to="x@example.dk").kind == "enrolments.name_your_seat"

    def test_a_name_and_a_tick_that_it_is_to_follow_are_told_to_be_one_too_many(self, client, run):
        response = client.post(url(run), form_data("Anna", **{"participants-0-unnamed": "on"}))

        assert "ikke begge dele" in " ".join(problems(response))

    def test_several_such_seats_share_no_address(self, client, run):
        data = form_data("a", "b") | {f"participants-{at}-name": "" for at in range(2)}
        data |= {f"participants-{at}-unnamed": "on" for at in range(2)}

        response = client.post(url(run), data | {"participants-1-email": "a@example.dk"})

        assert "Navn følger" in " ".join(problems(response))

    def test_a_shared_mailbox_is_refused_with_the_way_out(self, client, run):
        EnrolmentFactory(run=run, email="kontoret@kommune.dk")

        response = client.post(url(run), form_data("Anna", **{"participants-0-email": "kontoret@kommune.dk"}))

        [problem] = problems(response)
        assert "kontoret@kommune.dk er allerede tilmeldt holdet." in problem
        assert "»Navn følger«" in problem


class TestReminders:
    def booked(self, **run_fields) -> Registration:
        run = CourseRunFactory(**run_fields)
        registration = RegistrationFactory(run=run)
        EnrolmentFactory(registration=registration, name="", email="bo@example.dk")
        EnrolmentFactory(registration=registration, name="Anna")
        Registration.objects.update(created_at=timezone.now() - timedelta(days=20))
        return registration

    def test_the_contact_and_the_colleague_are_reminded_once_some_days_before_the_start(self):
        registration = self.booked(first_day=timezone.localdate() + timedelta(days=5))

        assert remind_of_names() == 1
        assert remind_of_names() == 0

        kinds = dict(OutboxMessage.objects.values_list("to", "kind"))
        assert kinds == {
            registration.contact_email: "enrolments.names_missing",
            "bo@example.dk": "enrolments.name_reminder",
        }
        assert Notice.objects.count() == 1

    def test_the_deadline_counts_where_there_is_one(self):
        self.booked(registration_deadline=timezone.now() + timedelta(days=3))

        assert remind_of_names() == 1

    def test_nobody_is_reminded_long_before(self):
        self.booked()

        assert remind_of_names() == 0

    @pytest.mark.parametrize("changes", [{"name": "Bo"}, {"status": "cancelled", "cancelled_at": timezone.now()}])
    def test_nor_when_no_name_is_missing(self, changes):
        self.booked(first_day=timezone.localdate() + timedelta(days=5))
        Enrolment.objects.filter(name="").update(**changes)

        assert remind_of_names() == 0

    def test_nor_when_the_run_is_cancelled(self):
        self.booked(first_day=timezone.localdate() + timedelta(days=5), status=RunStatus.CANCELLED)

        assert remind_of_names() == 0


class TestPayers:
    def separate(self, **more: str) -> dict[str, str]:
        return form_data("Anna", "Bo", separate_payers="on", **{"participants-0-ean": ""}) | more

    def test_each_participant_may_have_a_payer_of_their_own(self, client, run):
        data = self.separate(**{"participants-1-billing_method": "ean", "participants-1-ean": OTHER_EAN})

        assert client.post(url(run), data).status_code == 302

        paid = {each.name: each.payer.ean for each in Enrolment.objects.select_related("payer")}
        assert paid == {"Anna": EAN, "Bo": OTHER_EAN}

    def test_the_way_of_paying_is_known_by_what_is_filled_in(self, client, run):
        client.post(url(run), self.separate(**{"participants-1-invoice_email": "faktura@x.dk"}))

        assert Payer.objects.get(billing_method="email").invoice_email == "faktura@x.dk"

    @pytest.mark.parametrize(
        ("fields", "message"),
        [
            ({"participants-1-billing_method": "ean"}, "Skriv det EAN-nummer"),
            ({"participants-1-billing_method": "email"}, "Skriv den e-mailadresse"),
            ({"participants-1-billing_method": "gold"}, "Vælg e-faktura (EAN)"),
            ({"participants-1-ean": "123"}, "13 cifre"),
            ({"participants-1-order_reference": "77"}, "Skriv det EAN-nummer"),
        ],
    )
    def test_what_is_missing_is_told_at_the_participant(self, client, run, fields, message):
        response = client.post(url(run), self.separate(**fields))

        assert any(problem.startswith("Deltager 2:") and message in problem for problem in problems(response))
        assert not Registration.objects.exists()

    def test_the_fields_come_without_javascript(self, client, run):
        response = client.post(url(run), form_data("Anna", separate_payers="on", show_payers="1"))
        assert page_of(response).select_one("[name=participants-0-ean]")

        # … also to whoever ticks the box and sends.
        response = client.post(url(run), form_data("Anna", separate_payers="on"))
        assert page_of(response).select_one("[name=participants-0-ean]")
        assert not Registration.objects.exists()
        assert client.post(url(run), fields(response)).status_code == 302

    def test_without_the_tick_a_row_has_no_payer_of_its_own(self, client, run):
        client.post(url(run), form_data("Anna", **{"participants-0-ean": OTHER_EAN}))

        assert Payer.objects.get().ean == EAN

    @pytest.mark.parametrize("written", ["Herning", "herning kommune", "0657", "HERNING KOMMUNE"])
    def test_a_participants_own_municipality_is_known_however_it_is_written(self, client, run, written):
        client.post(url(run), form_data("Anna", **{"participants-0-organisation": written}))

        assert Enrolment.objects.get().organisation.code == "0657"

    def test_another_organisation_is_kept_by_its_name(self, client, run):
        client.post(url(run), form_data("Anna", **{"participants-0-organisation": "Frivilligcenter Herlev"}))

        assert Enrolment.objects.get().organisation_label == "Frivilligcenter Herlev"


def test_answers_are_copied_from_the_first_participant_without_javascript(client, run):
    CourseRun.objects.update(asks_dietary=True)
    data = form_data("Anna", "Bo", copy_first="1", separate_payers="on") | {
        "participants-0-job_title": "leder",
        "participants-0-department": "Biblioteket",
        "participants-0-organisation": "Herning",
        "participants-0-ean": OTHER_EAN,
        "participants-0-dietary": "vegetar",
    }

    found = fields(client.post(url(run), data))

    assert found["participants-1-name"] == "Bo"
    assert found["participants-1-email"] == "bo@example.dk"
    assert [found[f"participants-1-{name}"] for name in ("job_title", "department", "organisation", "ean")] == [
        "leder",
        "Biblioteket",
        "Herning",
        OTHER_EAN,
    ]
    assert found["participants-1-dietary"] == ""


class TestDrafts:
    def save(self, client, run, **more: str):
        data = form_data("Anna", "Bo", save_draft="1", ean="123", **{"participants-1-email": "not an address"})
        return client.post(url(run), data | more)

    def test_a_form_is_put_aside_and_opened_again_as_it_was_typed(self, client, run):
        response = self.save(client, run)

        draft = GroupDraft.objects.get()
        assert response["Location"] == f"/tilmelding/kladde/{draft_link.token(draft)}/"
        found = client.get(response["Location"])
        typed = fields(found)
        assert (typed["participants-1-email"], typed["ean"], typed["organisation"]) == ("not an address", "123", "0751")
        assert (typed["billing_method"], typed["accept_terms"]) == ("ean", "on")
        assert not problems(found)
        assert not Registration.objects.exists()

    def test_the_link_is_mailed_to_the_contact_and_shown_and_says_how_long_it_is_kept(self, client, run):
        response = self.save(client, run)

        draft = GroupDraft.objects.get()
        assert OutboxMessage.objects.get(to="bente@example.dk").kind == "enrolments.draft_saved"
        page = page_of(client.get(response["Location"]))
        assert page.select_one("#draft-link")["value"] == draft_link.url(draft)
        assert str(keeps_until(draft).year) in page.select_one(".draft").get_text()
        assert keeps_until(draft) == timezone.localdate() + timedelta(days=30)

    @pytest.mark.parametrize("address", ["", "bente"])
    def test_without_a_readable_address_no_mail_is_sent(self, client, run, address):
        self.save(client, run, contact_email=address)

        assert not OutboxMessage.objects.exists()
        assert GroupDraft.objects.get().data["contact_email"] == [address]

    def test_saved_again_it_is_the_same_draft_and_no_second_mail(self, client, run):
        link = self.save(client, run)["Location"]

        client.post(link, fields(client.get(link)) | {"contact_name": "Bente H.", "save_draft": "1"})

        assert GroupDraft.objects.get().data["contact_name"] == ["Bente H."]
        assert OutboxMessage.objects.count() == 1

    def test_a_draft_becomes_a_registration_and_its_link_leads_there(self, client, run):
        link = self.save(client, run)["Location"]
        typed = fields(client.get(link))

        response = client.post(link, typed | {"ean": EAN, "participants-1-email": "bo@example.dk"})

        assert response.status_code == 302
        assert "/tilmelding/min/" in response["Location"]
        draft = GroupDraft.objects.get()
        assert (draft.data, draft.contact_email) == ({}, "")
        assert client.get(link)["Location"] == response["Location"]

    def test_a_draft_is_deleted_after_a_confirming_step(self, client, run):
        link = self.save(client, run)["Location"]

        assert "Skal kladden slettes?" in client.get(f"{link}slet/").content.decode()
        assert GroupDraft.objects.exists()
        client.post(f"{link}slet/")

        assert not GroupDraft.objects.exists()
        assert client.get(link).status_code == 404

    def test_the_address_is_kept_out_of_referers_and_search_engines(self, client, run):
        link = self.save(client, run)["Location"]

        response = client.get(link)

        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"
        assert "no-store" in response["Cache-Control"]

    def test_a_forged_link_finds_nothing(self, client, run):
        link = self.save(client, run)["Location"]

        assert client.get(link.replace(link[-5:-1], "0000")).status_code == 404

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"status": RunStatus.CANCELLED}, "Holdet er aflyst"),
            ({"status": RunStatus.CLOSED}, "Tilmeldingen til holdet er lukket"),
            ({"capacity": 1, "waiting_list": False}, "Holdet er fuldt optaget"),
        ],
    )
    def test_a_run_that_closed_meanwhile_says_so_and_the_draft_is_kept(self, client, run, changes, words):
        link = self.save(client, run)["Location"]
        EnrolmentFactory(run=run)
        CourseRun.objects.filter(pk=run.pk).update(**changes)

        response = client.get(link)

        assert words in response.content.decode()
        assert fields(response)["participants-0-name"] == "Anna"

    def test_a_draft_is_never_made_by_a_forged_post(self, run):
        client = Client(enforce_csrf_checks=True)

        assert self.save(client, run).status_code == 403
        assert not GroupDraft.objects.exists()

    def test_saving_is_limited_for_an_address(self, client, run, settings):
        settings.FORM_RATE_LIMITS = {"draft": (2, 3600)}

        answers = [self.save(client, run).status_code for _ in range(3)]

        assert answers == [302, 302, 429]


class TestRunsThatClose:
    def test_what_was_typed_is_taken_along_to_another_run(self, client, run):
        other = CourseRunFactory(course=run.course, label="Herlev", price=500, terms=run.terms)
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)
        refused = client.post(url(run), form_data("Anna", "Bo", submission="old"))
        button = page_of(refused).select_one("[name=carry_over]")
        assert button["formaction"] == url(other)
        assert "Herlev" in button.get_text()

        carried = client.post(button["formaction"], fields(refused) | {"carry_over": "1"})

        typed = fields(carried)
        assert (typed["participants-1-name"], typed["ean"]) == ("Bo", EAN)
        assert not problems(carried)
        assert client.post(url(other), typed).status_code == 302
        assert statuses(other) == {"Anna": "confirmed", "Bo": "confirmed"}

    def test_a_draft_taken_along_is_done_with_when_it_is_sent(self, client, run):
        other = CourseRunFactory(course=run.course, terms=run.terms)
        link = client.post(url(run), form_data("Anna", save_draft="1"))["Location"]
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

        carried = client.post(url(other), fields(client.get(link)) | {"carry_over": "1"})
        client.post(url(other), fields(carried))

        assert statuses(other) == {"Anna": "confirmed"}
        assert GroupDraft.objects.get().data == {}

    def test_runs_that_take_nobody_are_not_offered(self, client, run):
        CourseRunFactory(course=run.course, closed=True)
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

        assert "carry_over" not in client.post(url(run), form_data("Anna")).content.decode()

    def test_it_can_be_kept_as_a_draft(self, client, run):
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)
        refused = client.post(url(run), form_data("Anna"))

        assert page_of(refused).select_one("[name=save_draft]")
        assert client.post(url(run), fields(refused) | {"save_draft": "1"}).status_code == 302


class TestRateLimit:
    def test_many_posts_from_one_address_are_answered_kindly_and_change_nothing(self, client, run, settings):
        settings.FORM_RATE_LIMITS = {"registration": (2, 60)}

        answers = [client.post(url(run), form_data(f"P{n}")) for n in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 429]
        assert "vente et minut" in answers[-1].content.decode()
        assert answers[-1]["Retry-After"] == "60"
        assert Registration.objects.count() == 2

    def test_another_address_is_not_hindered(self, client, run, settings):
        settings.FORM_RATE_LIMITS = {"registration": (1, 60)}

        client.post(url(run), form_data("Anna"), REMOTE_ADDR="192.0.2.1")

        assert client.post(url(run), form_data("Bo"), REMOTE_ADDR="192.0.2.2").status_code == 302

    def test_the_address_itself_is_not_kept(self, client, run, settings):
        from website.accounts.models import ThrottleEntry

        settings.FORM_RATE_LIMITS = {"registration": (1, 60)}
        client.post(url(run), form_data("Anna"), REMOTE_ADDR="192.0.2.1")

        [entry] = ThrottleEntry.objects.all()
        assert "192.0.2.1" not in f"{entry.cache_key}{entry.value}"

    def test_a_rush_from_one_municipality_fits_in_the_limit_we_ship(self, settings):
        times, seconds = settings.FORM_RATE_LIMITS["registration"]

        assert times / seconds >= 1


class TestLists:
    ROWS = "Navn;E-mail;Stilling\nAnna Ågård;anna@kommune.dk;leder\nBo Bæk;bo@kommune;konsulent"

    def read(self, client, run, text: str = ROWS, **more):
        return client.post(list_url(run), {"step": "read", "read": "1", "list": text, **more})

    def contact(self) -> dict[str, str]:
        return {key: value for key, value in form_data().items() if not key.startswith("participants-")}

    def test_a_list_is_pasted_put_right_at_its_cell_and_registered(self, client, run):
        table = self.read(client, run)
        assert "1 række er klar. 1 række skal rettes." in page_of(table).get_text()
        cell = page_of(table).select_one("[name=participants-1-email]").find_parent("td")
        assert "Skriv en e-mailadresse" in cell.get_text()
        assert problems(table) == ["Række 2: Skriv en e-mailadresse som anna@kommune.dk."]

        details = client.post(list_url(run), fields(table) | {"participants-1-email": "bo@kommune.dk", "check": "1"})
        assert "Du er ved at tilmelde 2 kolleger." in page_of(details).get_text()
        response = client.post(list_url(run), fields(details) | self.contact())

        assert response.status_code == 302
        assert statuses(run) == {"Anna Ågård": "confirmed", "Bo Bæk": "confirmed"}
        assert Enrolment.objects.get(name="Anna Ågård").job_title == "leder"
        assert Registration.objects.count() == 1

    def test_a_file_is_uploaded(self, client, run):
        content = "Navn;E-mail\r\nÅse Ødegård;aase@kommune.dk\r\n".encode("latin-1")

        table = self.read(client, run, "", file=SimpleUploadedFile("liste.csv", content))

        assert fields(table)["participants-0-name"] == "Åse Ødegård"

    def test_two_hundred_are_registered_at_once(self, client, run):
        text = "Navn;E-mail\n" + "".join(f"Person {n};p{n}@kommune.dk\n" for n in range(200))
        table = self.read(client, run, text)
        details = client.post(list_url(run), fields(table) | {"check": "1"})

        assert client.post(list_url(run), fields(details) | self.contact()).status_code == 302
        assert run.enrolments.confirmed().count() == 200

    def test_more_than_there_are_seats_wait_or_are_refused_by_the_same_rule(self, client, run):
        CourseRun.objects.filter(pk=run.pk).update(capacity=1)
        table = self.read(client, run, "Anna <anna@x.dk>; Bo <bo@x.dk>")
        details = client.post(list_url(run), fields(table) | {"check": "1"})

        refused = client.post(list_url(run), fields(details) | self.contact())
        assert "Der er kun 1 ledig plads" in " ".join(problems(refused))
        answer = client.post(list_url(run), fields(refused) | {"waiting_list": "on"})

        assert answer.status_code == 302
        assert statuses(run) == {"Anna": "confirmed", "Bo": "waiting"}

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "Der er ingen på listen."),
            ("Navn;Mail\n" + "A;a@x.dk\n" * 201, "Listen har 201 rækker."),
        ],
    )
    def test_what_cannot_be_read_is_told_at_the_field(self, client, run, text, words):
        response = self.read(client, run, text)

        assert words in " ".join(problems(response))
        assert page_of(response).select_one("#id_list")["aria-invalid"] == "true"

    def test_a_file_that_cannot_be_read_is_told_at_its_field(self, client, run):
        response = self.read(client, run, "", file=SimpleUploadedFile("liste.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))

        assert "gammel Excel-fil" in " ".join(problems(response))
        assert page_of(response).select_one("#id_file")["aria-invalid"] == "true"

    def test_a_file_that_is_too_large_is_refused_by_its_size(self, client, run, settings):
        settings.LIST_MAX_BYTES = 1000

        response = self.read(client, run, "", file=SimpleUploadedFile("liste.csv", b"x" * 2000))

        assert "Listen er for stor" in " ".join(problems(response))

    def test_a_body_far_too_large_is_not_read_at_all(self, client, run, settings):
        settings.LIST_MAX_BYTES = 1000

        response = self.read(client, run, "", file=SimpleUploadedFile("liste.csv", b"x" * 60_000_000))

        assert response.status_code == 413
        assert "Listen er for stor" in " ".join(problems(response))

    def test_duplicates_and_those_who_are_registered_are_told_at_their_cells(self, client, run):
        EnrolmentFactory(run=run, email="carl@x.dk")

        response = self.read(client, run, "Anna <a@x.dk>; Bo <A@x.dk>; Carl <carl@x.dk>")

        told = problems(response)
        assert told[0].startswith("Række 2: a@x.dk er allerede deltager 1.")
        assert told[1].startswith("Række 3: carl@x.dk er allerede tilmeldt holdet.")

    def test_a_formula_is_told_at_its_cell_and_refused_until_it_is_put_right(self, client, run):
        table = self.read(client, run, "Navn;Mail\n=1+1;anna@x.dk")
        assert problems(table) == ["Række 1: Det ligner en formel. Skriv værdien."]

        again = client.post(list_url(run), fields(table) | {"check": "1"})

        assert problems(again) == ["Række 1: Det ligner en formel. Skriv værdien."]

    def test_rows_are_removed_and_added_without_javascript(self, client, run):
        table = self.read(client, run)

        removed = client.post(list_url(run), fields(table) | {"remove_participant": "1"})
        assert fields(removed)["participants-TOTAL_FORMS"] == "1"
        assert not problems(removed)
        added = client.post(list_url(run), fields(removed) | {"add_participant": "1"})
        assert fields(added)["participants-TOTAL_FORMS"] == "2"
        assert fields(added)["participants-0-name"] == "Anna Ågård"

    def test_rows_without_names_become_seats_whose_names_are_to_follow(self, client, run):
        table = self.read(client, run, "anna@x.dk; bo@x.dk")

        booked = client.post(list_url(run), fields(table) | {"unnamed_rest": "1"})
        assert not problems(booked)
        details = client.post(list_url(run), fields(booked) | {"check": "1"})
        client.post(list_url(run), fields(details) | self.contact())

        assert set(run.enrolments.values_list("name", "email")) == {("", "anna@x.dk"), ("", "bo@x.dk")}

    def test_payers_in_the_list_are_each_participants_own(self, client, run):
        table = self.read(client, run, f"Navn;Mail;EAN\nAnna;anna@x.dk;{OTHER_EAN}\nBo;bo@x.dk;")
        details = client.post(list_url(run), fields(table) | {"check": "1"})
        client.post(list_url(run), fields(details) | self.contact())

        paid = {each.name: each.payer.ean for each in run.enrolments.select_related("payer")}
        assert paid == {"Anna": OTHER_EAN, "Bo": EAN}

    def test_what_is_wrong_with_the_contact_is_told_and_the_list_is_kept(self, client, run):
        details = client.post(list_url(run), fields(self.read(client, run, "Anna <a@x.dk>")) | {"check": "1"})

        refused = client.post(list_url(run), fields(details) | self.contact() | {"ean": "1"})
        assert "13 cifre" in " ".join(problems(refused))
        back = client.post(list_url(run), fields(refused) | {"back": "1"})

        assert fields(back)["participants-0-name"] == "Anna"
        assert fields(back)["contact_name"] == "Bente Holm"

    def test_who_registered_meanwhile_is_told_at_the_row(self, client, run):
        details = client.post(list_url(run), fields(self.read(client, run, "Anna <a@x.dk>")) | {"check": "1"})
        EnrolmentFactory(run=run, email="a@x.dk")

        response = client.post(list_url(run), fields(details) | self.contact())

        assert problems(response)[0].startswith("Række 1: a@x.dk er allerede tilmeldt holdet.")

    @pytest.mark.parametrize("step", ["check", "details"])
    def test_a_list_is_put_aside_and_opened_at_its_step(self, client, run, step):
        page = self.read(client, run, "Anna <a@x.dk>")
        if step == "details":
            page = client.post(list_url(run), fields(page) | {"check": "1"})

        saved = client.post(list_url(run), fields(page) | {"save_draft": "1"})
        opened = client.get(saved["Location"])

        typed = fields(opened)
        assert (typed["step"], typed["participants-0-name"]) == (step, "Anna")
        if step == "check":
            opened = client.post(saved["Location"], typed | {"check": "1"})
        assert client.post(saved["Location"], fields(opened) | self.contact()).status_code == 302
        assert GroupDraft.objects.get().registration is not None

    def test_a_stale_table_keeps_what_was_typed(self, client, run):
        table = self.read(client, run)
        strict = Client(enforce_csrf_checks=True)

        response = strict.post(list_url(run), fields(table) | {"check": "1", "csrfmiddlewaretoken": "x"})

        assert response.status_code == 403
        assert fields(response)["participants-0-name"] == "Anna Ågård"

    def test_a_closed_run_says_so(self, client):
        run = CourseRunFactory(closed=True)

        assert "Tilmeldingen til holdet er lukket." in client.get(list_url(run)).content.decode()

    def test_the_form_leads_to_the_list(self, client, run):
        assert page_of(client.get(url(run))).select_one(f'a[href="{list_url(run)}"]')

    def test_no_name_stands_in_an_address(self, client, run):
        table = self.read(client, run)

        links = [link["href"] for link in page_of(table).select("a[href]")]
        assert not any(re.search(r"anna|bo%40|kommune\.dk", link, re.I) for link in links)


def test_the_receipt_says_who_pays_for_whom(client, run):
    data = form_data("Anna", "Bo", separate_payers="on") | {"participants-0-ean": "", "participants-1-ean": OTHER_EAN}

    text = page_of(client.post(url(run), data, follow=True)).get_text(" ", strip=True)

    assert "Betaler for Anna" in text
    assert "Betaler for Bo" in text
