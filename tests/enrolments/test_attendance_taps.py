"""Taps of several devices: the later wins, each is kept once, the wrong ones are told one by one."""

import re
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrolments.enums import EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment, RollEntry
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark, Tap, correct_at, take
from enrolments.operations.attendance.lines import lines
from enrolments.operations.attendance.writing import WRITE
from tests.enrolments.test_attendance import run_with, status_of
from tests.factories import (
    CourseDayFactory,
    CourseRunFactory,
    EnrolmentFactory,
    UserFactory,
)

NOON = timezone.make_aware(datetime.combine(timezone.localdate(), time(12)))


def tap(enrolment, status="present", *, at=NOON, mark_id=None, **fields) -> Tap:
    pk = enrolment.pk if isinstance(enrolment, Enrolment) else enrolment
    return Tap(mark_id or uuid4(), pk, Mark(status, **fields), at)


def given_taps(day, *taps, by=None, **fields):
    fields = {"source": "roll_call", "received_at": NOON + timedelta(hours=1), **fields}
    return take(day=day, taps=taps, by=by, **fields)


def history(enrolment) -> list[tuple]:
    changes = AttendanceChange.objects.filter(attendance__enrolment=enrolment).order_by("at", "mark_id")
    return list(changes.values_list("new_status", "is_applied"))


@pytest.fixture
def user(db):
    return UserFactory()


class TestTake:
    def test_keeps_everything_a_device_tells(self, user):
        _, day, [anna] = run_with(1)
        mark_id, received = uuid4(), NOON + timedelta(minutes=30)
        taken = given_taps(
            day,
            tap(anna, "late", minutes_late=12, minutes_early=30, note="Afhentes", mark_id=mark_id),
            by=user,
            source="scan",
            device="tavle-1",
            clock_offset=-130,
            received_at=received,
        )
        mark, [change] = Attendance.objects.get(), taken.changes
        assert (mark.status, mark.minutes_late, mark.minutes_early, mark.note) == ("late", 12, 30, "Afhentes")
        assert (mark.marked_at, mark.marked_by, mark.source) == (NOON, user, "scan")
        change.refresh_from_db()
        assert (change.mark_id, change.at, change.received_at) == (mark_id, NOON, received)
        assert (change.device, change.clock_offset, change.by, change.source) == ("tavle-1", -130, user, "scan")
        assert (change.new_minutes_late, change.new_minutes_early, change.new_note) == (12, 30, "Afhentes")

    def test_the_later_tap_wins_whichever_comes_first(self, user):
        _, day, [anna] = run_with(1)
        given_taps(day, tap(anna, "absent", at=NOON + timedelta(minutes=5)), by=user)
        taken = given_taps(day, tap(anna, "present", at=NOON), by=UserFactory())
        assert status_of(anna, day) == "absent"
        assert [change.is_applied for change in taken.changes] == [False]
        assert history(anna) == [("present", False), ("absent", True)]

    def test_that_repeats_the_mark_is_still_a_later_tap(self, user):
        """10.00 present, 10.05 present again; a 'late' of 10.02 comes in last and changes nothing."""
        _, day, [anna] = run_with(1)
        given_taps(day, tap(anna, "present"), by=user)
        given_taps(day, tap(anna, "present", at=NOON + timedelta(minutes=5)), by=user)
        given_taps(day, tap(anna, "late", at=NOON + timedelta(minutes=2)), by=user)
        assert status_of(anna, day) == "present"
        assert history(anna) == [("present", True), ("late", False), ("present", True)]

    def test_of_the_same_instant_the_greater_id_wins(self, user):
        for first, second in ((1, 2), (2, 1)):
            _, day, [anna] = run_with(1)
            taps = {1: tap(anna, "absent", mark_id=uuid4()), 2: tap(anna, "present", mark_id=uuid4())}
            given_taps(day, taps[first], by=user)
            given_taps(day, taps[second], by=user)
            assert status_of(anna, day) == max(taps.values(), key=lambda each: each.mark_id).mark.status

    def test_sent_twice_is_one_mark(self, user):
        _, day, [anna] = run_with(1)
        once = tap(anna)
        given_taps(day, once, by=user)
        taken = given_taps(day, once, once, by=user)
        assert taken.repeated == [once.mark_id, once.mark_id]
        assert not taken.changes and not taken.refused
        assert AttendanceChange.objects.count() == 1

    def test_sent_again_after_a_cancellation_is_known_and_not_refused(self, user):
        _, day, [anna] = run_with(1)
        once = tap(anna)
        given_taps(day, once, by=user)
        Enrolment.objects.update(status=EnrolmentStatus.CANCELLED, cancelled_at=NOON)
        assert given_taps(day, once, by=user).repeated == [once.mark_id]

    def test_keeps_the_planned_times_each_was_taken_under(self, user):
        _, day, [anna] = run_with(1)
        given_taps(day, tap(anna), by=user)
        planned = day.ends_at
        day.end_time = day.end_time.replace(hour=18)
        day.save()
        given_taps(day, tap(anna, "absent", at=NOON - timedelta(minutes=1)), by=user)
        assert Attendance.objects.get().planned_ends_at == planned

    @pytest.mark.parametrize("model", [Attendance, AttendanceChange])
    def test_writes_every_column_there_is(self, model):
        columns = {field.column for field in model._meta.concrete_fields} - {"id"}
        _, _, written = WRITE.partition(f"INSERT INTO {model._meta.db_table} ")
        assert set(re.findall(r"\w+", written.partition("SELECT")[0])) - {"AS", "mark"} == columns

    def test_reads_the_same_roll_as_reports_do(self, user):
        _, day, [anna, *_] = run_with(3)
        run_with(2)
        CourseDayFactory(run=day.run)
        given_taps(day, tap(anna), by=user)
        entries = RollEntry.objects.filter(day=day).values_list("enrolment_id", "attendance_id")
        assert {(pk, line.attendance_id) for pk, line in lines(day).items()} == set(entries)

    def test_costs_the_same_for_one_and_for_five_hundred(self, user):
        def cost(participants: int) -> int:
            _, day, enrolments = run_with(participants)
            given_taps(day, *(tap(each) for each in enrolments[:2]), by=user)
            with CaptureQueriesContext(connection) as queries:
                given_taps(day, *(tap(each, "late", at=NOON + timedelta(seconds=1)) for each in enrolments), by=user)
            return len(queries)

        assert cost(1) == cost(500) <= 5  # two of them open and close the savepoint


class TestRefusals:
    @pytest.mark.parametrize(
        ("what", "code"),
        [
            ("cancelled", "cancelled"),
            ("replaced", "replaced"),
            ("moved", "moved"),
            ("waiting", "in_line"),
            ("other run", "other_run"),
            ("nobody", "unknown"),
        ],
    )
    def test_who_is_not_on_the_roll_is_refused_and_the_rest_is_taken(self, user, what, code):
        run, day, [anna] = run_with(1)
        stranger = {
            "cancelled": lambda: EnrolmentFactory(run=run, cancelled=True).pk,
            "replaced": lambda: EnrolmentFactory(run=run, status="replaced", cancelled_at=NOON).pk,
            "moved": lambda: EnrolmentFactory(run=run, status="moved", cancelled_at=NOON).pk,
            "waiting": lambda: EnrolmentFactory(run=run, waiting=True).pk,
            "other run": lambda: EnrolmentFactory().pk,
            "nobody": lambda: 2**40,
        }[what]()
        wrong = tap(stranger)
        taken = given_taps(day, tap(anna), wrong, by=user)
        assert status_of(anna, day) == "present"
        [refused] = taken.refused
        assert (refused.mark_id, refused.reason_code) == (wrong.mark_id, code)
        assert refused.text.endswith(".")

    @pytest.mark.parametrize(
        ("mark", "code"),
        [
            ({"status": "asleep"}, "unknown_status"),
            ({"status": "late", "minutes_late": 0}, "minutes"),
            ({"status": "late", "minutes_late": 601}, "minutes"),
            ({"status": "present", "minutes_late": 5}, "minutes"),
            ({"status": "absent", "minutes_early": 5}, "minutes"),
            ({"status": "present", "minutes_early": -5}, "minutes"),
            ({"status": "present", "reason": "syg"}, "words"),
            ({"status": "excused", "reason": "x" * 201}, "words"),
            ({"status": "present", "note": "x" * 301}, "words"),
            ({"status": "present", "note": "a\0b"}, "words"),
        ],
    )
    def test_what_is_no_mark_is_refused_and_the_rest_is_taken(self, user, mark, code):
        _, day, [anna, bo] = run_with(2)
        taken = given_taps(day, tap(anna, **mark), tap(bo), by=user)
        assert [refused.reason_code for refused in taken.refused] == [code]
        assert (status_of(anna, day), status_of(bo, day)) == (None, "present")

    def test_a_removed_day_refuses_every_tap_and_raises_nothing(self, user):
        run, day, enrolments = run_with(2)
        pk = day.pk
        CourseDayFactory(run=run, date=day.date + timedelta(days=1))
        day.delete()
        day.pk = pk
        taken = given_taps(day, *(tap(each) for each in enrolments), by=user)
        assert [refused.reason_code for refused in taken.refused] == ["day_removed"] * 2

    def test_a_moved_day_takes_the_taps_by_its_own_key(self, user):
        _, day, [anna] = run_with(1)
        type(day).objects.filter(pk=day.pk).update(date=day.date - timedelta(days=1))
        assert not given_taps(day, tap(anna), by=user).refused

    def test_an_id_of_another_participants_mark_is_refused(self, user):
        _, day, [anna, bo] = run_with(2)
        first = tap(anna)
        given_taps(day, first, by=user)
        taken = given_taps(day, tap(bo, mark_id=first.mark_id), by=user)
        assert [refused.reason_code for refused in taken.refused] == ["id_reused"]

    def test_an_id_of_another_days_mark_is_refused_and_the_rest_is_taken(self, user):
        _, day, [anna] = run_with(1)
        _, other, [carl, dora] = run_with(2)
        first = tap(anna)
        given_taps(day, first, by=user)
        with transaction.atomic():
            taken = given_taps(other, tap(carl, mark_id=first.mark_id), tap(dora), by=user)
        assert [refused.reason_code for refused in taken.refused] == ["id_reused"]
        assert (status_of(carl, other), status_of(dora, other)) == (None, "present")


class TestClocks:
    def test_no_tap_stands_after_it_was_received(self, user):
        _, day, [anna] = run_with(1)
        given_taps(day, tap(anna, at=NOON + timedelta(days=365)), by=user, received_at=NOON)
        assert Attendance.objects.get().marked_at == NOON

    def test_a_clock_a_year_ahead_keeps_the_order_of_its_taps(self, user):
        _, day, [anna] = run_with(1)
        ahead = NOON + timedelta(days=365)
        taps = [
            tap(anna, "late", at=ahead + timedelta(seconds=2), mark_id=UUID(int=1)),
            tap(anna, "present", at=ahead, mark_id=UUID(int=2)),
        ]
        given_taps(day, *taps, by=user, received_at=NOON)
        assert status_of(anna, day) == "late"

    def test_a_clock_years_behind_gives_way_to_others_and_is_kept(self, user):
        _, day, [anna, bo] = run_with(2)
        given_taps(day, tap(anna, "absent"), by=user)
        behind = NOON - timedelta(days=4000)
        given_taps(day, tap(anna, at=behind), tap(bo, at=behind), by=user)
        assert (status_of(anna, day), status_of(bo, day)) == ("absent", "present")

    @pytest.mark.parametrize("year", [1, 1970, 9999])
    def test_a_clock_at_the_calendars_end_is_brought_back(self, year):
        corrected = correct_at(datetime(year, 1, 1, tzinfo=UTC), 10**9)
        assert 2000 <= corrected.year <= 2999

    def test_the_measured_offset_puts_a_tap_right(self):
        assert correct_at(NOON - timedelta(minutes=7), 7 * 60) == NOON


PLACES = 3


@st.composite
def stories(draw):
    """Taps of several devices on a few people, and two ways they may reach us: any order, cut, repeated."""
    count = draw(st.integers(1, 8))
    taps = [
        (
            UUID(int=n + 1),
            draw(st.integers(0, PLACES - 1)),
            draw(st.sampled_from(["present", "late", "absent", "excused", ""])),
            draw(st.integers(0, 4)),
        )
        for n in draw(st.permutations(range(count)))
    ]
    arrivals = []
    for _ in range(2):
        sent = list(draw(st.permutations(taps)))
        sent += draw(st.lists(st.sampled_from(taps), max_size=3))
        cut = draw(st.integers(0, len(sent)))
        arrivals.append([part for part in (sent[:cut], sent[cut:]) if part])
    return taps, arrivals


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(), seed=st.integers(0, 9))
def test_taps_in_any_order_and_with_any_repeats_give_the_same_marks_and_each_stands_once(db, story, seed):
    taps, arrivals = story
    with transaction.atomic():
        found = []
        for batches in arrivals:
            run = CourseRunFactory(today=True, capacity=None)
            people = [EnrolmentFactory(run=run) for _ in range(PLACES)]
            salt = UUID(int=Random(f"{seed}{run.pk}").getrandbits(100) << 8)
            for batch in batches:
                given_taps(
                    run.ordered_days()[0],
                    *(
                        tap(
                            people[who], status, at=NOON + timedelta(seconds=second), mark_id=UUID(int=salt.int + n.int)
                        )
                        for n, who, status, second in batch
                    ),
                )
            marks = {
                people.index(mark.enrolment): mark.status for mark in Attendance.objects.filter(enrolment__run=run)
            }
            kept = AttendanceChange.objects.filter(attendance__enrolment__run=run).values_list("mark_id", flat=True)
            assert Counter(kept) == Counter(UUID(int=salt.int + n.int) for n, *_ in taps)
            found.append(marks)
        expected = {who: status for _, who, status, _ in sorted(taps, key=lambda each: (each[3], each[0]))}
        assert found == [expected, expected]
        transaction.set_rollback(True)


def test_mark_and_undo_stand_after_every_tap_that_stands(user):
    _, day, [anna] = run_with(1)
    given_taps(day, tap(anna, "late"), by=user)
    [change] = attendance.mark(day=day, marks={anna.pk: Mark("absent")}, by=user, at=NOON - timedelta(hours=1))
    assert status_of(anna, day) == "absent"
    attendance.undo(day=day, change_pk=change.pk, by=user)
    assert status_of(anna, day) == "late"


def test_undo_is_not_kept_from_by_a_tap_that_changed_nothing(user):
    _, day, [anna] = run_with(1)
    [change] = attendance.mark(day=day, marks={anna.pk: Mark("absent")}, by=user, at=NOON)
    given_taps(day, tap(anna, "late", at=NOON - timedelta(hours=2)), by=UserFactory())
    attendance.undo(day=day, change_pk=change.pk, by=user)
    assert status_of(anna, day) == ""
