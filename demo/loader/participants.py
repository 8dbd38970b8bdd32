"""Registrations, payers, enrolments and their history, for the runs that this load made.

Written in bulk: no mail leaves for people who do not exist.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from courses.models import CourseRun
from demo.loader.files import read
from demo.loader.groups import Group, compose
from demo.loader.ledger import Ledger
from demo.loader.people import Employer, Person, Society
from demo.loader.users import ORGANISER
from enrolments.enums import ActorKind, BillingMethod, EnrolmentStatus, EventKind
from enrolments.models import Enrolment, EnrolmentEvent, Payer, Registration
from website.accounts.models import User

BATCH = 500


@dataclass
class Submission:
    """One registration with all that hangs on it, before it is written."""

    group: Group
    entry: dict[str, Any]
    registration: Registration
    payer: Payer | None
    enrolments: list[Enrolment]


def load(ledger: Ledger) -> None:
    """Write the registrations of the new runs, numbered in the order they came."""
    society = Society(ledger.random)
    submissions = []
    for run, entry in ledger.runs:
        taken: set[str] = set()
        for number, group in enumerate(compose(entry, run, now=ledger.now, random=ledger.random)):
            submissions.append(_submission(run, entry, group, number, society, taken, ledger.now))
    submissions.sort(key=lambda submission: submission.group.created_at)
    _write(submissions)
    _write_history(submissions, ledger)


def _submission(
    run: CourseRun,
    entry: dict[str, Any],
    group: Group,
    number: int,
    society: Society,
    taken: set[str],
    now: datetime,
) -> Submission:
    random, employer = society.random, society.employer()
    people = [society.participant(employer, taken=taken) for _ in group.statuses]
    # Most groups are signed up by one of their own, some by a colleague who stays at home.
    contact = people[0] if random.random() < 0.7 else society.participant(employer, taken=set())
    registration = Registration(
        run=run,
        contact_name=contact.name,
        contact_email=contact.email,
        contact_phone=f"00 {random.randint(10, 99)} {random.randint(10, 99)} {random.randint(10, 99)}",
        organisation=employer.organisation,
        organisation_name="" if employer.organisation else employer.name,
        keep_together=group.keep_together,
        price=run.effective_price,
        vat_code=run.course.vat_code,
        terms=run.terms,
        accepted_terms_at=group.created_at if run.terms else None,
        submission=hashlib.sha256(f"demo:{entry['key']}:{number}".encode()).hexdigest(),
    )
    payer = _payer(registration, employer, contact, random) if registration.has_price else None
    enrolments = [
        _enrolment(registration, payer, person, status, order, random, now, group)
        for order, (person, status) in enumerate(zip(people, group.statuses, strict=True))
    ]
    return Submission(group=group, entry=entry, registration=registration, payer=payer, enrolments=enrolments)


def _payer(registration: Registration, employer: Employer, contact: Person, random: Random) -> Payer:
    payer = Payer(registration=registration, name=employer.name)
    if employer.organisation and random.random() < 0.85:
        payer.billing_method, payer.ean = BillingMethod.EAN, employer.ean(random.randrange(10))
        payer.order_reference = random.choice(
            ["", f"PO-{random.randint(10000, 99999)}", f"K{random.randint(1000, 9999)}"]
        )
        payer.person_reference = contact.name
    else:
        payer.billing_method = BillingMethod.EMAIL
        payer.invoice_email = f"faktura.{contact.email}"
    return payer


def _enrolment(
    registration: Registration,
    payer: Payer | None,
    person: Person,
    status: EnrolmentStatus,
    order: int,
    random: Random,
    now: datetime,
    group: Group,
) -> Enrolment:
    enrolment = Enrolment(
        registration=registration,
        run=registration.run,
        payer=payer,
        name=person.name,
        email=person.email,
        job_title=person.job_title,
        department=person.department,
        organisation=registration.organisation,
        organisation_name=registration.organisation_name,
        status=status,
        form_order=order,
    )
    if status == EnrolmentStatus.CANCELLED:
        latest = min(now, registration.run.starts_at)
        enrolment.cancelled_at = group.created_at + (latest - group.created_at) * random.uniform(0.1, 0.9)
        enrolment.calendar_sequence = 1
    elif registration.run.asks_dietary and random.random() < 0.3:
        enrolment.dietary = random.choice(read("people")["dietary"])
    return enrolment


def _write(submissions: list[Submission]) -> None:
    registrations = [submission.registration for submission in submissions]
    Registration.objects.bulk_create(registrations, batch_size=BATCH)
    Payer.objects.bulk_create([each.payer for each in submissions if each.payer], batch_size=BATCH)
    enrolments = [enrolment for submission in submissions for enrolment in submission.enrolments]
    # Submissions come in the order they were made, and so does the line.
    for place, enrolment in enumerate(enrolments, 1):
        if enrolment.status == EnrolmentStatus.WAITING:
            enrolment.line_order = place
    Enrolment.objects.bulk_create(enrolments, batch_size=BATCH)
    # Rows are stamped with the moment they are written; these were made earlier.
    for submission in submissions:
        for row in (submission.registration, *submission.enrolments):
            row.created_at = submission.group.created_at
    Registration.objects.bulk_update(registrations, ["created_at"], batch_size=BATCH)
    Enrolment.objects.bulk_update(enrolments, ["created_at"], batch_size=BATCH)


def _write_history(submissions: list[Submission], ledger: Ledger) -> None:
    organiser = User.objects.filter(email=ORGANISER).first()
    events = []
    for submission in submissions:
        for enrolment in submission.enrolments:
            events.extend(_history(submission, enrolment, organiser, ledger))
    moments = [event.at for event in events]
    EnrolmentEvent.objects.bulk_create(events, batch_size=BATCH)
    for event, moment in zip(events, moments, strict=True):
        event.at = moment
    EnrolmentEvent.objects.bulk_update(events, ["at"], batch_size=BATCH)


def _history(
    submission: Submission, enrolment: Enrolment, organiser: User | None, ledger: Ledger
) -> list[EnrolmentEvent]:
    group, by_staff = submission.group, submission.entry.get("cancelled_by_staff")
    waited = enrolment.status == EnrolmentStatus.WAITING or group.seated_from_line
    events = [
        EnrolmentEvent(
            enrolment=enrolment,
            kind=EventKind.WAITLISTED if waited else EventKind.REGISTERED,
            at=group.created_at,
            actor=ActorKind.CONTACT,
        )
    ]
    if group.seated_from_line:
        seated_at = min(group.created_at + timedelta(days=1, hours=1), ledger.now)
        events.append(
            EnrolmentEvent(
                enrolment=enrolment, kind=EventKind.SEATED, at=seated_at, actor=ActorKind.STAFF, user=organiser
            )
        )
    if enrolment.status == EnrolmentStatus.CANCELLED:
        events.append(
            EnrolmentEvent(
                enrolment=enrolment,
                kind=EventKind.CANCELLED,
                at=enrolment.cancelled_at,
                actor=ActorKind.STAFF if by_staff else ActorKind.CONTACT,
                user=organiser if by_staff else None,
                reason=by_staff or "",
            )
        )
    return events
