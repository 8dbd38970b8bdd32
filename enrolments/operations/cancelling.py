"""Cancel participants, with the fee they were shown. A freed seat is offered to the line at once."""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments import emails
from enrolments.emails import changes
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, RequestKind
from enrolments.exceptions import CostChanged
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from enrolments.operations.ending import PEOPLE, end, require_in_time
from enrolments.operations.fees import NOTHING, cancellation_fee
from enrolments.operations.offers import serve_line
from enrolments.operations.seats import lock_run
from website.accounts.models import User


def cancel(
    *,
    registration: Registration,
    enrolment_pks: Collection[int] | None = None,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
    accepted_fee: Decimal | None = None,
    waive_fee: bool = False,
    serves: bool = True,
    at: datetime | None = None,
) -> list[Enrolment]:
    """Cancel these enrolments of a registration (default: all that are active); return those cancelled now.

    `accepted_fee` is what was shown for all of them together (DKK excluding VAT; default: nothing for
    people, whatever applies for staff). What each costs is frozen on the enrolment. What is cancelled
    already is left alone, so the same request twice does it once. A caller who frees more seats in the same
    transaction says `serves=False` and serves the line once, with all of them.

    Raises TooLate when people themselves come after the deadline of the terms they accepted, and
    CostChanged (with the new total) when the fee is another one now; nothing has changed then.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(registration.run_id)
        enrolments = registration.enrolments.active().order_by("form_order", "pk")
        if enrolment_pks is not None:
            enrolments = enrolments.filter(pk__in=enrolment_pks)
        cancelled = list(enrolments)
        if not cancelled:
            return []
        require_in_time(RequestKind.CANCEL, actor, registration, run, cancelled, at)
        had_seat = {e.pk for e in cancelled if e.status == EnrolmentStatus.CONFIRMED}
        fees = {} if waive_fee else fees_of(registration, run, cancelled, at)
        total = sum(fees.values(), NOTHING)
        if accepted_fee is None and actor in PEOPLE:
            accepted_fee = NOTHING
        if accepted_fee is not None and accepted_fee != total:
            raise CostChanged(total)
        for enrolment in cancelled:
            enrolment.fee = fees.get(enrolment.pk, NOTHING) if enrolment.pk in had_seat else None
        end(cancelled, status=EnrolmentStatus.CANCELLED, at=at, user=user)
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(
                enrolment=e,
                kind=EventKind.CANCELLED,
                actor=actor,
                user=user,
                reason=reason,
                data={"fee": str(e.fee)} if e.fee else {},
            )
            for e in cancelled
        )
        emails.queue_cancelled(registration, run, cancelled, had_seat=had_seat, actor=actor)
        changes.queue_late(registration, run, cancelled, kind=EventKind.CANCELLED, actor=actor, at=at)
        if serves:
            serve_line(run, at=at)
        return cancelled


def fees_of(
    registration: Registration, run: CourseRun, enrolments: Iterable[Enrolment], at: datetime
) -> dict[int, Decimal]:
    """Return what cancelling each costs now, by pk, for those it costs something.

    The terms the registration accepted decide. Those in line pay nothing, and nobody pays for a run that
    is not held.
    """
    if run.status == RunStatus.CANCELLED:
        return {}
    days = run.ordered_days()
    fee = cancellation_fee(
        registration.terms, registration.price, days[0].date if days else None, timezone.localtime(at).date()
    )
    if not fee:
        return {}
    return {enrolment.pk: fee for enrolment in enrolments if enrolment.status == EnrolmentStatus.CONFIRMED}
