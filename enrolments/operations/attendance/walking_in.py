"""Somebody comes to the door without having registered: marked all the same, never lost, never past those in line.

With a seat that a newcomer may take they get it, like anybody who registers. Else they stand as *came without
a seat*: on the roll, in no count of seats, and brought to the organisers, who give a seat (`give_seat`) or not.
"""

from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from courses.models import CourseDay, CourseRun, Organisation
from enrolments import emails
from enrolments.enums import (
    IN_LINE_STATUSES,
    ActorKind,
    AttendanceStatus,
    EnrolmentStatus,
    EventKind,
    MarkSource,
    OfferStatus,
)
from enrolments.exceptions import NoLongerActive, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from enrolments.operations.attendance.marks import (
    AttendanceError,
    DayRemoved,
    Mark,
    NotMarked,
    Refusal,
    Tap,
    correct_at,
)
from enrolments.operations.attendance.taking import take
from enrolments.operations.line import whole_line
from enrolments.operations.offers import close_emptied, serve_line
from enrolments.operations.seats import lock_run
from website.accounts.models import User

PRESENT = Mark(AttendanceStatus.PRESENT)


class NotAPerson(AttendanceError):
    """`field` ("name", "email" or "organisation_name") holds what cannot be it; the message says it to people."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def walk_in(
    *,
    day: CourseDay,
    submission: str,
    name: str,
    email: str = "",
    organisation: Organisation | None = None,
    organisation_name: str = "",
    by: User | None,
    at: datetime | None = None,
    mark: Mark = PRESENT,
    source: str = MarkSource.ROLL_CALL,
    device: str = "",
    clock_offset: int | None = None,
    received_at: datetime | None = None,
) -> Enrolment:
    """Take in somebody who came, and mark them; return the enrolment they are marked on.

    Somebody with a seat by this address is marked and nothing more. Somebody in line gets the seat that is theirs
    by now (offered, or next by the rule with a free one), and else comes without a seat and leaves the line.
    Anybody else is registered: with a seat while a newcomer may take one, else without. Who gets a seat is
    written to, as always. `submission` is the form's own id: sent twice is one walk-in. `at` is the instant of
    the tap, corrected for the device's clock.

    Raises NotAPerson, DayRemoved, RunCancelled, and NotMarked (`refusal`: outside the window of correction, or an
    impossible mark). Nothing has changed then.
    """
    received_at = received_at or timezone.now()
    name, email = _clean(name, email, organisation_name)
    digest = sha256(f"walk-in:{submission}".encode()).hexdigest()
    with transaction.atomic():
        try:
            run = lock_run(day.run_id)
        except CourseRun.DoesNotExist as error:
            raise DayRemoved from error
        if not any(each.pk == day.pk for each in run.ordered_days()):
            raise DayRemoved
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        known = Enrolment.objects.filter(registration__submission=digest).first()
        if known is None and email:
            known = run.enrolments.active().filter(email=email).first()
        if known is None:
            known = _register(run, day, digest, name, email, organisation, organisation_name, by)
        elif known.status in IN_LINE_STATUSES:
            _out_of_the_line(run, day, known, by, received_at)
        if known.is_unnamed:
            known.name = name
            known.save(update_fields=["name"])
            _record(known, EventKind.NAMED, by)
        tap = Tap(uuid5(NAMESPACE_URL, digest), known.pk, mark, correct_at(at or received_at, 0))
        taken = take(
            day=day,
            taps=[tap],
            by=by,
            source=source,
            device=device,
            clock_offset=clock_offset,
            received_at=received_at,
        )
        for refused in taken.refused:
            raise NotMarked(Refusal(refused.reason_code))
        return known


def give_seat(*, enrolment_pk: int, user: User, reason: str = "") -> Enrolment:
    """Give somebody who came without a seat one, by an organiser's hand, and write to them; return the enrolment.

    A seat that a newcomer may take is used; else the run gets one more, so that nobody in line loses theirs. While
    there is a line the reason for passing it is logged. Who has a seat already is left alone.

    Raises NoLongerActive, RunCancelled, and ReasonNeeded while anybody is in line.
    """
    run_pk = Enrolment.objects.values_list("run", flat=True).get(pk=enrolment_pk)
    with transaction.atomic():
        run = lock_run(run_pk)
        enrolment = Enrolment.objects.select_related("registration").get(pk=enrolment_pk)
        if enrolment.status == EnrolmentStatus.CONFIRMED:
            return enrolment
        if enrolment.status != EnrolmentStatus.WALK_IN:
            raise NoLongerActive
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        if run.seats.waiting and not reason.strip():
            raise ReasonNeeded
        adds = run.seats.left is not None and run.seats.left < 1
        if adds:
            CourseRun.objects.filter(pk=run.pk).update(capacity=F("capacity") + 1)
        enrolment.status = EnrolmentStatus.CONFIRMED
        enrolment.save(update_fields=["status"])
        EnrolmentEvent.objects.create(
            enrolment=enrolment,
            kind=EventKind.SEATED,
            actor=ActorKind.STAFF,
            user=user,
            reason=reason,
            data={"place": "raise" if adds else "seat"},
        )
        _write_to(enrolment, run)
        return enrolment


def _clean(name: str, email: str, organisation_name: str) -> tuple[str, str]:
    """Return name and address as they are kept. Raises NotAPerson."""
    name, email = " ".join(name.split()), email.strip().casefold()
    if not name:
        raise NotAPerson("name", _("Write the name of the person who came."))
    if len(name) > 120 or "\0" in name:
        raise NotAPerson("name", _("Write a name of at most 120 characters."))
    if len(organisation_name) > 150 or "\0" in organisation_name:
        raise NotAPerson("organisation_name", _("Write a name of at most 150 characters for the organisation."))
    if email:
        try:
            validate_email(email)
        except ValidationError as error:
            raise NotAPerson(
                "email", _("“%(email)s” is not an e-mail address. Correct it, or leave it empty.") % {"email": email}
            ) from error
    return name, email


def _register(
    run: CourseRun,
    day: CourseDay,
    digest: str,
    name: str,
    email: str,
    organisation: Organisation | None,
    organisation_name: str,
    by: User | None,
) -> Enrolment:
    """Register somebody nobody knows: their own contact, with a seat while a newcomer may take one."""
    if organisation is None and not organisation_name.strip():
        organisation_name = _("Not stated")
    left = run.seats.left
    registration = Registration.objects.create(
        run=run,
        submission=digest,
        contact_name=name,
        contact_email=email,
        organisation=organisation,
        organisation_name=organisation_name.strip(),
        price=run.effective_price,
        vat_code=run.course.vat_code,
        # Nobody has accepted any terms at the door.
        terms=None,
        added_by=by,
        is_walk_in=True,
    )
    enrolment = Enrolment.objects.create(
        registration=registration,
        run=run,
        name=name,
        email=email,
        organisation=organisation,
        organisation_name=organisation_name.strip(),
        status=EnrolmentStatus.CONFIRMED if left is None or left > 0 else EnrolmentStatus.WALK_IN,
    )
    _record(enrolment, EventKind.WALKED_IN, by, day)
    if enrolment.status == EnrolmentStatus.CONFIRMED:
        _write_to(enrolment, run)
    return enrolment


def _out_of_the_line(run: CourseRun, day: CourseDay, enrolment: Enrolment, by: User | None, at: datetime) -> None:
    """Give somebody in line the seat that is theirs by now; else let them stand as come without one."""
    entry = next(entry for entry in whole_line(run) if enrolment.pk in entry.pks)
    is_seated = entry.is_offered or (entry.is_next and entry.size == 1)
    enrolment.status = EnrolmentStatus.CONFIRMED if is_seated else EnrolmentStatus.WALK_IN
    if not is_seated:
        enrolment.line_order, enrolment.offer = None, None
    enrolment.save(update_fields=["status", "line_order", "offer"])
    _record(enrolment, EventKind.SEATED if is_seated else EventKind.WALKED_IN, by, day)
    if is_seated:
        emails.queue_seated(enrolment.registration, run, [enrolment])
    close_emptied(run, OfferStatus.ACCEPTED, at)
    serve_line(run, at=at)


def _write_to(enrolment: Enrolment, run: CourseRun) -> None:
    """Write to somebody who has got a seat: as a registration of their own, or as one out of the line."""
    registration = enrolment.registration
    if registration.is_walk_in:
        emails.queue_registered(registration, run, [enrolment])
    else:
        emails.queue_seated(registration, run, [enrolment])


def _record(enrolment: Enrolment, kind: EventKind, by: User | None, day: CourseDay | None = None) -> None:
    EnrolmentEvent.objects.create(
        enrolment=enrolment,
        kind=kind,
        actor=ActorKind.STAFF if by else ActorKind.SYSTEM,
        user=by,
        data={"day": day.pk} if day else {},
    )
