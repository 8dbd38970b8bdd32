"""The screens at the door: a code that changes by itself, a count that names nobody, for who takes the roll call."""

import posixpath
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enrolments.check_in_codes import check_in_code
from enrolments.door_codes import door_code
from enrolments.enums import AttendanceStatus
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from enrolments.qr import qr_data_uri
from enrolments.views.roll_call.app import ASSETS
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, RegistrationFactory, UserFactory
from website.core.middleware import PERMISSIONS_POLICY

pytestmark = pytest.mark.django_db

BEFORE = datetime(2027, 4, 23, 6, 50, tzinfo=UTC)
SCREENS = ("doer", "skaerm")


@pytest.fixture
def day():
    return CourseRunFactory(first_day=date(2027, 4, 23), course__title="Frivillighed i praksis").days.get()


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    with at(BEFORE):
        client.force_login(user)
    return user


def at(moment):
    return mock.patch("django.utils.timezone.now", return_value=moment)


def url(day, screen="doer"):
    return f"/fremmoede/hold/{day.run_id}/{day.date}/{screen}/"


def state(client, day, moment=BEFORE, screen="doer"):
    with at(moment):
        return client.get(url(day, screen), headers={"accept": "application/json"}).json()


class TestTheDoorScreen:
    def test_it_shows_the_code_of_the_moment_as_digits_and_as_a_qr_code(self, client, day, organiser):
        code = door_code(day, BEFORE)
        shown = state(client, day)

        assert shown["digits"] == f"{code.digits[:3]} {code.digits[3:]}"
        assert shown["qr"] == qr_data_uri(f"{settings.SITE_URL}/fremmoede/tjek-ind/{day.pk}/{code.token}/")
        assert unquote(shown["qr"]).startswith("data:image/svg+xml")

    def test_the_code_changes_every_30_seconds_and_the_screen_knows_when(self, client, day, organiser):
        shown = [state(client, day, BEFORE + timedelta(seconds=s)) for s in (0, 29, 30)]

        assert [each["seconds"] for each in shown] == [30, 1, 30]
        assert shown[0]["digits"] == shown[1]["digits"] != shown[2]["digits"]

    def test_without_javascript_the_page_loads_itself_anew_when_the_code_changes(self, client, day, organiser):
        with at(BEFORE + timedelta(seconds=12)):
            page = BeautifulSoup(client.get(url(day)).content, "html.parser")

        assert page.select_one("noscript meta[http-equiv=refresh]")["content"] == "18"
        assert door_code(day, BEFORE).spaced_digits in page.text

    @pytest.mark.parametrize(
        ("moment", "words"),
        [
            (BEFORE - timedelta(hours=1), "åbner fredag 23. april kl. 8.00"),
            (BEFORE + timedelta(hours=8), "Indtjekningen lukkede kl. 16.00"),
        ],
    )
    def test_outside_the_window_it_shows_no_code_and_says_when(self, client, day, organiser, moment, words):
        shown = state(client, day, moment)

        assert words in shown["closed"]
        assert "digits" not in shown and "qr" not in shown

    def test_a_run_that_is_not_held_has_no_code(self, client, organiser):
        day = CourseRunFactory(first_day=date(2027, 4, 23), cancelled=True).days.get()
        assert state(client, day)["open"] is False

    def test_nothing_keeps_the_page(self, client, day, organiser):
        with at(BEFORE):
            response = client.get(url(day))
        assert "no-store" in response["Cache-Control"]
        assert response["Permissions-Policy"] == PERMISSIONS_POLICY


class TestTheCount:
    def test_it_counts_those_on_the_roll_who_have_come(self, client, day, organiser):
        people = [EnrolmentFactory(run=day.run) for _ in range(4)]
        guest = EnrolmentFactory(run=day.run, status="walk_in")
        EnrolmentFactory(run=day.run, waiting=True)
        EnrolmentFactory(run=day.run, cancelled=True)
        marks = {
            people[0].pk: Mark(AttendanceStatus.PRESENT),
            people[1].pk: Mark(AttendanceStatus.LATE, 12),
            people[2].pk: Mark(AttendanceStatus.ABSENT),
            guest.pk: Mark(AttendanceStatus.PRESENT),
        }
        attendance.mark(day=day, marks=marks, by=organiser, at=BEFORE)

        shown = state(client, day, screen="skaerm")

        assert shown == {"come": 3, "expected": 5, "count": "3 af 5 er kommet"}

    def test_neither_screen_names_anybody(self, client, day, organiser):
        anna = EnrolmentFactory(run=day.run, name="Anna And", email="anna@example.dk")
        attendance.mark(day=day, marks={anna.pk: Mark(AttendanceStatus.PRESENT)}, by=organiser, at=BEFORE)
        with at(BEFORE):
            for screen in SCREENS:
                page = client.get(url(day, screen)).content.decode()
                assert "Anna" not in page and "anna@" not in page

    @pytest.mark.parametrize("screen", SCREENS)
    def test_it_costs_the_same_however_many_come(self, client, day, organiser, screen):
        def queries():
            with at(BEFORE), CaptureQueriesContext(connection) as found:
                client.get(url(day, screen), headers={"accept": "application/json"})
            return len(found)

        EnrolmentFactory(run=day.run)
        few = queries()
        RegistrationFactory(run=day.run, participants=9)
        assert queries() == few <= 10


class TestWho:
    @pytest.mark.parametrize("screen", SCREENS)
    def test_only_who_takes_the_runs_roll_call_sees_the_screens(self, client, day, screen):
        mine = PresenterFactory(with_user=True)
        day.presenters.set([mine])
        day.save()
        other = PresenterFactory(with_user=True)
        CourseRunFactory(day_fields={"presenters": [other]})
        EnrolmentFactory(run=day.run, email="anna@example.dk")
        answers = {}
        for user in (UserFactory(organiser=True), mine.user, other.user, UserFactory(email="anna@example.dk")):
            with at(BEFORE):
                client.force_login(user)
                answers[user] = client.get(url(day, screen)).status_code

        assert list(answers.values()) == [200, 200, 403, 403]

    def test_a_stranger_is_sent_to_sign_in_and_a_script_is_told(self, client, day):
        assert client.get(url(day)).status_code == 302
        assert client.get(url(day), headers={"accept": "application/json"}).status_code == 401

    def test_a_day_that_has_moved_has_no_screen(self, client, day, organiser):
        with at(BEFORE):
            assert client.get(f"/fremmoede/hold/{day.run_id}/2027-04-24/doer/").status_code == 404


class TestTheCamera:
    def test_the_roll_call_alone_may_ask_for_it(self, client, day, organiser):
        with at(BEFORE):
            assert "camera=(self)" in client.get(f"/fremmoede/hold/{day.run_id}/{day.date}/")["Permissions-Policy"]
            for path in ("/fremmoede/", url(day), "/fremmoede/tjek-ind/"):
                assert "camera=()" in client.get(path)["Permissions-Policy"]

    def test_a_scanner_is_told_why_a_code_is_of_nobody_on_its_roll(self, client, day, organiser):
        gone = EnrolmentFactory(run=day.run, name="Bo Bæk", cancelled=True)
        elsewhere = EnrolmentFactory(name="Eva Ebbesen", run__course__title="Et andet kursus")

        def told(code):
            with at(BEFORE):
                answer = client.get(f"/fremmoede/kode/{code}/", headers={"accept": "application/json"})
            return answer.json()["text"]

        assert "Bo Bæk" in told(check_in_code(gone)) and gone.get_status_display() in told(check_in_code(gone))
        assert "Eva Ebbesen står på et andet hold" in told(check_in_code(elsewhere))
        assert "gælder ikke" in told("9IX-7F2QXA4K")

    def test_a_presenter_is_told_no_name_of_a_run_that_is_not_theirs(self, client, day):
        presenter = PresenterFactory(with_user=True)
        CourseRunFactory(day_fields={"presenters": [presenter]})
        gone = EnrolmentFactory(run=day.run, name="Bo Bæk", cancelled=True)
        client.force_login(presenter.user)

        told = client.get(f"/fremmoede/kode/{check_in_code(gone)}/", headers={"accept": "application/json"}).json()

        assert told == {"text": "Koden hører til et andet hold."}
        client.logout()
        told = client.get(f"/fremmoede/kode/{check_in_code(gone)}/", headers={"accept": "application/json"})
        assert (told.status_code, told.json()) == (401, {"text": ""})


def test_whatever_a_script_on_the_device_imports_is_on_the_device_too():
    imports = re.compile(r"""(?:^import [^;]*?from|\bimport\()\s*["'](\.[^"']+)["']""", re.MULTILINE)
    for name in ASSETS:
        if name.endswith(".js"):
            for relative in imports.findall(Path(finders.find(name)).read_text()):
                assert posixpath.normpath(posixpath.join(posixpath.dirname(name), relative)) in ASSETS, (name, relative)
