"""Marks, walk-ins and cancellations at the same moment, on real connections. Each race is shown without its guard."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from courses.models import RunSeats
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations.attendance import Mark, Taken, Tap, give_seat, take, taking, walk_in, walking_in
from enrolments.operations.cancelling import cancel
from tests.enrolments.helpers import sign_up
from tests.enrolments.test_attendance import run_with
from tests.enrolments.test_races import at_once
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

STATUSES = ("present", "late", "absent", "excused")
#: An odd number of people: both devices get taps on each of them.
PEOPLE, ROUNDS = 7, 5


def two_devices_mark_everybody() -> tuple[list, dict[int, str], list]:
    """Two devices send taps on the same people at once, out of order; return answers, the right marks, histories."""
    _, day, enrolments = run_with(PEOPLE)
    noon = timezone.now() - timedelta(minutes=30)
    user = UserFactory()
    taps = [
        Tap(uuid4(), each.pk, Mark(STATUSES[(n + at) % 4]), noon + timedelta(seconds=(n * 7 + at * 3) % 20))
        for n in range(2 * ROUNDS)
        for at, each in enumerate(enrolments)
    ]
    halves = (taps[::2], list(reversed(taps[1::2])))

    def send(half):
        def job() -> list[Taken]:
            batches = [half[at : at + PEOPLE] for at in range(0, len(half), PEOPLE)]
            # The network gives up and sends again.
            return [
                take(day=day, taps=batch, by=user, source="roll_call", device=str(id(half)))
                for batch in [*batches, batches[0]]
            ]

        return job

    answers = at_once(*(send(half) for half in halves))
    right = {}
    for tap in sorted(taps, key=lambda each: (each.at, each.mark_id)):
        right[tap.enrolment] = tap.mark.status
    kept = list(AttendanceChange.objects.filter(attendance__day=day).values_list("mark_id", flat=True))
    lost = sorted({tap.mark_id for tap in taps} ^ set(kept), key=str) or (len(kept) != len(taps) and ["twice"]) or []
    stands = dict(Attendance.objects.filter(day=day).values_list("enrolment_id", "status"))
    wrong = {pk: status for pk, status in right.items() if stands.get(pk) != status}
    return answers, wrong, list(lost)


def test_two_devices_marking_at_once_lose_nothing_and_the_later_tap_stands():
    answers, wrong, lost = two_devices_mark_everybody()
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert not wrong
    assert not lost


def test_without_the_lock_they_would(monkeypatch):
    monkeypatch.setattr(taking, "lock_roll", lambda day: None)
    for _ in range(8):
        answers, wrong, lost = two_devices_mark_everybody()
        if wrong or lost or any(isinstance(answer, Exception) for answer in answers):
            return
    pytest.fail("no race seen without the lock: the test above proves nothing")


def test_the_same_batch_sent_by_two_workers_at_once_is_taken_once():
    _, day, enrolments = run_with(PEOPLE)
    taps = [Tap(uuid4(), each.pk, Mark("present"), timezone.now()) for each in enrolments]
    answers = at_once(*(lambda: take(day=day, taps=taps, by=None, source="api") for _ in range(4)))
    assert sorted(len(answer.changes) for answer in answers) == [0, 0, 0, PEOPLE]
    assert AttendanceChange.objects.count() == PEOPLE


def test_one_id_sent_for_two_days_at_once_stands_for_one_mark():
    days = []
    for _ in range(2):
        _, day, [anna] = run_with(1)
        days.append((day, anna))
    mark_id = uuid4()
    answers = at_once(
        *(
            lambda day=day, anna=anna: take(
                day=day, taps=[Tap(mark_id, anna.pk, Mark("present"), timezone.now())], by=None, source="api"
            )
            for day, anna in days
        )
    )
    assert sorted(len(answer.changes) for answer in answers) == [0, 1]
    assert [refused.reason_code for answer in answers for refused in answer.refused] == ["id_reused"]


def walk_ins_after_the_last_seat() -> list:
    run = CourseRunFactory(today=True, capacity=1)
    day, user = run.ordered_days()[0], UserFactory()
    answers = at_once(
        *(
            lambda n=n: walk_in(day=day, submission=f"{n}", name=f"Ida {n}", email=f"ida{n}@example.dk", by=user)
            for n in range(5)
        )
    )
    return [answer.status if isinstance(answer, Enrolment) else answer for answer in answers]


def test_walk_ins_after_the_last_seat_give_it_once_and_lose_nobody():
    statuses = walk_ins_after_the_last_seat()
    assert sorted(statuses) == ["confirmed", *[EnrolmentStatus.WALK_IN] * 4]
    assert Attendance.objects.filter(status="present").count() == 5
    assert RunSeats.objects.get().taken == 1


def test_without_the_lock_postgresql_turns_some_away(monkeypatch):
    from courses.models import CourseRun

    def unlocked(pk: int, **_kwargs) -> CourseRun:
        run = CourseRun.objects.for_display().get(pk=pk)
        run.seats = RunSeats.objects.get(pk=pk)
        return run

    monkeypatch.setattr(walking_in, "lock_run", unlocked)
    for _ in range(8):
        if any(isinstance(status, Exception) for status in walk_ins_after_the_last_seat()):
            return
    pytest.fail("no race seen without the lock: the test above proves nothing")


def test_a_walk_in_and_a_registration_after_the_last_seat_share_it_with_nobody():
    run = CourseRunFactory(capacity=1)
    day = run.ordered_days()[0]
    # Registered before it begins, and at the door: both at once.
    answers = at_once(
        lambda: walk_in(day=day, submission="1", name="Ida", by=None),
        lambda: sign_up(run, "Anna", accepts_line=True),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert Enrolment.objects.confirmed().count() == RunSeats.objects.get().taken == 1


def test_the_same_walk_in_sent_five_times_at_once_is_one_person():
    run = CourseRunFactory(today=True, capacity=3)
    day = run.ordered_days()[0]
    answers = at_once(*(lambda: walk_in(day=day, submission="1", name="Ida", by=None) for _ in range(5)))
    assert {answer.pk for answer in answers} == {Enrolment.objects.get().pk}
    assert AttendanceChange.objects.count() == 1


@pytest.mark.parametrize("_again", range(4))
def test_a_mark_and_a_cancellation_at_once_leave_no_mark_after_the_cancellation(_again):
    run = CourseRunFactory(today=True)
    registration = EnrolmentFactory(run=run).registration
    [anna], day = registration.enrolments.all(), run.ordered_days()[0]
    tap = Tap(uuid4(), anna.pk, Mark("present"), timezone.now())
    taken, cancelled = at_once(
        lambda: take(day=day, taps=[tap], by=None, source="api"),
        lambda: cancel(registration=registration, actor=ActorKind.STAFF),
    )
    assert len(cancelled) == 1
    # Either it was marked before, and the mark stays; or the mark is refused.
    assert len(taken.changes) + len(taken.refused) == 1
    assert [refused.reason_code for refused in taken.refused] in ([], ["cancelled"])
    assert Attendance.objects.filter(enrolment=anna).exists() == bool(taken.changes)


def test_a_seat_given_twice_at_once_adds_one_seat():
    run = CourseRunFactory(today=True, capacity=1)
    EnrolmentFactory(run=run)
    ida, user = EnrolmentFactory(run=run, status=EnrolmentStatus.WALK_IN), UserFactory()
    at_once(*(lambda: give_seat(enrolment_pk=ida.pk, user=user) for _ in range(4)))
    seats = RunSeats.objects.get(pk=run.pk)
    assert (seats.capacity, seats.taken) == (2, 2)
