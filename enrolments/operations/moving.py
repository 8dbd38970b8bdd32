"""Move participants to another run of the same course: the new seat is taken before the old is let go."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from courses.enums import TAKES_REGISTRATIONS, RegistrationState, RunStatus
from courses.models import CourseRun
from enrolments.emails import changes
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, RequestKind
from enrolments.exceptions import (
    AlreadyRegistered,
    CostChanged,
    NoLongerActive,
    NotAMove,
    NotEnoughSeats,
    PayerNeeded,
    RegistrationClosed,
)
from enrolments.models import Enrolment, EnrolmentEvent, Payer, Registration
from enrolments.operations.ending import PEOPLE, end, require_in_time
from enrolments.operations.fees import NOTHING, move_fee
from enrolments.operations.offers import serve_line
from enrolments.operations.questions import carry_answers
from enrolments.operations.registering import ONE_ENROLMENT_CONSTRAINT, SEATS_CONSTRAINT
from enrolments.operations.seats import lock_run
from website.accounts.models import User
from website.core.database import violated_constraint

#: What a copied payer keeps. An invoice that froze the old one says nothing of the new.
PAYER_FIELDS = [
    field.name for field in Payer._meta.concrete_fields if field.name not in ("id", "registration", "frozen_at")
]


@dataclass(frozen=True, slots=True)
class MoveCost:
    """What a move costs and agrees to: the fee in all, the other run's price and the terms it has now."""

    fee: Decimal
    price: Decimal
    terms_pk: int | None


def cost_of(registration: Registration, run: CourseRun, to_run: CourseRun, enrolments: Sequence[Enrolment]) -> MoveCost:
    """Return what moving these from `run` to `to_run` costs: the fee of the terms accepted, per seat.

    Nothing for those in line, nor from a run that is not held.
    """
    seated = sum(enrolment.status == EnrolmentStatus.CONFIRMED for enrolment in enrolments)
    free = run.status == RunStatus.CANCELLED
    fee = NOTHING if free else move_fee(registration.terms, registration.price) * seated
    return MoveCost(fee=fee, price=to_run.effective_price, terms_pk=to_run.terms_id)


def move(
    *,
    enrolments: Sequence[Enrolment],
    to_run: CourseRun,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
    accepted: MoveCost | None = None,
    waive_fee: bool = False,
    serves: bool = True,
    at: datetime | None = None,
) -> Registration:
    """Move participants of one registration to another run of the same course; return the registration there.

    Both runs are locked, in pk order. Each gets a new enrolment with a seat (`moved_from`) in a registration
    on the other run, at its price and its terms of now; then the old one ends with the fee that was
    accepted, and the seats it had go to the old run's line. Nobody passes a line by moving. From a
    cancelled run it is free and has no deadline. `accepted` is what people were shown; staff may leave it out.
    With `serves=False` the caller serves the old run's line, once, with all the seats that are let go.

    Raises NoLongerActive, NotAMove, TooLate, CostChanged, RegistrationClosed, NotEnoughSeats, PayerNeeded
    and AlreadyRegistered; nothing has changed then.
    """
    at = at or timezone.now()
    registration = enrolments[0].registration
    try:
        with transaction.atomic():
            runs = {pk: lock_run(pk) for pk in sorted({registration.run_id, to_run.pk})}
            return _move(
                registration=registration,
                pks=[enrolment.pk for enrolment in enrolments],
                run=runs[registration.run_id],
                target=runs[to_run.pk],
                actor=actor,
                user=user,
                reason=reason,
                accepted=accepted,
                waive_fee=waive_fee,
                serves=serves,
                at=at,
            )
    except IntegrityError as error:
        # The lock makes these impossible for those who take it; PostgreSQL refuses the others.
        if violated_constraint(error) == ONE_ENROLMENT_CONSTRAINT:
            raise AlreadyRegistered([enrolment.email for enrolment in enrolments]) from error
        if violated_constraint(error) == SEATS_CONSTRAINT:
            raise NotEnoughSeats(left=0, wanted=len(enrolments), has_line=to_run.waiting_list) from error
        raise


def _move(
    *,
    registration: Registration,
    pks: list[int],
    run: CourseRun,
    target: CourseRun,
    actor: ActorKind,
    user: User | None,
    reason: str,
    accepted: MoveCost | None,
    waive_fee: bool,
    serves: bool,
    at: datetime,
) -> Registration:
    leaving = list(
        registration.enrolments.active().filter(pk__in=pks).select_related("payer").order_by("form_order", "pk")
    )
    if not leaving or len(leaving) < len(set(pks)):
        raise NoLongerActive
    if target.pk == run.pk or target.course_id != run.course_id:
        raise NotAMove
    require_in_time(RequestKind.MOVE, actor, registration, run, leaving, at)
    if taken := _registered_on(target, leaving):
        raise AlreadyRegistered(taken)
    _require_seats(target, len(leaving), actor, at)
    cost = cost_of(registration, run, target, leaving)
    if actor in PEOPLE and accepted != cost:
        raise CostChanged(cost)
    if cost.price and not all(enrolment.payer for enrolment in leaving):
        raise PayerNeeded
    seated = [enrolment for enrolment in leaving if enrolment.status == EnrolmentStatus.CONFIRMED]
    arrived = _arrive(registration, target, leaving)
    carry_answers(pairs=list(zip(leaving, arrived, strict=True)))
    each = NOTHING if waive_fee or not seated else cost.fee / len(seated)
    for enrolment in leaving:
        enrolment.fee = each if enrolment in seated else None
    end(leaving, status=EnrolmentStatus.MOVED, at=at, user=user)
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(enrolment=about, kind=kind, actor=actor, user=user, reason=reason, data=data)
        for old, new in zip(leaving, arrived, strict=True)
        for about, kind, data in (
            (old, EventKind.MOVED_AWAY, {"run": target.pk} | ({"fee": str(old.fee)} if old.fee else {})),
            (new, EventKind.MOVED_HERE, {"run": run.pk}),
        )
    )
    changes.queue_moved(
        registration,
        run,
        arrived[0].registration,
        target,
        pairs=list(zip(leaving, arrived, strict=True)),
        seated={enrolment.pk for enrolment in seated},
        actor=actor,
    )
    changes.queue_late(registration, run, leaving, kind=EventKind.MOVED_AWAY, actor=actor, at=at)
    if serves:
        serve_line(run, at=at)
    return arrived[0].registration


def _require_seats(target: CourseRun, wanted: int, actor: ActorKind, at: datetime) -> None:
    """Raise why the run gives no seats to those who come from another one. Staff may move past its deadline."""
    state = target.registration_state(at)
    starts_at = target.starts_at
    if state not in (*TAKES_REGISTRATIONS, RegistrationState.FULL):
        late = state in (RegistrationState.CLOSED, RegistrationState.NOT_YET) and target.is_held
        if actor in PEOPLE or not late or starts_at is None or at >= starts_at:
            raise RegistrationClosed(state)
    left = target.seats.left
    if left is not None and left < wanted:
        raise NotEnoughSeats(left=left, wanted=wanted, has_line=target.waiting_list)


def _registered_on(target: CourseRun, leaving: Sequence[Enrolment]) -> list[str]:
    addresses = [enrolment.email for enrolment in leaving if enrolment.email]
    return list(target.enrolments.active().filter(email__in=addresses).values_list("email", flat=True))


def _arrive(registration: Registration, target: CourseRun, leaving: Sequence[Enrolment]) -> list[Enrolment]:
    """Write the new enrolments, in one registration on the target for all who came the same way."""
    there = _registration_on(registration, target)
    payers = _payers_on(there, leaving)
    first = there.enrolments.count()
    return Enrolment.objects.bulk_create(
        Enrolment(
            registration=there,
            run=target,
            payer=payers.get(old.payer_id),
            organisation_id=old.organisation_id,
            organisation_name=old.organisation_name,
            person_id=old.person_id,
            name=old.name,
            email=old.email,
            job_title=old.job_title,
            department=old.department,
            dietary=old.dietary if target.asks_dietary else "",
            notes=old.notes,
            status=EnrolmentStatus.CONFIRMED,
            form_order=first + order,
            moved_from=old,
        )
        for order, old in enumerate(leaving)
    )


def _registration_on(registration: Registration, target: CourseRun) -> Registration:
    """Return the registration that earlier movers made, if it agreed to the same; else a new one."""
    agreed = {"price": target.effective_price, "vat_code": target.course.vat_code, "terms": target.terms}
    contact = {name: getattr(registration, name) for name in ("contact_name", "contact_email", "contact_phone")}
    earlier = registration.continuations.filter(run=target, **agreed, **contact).order_by("pk").first()
    if earlier:
        return earlier
    return Registration.objects.create(
        run=target,
        origin=registration,
        organisation_id=registration.organisation_id,
        organisation_name=registration.organisation_name,
        accepted_terms_at=timezone.now() if target.terms else None,
        submission=secrets.token_hex(32),
        **agreed,
        **contact,
    )


def _payers_on(there: Registration, leaving: Sequence[Enrolment]) -> dict[int | None, Payer]:
    """Return a payer in the new registration for each old one, by the old one's pk; none where nothing is paid."""
    if not there.has_price:
        return {}
    wanted = {enrolment.payer_id: enrolment.payer for enrolment in leaving if enrolment.payer}
    standing = list(there.payers.filter(frozen_at=None))
    found: dict[int | None, Payer] = {}
    for pk, payer in wanted.items():
        values = model_to_dict(payer, PAYER_FIELDS)
        same = next((each for each in standing if model_to_dict(each, PAYER_FIELDS) == values), None)
        found[pk] = same or Payer.objects.create(registration=there, **values)
    return found
