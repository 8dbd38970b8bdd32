"""Register a contact's participants on a run: for seats, or for the waiting line.

Rule of the line: entries are served in order. A newcomer gets no seat while anybody waits. Without
`keep_together` those who fit are confirmed in form order and the rest wait; a group that stays
together is confirmed whole or waits whole.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.enums import TAKES_REGISTRATIONS, RegistrationState
from courses.models import CourseRun
from enrolments import emails
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats, RegistrationClosed
from enrolments.models import Enrolment, EnrolmentEvent, GroupDraft, Payer, Registration
from enrolments.operations.details import (
    Affiliation,
    ContactDetails,
    GivenAnswer,
    ParticipantDetails,
    PayerDetails,
)
from enrolments.operations.drafts import close_draft
from enrolments.operations.offers import serve_line
from enrolments.operations.questions import save_answers, stored_files
from enrolments.operations.seats import lock_run, next_line_order
from website.core.database import violated_constraint

ONE_ENROLMENT_CONSTRAINT = "enrolment_once_per_address_and_run"
SEATS_CONSTRAINT = "run_not_overbooked"
BILLING_FIELDS = ("name", *(field.name for field in fields(PayerDetails)))


def register(
    *,
    run_pk: int,
    submission: str,
    contact: ContactDetails,
    affiliation: Affiliation,
    participants: Sequence[ParticipantDetails],
    payer: PayerDetails | None,
    accepts_line: bool = False,
    keep_together: bool = False,
    at: datetime | None = None,
    known_run: CourseRun | None = None,
    draft: GroupDraft | None = None,
    answers: Sequence[GivenAnswer] = (),
) -> Registration:
    """Register `participants` on a run and queue the mails, all in one transaction.

    `submission` is a digest of the submitted form: the same one again returns the registration
    that it made. `payer` pays for everybody who has no payer of their own, and is None when there is nothing
    to pay; payers that are alike become one row. `known_run` is the run as the caller has read
    it, to hold the lock for less long (see `lock_run`). `draft` is the half-finished registration that this one
    comes from: it is emptied. `answers` are the contact's own to the run's questions; participants carry theirs.

    Raises RegistrationClosed, AlreadyRegistered or NotEnoughSeats; nothing has changed then.
    """
    try:
        with stored_files([*answers, *(one for each in participants for one in each.answers)]), transaction.atomic():
            run = lock_run(run_pk, known=known_run)
            if existing := Registration.objects.filter(submission=submission).first():
                return existing
            statuses = _seat(run, participants, accepts_line=accepts_line, keep_together=keep_together, at=at)
            registration = _write(run, submission, contact, affiliation, keep_together=keep_together)
            payers = _write_payers(registration, participants, payer, affiliation)
            enrolments = _write_enrolments(registration, run, participants, statuses, payers, affiliation)
            save_answers(
                registration=registration,
                once=answers,
                enrolments=enrolments,
                each=[participant.answers for participant in participants],
            )
            if draft:
                close_draft(draft, registration)
            emails.queue_registered(registration, run, enrolments)
            if EnrolmentStatus.WAITING in statuses and run.seats.free:
                # A group that does not fit may have left seats that somebody behind it can take.
                serve_line(run, at=at)
            return registration
    except IntegrityError as error:
        # The lock makes these impossible for those who take it; PostgreSQL refuses the others.
        if violated_constraint(error) == ONE_ENROLMENT_CONSTRAINT:
            raise AlreadyRegistered(_registered_addresses(run_pk, participants)) from error
        if violated_constraint(error) == SEATS_CONSTRAINT:
            raise NotEnoughSeats(left=0, wanted=len(participants), has_line=True) from error
        raise


def _seat(
    run: CourseRun,
    participants: Sequence[ParticipantDetails],
    *,
    accepts_line: bool,
    keep_together: bool,
    at: datetime | None,
) -> list[EnrolmentStatus]:
    """Return each participant's status in form order, or raise why there can be none."""
    state = run.registration_state(at)
    if state not in (*TAKES_REGISTRATIONS, RegistrationState.FULL):
        raise RegistrationClosed(state)
    if taken := _registered_addresses(run.pk, participants):
        raise AlreadyRegistered(taken)
    wanted, left = len(participants), run.seats.left
    if left is None or wanted <= left:
        return [EnrolmentStatus.CONFIRMED] * wanted
    if not (accepts_line and run.waiting_list):
        raise NotEnoughSeats(left=left, wanted=wanted, has_line=run.waiting_list)
    seated = 0 if keep_together else left
    return [EnrolmentStatus.CONFIRMED] * seated + [EnrolmentStatus.WAITING] * (wanted - seated)


def registered_addresses(run_pk: int, addresses: Sequence[str]) -> list[str]:
    """Return those of the addresses that have an active enrolment on the run."""
    return list(Enrolment.objects.active().filter(run_id=run_pk, email__in=addresses).values_list("email", flat=True))


def _registered_addresses(run_pk: int, participants: Sequence[ParticipantDetails]) -> list[str]:
    return registered_addresses(run_pk, [participant.email for participant in participants if participant.email])


def _write(
    run: CourseRun,
    submission: str,
    contact: ContactDetails,
    affiliation: Affiliation,
    *,
    keep_together: bool,
) -> Registration:
    return Registration.objects.create(
        run=run,
        submission=submission,
        contact_name=contact.name,
        contact_email=contact.email,
        contact_phone=contact.phone,
        organisation=affiliation.organisation,
        organisation_name=affiliation.name,
        keep_together=keep_together,
        price=run.effective_price,
        vat_code=run.course.vat_code,
        terms=run.terms,
        accepted_terms_at=timezone.now() if run.terms else None,
    )


def _write_payers(
    registration: Registration,
    participants: Sequence[ParticipantDetails],
    payer: PayerDetails | None,
    affiliation: Affiliation,
) -> list[Payer | None]:
    """Write each payer once, and return who pays for each participant."""
    if payer is None:
        return [None] * len(participants)
    common = _payer_row(registration, payer, affiliation)
    wanted = [
        _payer_row(registration, each.payer, each.affiliation or affiliation) if each.payer else common
        for each in participants
    ]
    rows = {_billing(row): row for row in wanted}
    Payer.objects.bulk_create(rows.values())
    return [rows[_billing(row)] for row in wanted]


def _payer_row(registration: Registration, payer: PayerDetails, affiliation: Affiliation) -> Payer:
    label = str(affiliation.organisation) if affiliation.organisation else affiliation.name
    return Payer(registration=registration, name=label, **asdict(payer))


def _billing(payer: Payer) -> tuple[str, ...]:
    """Return what makes two payers one: where the invoice goes, and what is to stand on it."""
    return tuple(getattr(payer, field) for field in BILLING_FIELDS)


def _write_enrolments(
    registration: Registration,
    run: CourseRun,
    participants: Sequence[ParticipantDetails],
    statuses: Sequence[EnrolmentStatus],
    payers: Sequence[Payer | None],
    affiliation: Affiliation,
) -> list[Enrolment]:
    first_in_line = next_line_order(run) if EnrolmentStatus.WAITING in statuses else 0
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            registration=registration,
            run=run,
            payer=payer,
            name=participant.name,
            email=participant.email,
            job_title=participant.job_title,
            department=participant.department,
            dietary=participant.dietary if run.asks_dietary else "",
            organisation=(participant.affiliation or affiliation).organisation,
            organisation_name=(participant.affiliation or affiliation).name,
            status=status,
            form_order=order,
            line_order=first_in_line + order if status == EnrolmentStatus.WAITING else None,
        )
        for order, (participant, status, payer) in enumerate(zip(participants, statuses, payers, strict=True))
    )
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(
            enrolment=enrolment,
            kind=EventKind.REGISTERED if enrolment.status == EnrolmentStatus.CONFIRMED else EventKind.WAITLISTED,
            actor=ActorKind.CONTACT,
        )
        for enrolment in enrolments
    )
    return enrolments
