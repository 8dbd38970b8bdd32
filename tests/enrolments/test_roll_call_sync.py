"""What devices send to the roll call: each tap once, the wrong ones told one by one, and news for whoever asks."""

import json
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.check_in_codes import check_in_code
from enrolments.enums import EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from enrolments.views.roll_call.app import ASSETS
from tests.enrolments.test_roll_call import JSON, roll_url, send, tap
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    return user


@pytest.fixture
def run():
    return CourseRunFactory(today=True, capacity=None)


@pytest.fixture
def anna(run):
    return EnrolmentFactory(run=run, name="Anna And")


def ask(client, run, **query):
    return client.get(f"{roll_url(run)}sync/", query, headers=JSON).json()


class TestTaps:
    def test_a_batch_half_of_which_is_wrong_is_taken_by_half(self, client, organiser, run, anna):
        gone = EnrolmentFactory(run=run, cancelled=True)
        stranger = EnrolmentFactory(run=CourseRunFactory(today=True))
        taps = [tap(anna, "present"), tap(gone, "present"), tap(stranger, "present"), tap(anna, "asleep"), tap(0, "")]
        answer = send(client, run, *taps).json()
        assert answer["taken"] == [taps[0]["id"]]
        refused = {one["id"]: one["code"] for one in answer["refused"]}
        assert [refused[one["id"]] for one in taps[1:]] == ["cancelled", "other_run", "unknown_status", "unknown"]
        assert all(one["text"] for one in answer["refused"])
        assert Attendance.objects.get().enrolment == anna

    def test_sent_twice_is_one_mark(self, client, organiser, run, anna):
        mine = tap(anna, "present")
        for _ in range(2):
            assert send(client, run, mine).json()["taken"] == [mine["id"]]
        assert AttendanceChange.objects.count() == 1

    def test_two_hundred_kept_for_three_days_arrive_at_their_own_times(self, client, organiser):
        run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=3), capacity=None)
        registration = EnrolmentFactory(run=run).registration
        people = EnrolmentFactory.create_batch(200, registration=registration)
        at = timezone.now() - timedelta(days=3)
        taps = [tap(person, "present", at=at + timedelta(seconds=n)) for n, person in enumerate(people)]
        assert len(send(client, run, *taps, device="d1", offset=0).json()["taken"]) == 200
        marks = Attendance.objects.order_by("marked_at")
        assert [mark.enrolment_id for mark in marks] == [person.pk for person in people]
        assert marks[0].marked_at == at

    def test_a_slow_clock_is_corrected_and_told(self, client, organiser, run, anna):
        now = timezone.now()
        send(client, run, tap(anna, "present", at=now - timedelta(minutes=7)), offset=420, device="slow")
        change = AttendanceChange.objects.get()
        assert (change.at, change.clock_offset, change.device) == (now, 420, "slow")
        page = client.get(f"{roll_url(run)}historik/").content.decode()
        assert "uret gik 7 minutter forkert" in page

    def test_an_earlier_tap_that_comes_later_stands_in_the_history_alone(self, client, organiser, run, anna):
        attendance.mark(day=run.ordered_days()[0], marks={anna.pk: Mark("late", 4)}, by=organiser)
        answer = send(client, run, tap(anna, "absent", at=timezone.now() - timedelta(minutes=5))).json()
        assert len(answer["taken"]) == 1
        assert [row["status"] for row in answer["people"]] == ["late"]
        page = client.get(f"{roll_url(run)}historik/{anna.pk}/").content.decode()
        assert "ændrede intet" in page
        assert "modtaget" in page

    def test_the_rest_leaves_whom_somebody_has_marked_meanwhile(self, client, organiser, run, anna):
        bo = EnrolmentFactory(run=run)
        attendance.mark(day=run.ordered_days()[0], marks={anna.pk: Mark("absent")}, by=UserFactory())
        taps = [tap(anna, "present", rest=True), tap(bo, "present", rest=True)]
        answer = send(client, run, *taps).json()
        assert set(answer["taken"]) == {one["id"] for one in taps}
        assert dict(Attendance.objects.values_list("enrolment", "status")) == {anna.pk: "absent", bo.pk: "present"}
        assert {row["id"]: row["status"] for row in answer["people"]} == {anna.pk: "absent", bo.pk: "present"}

    def test_cost_the_same_for_one_and_for_two_hundred(self, client, organiser, run):
        registration = EnrolmentFactory(run=run).registration
        people = EnrolmentFactory.create_batch(200, registration=registration)

        def cost(some) -> int:
            sent = {"taps": [tap(one, "present") for one in some], "siden": timezone.now().isoformat()}
            with CaptureQueriesContext(connection) as queries:
                answer = client.post(url, sent, content_type="application/json", headers=JSON).json()
            assert len(answer["taken"]) == len(some)
            return len(queries)

        url = f"{roll_url(run)}sync/"
        cost(people[:1])
        assert cost(people[:1]) == cost(people)

    @pytest.mark.parametrize(
        "sent",
        [
            "no JSON",
            "[]",
            '{"taps": {}}',
            '{"taps": [1]}',
            '{"offset": 1e99}',
            *(
                json.dumps(
                    {
                        "taps": [
                            {"id": "00000000-0000-4000-8000-000000000001", "enrolment": 1, "at": "2026-01-01T00:00:00Z"}
                            | wrong
                        ]
                    }
                )
                for wrong in ({"id": "x"}, {"at": "i går"}, {"enrolment": True}, {"minutes_late": "5"}, {"note": 5})
            ),
            json.dumps({"taps": [{}] * 501}),
        ],
    )
    def test_what_cannot_be_read_is_refused_whole(self, client, organiser, run, anna, sent):
        response = client.post(f"{roll_url(run)}sync/", sent, content_type="application/json", headers=JSON)
        assert response.status_code == 400
        assert "Dine registreringer er gemt" in response.json()["error"]

    @pytest.mark.parametrize("year", [1, 1970, 2040, 9999])
    def test_a_clock_of_another_age_still_marks(self, client, organiser, run, anna, year):
        at = timezone.now().replace(year=year, month=3, day=3)
        if year in (1, 9999):
            answer = send(client, run, tap(anna, "present") | {"at": f"{year:04}-03-03T12:00:00Z"})
            assert answer.status_code == 400
            return
        answer = send(client, run, tap(anna, "present", at=at), offset=0).json()
        assert len(answer["taken"]) == 1
        assert AttendanceChange.objects.get().at <= timezone.now()


class TestMovedDays:
    def test_a_day_that_was_moved_tells_where_it_is(self, client, organiser, run, anna):
        day, url = run.ordered_days()[0], f"{roll_url(run)}sync/"
        type(day).objects.filter(pk=day.pk).update(date=day.date + timedelta(days=2))
        answer = client.post(
            f"{url}?dag={day.pk}", {"taps": [tap(anna, "present")]}, content_type="application/json", headers=JSON
        )
        assert answer.status_code == 404
        day.refresh_from_db()
        assert answer.json()["url"] == f"/fremmoede/hold/{run.pk}/{day.date}/"
        assert not Attendance.objects.exists()

    def test_marks_of_a_day_are_not_taken_for_another_on_its_date(self, client, organiser, run, anna):
        answer = send(client, run, tap(anna, "present"), day=run.ordered_days()[0].pk + 1)
        assert (answer.status_code, answer.json()["code"]) == (404, "day_missing")
        assert not Attendance.objects.exists()


class TestWalkIns:
    def test_is_added_once_and_marked_under_its_number(self, client, organiser, run):
        guest = {"submission": str(uuid4()), "name": " Gæst  Gås ", "organisation": "aarhus kommune"}
        guest["at"] = timezone.now().isoformat()
        late = tap(guest["submission"], "late", minutes_late=7, at=timezone.now() + timedelta(seconds=1))
        for _ in range(2):
            answer = send(client, run, late, walk_ins=[guest]).json()
            enrolment = Enrolment.objects.get(run=run)
            assert answer["walk_ins"] == [{"submission": guest["submission"], "enrolment": enrolment.pk}]
            assert answer["taken"] == [late["id"]]
        assert (enrolment.name, enrolment.organisation.name) == ("Gæst Gås", "Aarhus")
        assert Attendance.objects.get().minutes_late == 7

    def test_without_a_name_or_with_no_address_is_told_with_its_marks(self, client, organiser, run):
        at = timezone.now().isoformat()
        guests = [
            {"submission": "a", "name": "", "at": at},
            {"submission": "b", "name": "Bo", "email": "bo", "at": at},
        ]
        answer = send(client, run, tap("b", "late"), walk_ins=guests).json()
        assert [one["id"] for one in answer["refused"]][:2] == ["a", "b"]
        assert "“bo” er ikke" in answer["refused"][1]["text"]
        assert len(answer["refused"]) == 3
        assert not Enrolment.objects.exists()

    def test_past_the_seats_comes_flagged(self, client, organiser):
        run = CourseRunFactory(today=True, capacity=1)
        EnrolmentFactory(run=run)
        answer = send(client, run, walk_ins=[{"submission": "c", "name": "Ida", "at": timezone.now().isoformat()}])
        assert [row["is_walk_in"] for row in answer.json()["people"]] == [True]
        assert Enrolment.objects.get(name="Ida").status == EnrolmentStatus.WALK_IN

    def test_by_the_plain_form(self, client, organiser, run):
        page = client.get(f"{roll_url(run)}?ny=1").content.decode()
        submission = re.search(r'name="submission" value="([^"]+)"', page)[1]
        for _ in range(2):
            client.post(roll_url(run), {"handling": "ny", "submission": submission, "name": "Ida"})
        assert Enrolment.objects.get(run=run).name == "Ida"
        refused = client.post(roll_url(run), {"handling": "ny", "submission": "x", "name": " "})
        assert refused.status_code == 409
        assert "Skriv navnet" in refused.content.decode()


class TestNews:
    def test_a_page_is_told_what_was_received_since_whenever_it_was_tapped(self, client, organiser, run, anna):
        EnrolmentFactory(run=run, name="Bo")
        first = ask(client, run)
        assert [row["name"] for row in first["people"]] == ["Anna And", "Bo"]
        send(client, run, tap(anna, "present", at=timezone.now() - timedelta(hours=3)))
        told = ask(client, run, siden=first["since"], liste=first["list"])
        assert (told["is_whole"], [row["name"] for row in told["people"]]) == (False, ["Anna And"])

    def test_another_list_is_told_whole(self, client, organiser, run, anna):
        first = ask(client, run)
        EnrolmentFactory(run=run, name="Bo")
        told = ask(client, run, siden=first["since"], liste=first["list"])
        assert (told["is_whole"], len(told["people"])) == (True, 2)

    def test_tells_who_is_signed_in_and_each_one_s_code(self, client, organiser, run, anna):
        state = ask(client, run)
        assert state["people"][0]["code"] == check_in_code(anna)
        other = UserFactory(organiser=True)
        client.force_login(other)
        assert ask(client, run)["user"] != state["user"]

    def test_costs_the_same_for_more_people(self, client, organiser):
        run = CourseRunFactory(today=True, capacity=None, with_days=3)
        registration = EnrolmentFactory(run=run).registration

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                ask(client, run)
            return len(queries)

        cost()
        before = cost()
        EnrolmentFactory.create_batch(30, registration=registration)
        attendance.mark_untaken(day=run.ordered_days()[0], by=organiser)
        assert cost() == before


class TestWords:
    @pytest.fixture
    def presenters(self, run):
        found = PresenterFactory.create_batch(2, with_user=True)
        day = run.ordered_days()[0]
        day.presenters.set(found)
        day.save()
        return [presenter.user for presenter in found]

    def test_a_reason_is_seen_by_organisers_and_whoever_wrote_it(self, client, organiser, run, anna, presenters):
        mine, other = presenters
        client.force_login(mine)
        send(client, run, tap(anna, "excused", reason="Begravelse", note="Ring"))
        for user, words in ((organiser, "Begravelse"), (mine, "Begravelse"), (other, None)):
            client.force_login(user)
            assert ask(client, run)["people"][0]["reason"] == words
            shown = client.get(roll_url(run)).content.decode()
            assert ("Begravelse" in shown) is bool(words)
        assert "Begravelse" not in client.get(f"{roll_url(run)}historik/").content.decode()
        client.force_login(organiser)
        assert "Begravelse" in client.get(f"{roll_url(run)}historik/").content.decode()

    def test_words_somebody_does_not_see_stay_when_they_mark(self, client, organiser, run, anna, presenters):
        send(client, run, tap(anna, "excused", reason="Syg", note="Ring"))
        client.force_login(presenters[0])
        send(client, run, tap(anna, "late", minutes_late=5, reason=None, note=None))
        mark = Attendance.objects.get()
        assert (mark.status, mark.reason, mark.note) == ("late", "", "Ring")

    def test_details_by_the_plain_form(self, client, organiser, run, anna):
        client.post(roll_url(run), {"mark": f"{anna.pk}:present"})
        response = client.post(
            roll_url(run), {"mark": f"{anna.pk}:present", "minutter": "", "gik": "30", "grund": "", "note": "Tog toget"}
        )
        assert response.status_code == 302
        mark = Attendance.objects.get()
        assert (mark.minutes_early, mark.note) == (30, "Tog toget")
        page = client.get(roll_url(run)).content.decode()
        assert "Til stede, gik 30 min. før tid" in page
        asked = client.post(roll_url(run), {"mark": f"{anna.pk}:excused"})
        assert asked.url == f"{roll_url(run)}?deltager={anna.pk}#deltager-{anna.pk}"
        assert 'name="grund"' in client.get(asked.url.partition("#")[0]).content.decode()


class TestWindow:
    def test_before_the_day_only_excused(self, client, organiser):
        run = CourseRunFactory()
        anna = EnrolmentFactory(run=run)
        assert client.post(roll_url(run), {"mark": f"{anna.pk}:present"}).status_code == 409
        assert client.post(roll_url(run), {"handling": "alle"}).status_code == 409
        assert send(client, run, tap(anna, "present")).json()["refused"][0]["code"] == "too_early"
        assert client.post(roll_url(run), {"mark": f"{anna.pk}:excused"}).status_code == 302

    def test_after_it_the_page_says_until_when(self, client, organiser):
        run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=200))
        anna = EnrolmentFactory(run=run)
        assert "kunne rettes til og med" in client.get(roll_url(run)).content.decode()
        assert client.post(roll_url(run), {"mark": f"{anna.pk}:present"}).status_code == 409
        assert send(client, run, tap(anna, "present")).json()["refused"][0]["code"] == "too_late"


class TestApp:
    def test_has_a_manifest_with_icons_that_exist(self, client):
        manifest = client.get("/manifest.webmanifest")
        assert manifest["Content-Type"] == "application/manifest+json"
        sizes = set()
        for icon in manifest.json()["icons"]:
            sizes.add(icon["sizes"])
            assert finders.find(icon["src"].removeprefix("/static/"))
        assert sizes == {"192x192", "512x512"}

    def test_the_worker_keeps_every_module_that_a_page_imports(self, client):
        worker = client.get("/sw.js")
        assert worker["Content-Type"].startswith("text/javascript")
        assert "script-src 'self'" in worker["Content-Security-Policy"]
        for name in ASSETS:
            path = finders.find(name)
            assert path, name
            assert f'"/static/{name}"' in worker.content.decode()
            if name.startswith("js/"):
                for module in re.findall(r'(?:from|import\()\s*"\./([^"]+)"', Path(path).read_text()):
                    assert f"js/{module}" in ASSETS

    def test_only_pages_of_the_person_s_own_may_be_kept(self, client, organiser, run):
        header = "X-Roll-Call-User"
        assert client.get(roll_url(run))[header] == client.get("/fremmoede/")[header]
        for address in (f"{roll_url(run)}historik/", f"{roll_url(CourseRunFactory())}sync/", "/uden-net/"):
            assert header not in client.get(address)
        client.logout()
        assert header not in client.get(roll_url(run))
