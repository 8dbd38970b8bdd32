"""A colleague takes over a seat, or a place in line. It is never free in between."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from courses.enums import RunStatus
from enrolments.emails import changes
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, RequestKind
from enrolments.exceptions import AlreadyRegistered, NoLongerActive, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.ending import end, require_in_time
from enrolments.operations.seats import lock_run
from website.accounts.models import User


def replace(
    *,
    enrolment: Enrolment,
    details: ParticipantDetails,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> Enrolment:
    """Put a colleague in a participant's place; return the colleague's enrolment.

    It is a new enrolment with the same registration, payer, status and place in line (or offer): what is
    marked on the old one stays with whoever was there. The run stays locked throughout, so the seat is
    never free for others. It costs nothing.

    Raises NoLongerActive, RunCancelled, TooLate (people themselves, after the deadline of the terms they
    accepted) and AlreadyRegistered (the colleague's address has a seat or a place in line already).
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(enrolment.run_id)
        old = Enrolment.objects.active().select_related("registration__terms").filter(pk=enrolment.pk).first()
        if old is None:
            raise NoLongerActive
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        require_in_time(RequestKind.REPLACE, actor, old.registration, run, [old], at)
        if details.email and run.enrolments.active().filter(email=details.email).exclude(pk=old.pk).exists():
            raise AlreadyRegistered([details.email])
        status, offer = EnrolmentStatus(old.status), old.offer_id
        end([old], status=EnrolmentStatus.REPLACED, at=at, user=user)
        new = Enrolment.objects.create(
            registration=old.registration,
            run_id=old.run_id,
            payer_id=old.payer_id,
            organisation_id=old.organisation_id,
            organisation_name=old.organisation_name,
            name=details.name,
            email=details.email,
            job_title=details.job_title,
            department=details.department,
            dietary=details.dietary if run.asks_dietary else "",
            status=status,
            form_order=old.form_order,
            line_order=old.line_order,
            offer_id=offer,
            replaces=old,
        )
        if offer:
            # The offer is about the colleague now.
            Enrolment.objects.filter(pk=old.pk).update(offer=None)
            old.offer = None
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment=about, kind=kind, actor=actor, user=user, reason=reason)
            for about, kind in ((old, EventKind.REPLACED), (new, EventKind.REPLACES))
        )
        changes.queue_replaced(
            old.registration, run, old=old, new=new, had_seat=status == EnrolmentStatus.CONFIRMED, actor=actor
        )
        changes.queue_late(old.registration, run, [old], kind=EventKind.REPLACED, actor=actor, at=at)
        return new
