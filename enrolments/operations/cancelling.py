"""Cancel participants. A freed seat goes to nobody by itself while someone is in line."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from courses.models import CourseRun
from enrolments import emails
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import TooLate
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from enrolments.operations.seats import lock_run
from website.accounts.models import User


def cancel(
    *,
    registration: Registration,
    enrolment_pks: Collection[int] | None = None,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
    at: datetime | None = None,
) -> list[Enrolment]:
    """Cancel these enrolments of a registration (default: all that are active); return those cancelled now.

    What is cancelled already is left alone, so the same request twice does it once. Raises TooLate
    when the contact asks after the run has begun.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(registration.run_id)
        if actor == ActorKind.CONTACT and not may_contact_cancel(run, at):
            raise TooLate
        enrolments = registration.enrolments.active().order_by("form_order")
        if enrolment_pks is not None:
            enrolments = enrolments.filter(pk__in=enrolment_pks)
        cancelled = list(enrolments)
        if not cancelled:
            return []
        had_seat = {e.pk for e in cancelled if e.status == EnrolmentStatus.CONFIRMED}
        for enrolment in cancelled:
            enrolment.status, enrolment.cancelled_at = EnrolmentStatus.CANCELLED, at
            enrolment.calendar_sequence += 1
        Enrolment.objects.bulk_update(cancelled, ["status", "cancelled_at", "calendar_sequence"])
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment=e, kind=EventKind.CANCELLED, actor=actor, user=user, reason=reason)
            for e in cancelled
        )
        emails.queue_cancelled(registration, run, cancelled, had_seat=had_seat, by_staff=actor == ActorKind.STAFF)
        return cancelled


def may_contact_cancel(run: CourseRun, at: datetime | None = None) -> bool:
    """Whether the contact may still cancel on their own: until the first day begins."""
    starts_at = run.starts_at
    return starts_at is None or (at or timezone.now()) < starts_at
