"""Seats that an organiser keeps out of everybody's reach, with a logged reason: so many, or for a group."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from courses.models import CourseRun
from enrolments.exceptions import AlreadyHeld, HoldReleased, NotEnoughSeats, NotWaiting, ReasonNeeded
from enrolments.models import Offer, SeatHold
from enrolments.operations.offers import serve_line
from enrolments.operations.seats import lock_run
from website.accounts.models import User


def hold_seats(*, run_pk: int, seats: int, user: User, reason: str) -> SeatHold:
    """Hold so many free seats for nobody in particular. Raises ReasonNeeded and NotEnoughSeats."""
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        run = lock_run(run_pk)
        free = run.seats.free
        if seats < 1 or (free is not None and seats > free):
            raise NotEnoughSeats(left=free or 0, wanted=seats, has_line=bool(run.seats.waiting))
        return SeatHold.objects.create(run=run, seats=seats, reason=reason, created_by=user)


def hold_for_group(
    *, run_pk: int, registration_pk: int, user: User, reason: str, at: datetime | None = None
) -> SeatHold:
    """Keep seats for those of a registration who wait: the free ones now, and each that is freed, until all fit.

    They are then offered the seats together. Raises ReasonNeeded, NotWaiting when nobody of the registration
    waits, and AlreadyHeld.
    """
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        run = lock_run(run_pk)
        if not run.enrolments.waiting().filter(registration=registration_pk).exists():
            raise NotWaiting
        if SeatHold.objects.filter(registration=registration_pk, released_at=None).exists():
            raise AlreadyHeld
        hold = SeatHold.objects.create(
            run=run, registration_id=registration_pk, seats=0, reason=reason, created_by=user
        )
        serve_line(run, at=at)
        hold.refresh_from_db()
        return hold


def release_hold(*, hold_pk: int, remove_seats: bool = False, at: datetime | None = None) -> list[Offer]:
    """Let held seats go, to the line by its rule; return the offers made.

    With `remove_seats` the run gets that many fewer seats instead. Raises HoldReleased.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(SeatHold.objects.values_list("run", flat=True).get(pk=hold_pk))
        hold = SeatHold.objects.get(pk=hold_pk)
        if hold.released_at:
            raise HoldReleased
        hold.released_at = at
        hold.save(update_fields=["released_at"])
        if remove_seats and run.capacity is not None:
            CourseRun.objects.filter(pk=run.pk).update(capacity=F("capacity") - hold.seats)
        return serve_line(run, at=at)
