"""Guessing the door's code gets nowhere, and a room behind one address still gets in; two at once are told apart."""

import re
from datetime import date, timedelta
from unittest import mock

import pytest
from django.core.cache import caches
from django.db import connection

from enrolments.door_codes import STEP, Permit, door_code
from enrolments.links import participant_link
from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.check_in import PermitSpent, check_in
from tests.enrolments.door_helpers import (
    BEFORE,
    PAGE,
    PRESENT,
    at,
    digits_of,
    get_permit,
    mark_of,
    permit_in,
    say,
    text,
)
from tests.enrolments.test_races import at_once
from tests.factories import CourseRunFactory, EnrolmentFactory
from website.core.throttling import WrongTries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_tries_yet():
    caches["throttle"].clear()


@pytest.fixture
def day():
    run = CourseRunFactory(first_day=date(2027, 4, 23), course__title="Frivillighed i praksis")
    return run.days.get()


@pytest.fixture
def anna(day):
    return EnrolmentFactory(run=day.run, name="Anna And", email="anna@example.dk")


class TestGuessing:
    def wrong(self, day, moment=BEFORE):
        good = {digits_of(day, moment), digits_of(day, moment - timedelta(seconds=STEP))}
        return (f"{n:06}" for n in range(10**6) if f"{n:06}" not in good)

    def test_after_ten_wrong_tries_the_right_digits_are_refused_too_and_the_qr_code_still_works(self, client, day):
        guesses = self.wrong(day)
        with at(BEFORE):
            for _ in range(10):
                assert client.post(PAGE, {"digits": next(guesses)}).status_code == 422
            eleventh = client.post(PAGE, {"digits": digits_of(day, BEFORE)})
            assert eleventh.status_code == 429
            assert "Scan QR-koden ved døren" in text(eleventh)
            assert "Skriv cifrene ved døren" not in text(eleventh)  # where they would be refused again
            assert client.get(f"{PAGE}{day.pk}/{door_code(day, BEFORE).token}/").status_code == 200
            other = client.post(PAGE, {"digits": digits_of(day, BEFORE)}, REMOTE_ADDR="10.0.0.7")
            assert other.status_code == 200

    def test_who_is_known_has_tries_of_their_own_in_a_room_behind_one_address(self, client, day, anna):
        guesses = self.wrong(day)
        with at(BEFORE):
            for _ in range(10):
                client.post(PAGE, {"digits": next(guesses)})
            done = client.post(
                f"/tilmelding/deltager/{participant_link.token(anna)}/tjek-ind/", {"digits": digits_of(day, BEFORE)}
            )

        assert "Du er tjekket ind" in text(done)

    def test_tries_come_back_after_a_while(self, client, day):
        guesses = self.wrong(day)
        with at(BEFORE):
            for _ in range(11):
                client.post(PAGE, {"digits": next(guesses)})
        later = BEFORE + timedelta(minutes=11)
        with at(later):
            assert client.post(PAGE, {"digits": digits_of(day, later)}).status_code == 200

    def test_a_thousand_guesses_from_a_thousand_addresses_get_nowhere(self, client, day, settings):
        """All but the first and the last are counted as the page counts them, without showing it each time."""
        guesses = self.wrong(day)
        addresses = [f"10.1.{n // 250}.{n % 250}" for n in range(1000)]
        limits = {"each": settings.CHECK_IN_WRONG_TRIES, "of_all": settings.CHECK_IN_WRONG_TRIES_OF_ALL}
        with at(BEFORE):
            for address in addresses[:5]:
                assert client.post(PAGE, {"digits": next(guesses)}, REMOTE_ADDR=address).status_code == 422
            for address in addresses[5:-5]:
                WrongTries("check-in", address, **limits).count()
            for address in addresses[-5:]:
                assert client.post(PAGE, {"digits": next(guesses)}, REMOTE_ADDR=address).status_code == 422
            right = client.post(PAGE, {"digits": digits_of(day, BEFORE)}, REMOTE_ADDR="10.9.9.9")
            assert right.status_code == 429
            assert client.get(f"{PAGE}{day.pk}/{door_code(day, BEFORE).token}/").status_code == 200

    def test_an_empty_form_is_no_guess(self, client, day):
        with at(BEFORE):
            for _ in range(12):
                client.post(PAGE, {"digits": ""})
            assert client.post(PAGE, {"digits": digits_of(day, BEFORE)}).status_code == 200

    def test_ten_wrong_names_use_a_permit_up(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        for n in range(10):
            assert say(client, permit, f"guess{n}@example.dk", BEFORE).status_code == 422

        assert say(client, permit, "anna@example.dk", BEFORE).status_code == 429
        assert mark_of(anna) is None

    def test_what_is_counted_holds_no_network_address(self, client, day):
        with at(BEFORE):
            client.post(PAGE, {"digits": "000000"}, REMOTE_ADDR="10.1.2.3")
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key FROM accounts_throttleentry")
            assert not any("10.1.2.3" in key for (key,) in cursor.fetchall())


class TestTheCodesThemselves:
    def test_two_days_with_the_same_digits_are_told_apart_by_who_comes(self, client, day, anna):
        other = CourseRunFactory(first_day=day.date).days.get()
        bo = EnrolmentFactory(run=other.run, email="bo@example.dk")
        with mock.patch("enrolments.door_codes._digits", return_value="123456"), at(BEFORE):
            page = client.post(PAGE, {"digits": "123456"})
        assert "Frivillighed" not in text(page)

        say(client, permit_in(page), "bo@example.dk", BEFORE)

        assert mark_of(bo) == PRESENT
        assert Permit.read(permit_in(page), BEFORE).days == (day.pk, other.pk)

    def test_every_half_minute_has_its_own_code_and_every_day_too(self, day):
        other = CourseRunFactory(first_day=day.date).days.get()
        codes = [door_code(each, BEFORE + timedelta(seconds=s)) for each in (day, other) for s in (0, 29, 30, 60)]

        assert len({code.token for code in codes}) == 6
        assert all(re.fullmatch(r"\d{6}", code.digits) for code in codes)
        assert codes[1].changes_at == BEFORE + timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_eight_people_with_one_permit_one_is_marked(self):
        run = CourseRunFactory(first_day=BEFORE.date(), capacity=None)
        day, permit = run.days.get(), Permit.give(run.days.all(), BEFORE)
        people = [EnrolmentFactory(run=run) for _ in range(8)]

        results = at_once(
            *(lambda person=person: check_in(enrolment=person, day=day, permit=permit, at=BEFORE) for person in people)
        )

        assert sum(isinstance(result, PermitSpent) for result in results) == 7, results
        assert Attendance.objects.exclude(status="").count() == 1

    def test_one_person_who_taps_on_six_devices_at_once_is_one_mark(self):
        """Seen failing without the lock of the roll: each was told to be the first."""
        run = CourseRunFactory(first_day=BEFORE.date())
        day, anna = run.days.get(), EnrolmentFactory(run=run)

        results = at_once(
            *(lambda: check_in(enrolment=anna, day=day, permit=Permit.give([day], BEFORE), at=BEFORE) for _ in range(6))
        )

        assert sorted(result.was_there for result in results) == [False] + [True] * 5
        assert AttendanceChange.objects.count() == 1
