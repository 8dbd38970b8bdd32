"""The roll call as people meet it: who may, what it shows, what a tap does, what is refused."""

from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.enums import EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from enrolments.views.roll_call import nearest_day
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def tap(enrolment, status, *, at=None, **fields) -> dict:
    """One mark as a device sends it."""
    fields = {"id": str(uuid4()), "status": status, "at": (at or timezone.now()).isoformat()} | fields
    return fields | {"enrolment": enrolment if isinstance(enrolment, int | str) else enrolment.pk}


def send(client, run, *taps, **sent):
    return client.post(f"{roll_url(run)}sync/", {"taps": taps, **sent}, content_type="application/json", headers=JSON)


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


@pytest.fixture
def run():
    return CourseRunFactory(today=True, capacity=None)


def roll_url(run, day=None) -> str:
    day = day or run.ordered_days()[0]
    return reverse("enrolments:roll_call", kwargs={"run_pk": run.pk, "date": day.date})


def soup(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "html.parser")


def names(response) -> list[str]:
    return [tag.get_text(strip=True) for tag in soup(response).select("#liste .roll-name")]


class TestWhoMay:
    def test_an_organiser_may_on_every_run(self, client, run, organiser):
        client.force_login(organiser)
        assert client.get(roll_url(run)).status_code == 200

    @pytest.mark.parametrize("role", ["presenters", "hosts"])
    def test_a_presenter_or_host_may_on_their_own_run_alone(self, client, run, role):
        presenter = PresenterFactory(with_user=True)
        mine = CourseRunFactory(today=True, day_fields={role: [presenter]})
        client.force_login(presenter.user)
        assert client.get(roll_url(mine)).status_code == 200
        refusal = client.get(roll_url(run))
        assert refusal.status_code == 403
        assert "holdets egne undervisere" in refusal.content.decode()

    def test_a_presenter_may_mark_on_their_own_run_alone(self, client, run):
        presenter = PresenterFactory(with_user=True)
        mine = EnrolmentFactory(run=CourseRunFactory(today=True, day_fields={"presenters": [presenter]}))
        other = EnrolmentFactory(run=run)
        client.force_login(presenter.user)
        assert client.post(roll_url(mine.run), {"mark": f"{mine.pk}:present"}).status_code == 302
        assert client.post(roll_url(run), {"mark": f"{other.pk}:present"}).status_code == 403
        assert list(Attendance.objects.values_list("enrolment", flat=True)) == [mine.pk]

    def test_an_editor_and_a_stranger_may_not(self, client, run):
        for user in (UserFactory(editor=True), UserFactory()):
            client.force_login(user)
            away = "Se de dage, du kan registrere fremmøde på"
            refused, of_all = client.get(roll_url(run)), client.get("/fremmoede/")
            assert (refused.status_code, of_all.status_code) == (403, 403)
            assert away in refused.content.decode()
            assert away not in of_all.content.decode()  # it would lead to where they are

    def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(self, client, run):
        response = client.get(roll_url(run))
        assert response.status_code == 302
        assert response.url == f"{reverse('account_login')}?next={roll_url(run)}"

    def test_a_tap_after_the_session_ended_says_so(self, client, run):
        response = send(client, run, tap(1, "present"))
        assert response.status_code == 401
        assert "ikke længere logget ind" in response.json()["error"]


class TestList:
    def test_shows_an_organiser_every_day_from_today(self, client, run, organiser):
        CourseRunFactory(draft=True, today=True)
        CourseRunFactory(past=True)
        client.force_login(organiser)
        page = soup(client.get("/fremmoede/"))
        links = [a["href"] for a in page.select("section[aria-labelledby=i-dag] a")]
        assert links == [roll_url(run), f"{roll_url(run)}overblik/"]

    def test_shows_a_presenter_their_own_days_alone(self, client, run):
        presenter = PresenterFactory(with_user=True)
        mine = CourseRunFactory(day_fields={"presenters": [presenter]}, with_days=2)
        client.force_login(presenter.user)
        links = {a["href"] for a in soup(client.get("/fremmoede/")).select(".roll-day a")}
        rolls = {roll_url(mine, day) for day in mine.ordered_days()}
        assert links == rolls | {f"{roll}overblik/" for roll in rolls}

    def test_costs_the_same_for_more_days(self, client, organiser):
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get("/fremmoede/")
            return len(queries)

        client.force_login(organiser)
        CourseRunFactory(with_days=2)
        cost()
        before = cost()
        for _ in range(4):
            CourseRunFactory(with_days=3)
        assert cost() == before


class TestNearestDay:
    def test_is_today_else_the_next_else_the_last(self):
        run = CourseRunFactory(with_days=3)
        first, second, third = run.ordered_days()
        assert nearest_day(run, first.date - timedelta(days=40)) == first
        assert nearest_day(run, second.date) == second
        assert nearest_day(run, second.date + timedelta(days=1)) == third
        assert nearest_day(run, third.date + timedelta(days=1)) == third
        assert nearest_day(CourseRunFactory(with_days=0)) is None

    def test_is_where_the_address_without_a_date_leads(self, client, run, organiser):
        client.force_login(organiser)
        response = client.get(f"/fremmoede/hold/{run.pk}/")
        assert (response.status_code, response.url) == (302, roll_url(run))

    def test_a_run_without_days_says_so(self, client, organiser):
        client.force_login(organiser)
        response = client.get(f"/fremmoede/hold/{CourseRunFactory(with_days=0).pk}/")
        assert response.status_code == 404
        assert "ingen kursusdage" in response.content.decode()

    @pytest.mark.parametrize("date", ["2026-02-30", "1999-01-01"])
    def test_a_day_in_no_calendar_or_not_on_the_run_is_not_found(self, client, run, organiser, date):
        client.force_login(organiser)
        assert client.get(f"/fremmoede/hold/{run.pk}/{date}/").status_code == 404


class TestPage:
    def test_lists_the_confirmed_in_danish_order(self, client, run, organiser):
        for name in ("Aage Å", "Ærø", "Zoe", "Bo", "Ølstykke", "=1+1", "<b>Ida</b>", "Emoji 😀", "x" * 120):
            EnrolmentFactory(run=run, name=name)
        EnrolmentFactory(run=run, waiting=True)
        EnrolmentFactory(run=run, cancelled=True)
        client.force_login(organiser)
        response = client.get(roll_url(run))
        assert names(response) == [
            "<b>Ida</b>",
            "=1+1",
            "Bo",
            "Emoji 😀",
            "x" * 120,
            "Zoe",
            "Ærø",
            "Ølstykke",
            "Aage Å",
        ]
        assert b"<b>Ida" not in response.content

    def test_shows_someone_cancelled_after_a_mark_apart(self, client, run, organiser):
        anna = EnrolmentFactory(run=run, name="Anna")
        attendance.mark(day=run.ordered_days()[0], marks={anna.pk: Mark("present")}, by=organiser)
        Enrolment.objects.update(status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now())
        client.force_login(organiser)
        page = soup(client.get(roll_url(run)))
        assert not page.select("#liste .roll-name")
        assert page.select_one(".roll-former .roll-name").get_text() == "Anna"

    def test_costs_the_same_for_five_and_for_five_hundred(self, client, run, organiser):
        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(roll_url(run))
            return len(queries)

        client.force_login(organiser)
        registration = EnrolmentFactory(run=run).registration
        EnrolmentFactory.create_batch(4, registration=registration)
        cost()
        before = cost()
        EnrolmentFactory.create_batch(495, registration=registration)
        attendance.mark_untaken(day=run.ordered_days()[0], by=organiser)
        assert cost() <= before + 1  # now there is something to undo

    def test_an_empty_run_says_who_appears_here(self, client, run, organiser):
        client.force_login(organiser)
        assert "når deres plads er bekræftet" in client.get(roll_url(run)).content.decode()


class TestMarking:
    @pytest.fixture
    def anna(self, run):
        return EnrolmentFactory(run=run, name="Anna And")

    def test_by_plain_form_marks_and_leads_back_to_the_participant(self, client, run, anna, organiser):
        client.force_login(organiser)
        response = client.post(roll_url(run), {"mark": f"{anna.pk}:late", "minutter": "12", "vis": "ikke-taget"})
        assert response.url == f"{roll_url(run)}?vis=ikke-taget#deltager-{anna.pk}"
        mark = Attendance.objects.get()
        assert (mark.status, mark.minutes_late, mark.marked_by) == ("late", 12, organiser)
        page = soup(client.get(roll_url(run)))
        assert [b["value"] for b in page.select("button[aria-pressed=true]")] == [f"{anna.pk}:late"]
        assert "Forsinket 12 min., kl. " in page.select_one(".roll-mark").get_text()
        assert page.select_one("[data-count=late]").get_text() == "1"

    def test_by_plain_form_says_once_in_the_bar_what_was_recorded(self, client, run, anna, organiser):
        client.force_login(organiser)
        client.post(roll_url(run), {"mark": f"{anna.pk}:present"})
        page = soup(client.get(roll_url(run)))
        said = page.select_one(".roll-bar [role=status]")
        assert said.get_text() == "Anna And: Til stede"
        assert "sr-only" not in said["class"]
        assert not page.select(".messages")  # above the list it would be out of sight
        again = soup(client.get(roll_url(run))).select_one(".roll-bar [role=status]")
        assert (again.get_text(), again["class"]) == ("", ["sr-only"])

    def test_by_script_answers_with_the_state_as_it_stands(self, client, run, anna, organiser):
        bo = EnrolmentFactory(run=run)
        client.force_login(organiser)
        told = client.get(f"{roll_url(run)}sync/", headers=JSON).json()["since"]
        attendance.mark(day=run.ordered_days()[0], marks={bo.pk: Mark("absent")}, by=UserFactory())
        answer = send(client, run, tap(anna, "present"), siden=told).json()
        assert {row["id"]: row["status"] for row in answer["people"]} == {anna.pk: "present", bo.pk: "absent"}

    @pytest.mark.parametrize("told", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "i går", ""])
    def test_a_page_that_was_told_at_no_time_is_told_everything(self, client, run, anna, organiser, told):
        client.force_login(organiser)
        answer = client.get(f"{roll_url(run)}sync/", {"siden": told}, headers=JSON).json()
        assert [row["id"] for row in answer["people"]] == [anna.pk]

    @pytest.mark.parametrize("role", ["organiser", "presenter"])
    def test_a_tap_takes_at_most_ten_queries(self, client, run, anna, organiser, role):
        day = run.ordered_days()[0]
        presenter = PresenterFactory(with_user=True)
        day.presenters.set([presenter])
        day.save()
        client.force_login(organiser if role == "organiser" else presenter.user)
        url = f"{roll_url(run)}sync/"
        sent = {"taps": [tap(anna, "present")], "siden": client.get(url, headers=JSON).json()["since"]}
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(url, sent, content_type="application/json", headers=JSON)
        assert answer.json()["taken"] == [sent["taps"][0]["id"]]
        asked = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
        assert len(asked) <= 10, "\n".join(asked)

    def test_clearing_makes_it_not_taken(self, client, run, anna, organiser):
        client.force_login(organiser)
        client.post(roll_url(run), {"mark": f"{anna.pk}:present"})
        client.post(roll_url(run), {"mark": f"{anna.pk}:"})
        assert Attendance.objects.get().status == ""
        assert "Ikke registreret" in soup(client.get(roll_url(run))).select_one(".roll-mark").get_text()

    def test_all_present_asks_first_with_the_number_and_then_marks_the_untaken(self, client, run, anna, organiser):
        bo = EnrolmentFactory(run=run)
        client.force_login(organiser)
        client.post(roll_url(run), {"mark": f"{anna.pk}:absent"})
        page = soup(client.get(roll_url(run) + "?alle=1"))
        assert page.select_one("#alle h2").get_text() == "Registrér 1 deltager som til stede?"
        client.post(roll_url(run), {"handling": "alle"})
        assert dict(Attendance.objects.values_list("enrolment", "status")) == {anna.pk: "absent", bo.pk: "present"}

    def test_undo_takes_back_the_last_act(self, client, run, anna, organiser):
        client.force_login(organiser)
        client.post(roll_url(run), {"mark": f"{anna.pk}:absent"})
        form = soup(client.get(roll_url(run))).select_one(".roll-undo")
        fields = {i["name"]: i.get("value", "") for i in form.select("input")}
        client.post(roll_url(run), fields)
        assert Attendance.objects.get().status == ""

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"mark": "{anna}:asleep"}, "Den registrering findes ikke"),
            ({"mark": "0:present"}, "ikke på holdet"),
            ({"mark": "{cancelled}:present"}, "står ikke længere på listen"),
            ({"mark": "{waiting}:present"}, "står ikke længere på listen"),
            ({"mark": "x:present"}, "ikke udfyldt rigtigt"),
            ({"mark": "9" * 30 + ":present"}, "ikke udfyldt rigtigt"),
            ({}, "ikke udfyldt rigtigt"),
            ({"mark": "{anna}:late", "minutter": "ti"}, "Du skrev “ti”"),
            ({"mark": "{anna}:late", "minutter": "-5"}, "Du skrev “-5”"),
            ({"mark": "{anna}:late", "minutter": "9" * 50}, "et helt tal fra 1 til 600"),
            ({"handling": "spring"}, "ikke kender"),
            ({"handling": "fortryd", "change": "1"}, "ikke noget at fortryde"),
        ],
    )
    def test_refuses_in_words_and_saves_nothing(self, client, run, anna, organiser, fields, words):
        others = {
            "anna": anna.pk,
            "cancelled": EnrolmentFactory(run=run, cancelled=True).pk,
            "waiting": EnrolmentFactory(run=run, waiting=True).pk,
        }
        data = {name: value.format(**others) for name, value in fields.items()}
        client.force_login(organiser)
        page = client.post(roll_url(run), data)
        assert page.status_code == 409
        assert words in page.content.decode()
        assert not Attendance.objects.exists()

    def test_on_a_day_that_was_removed_says_so(self, client, run, anna, organiser):
        url = roll_url(run)
        run.ordered_days()[0].delete()
        client.force_login(organiser)
        answer = client.post(url, {"mark": f"{anna.pk}:present"})
        assert answer.status_code == 404
        assert "fjernet eller flyttet. Intet er gemt" in answer.content.decode()

    def test_history_tells_who_when_and_what(self, client, run, anna, organiser):
        client.force_login(organiser)
        client.post(roll_url(run), {"mark": f"{anna.pk}:absent"})
        client.post(roll_url(run), {"mark": f"{anna.pk}:late", "minutter": "9"})
        page = soup(client.get(f"{roll_url(run)}historik/{anna.pk}/"))
        cells = [[td.get_text(" ", strip=True) for td in tr.select("td")][1:] for tr in page.select("tbody tr")]
        who = organiser.get_full_name()
        assert cells == [
            ["Fravær", "Forsinket 9 min.", who, "Fremmøderegistrering"],
            ["Ikke registreret", "Fravær", who, "Fremmøderegistrering"],
        ]
        assert len(soup(client.get(f"{roll_url(run)}historik/")).select("tbody tr")) == AttendanceChange.objects.count()
        assert client.get(f"{roll_url(run)}historik/{EnrolmentFactory().pk}/").status_code == 404
