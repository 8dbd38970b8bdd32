"""Races on real connections to a real PostgreSQL. Each was seen failing with its guard taken away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from courses.models import RunSeats
from enrolments.enums import ActorKind, RequestKind
from enrolments.exceptions import AlreadyRegistered, AlreadySettled, DetailsChanged, NoLongerActive, NotEnoughSeats
from enrolments.models import Enrolment, Registration
from enrolments.operations.cancelling import cancel
from enrolments.operations.correcting import correct
from enrolments.operations.details import ContactDetails, ParticipantDetails
from enrolments.operations.moving import move
from enrolments.operations.replacing import replace
from enrolments.operations.requests import ask, grant, refuse
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run the acts in threads of their own, all let go at the same moment; return results or exceptions."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            barrier.wait(timeout=20)
            return act()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def one(run, name: str, **fields: Any) -> Callable[[], Any]:
    return lambda: sign_up(
        run,
        name,
        contact=ContactDetails(name, f"{name}@example.dk"),
        participants=[ParticipantDetails(name, f"{name}@example.dk")],
        **fields,
    )


def test_twelve_people_after_five_seats_at_once_seat_exactly_five():
    run = CourseRunFactory(capacity=5)

    results = at_once(*(one(run, f"person{n}") for n in range(12)))

    assert sum(isinstance(result, Registration) for result in results) == 5
    assert sum(isinstance(result, NotEnoughSeats) for result in results) == 7
    assert RunSeats.objects.get(pk=run.pk).taken == Enrolment.objects.confirmed().count() == 5


def test_the_same_form_posted_ten_times_at_once_is_one_registration():
    run = CourseRunFactory()

    results = at_once(*(one(run, "anna", submission="same") for _ in range(10)))

    assert {result.pk for result in results} == {Registration.objects.get().pk}
    assert Enrolment.objects.count() == 1
    assert OutboxMessage.objects.count() == 1


def test_one_address_registered_by_several_contacts_at_once_has_one_seat():
    run = CourseRunFactory()

    results = at_once(*(one(run, "anna", submission=f"contact {n}") for n in range(6)))

    assert sum(isinstance(result, Registration) for result in results) == 1
    assert sum(isinstance(result, AlreadyRegistered) for result in results) == 5
    assert Enrolment.objects.active().count() == 1


def test_a_cancellation_asked_for_twice_at_once_is_done_and_told_once():
    registration = sign_up(CourseRunFactory(), "Anna")
    OutboxMessage.objects.all().delete()

    results = at_once(*(lambda: cancel(registration=registration, actor=ActorKind.CONTACT) for _ in range(4)))

    assert sorted(len(result) for result in results) == [0, 0, 0, 1]
    assert OutboxMessage.objects.filter(kind="enrolments.cancelled").count() == 1


def test_cancellations_and_registrations_at_once_keep_the_count_right():
    run = CourseRunFactory(capacity=4)
    standing = [one(run, f"old{n}")() for n in range(4)]

    at_once(
        *((lambda r=r: cancel(registration=r, actor=ActorKind.CONTACT)) for r in standing),
        *(one(run, f"new{n}", accepts_line=True) for n in range(6)),
    )

    seats = RunSeats.objects.get(pk=run.pk)
    assert seats.taken == Enrolment.objects.confirmed().count() <= 4
    assert seats.waiting == Enrolment.objects.waiting().count()


def seat_of(registration: Registration) -> Enrolment:
    return registration.enrolments.select_related("registration").get()


def move_as_staff(registration: Registration, target) -> Callable[[], Any]:
    return lambda: move(enrolments=[seat_of(registration)], to_run=target, actor=ActorKind.STAFF)


def test_many_move_to_a_run_that_fills_in_that_second_and_newcomers_come_too():
    run = CourseRunFactory(capacity=6)
    target = CourseRunFactory(course=run.course, capacity=3)
    standing = [one(run, f"old{n}")() for n in range(6)]

    results = at_once(*(move_as_staff(each, target) for each in standing), *(one(target, f"new{n}") for n in range(4)))

    assert sum(isinstance(result, Registration) for result in results) == 3
    assert sum(isinstance(result, NotEnoughSeats) for result in results) == 7
    here, there = (RunSeats.objects.get(pk=each.pk) for each in (run, target))
    moved = Enrolment.objects.filter(status="moved").count()
    assert there.taken == Enrolment.objects.confirmed().filter(run=target).count() == 3
    # Whoever did not get the new seat has kept the old one.
    assert here.taken == Enrolment.objects.confirmed().filter(run=run).count() == 6 - moved


def test_a_cancellation_during_a_move_leaves_one_outcome_and_no_seat_twice():
    for attempt in range(4):
        run = CourseRunFactory()
        target = CourseRunFactory(course=run.course)
        registration = one(run, f"anna{attempt}")()

        moved, cancelled = at_once(
            move_as_staff(registration, target),
            lambda r=registration: cancel(registration=r, actor=ActorKind.STAFF),
        )

        was_moved = isinstance(moved, Registration)
        assert was_moved or isinstance(moved, (NoLongerActive, Enrolment.DoesNotExist))
        assert len(cancelled) == (0 if was_moved else 1)
        assert RunSeats.objects.get(pk=run.pk).taken == 0
        assert RunSeats.objects.get(pk=target.pk).taken == (1 if was_moved else 0)


def test_moves_between_two_runs_in_both_directions_at_once_do_not_deadlock():
    left = CourseRunFactory(capacity=8)
    right = CourseRunFactory(course=left.course, capacity=8)
    going = [(one(left, f"l{n}")(), right) for n in range(4)] + [(one(right, f"r{n}")(), left) for n in range(4)]

    results = at_once(*(move_as_staff(registration, target) for registration, target in going))

    assert all(isinstance(result, Registration) for result in results)
    assert [RunSeats.objects.get(pk=each.pk).taken for each in (left, right)] == [4, 4]


def test_a_seat_is_never_free_while_a_colleague_takes_it_over():
    run = CourseRunFactory(capacity=1)
    registration = one(run, "anna")()
    details = ParticipantDetails("Carla", "carla@example.dk")

    results = at_once(
        lambda: replace(enrolment=seat_of(registration), details=details, actor=ActorKind.CONTACT),
        *(one(run, f"new{n}") for n in range(6)),
    )

    assert isinstance(results[0], Enrolment)
    assert all(isinstance(result, NotEnoughSeats) for result in results[1:])


def test_contact_and_participant_who_correct_at_once_are_never_both_written():
    registration = one(CourseRunFactory(), "anna")()
    row = seat_of(registration)

    def change(title: str) -> Callable[[], Any]:
        details = ParticipantDetails("anna", "anna@example.dk", job_title=title)
        return lambda: correct(enrolment=row, details=details, version=1, actor=ActorKind.CONTACT)

    results = at_once(change("leder"), change("chef"), change("direktør"))

    assert sum(isinstance(result, Enrolment) for result in results) == 1
    assert sum(isinstance(result, DetailsChanged) for result in results) == 2


def test_a_request_answered_by_two_organisers_at_once_is_done_once():
    registration = one(CourseRunFactory(), "anna")()
    organisers = [UserFactory(), UserFactory()]
    request = ask(enrolment=seat_of(registration), kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)

    results = at_once(
        lambda: grant(request=request, user=organisers[0]),
        lambda: refuse(request=request, user=organisers[1], reply="Nej"),
    )

    assert sum(isinstance(result, AlreadySettled) for result in results) == 1
    request.refresh_from_db()
    assert (seat_of(registration).status == "cancelled") == (request.status == "granted")
