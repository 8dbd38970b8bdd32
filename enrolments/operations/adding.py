"""An organiser registers somebody by hand: also after the deadline, and on a full run by a seat found for them."""

from dataclasses import asdict
from decimal import Decimal

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.enums import RunStatus
from courses.models import CourseRun, RunSeats
from enrolments import emails
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Payer, Registration, SeatHold
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from enrolments.operations.offers import serve_line
from enrolments.operations.registering import ONE_ENROLMENT_CONSTRAINT
from enrolments.operations.seats import lock_run, next_line_order
from website.accounts.models import User
from website.core.database import violated_constraint


class Place(models.TextChoices):
    """Where the place comes from that somebody gets by hand."""

    SEAT = "seat", _("A free seat")
    RAISE = "raise", _("One more seat on the run")
    HELD = "held", _("A seat that is held back")
    LINE = "line", _("Last on the waiting list")


class Agreed(models.TextChoices):
    """How price and terms were agreed."""

    PHONE = "phone", _("By telephone")
    MAIL = "mail", _("By e-mail")
    OTHER = "other", _("Otherwise")


def places(run: CourseRun) -> list[Place]:
    """Return which places there are to give on the run as it stands (one query)."""
    seats = RunSeats.objects.get(pk=run.pk)
    found = []
    if seats.free is None or seats.free > 0:
        found.append(Place.SEAT)
    if SeatHold.objects.filter(run=run, released_at=None, registration=None, seats__gt=0).exists():
        found.append(Place.HELD)
    if seats.capacity is not None:
        found.extend([Place.RAISE, Place.LINE])
    return found


def add(
    *,
    run_pk: int,
    submission: str,
    participant: ParticipantDetails,
    contact: ContactDetails,
    affiliation: Affiliation,
    payer: PayerDetails | None,
    place: Place,
    agreed: Agreed,
    user: User,
    price: Decimal | None = None,
    reason: str = "",
    tell: bool = True,
) -> Enrolment:
    """Register one participant by an organiser's hand; return the enrolment.

    No deadline binds an organiser, nor the run's status unless it is cancelled. `place` says where the seat
    comes from; nothing else makes room. A participant without an address of their own (a shared mailbox)
    is reached through the contact. `price` is the run's unless another was agreed. `tell`: whether the
    contact and the participant get the usual mails. The same `submission` again returns what it made.

    Raises RunCancelled, AlreadyRegistered, NotEnoughSeats, and ReasonNeeded when people in line are passed.
    """
    try:
        with transaction.atomic():
            run = lock_run(run_pk)
            if existing := Enrolment.objects.filter(registration__submission=submission).first():
                return existing
            if run.status == RunStatus.CANCELLED:
                raise RunCancelled
            if participant.email and run.enrolments.active().filter(email=participant.email).exists():
                raise AlreadyRegistered([participant.email])
            if place != Place.LINE and place != Place.HELD and run.seats.waiting and not reason.strip():
                raise ReasonNeeded
            _make_room(run, place)
            enrolment = _write(
                run, submission, participant, contact, affiliation, payer, place=place, user=user, price=price
            )
            EnrolmentEvent.objects.create(
                enrolment=enrolment,
                kind=EventKind.ADDED,
                actor=ActorKind.STAFF,
                user=user,
                reason=reason,
                data={"place": place.value, "agreed": agreed.value},
            )
            if tell:
                emails.queue_registered(enrolment.registration, run, [enrolment])
            if place == Place.LINE:
                serve_line(run)
                enrolment.refresh_from_db()
            return enrolment
    except IntegrityError as error:
        # The lock makes this impossible for those who take it; PostgreSQL refuses the others.
        if violated_constraint(error) == ONE_ENROLMENT_CONSTRAINT:
            raise AlreadyRegistered([participant.email]) from error
        raise


def _make_room(run: CourseRun, place: Place) -> None:
    """Find the seat, under the run's lock. Raises NotEnoughSeats."""
    free = run.seats.free
    if place == Place.SEAT and free is not None and free < 1:
        raise NotEnoughSeats(left=0, wanted=1, has_line=bool(run.seats.waiting))
    if place == Place.RAISE and free is not None:
        CourseRun.objects.filter(pk=run.pk).update(capacity=F("capacity") + 1)
    if place == Place.HELD:
        hold = (
            SeatHold.objects.select_for_update()
            .filter(run=run, released_at=None, registration=None, seats__gt=0)
            .order_by("pk")
            .first()
        )
        if hold is None:
            raise NotEnoughSeats(left=0, wanted=1, has_line=bool(run.seats.waiting))
        if hold.seats > 1:
            hold.seats -= 1
        else:
            hold.released_at = timezone.now()
        hold.save(update_fields=["seats", "released_at"])


def _write(
    run: CourseRun,
    submission: str,
    participant: ParticipantDetails,
    contact: ContactDetails,
    affiliation: Affiliation,
    payer: PayerDetails | None,
    *,
    place: Place,
    user: User,
    price: Decimal | None,
) -> Enrolment:
    registration = Registration.objects.create(
        run=run,
        submission=submission,
        contact_name=contact.name,
        contact_email=contact.email,
        contact_phone=contact.phone,
        organisation=affiliation.organisation,
        organisation_name=affiliation.name,
        price=run.effective_price if price is None else price,
        vat_code=run.course.vat_code,
        terms=run.terms,
        accepted_terms_at=timezone.now() if run.terms else None,
        added_by=user,
    )
    row = None
    if payer and registration.has_price:
        row = Payer.objects.create(registration=registration, name=registration.organisation_label, **asdict(payer))
    waits = place == Place.LINE
    return Enrolment.objects.create(
        registration=registration,
        run=run,
        payer=row,
        name=participant.name,
        email=participant.email,
        job_title=participant.job_title,
        department=participant.department,
        dietary=participant.dietary if run.asks_dietary else "",
        organisation=affiliation.organisation,
        organisation_name=affiliation.name,
        status=EnrolmentStatus.WAITING if waits else EnrolmentStatus.CONFIRMED,
        line_order=next_line_order(run) if waits else None,
    )
