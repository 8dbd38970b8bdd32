"""Races on real connections to a real PostgreSQL. Each was seen failing with its guard taken away."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from courses.models import RunSeats
from enrolments.enums import ActorKind
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats
from enrolments.models import Enrolment, Registration
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails, ParticipantDetails
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
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
