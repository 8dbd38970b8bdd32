"""Organisers' pages on the fate of a run and on messages: what they show, ask, send and refuse."""

from datetime import date, time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.admin.attention import AttentionPanel
from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import RunChangeStatus
from enrolments.links import participant_link
from enrolments.models import Enrolment, RunChange, RunMessage
from tests.enrolments.helpers import sign_up
from tests.enrolments.test_run_changes import edited, move_day
from tests.factories import (
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

WINTER = date(2031, 1, 15)


@pytest.fixture
def organiser(settings) -> Client:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


@pytest.fixture
def run() -> CourseRun:
    run = CourseRunFactory(first_day=WINTER, course__contact_email="kursus@example.dk")
    sign_up(run, "Anna", "Bo")
    OutboxMessage.objects.all().delete()
    return run


def page(run: CourseRun, name: str) -> str:
    return f"/admin/participants/run/{run.pk}/{name}/"


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def fields(response) -> dict[str, Any]:
    """Return what the page's form would send, as it stands."""
    form = BeautifulSoup(response.content, "html.parser").select_one("form.announce__form")
    data: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = field["name"]
        if field.name == "textarea":
            data[name] = field.get_text().removeprefix("\n")
        elif field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                data.setdefault(name, []).append(field.get("value", "on"))
        elif field.name != "select":
            data[name] = field.get("value", "")
    return data


def posted(client: Client, address: str, step: str, **changes: Any):
    """Open a page and send its form with these changes."""
    return client.post(address, {**fields(client.get(address)), "step": step, **changes})


class TestTelling:
    @pytest.fixture
    def changed(self, run: CourseRun) -> CourseRun:
        edited(run, lambda run: move_day(run, start_time=time(10)))
        return run

    def test_the_page_shows_what_differs_and_the_very_mail_to_a_real_recipient(self, organiser, changed):
        response = organiser.get(page(changed, "tell"))

        shown = text(response)
        assert (
            "Nyt tidspunkt: onsdag 15. januar 2031 kl. 10.00–16.00 (før: onsdag 15. januar 2031 kl. 9.00–16.00)"
            in shown
        )
        assert "Send til 3 modtagere" in shown
        frames = BeautifulSoup(response.content, "html.parser").select("iframe[sandbox]")
        assert ["Kære Anna" in frame["srcdoc"] for frame in frames] == [True, False]
        assert participant_link.token(Enrolment.objects.get(name="Anna")) not in frames[0]["srcdoc"]

    def test_one_press_sends_what_the_page_shows(self, organiser, changed):
        response = posted(organiser, page(changed, "tell"), "send")

        assert response.headers["Location"] == page(changed, "changes")
        assert OutboxMessage.objects.filter(kind="enrolments.run_changed").count() == 3
        assert "3 mails er på vej." in text(organiser.get(page(changed, "changes")))

    def test_words_written_after_the_preview_are_shown_before_they_are_sent(self, organiser, changed):
        response = posted(organiser, page(changed, "tell"), "send", message="Kære {navn}, vi begynder senere.")

        assert "Sådan ser mailen ud nu. Tryk igen for at sende den." in text(response)
        assert not OutboxMessage.objects.exists()
        frame = BeautifulSoup(response.content, "html.parser").select_one("iframe")
        assert "Kære Anna, vi begynder senere." in frame["srcdoc"]

        organiser.post(page(changed, "tell"), {**fields(response), "step": "send"})
        assert OutboxMessage.objects.filter(context__message__icontains="begynder senere").count() == 3

    def test_a_placeholder_that_there_is_not_is_refused_at_the_words(self, organiser, changed):
        response = posted(organiser, page(changed, "tell"), "send", message="Kære {fornavn}")

        assert "{fornavn}" in text(response)
        assert not OutboxMessage.objects.exists()

    def test_who_is_told_can_be_chosen(self, organiser, changed):
        shown = posted(organiser, page(changed, "tell"), "preview", who=["contacts"])
        organiser.post(page(changed, "tell"), {**fields(shown), "step": "send"})

        assert [mail.to for mail in OutboxMessage.objects.all()] == ["bente@example.dk"]

    def test_nothing_is_told_by_choice(self, organiser, changed):
        posted(organiser, page(changed, "tell"), "silent")

        assert RunChange.objects.get().status == RunChangeStatus.SILENT
        assert not OutboxMessage.objects.exists()
        assert "ingen har fået besked" in text(organiser.get(page(changed, "changes")))

    def test_who_comes_second_is_told_that_it_is_done(self, organiser, changed):
        data = fields(organiser.get(page(changed, "tell"))) | {"step": "send"}
        organiser.post(page(changed, "tell"), data)

        response = organiser.post(page(changed, "tell"), data, follow=True)

        assert "Der er ingen ændring at fortælle om." in text(response)
        assert OutboxMessage.objects.filter(to="anna@example.dk").count() == 1

    def test_until_it_is_decided_it_asks_for_attention(self, organiser, changed, rf):
        request = rf.get("/admin/")
        request.user = UserFactory(organiser=True)
        found = [item for item in AttentionPanel(request).items if item.url == page(changed, "tell")]

        assert [item.detail for item in found] == ["er ændret, og deltagerne har ikke fået besked"]
        assert "Deltagerne har ikke fået besked" in text(organiser.get(page(changed, "changes")))

    def test_an_editor_does_not_write_to_participants(self, changed, settings):
        settings.STAFF_SECOND_FACTOR_REQUIRED = False
        client = Client()
        client.force_login(UserFactory(staff=True, editor=True))

        for name in ("tell", "cancel-run", "confirm", "messages/new", "changes", "messages"):
            assert client.get(page(changed, name)).status_code in (302, 403)
            assert client.post(page(changed, name)).status_code in (302, 403)
        assert not OutboxMessage.objects.exists()


class TestDeciding:
    def test_cancelling_says_what_it_means_and_wants_a_reason(self, organiser, run):
        shown = text(organiser.get(page(run, "cancel-run")))
        assert "2 deltagere får en mail, og kursusdagene går ud af deres kalender." in shown
        assert "Aflys holdet og send 3 mails" in shown

        refused = posted(organiser, page(run, "cancel-run"), "send")
        assert "Skriv, hvorfor kurset er aflyst." in text(refused)
        run.refresh_from_db()
        assert run.status == RunStatus.OPEN

    def test_the_run_is_cancelled_when_the_mail_with_the_reason_has_been_seen(self, organiser, run):
        shown = posted(organiser, page(run, "cancel-run"), "preview", message="Underviseren er syg.")
        organiser.post(page(run, "cancel-run"), {**fields(shown), "step": "send"})

        run.refresh_from_db()
        assert run.status == RunStatus.CANCELLED
        assert OutboxMessage.objects.filter(kind="enrolments.run_cancelled").count() == 3
        history = text(organiser.get(page(run, "changes")))
        assert "Underviseren er syg." in history
        assert "Afhold alligevel" in history

    def test_a_run_cancelled_by_mistake_is_held_after_all(self, organiser, run):
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

        posted(organiser, page(run, "reopen"), "send")

        run.refresh_from_db()
        assert run.status == RunStatus.OPEN
        assert OutboxMessage.objects.filter(kind="enrolments.run_reopened").count() == 3

    def test_a_run_is_confirmed_with_or_without_a_mail(self, organiser, run):
        data = fields(organiser.get(page(run, "confirm")))
        del data["tell"]
        shown = organiser.post(page(run, "confirm"), {**data, "step": "preview"})
        assert "Bekræft holdet uden at give besked" in text(shown)

        organiser.post(page(run, "confirm"), {**fields(shown), "step": "send"})

        run.refresh_from_db()
        assert run.confirmed_at is not None
        assert not OutboxMessage.objects.exists()

    def test_the_minimum_that_is_not_reached_is_said_before_confirming(self, organiser, run):
        CourseRun.objects.filter(pk=run.pk).update(minimum=5)

        assert "Minimum er ikke nået." in text(organiser.get(page(run, "confirm")))

    def test_what_cannot_be_done_leads_back_in_words(self, organiser, run):
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

        assert "Holdet er allerede aflyst." in text(organiser.get(page(run, "cancel-run"), follow=True))
        assert "Holdet er aflyst." in text(organiser.get(page(run, "confirm"), follow=True))

    def test_the_tab_shows_how_the_run_stands_as_figures_and_words(self, organiser, run):
        CourseRun.objects.filter(pk=run.pk).update(
            minimum=10, price=2000, fixed_costs=9000, decision_date=timezone.localdate()
        )

        shown = text(organiser.get(page(run, "changes")))

        assert "2 deltagere ud af mindst 10" in shown
        assert "Går i nul ved 5 deltagere" in shown
        assert "Underskud nu:" in shown

    def test_the_tab_costs_the_same_queries_however_many_come(self, organiser):
        def cost(people: int) -> int:
            run = CourseRunFactory(capacity=None)
            for _ in range(people):
                RegistrationFactory(run=run, participants=1)
            edited(run, lambda run: move_day(run, start_time=time(10)))
            with CaptureQueriesContext(connection) as queries:
                for name in ("changes", "tell", "cancel-run", "confirm", "messages", "messages/new"):
                    assert organiser.get(page(run, name)).status_code == 200
            return len(queries)

        cost(1)
        assert cost(2) == cost(10)

    def test_on_its_decision_date_a_run_asks_for_the_decision_once(self, run, rf):
        CourseRun.objects.filter(pk=run.pk).update(minimum=10, decision_date=timezone.localdate())
        request = rf.get("/admin/")
        request.user = UserFactory(organiser=True)

        found = [(item.detail, item.url) for item in AttentionPanel(request).items if item.text == str(run)]

        assert found == [("skal afgøres: Bliver det afholdt?", page(run, "changes"))]


class TestMessages:
    def compose(self, client: Client, run: CourseRun, **changes: Any):
        """Fill in the form and look at the preview."""
        words = {"subject": "Parkering ved {sted}", "body": "Kære {navn}\n\nVi ses.\n\n{link}", "to": ["participants"]}
        return posted(client, page(run, "messages/new"), "preview", **{**words, **changes})

    def sent(self, client: Client, run: CourseRun, **changes: Any) -> list[str]:
        """Send a message; return whom it went to."""
        shown = self.compose(client, run, **changes)
        data = fields(shown) | {"step": "send"}
        if "attendance" in changes:
            data["attendance"] = changes["attendance"]
        client.post(page(run, "messages/new"), data)
        return sorted(OutboxMessage.objects.filter(kind="enrolments.run_message").values_list("to", flat=True))

    def test_recipients_are_counted_and_named_and_the_mail_is_shown_before_it_is_sent(self, organiser, run):
        shown = self.compose(organiser, run)

        assert "Den går til 2 modtagere. Svar går til kursus@example.dk." in text(shown)
        assert "anna@example.dk" in text(shown)
        frame = BeautifulSoup(shown.content, "html.parser").select_one("iframe")
        assert "Kære Anna" in frame["srcdoc"]
        assert not OutboxMessage.objects.exists()

    def test_it_goes_to_those_chosen_and_stands_in_the_runs_history(self, organiser, run):
        assert self.sent(organiser, run, to=["contacts"]) == ["bente@example.dk"]

        history = text(organiser.get(page(run, "messages")))
        assert "Parkering ved {sted}" in history
        assert "1 modtager Deres kontaktpersoner · med en plads" in history
        assert RunMessage.objects.get().recipients == 1

    def test_only_the_line(self, organiser, run):
        EnrolmentFactory(run=run, email="venter@example.dk", waiting=True)

        assert self.sent(organiser, run, status=["line"]) == ["venter@example.dk"]

    def test_only_one_municipality(self, organiser, run):
        other = RegistrationFactory(run=run, organisation=municipality("0101"))
        EnrolmentFactory(registration=other, email="kbh@example.dk")

        assert self.sent(organiser, run, organisations=[municipality("0101").pk]) == ["kbh@example.dk"]

    def test_only_those_who_were_there_or_were_not(self, organiser):
        run = CourseRunFactory(today=True, day_fields={"start_time": time(0, 1), "end_time": time(23, 59)})
        here = AttendanceFactory(enrolment=EnrolmentFactory(run=run, email="her@example.dk"))
        EnrolmentFactory(run=run, email="ude@example.dk")

        assert self.sent(organiser, run, attendance=f"there:{here.day_id}") == ["her@example.dk"]
        OutboxMessage.objects.all().delete()
        assert self.sent(organiser, run, attendance=f"not:{here.day_id}") == ["ude@example.dk"]

    def test_presenters_alone(self, organiser):
        run = CourseRunFactory(day_fields={"presenters": [PresenterFactory(email="lone@example.dk")]})
        EnrolmentFactory(run=run)

        assert self.sent(organiser, run, to=["presenters"]) == ["lone@example.dk"]

    def test_posted_twice_it_is_sent_once(self, organiser, run):
        data = fields(self.compose(organiser, run)) | {"step": "send"}

        for _ in range(2):
            response = organiser.post(page(run, "messages/new"), data, follow=True)

        assert "Beskeden er på vej til 2 modtagere." in text(response)
        assert RunMessage.objects.count() == 1
        assert OutboxMessage.objects.count() == 2

    def test_someone_who_comes_after_the_preview_is_shown_before_it_is_sent(self, organiser, run):
        data = fields(self.compose(organiser, run)) | {"step": "send"}
        EnrolmentFactory(run=run)

        response = organiser.post(page(run, "messages/new"), data)

        assert "Den går til 3 modtagere." in text(response)
        assert not OutboxMessage.objects.exists()

    def test_nobody_to_write_to_is_said(self, organiser, run):
        assert "Ingen passer til det, du har valgt" in text(self.compose(organiser, run, status=["line"]))

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"to": []}, "Vælg, hvem du skriver til."),
            ({"status": []}, "Vælg, hvilke deltagere det gælder."),
            ({"body": "Kære {fornavn}"}, "{fornavn}"),
            ({"subject": "{link}"}, "{link}"),
            ({"body": ""}, "Skriv"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_is_sent(self, organiser, run, changes, said):
        shown = self.compose(organiser, run, **changes)

        assert said in text(shown)
        assert not BeautifulSoup(shown.content, "html.parser").select("iframe")

    def test_answers_go_to_the_courses_contact_and_what_was_written_is_escaped(self, organiser, run):
        from website.messaging.registry import mail_kinds

        self.sent(organiser, run, subject="Hej {navn}", body="<script>x</script>\n\n{hold}")

        message = OutboxMessage.objects.get(to="anna@example.dk")
        mail = mail_kinds.get(message.kind).render(message.context)
        assert (mail.subject, mail.reply_to) == ("Hej Anna", "kursus@example.dk")
        assert "&lt;script&gt;x&lt;/script&gt;" in mail.html
        assert "15. januar 2031" in mail.text
