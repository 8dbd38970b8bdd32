"""Checking oneself in: the door's code is judged when it arrives, gives one mark to one person, and tells no more."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.cache import caches
from django.core.signing import Signer
from django.utils import timezone

from courses.models import CourseDay
from enrolments.check_in_codes import check_in_code
from enrolments.door_codes import door_code
from enrolments.enums import AttendanceStatus, EventKind, MarkSource
from enrolments.links import participant_link
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from tests.enrolments.door_helpers import (
    BEFORE,
    PAGE,
    PRESENT,
    at,
    digits_of,
    error,
    get_permit,
    mark_of,
    permit_in,
    say,
    sign_in,
    text,
)
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory

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


class TestTheWayIn:
    def test_the_digits_and_the_address_make_somebody_present(self, client, day, anna):
        with at(BEFORE):
            page = client.post(PAGE, {"digits": digits_of(day, BEFORE)})
        assert "Frivillighed i praksis" in text(page)

        done = say(client, permit_in(page), " ANNA@example.dk ", BEFORE)

        assert "Du er tjekket ind" in text(done)
        assert mark_of(anna) == PRESENT
        assert AttendanceChange.objects.get().at == BEFORE

    def test_the_digits_may_be_typed_as_they_are_read(self, client, day):
        digits = digits_of(day, BEFORE)
        with at(BEFORE):
            assert permit_in(client.post(PAGE, {"digits": f" {digits[:3]} {digits[3:]}"}))

    def test_fewer_than_six_are_asked_for_whole(self, client, day):
        with at(BEFORE):
            assert "Der står seks cifre ved døren" in text(client.post(PAGE, {"digits": "12 34"}))

    def test_the_code_on_the_badge_does_as_well(self, client, day, anna):
        done = say(client, get_permit(client, day, BEFORE), check_in_code(anna).lower(), BEFORE)

        assert "Du er tjekket ind" in text(done)
        assert mark_of(anna) == PRESENT

    def test_the_qr_code_leads_to_the_same_question_and_looking_changes_nothing(self, client, day, anna):
        with at(BEFORE):
            page = client.get(f"{PAGE}{day.pk}/{door_code(day, BEFORE).token}/")
        assert not Attendance.objects.exists()

        say(client, permit_in(page), "anna@example.dk", BEFORE)

        assert mark_of(anna) == PRESENT

    def test_no_page_says_who_somebody_is_by_an_address_they_typed(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        first, again = (say(client, permit, "anna@example.dk", BEFORE) for _ in range(2))

        assert "Anna And" not in first.content.decode() + again.content.decode()

    def test_nothing_personal_stands_in_an_address(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        done = say(client, permit, "anna@example.dk", BEFORE)

        assert done.request["QUERY_STRING"] == ""
        assert done.status_code == 200

    def test_it_works_without_any_cookie(self, client, day, anna):
        say(client, get_permit(client, day, BEFORE), "anna@example.dk", BEFORE)

        assert not client.cookies

    def test_somebody_signed_in_types_the_digits_alone(self, client, day, anna):
        sign_in(client, email="anna@example.dk")
        with at(BEFORE):
            done = client.post(PAGE, {"digits": digits_of(day, BEFORE)})

        assert "Anna And" in text(done)
        assert mark_of(anna) == PRESENT

    def test_somebody_signed_in_who_scans_presses_one_button(self, client, day, anna):
        sign_in(client, email="anna@example.dk")
        with at(BEFORE):
            page = client.get(f"{PAGE}{day.pk}/{door_code(day, BEFORE).token}/")
            assert "Hej Anna And" in text(page)
            assert not Attendance.objects.exists()
            client.post(PAGE, {"permit": permit_in(page), "me": "1"})

        assert mark_of(anna) == PRESENT

    def test_staff_signed_in_at_the_door_are_asked_whom_to_mark(self, client, day, anna):
        sign_in(client, organiser=True)

        say(client, get_permit(client, day, BEFORE), "anna@example.dk", BEFORE)

        assert mark_of(anna) == PRESENT

    def test_the_participants_own_page_takes_the_digits_alone(self, client, day, anna):
        with at(BEFORE):
            done = client.post(
                f"/tilmelding/deltager/{participant_link.token(anna)}/tjek-ind/", {"digits": digits_of(day, BEFORE)}
            )

        assert "Du er tjekket ind" in text(done)
        assert mark_of(anna) == PRESENT

    def test_the_own_page_takes_no_other_runs_digits(self, client, day, anna):
        other = CourseRunFactory(first_day=day.date).days.get()
        with at(BEFORE):
            refused = client.post(
                f"/tilmelding/deltager/{participant_link.token(anna)}/tjek-ind/", {"digits": digits_of(other, BEFORE)}
            )

        assert refused.status_code == 422
        assert mark_of(anna) is None


class TestWhen:
    @pytest.mark.parametrize(
        ("clock", "mark"),
        [
            (time(8, 0), (AttendanceStatus.PRESENT, None)),
            (time(9, 5, 59), (AttendanceStatus.PRESENT, None)),
            (time(9, 6), (AttendanceStatus.LATE, 6)),
            (time(15, 59, 59), (AttendanceStatus.LATE, 419)),
        ],
    )
    def test_within_the_grace_is_present_and_after_it_late(self, client, day, anna, clock, mark):
        moment = timezone.make_aware(datetime.combine(day.date, clock))
        say(client, get_permit(client, day, moment), "anna@example.dk", moment)

        assert mark_of(anna)[:2] == mark

    @pytest.mark.parametrize("clock", [time(7, 59, 59), time(16, 0)])
    def test_outside_the_window_the_days_own_code_is_refused(self, client, day, anna, clock):
        moment = timezone.make_aware(datetime.combine(day.date, clock))
        with at(moment):
            assert client.post(PAGE, {"digits": digits_of(day, moment)}).status_code == 422
            scanned = client.get(f"{PAGE}{day.pk}/{door_code(day, moment).token}/")
        assert "Indtjekningen er lukket" in text(scanned)

    def test_a_permit_does_not_outlive_the_day(self, client, day, anna):
        last = timezone.make_aware(datetime.combine(day.date, time(15, 59, 50)))
        permit = get_permit(client, day, last)

        late = say(client, permit, "anna@example.dk", last + timedelta(seconds=10))

        assert "Indtjekningen er lukket" in text(late)
        assert mark_of(anna) is None

    def test_the_window_is_a_setting(self, client, day, settings):
        settings.CHECK_IN_OPENS_MINUTES = 5
        with at(BEFORE):
            assert client.post(PAGE, {"digits": digits_of(day, BEFORE)}).status_code == 422

    def test_a_day_that_begins_after_midnight_opens_the_evening_before(self, client):
        day = CourseRunFactory(first_day=date(2027, 4, 23), day_fields={"start_time": time(0, 30)}).days.get()
        anna = EnrolmentFactory(run=day.run, email="anna@example.dk")
        evening = timezone.make_aware(datetime.combine(date(2027, 4, 22), time(23, 40)))

        say(client, get_permit(client, day, evening), "anna@example.dk", evening)

        assert mark_of(anna)[0] == AttendanceStatus.PRESENT

    @pytest.mark.parametrize(("changes_on", "late"), [(date(2027, 3, 28), 6), (date(2027, 10, 31), 6)])
    def test_minutes_are_real_ones_where_the_clock_changes_in_between(self, client, changes_on, late):
        """A day from 1.30, when two o'clock is three, or comes twice."""
        fields = {"start_time": time(1, 30), "end_time": time(9)}
        day = CourseRunFactory(first_day=changes_on, day_fields=fields).days.get()
        anna = EnrolmentFactory(run=day.run, email="anna@example.dk")
        moment = day.starts_at + timedelta(minutes=late)

        say(client, get_permit(client, day, moment), "anna@example.dk", moment)

        assert mark_of(anna)[:2] == (AttendanceStatus.LATE, late)

    def test_a_run_that_is_called_off_takes_nobody_in(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        day.run.status = "cancelled"
        day.run.save()

        say(client, permit, "anna@example.dk", BEFORE)

        assert mark_of(anna) is None


class TestOldCodes:
    @pytest.mark.parametrize(("age", "is_good"), [(0, True), (59, True), (60, False), (3600, False), (-1, False)])
    def test_a_code_is_good_for_a_minute_from_when_it_was_first_shown(self, client, day, age, is_good):
        moment = BEFORE + timedelta(seconds=age)
        code = door_code(day, BEFORE)
        with at(moment):
            typed = client.post(PAGE, {"digits": code.digits})
            scanned = client.get(f"{PAGE}{day.pk}/{code.token}/")

        assert (typed.status_code, scanned.status_code) == ((200, 200) if is_good else (422, 410))

    def test_a_code_of_another_day_is_refused(self, client, day):
        other = CourseRunFactory(first_day=date(2027, 4, 22)).days.get()
        with at(BEFORE):
            assert client.get(f"{PAGE}{day.pk}/{door_code(other, BEFORE).token}/").status_code == 410
            assert client.post(PAGE, {"digits": digits_of(other, BEFORE)}).status_code == 422

    def test_a_permit_lasts_a_few_minutes_and_no_more(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        late = say(client, permit, "anna@example.dk", BEFORE + timedelta(minutes=5, seconds=1))

        assert "Der er gået for lang tid" in error(late)
        assert mark_of(anna) is None

    @pytest.mark.parametrize(
        "forge", [lambda p: p[:-1] + "x", lambda p: Signer(salt="mine").sign("1.2.3"), lambda p: ""]
    )
    def test_a_forged_permit_is_refused(self, client, day, anna, forge):
        permit = forge(get_permit(client, day, BEFORE))
        assert say(client, permit, "anna@example.dk", BEFORE).status_code == 409
        assert mark_of(anna) is None

    def test_a_permit_takes_one_mark_and_no_other_persons(self, client, day, anna):
        bo = EnrolmentFactory(run=day.run, email="bo@example.dk")
        permit = get_permit(client, day, BEFORE)
        say(client, permit, "anna@example.dk", BEFORE)

        replayed = say(client, permit, "bo@example.dk", BEFORE)

        assert "koden er brugt" in error(replayed)
        assert mark_of(bo) is None

    def test_the_same_form_sent_twice_is_one_mark(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        for _ in range(2):
            done = say(client, permit, "anna@example.dk", BEFORE)

        assert "Du var allerede tjekket ind" in text(done)
        assert AttendanceChange.objects.count() == 1

    def test_a_permit_that_has_been_used_undoes_no_later_mark_of_staff(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        say(client, permit, "anna@example.dk", BEFORE)
        attendance.mark(
            day=day, marks={anna.pk: Mark(AttendanceStatus.ABSENT)}, by=None, at=BEFORE + timedelta(seconds=5)
        )

        say(client, permit, "anna@example.dk", BEFORE + timedelta(seconds=9))

        assert mark_of(anna)[0] == AttendanceStatus.ABSENT

    def test_a_day_that_is_gone_is_refused(self, client, day, anna):
        permit = get_permit(client, day, BEFORE)
        CourseDay.objects.filter(pk=day.pk).delete()

        assert say(client, permit, "anna@example.dk", BEFORE).status_code in (409, 422)


class TestWhom:
    def refusal(self, client, day, who):
        response = say(client, get_permit(client, day, BEFORE), who, BEFORE)
        return response.status_code, error(response)

    def test_everybody_who_cannot_be_marked_gets_the_same_words(self, client, day, anna):
        EnrolmentFactory(run=day.run, email="line@example.dk", waiting=True)
        EnrolmentFactory(run=day.run, email="gone@example.dk", cancelled=True)
        elsewhere = EnrolmentFactory(email="elsewhere@example.dk")
        gone = Enrolment.objects.get(email="gone@example.dk")
        forged = check_in_code(anna)[:-1] + ("A" if check_in_code(anna)[-1] != "A" else "B")

        refusals = {
            self.refusal(client, day, who)
            for who in (
                "nobody@example.dk", "line@example.dk", "gone@example.dk", "elsewhere@example.dk",
                check_in_code(gone), check_in_code(elsewhere), forged, "Anna And", "9" * 30, "@", "'; --",
            )
        }  # fmt: skip

        assert len(refusals) == 1
        assert "personalet ved døren" in refusals.pop()[1]
        assert not Attendance.objects.exists()

    def test_a_code_dies_with_the_participants_other_links(self, client, day, anna):
        old = check_in_code(anna)
        Enrolment.objects.filter(pk=anna.pk).update(link_version=2)

        assert self.refusal(client, day, old)[0] == 422

    def test_who_proves_to_be_in_line_is_sent_kindly_to_the_door(self, client, day):
        waiting = EnrolmentFactory(run=day.run, email="line@example.dk", waiting=True)
        with at(BEFORE):
            page = client.post(
                f"/tilmelding/deltager/{participant_link.token(waiting)}/tjek-ind/", {"digits": digits_of(day, BEFORE)}
            )

        assert "Personalet ved døren hjælper dig" in text(page)
        assert mark_of(waiting) is None

    def test_somebody_marked_already_is_told_and_keeps_the_mark(self, client, day, anna):
        user = UserFactory(organiser=True)
        attendance.mark(day=day, marks={anna.pk: Mark(AttendanceStatus.PRESENT)}, by=user, at=BEFORE)
        later = BEFORE + timedelta(hours=1)

        told = say(client, get_permit(client, day, later), "anna@example.dk", later)

        assert "Du var allerede tjekket ind" in text(told)
        assert "kl. 8.50" in text(told)
        assert mark_of(anna) == (AttendanceStatus.PRESENT, None, MarkSource.ROLL_CALL, user)

    @pytest.mark.parametrize("earlier", [AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED])
    def test_the_later_tap_wins_over_staffs_earlier_mark_and_both_stand_in_the_history(
        self, client, day, anna, earlier
    ):
        attendance.mark(day=day, marks={anna.pk: Mark(earlier)}, by=UserFactory(organiser=True), at=BEFORE)
        later = BEFORE + timedelta(minutes=30)

        say(client, get_permit(client, day, later), "anna@example.dk", later)

        assert mark_of(anna) == (AttendanceStatus.LATE, 20, MarkSource.SELF, None)
        changes = AttendanceChange.objects.order_by("pk").values_list("old_status", "new_status", "source")
        assert list(changes) == [
            ("", earlier, MarkSource.ROLL_CALL),
            (earlier, AttendanceStatus.LATE, MarkSource.SELF),
        ]

    def test_a_walk_in_that_staff_have_taken_in_may_check_in(self, client, day):
        guest = EnrolmentFactory(run=day.run, email="guest@example.dk", status="walk_in")
        say(client, get_permit(client, day, BEFORE), "guest@example.dk", BEFORE)

        assert mark_of(guest) == PRESENT

    def test_checking_in_writes_no_mail_and_no_event(self, client, day, anna, mailoutbox):
        say(client, get_permit(client, day, BEFORE), "anna@example.dk", BEFORE)

        assert not mailoutbox
        assert not anna.events.exclude(kind=EventKind.REGISTERED).exists()
