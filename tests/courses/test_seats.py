"""Seats: never more confirmed than capacity, whoever writes; counted by PostgreSQL (invariant 1).

Each guard was seen missing: `test_the_race_exists_without_the_guard` drops the CHECK and overbooks;
without the triggers (counting, guarding) all but the tests of an empty run and of capacity fail.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, InternalError, ProgrammingError, connection, connections, transaction
from django.utils import timezone

from courses.models import CourseRun, RunSeats
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment, Registration
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory

CONFIRMED, WAITING, CANCELLED = EnrolmentStatus.CONFIRMED, EnrolmentStatus.WAITING, EnrolmentStatus.CANCELLED
REFUSED = (ProgrammingError, InternalError, IntegrityError)


def enrolment(registration: Registration, n: int, status: str = CONFIRMED) -> Enrolment:
    """An unsaved participant without an address of their own to collide."""
    return Enrolment(
        registration=registration,
        run=registration.run,
        name=f"Deltager {n}",
        status=status,
        form_order=n,
        line_order=n + 1 if status == WAITING else None,
    )


def by_save(registration: Registration, n: int) -> None:
    enrolment(registration, n).save()


def by_bulk_create(registration: Registration, n: int) -> None:
    Enrolment.objects.bulk_create([enrolment(registration, n)])


def by_update(registration: Registration, n: int) -> None:
    waiting = enrolment(registration, n, WAITING)
    waiting.save()
    Enrolment.objects.filter(pk=waiting.pk).update(status=CONFIRMED)


def by_raw_sql(registration: Registration, n: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO enrolments_enrolment (registration_id, run_id, name, email, job_title, department,"
            " organisation_name, dietary, notes, status, form_order, calendar_sequence, link_version, version,"
            " created_at)"
            " VALUES (%s, %s, 'Rå', '', '', '', '', '', '', 'confirmed', %s, 0, 1, 1, now())",
            [registration.pk, registration.run_id, n],
        )


WAYS = [by_save, by_bulk_create, by_update, by_raw_sql]


def in_parallel(work: Callable[[int], bool], *, workers: int) -> list[bool]:
    """Run `work(n)` in that many threads, each with its own connection, all let go at once."""
    start = Barrier(workers)

    def run(n: int) -> bool:
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            return work(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))


def counts(run: CourseRun) -> tuple[int, int]:
    seats = RunSeats.objects.get(run=run)
    return seats.taken, seats.waiting


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_eight_who_grab_five_seats_at_once_get_five(way):
    registration = RegistrationFactory(run=CourseRunFactory(capacity=5))

    def grab(n: int) -> bool:
        try:
            with transaction.atomic():
                way(registration, n)
        except IntegrityError as error:
            assert error.__cause__.diag.constraint_name == "run_not_overbooked"
            return False
        return True

    seated = in_parallel(grab, workers=8)

    assert sum(seated) == 5
    assert registration.enrolments.filter(status=CONFIRMED).count() == 5
    assert counts(registration.run)[0] == 5


@pytest.mark.django_db(transaction=True)
def test_the_race_exists_without_the_guard():
    registration = RegistrationFactory(run=CourseRunFactory(capacity=5))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_runseats DROP CONSTRAINT run_not_overbooked")
    try:

        def look_then_take(n: int) -> bool:
            with transaction.atomic():
                if RunSeats.objects.get(run=registration.run).free <= 0:
                    return False
                everybody_looked.wait(timeout=20)
                by_save(registration, n)
            return True

        everybody_looked = Barrier(8)
        assert sum(in_parallel(look_then_take, workers=8)) == 8
        assert counts(registration.run)[0] == 8
    finally:
        # Rows must fit before the guard can stand again.
        Enrolment.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE courses_runseats ADD CONSTRAINT run_not_overbooked"
                " CHECK (capacity IS NULL OR capacity >= (taken + held))"
            )


@pytest.mark.django_db(transaction=True)
def test_capacity_lowered_while_somebody_takes_the_last_seat_never_ends_below_the_taken():
    for _attempt in range(5):
        registration = RegistrationFactory(run=CourseRunFactory(capacity=2), participants=1)

        def change(n: int, registration: Registration = registration) -> bool:
            try:
                with transaction.atomic():
                    if n:
                        by_save(registration, n)
                    else:
                        CourseRun.objects.filter(pk=registration.run_id).update(capacity=1)
            except IntegrityError:
                return False
            return True

        assert sum(in_parallel(change, workers=2)) == 1
        seats = RunSeats.objects.get(run=registration.run)
        assert seats.taken <= seats.capacity


@pytest.mark.django_db
class TestCounting:
    def test_a_new_run_has_no_seats_taken(self):
        assert counts(CourseRunFactory(capacity=3)) == (0, 0)

    def test_the_counters_follow_in_the_same_transaction(self):
        registration = RegistrationFactory(run=CourseRunFactory(capacity=10))
        Enrolment.objects.bulk_create([enrolment(registration, n) for n in range(3)])
        assert counts(registration.run) == (3, 0)
        Enrolment.objects.bulk_create([enrolment(registration, n, WAITING) for n in range(3, 5)])
        assert counts(registration.run) == (3, 2)
        registration.enrolments.filter(status=WAITING).update(status=CONFIRMED)
        assert counts(registration.run) == (5, 0)
        registration.enrolments.filter(form_order=0).update(status=CANCELLED, cancelled_at=timezone.now())
        assert counts(registration.run) == (4, 0)
        registration.enrolments.filter(status=CONFIRMED).delete()
        assert counts(registration.run) == (0, 0)

    def test_moving_to_another_run_moves_the_seat(self):
        registration = RegistrationFactory(run=CourseRunFactory(capacity=3), participants=2)
        other = CourseRunFactory(capacity=3)
        registration.enrolments.filter(form_order=1).update(run=other)
        assert counts(registration.run) == (1, 0)
        assert counts(other) == (1, 0)

    def test_moving_to_a_full_run_is_refused(self):
        full = CourseRunFactory(capacity=1)
        EnrolmentFactory(run=full)
        coming = EnrolmentFactory(run=CourseRunFactory(capacity=1))
        with pytest.raises(IntegrityError, match="run_not_overbooked"), transaction.atomic():
            Enrolment.objects.filter(pk=coming.pk).update(run=full)
        assert counts(full) == (1, 0)

    def test_many_inserted_in_one_statement_fit_all_or_none(self):
        registration = RegistrationFactory(run=CourseRunFactory(capacity=2))
        with pytest.raises(IntegrityError, match="run_not_overbooked"), transaction.atomic():
            Enrolment.objects.bulk_create([enrolment(registration, n) for n in range(3)])
        assert counts(registration.run) == (0, 0)

    def test_the_line_is_not_limited_by_capacity(self):
        registration = RegistrationFactory(run=CourseRunFactory(capacity=1))
        Enrolment.objects.bulk_create([enrolment(registration, n, WAITING) for n in range(4)])
        assert counts(registration.run) == (0, 4)

    def test_without_a_limit_everybody_fits(self):
        run = CourseRunFactory(unlimited=True)
        RegistrationFactory(run=run, participants=30)
        assert counts(run) == (30, 0)
        assert RunSeats.objects.get(run=run).left is None

    def test_a_full_row_save_of_a_stale_run_keeps_the_counts(self):
        stale = CourseRunFactory(capacity=5)
        EnrolmentFactory(run=stale)
        stale.label = "Nyt navn"
        stale.save()
        assert counts(stale) == (1, 0)

    def test_capacity_follows_the_run(self):
        run = CourseRunFactory(capacity=5)
        CourseRun.objects.filter(pk=run.pk).update(capacity=7)
        assert RunSeats.objects.get(run=run).capacity == 7

    def test_the_version_rises_when_seats_days_or_the_run_change(self):
        run = CourseRunFactory()
        seen = [RunSeats.objects.get(run=run).version]
        for change in (
            lambda: EnrolmentFactory(run=run),
            lambda: CourseRun.objects.filter(pk=run.pk).update(label="B"),
            lambda: run.days.model.objects.filter(run=run).update(title="Ny overskrift"),
        ):
            change()
            seen.append(RunSeats.objects.get(run=run).version)
        assert seen == sorted(set(seen))


@pytest.mark.django_db
class TestOnlyTheDatabaseWrites:
    def test_the_counters_cannot_be_updated(self):
        run = CourseRunFactory(capacity=5)
        with pytest.raises(REFUSED, match="written by triggers only"), transaction.atomic():
            RunSeats.objects.filter(run=run).update(taken=99)
        assert counts(run) == (0, 0)

    def test_the_counters_cannot_be_saved(self):
        seats = RunSeats.objects.get(run=CourseRunFactory(capacity=5))
        seats.taken = 3
        with pytest.raises(REFUSED, match="written by triggers only"), transaction.atomic():
            seats.save()

    def test_a_row_cannot_be_made_by_hand(self):
        run = CourseRunFactory()
        with pytest.raises(REFUSED), transaction.atomic():
            RunSeats.objects.create(run_id=run.pk + 1000, capacity=5)
