"""Queue the mails about registrations, as snapshots. Their words stand in `to_contact` and `to_participant`."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from courses.models import CourseRun
from enrolments.emails.groups import naming_mail, payers_of, unnamed_seats
from enrolments.emails.parts import (
    about_registration,
    attendee_of,
    contact_as_attendee,
    further_days,
    participants_of,
    reference_to,
)
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.models import Enrolment, Registration
from website.messaging.operations import QueuedMail, queue_mails

Context = dict[str, Any]

#: The contact's mail about a cancellation, by who cancelled.
CANCELLATIONS = {
    ActorKind.CONTACT: "enrolments.cancellation",
    ActorKind.PARTICIPANT: "enrolments.cancellation_by_participant",
    ActorKind.STAFF: "enrolments.cancellation_by_staff",
    ActorKind.SYSTEM: "enrolments.cancellation_by_staff",
}


def queue_registered(registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Tell the contact and each participant how the registration went."""
    groups = {"unnamed": unnamed_seats(enrolments), "payers": payers_of(enrolments)}
    has_seat = any(enrolment.status == EnrolmentStatus.CONFIRMED for enrolment in enrolments)
    kind = "enrolments.registered" if has_seat else "enrolments.registered_waiting"
    _queue(kind, registration, run, enrolments, groups)


def queue_seated(registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Tell the contact and those concerned that they have got a seat from the waiting line."""
    _queue("enrolments.seated", registration, run, enrolments, {"unnamed": unnamed_seats(enrolments)})


def _queue(
    kind: str, registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment], more: Context
) -> None:
    """Queue a mail of `kind` to the contact, and to each participant how it went for them."""
    known = about_registration(registration, run)
    context = known | {"participants": participants_of(enrolments), "attendee": contact_as_attendee(known, enrolments)}
    context |= more
    to_contact = QueuedMail(kind, registration.contact_email, context, reference_to(registration))
    queue_mails([to_contact, *_participant_mails(registration, known, enrolments)])


def queue_cancelled(
    registration: Registration,
    run: CourseRun,
    enrolments: Sequence[Enrolment],
    *,
    had_seat: set[int],
    actor: ActorKind,
) -> None:
    """Tell the contact what is cancelled, and take it out of the calendars of those who had a seat."""
    known = about_registration(registration, run) | {"actor": ActorKind(actor).value}
    contact_seat = next((e for e in enrolments if e.email == registration.contact_email and e.pk in had_seat), None)
    to_contact = known | {
        "participants": participants_of(enrolments),
        "attendee": attendee_of(contact_seat) if contact_seat else None,
        "fee": str(sum((enrolment.fee or Decimal(0) for enrolment in enrolments), Decimal(0))),
    }
    reference = reference_to(registration)
    mails = [QueuedMail(CANCELLATIONS[ActorKind(actor)], registration.contact_email, to_contact, reference)]
    for enrolment in enrolments:
        if enrolment.email and enrolment.email != registration.contact_email:
            kind = "enrolments.cancelled" if enrolment.pk in had_seat else "enrolments.cancelled_waiting"
            context = known | {"attendee": attendee_of(enrolment), "had_seat": enrolment.pk in had_seat}
            mails.append(QueuedMail(kind, enrolment.email, context, reference))
        if enrolment.email and enrolment.pk in had_seat:
            mails.extend(further_days("enrolments.cancelled_day", registration, known, enrolment))
    queue_mails(mails)


def _participant_mails(
    registration: Registration, about: Context, enrolments: Iterable[Enrolment]
) -> Iterable[QueuedMail]:
    reference = reference_to(registration)
    for enrolment in enrolments:
        if not enrolment.email:
            continue
        confirmed = enrolment.status == EnrolmentStatus.CONFIRMED
        if enrolment.is_unnamed:
            # The invitation comes when they have written their name.
            yield naming_mail(enrolment, registration, about["run"])
            continue
        if enrolment.email != registration.contact_email:
            kind = "enrolments.invitation" if confirmed else "enrolments.waiting"
            yield QueuedMail(kind, enrolment.email, about | {"attendee": attendee_of(enrolment)}, reference)
        if confirmed:
            yield from further_days("enrolments.invitation_day", registration, about, enrolment)
