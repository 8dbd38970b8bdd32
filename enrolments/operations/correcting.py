"""Correct what stands about a participant, the contact and the payer, and give an unnamed seat its name."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils.crypto import salted_hmac

from enrolments.emails import changes
from enrolments.emails.groups import queue_naming_link
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import AlreadyRegistered, DetailsChanged, DetailsFrozen, NoLongerActive
from enrolments.models import Enrolment, EnrolmentEvent, Payer, PersonAddress, Registration
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.seats import lock_run
from website.accounts.models import User

#: What one can correct about a participant.
FIELDS = ("name", "email", "job_title", "department", "dietary")


def correct(
    *,
    enrolment: Enrolment,
    details: ParticipantDetails,
    version: int,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
) -> Enrolment:
    """Correct a participant's details; return the row as it stands. What is the same writes nothing.

    `version` is the row's version that was shown. A seat without a name gets one here, and its invitation.
    A changed address moves the calendar entries (cancelled at the old, sent to the new), and the secret
    link of the old address no longer works.

    Raises NoLongerActive, DetailsChanged (somebody else was first: which fields, and the row now) and
    AlreadyRegistered (the address has a seat or a place in line already); nothing has changed then.
    """
    with transaction.atomic():
        run = lock_run(enrolment.run_id)
        row = Enrolment.objects.active().select_related("registration__terms").filter(pk=enrolment.pk).first()
        if row is None:
            raise NoLongerActive
        wanted = {name: getattr(details, name) for name in FIELDS if name != "dietary" or run.asks_dietary}
        changed = [name for name, value in wanted.items() if getattr(row, name) != value]
        if not changed:
            return row
        if row.version != version:
            raise DetailsChanged(row, fields_changed_since(row, version))
        others = run.enrolments.active().exclude(pk=row.pk)
        if "email" in changed and details.email and others.filter(email=details.email).exists():
            raise AlreadyRegistered([details.email])
        was_unnamed, old_name, old_email = row.is_unnamed, row.name, row.email
        for name in changed:
            setattr(row, name, wanted[name])
        row.version += 1
        if "email" in changed:
            row.link_version += 1
            row.person_id = _owner_of(row.email)
            if row.status == EnrolmentStatus.CONFIRMED:
                row.calendar_sequence += 1
        row.save(update_fields=[*changed, "version", "link_version", "person", "calendar_sequence"])
        EnrolmentEvent.objects.create(
            enrolment=row,
            kind=EventKind.NAMED if was_unnamed and row.name else EventKind.DETAILS,
            actor=actor,
            user=user,
            reason=reason,
            data={"fields": changed, "version": row.version},
        )
        changes.queue_corrected(row.registration, run, row, old_name=old_name, old_email=old_email, actor=actor)
        return row


def send_seat_link(*, enrolment: Enrolment, email: str, actor: ActorKind, user: User | None = None) -> Enrolment:
    """Send a colleague the link to the seat that is booked for them; return the row.

    The link of an address that had it before no longer works. Raises NoLongerActive (ended, or named
    meanwhile) and AlreadyRegistered.
    """
    with transaction.atomic():
        run = lock_run(enrolment.run_id)
        row = Enrolment.objects.active().select_related("registration").filter(pk=enrolment.pk, name="").first()
        if row is None:
            raise NoLongerActive
        if run.enrolments.active().filter(email=email).exclude(pk=row.pk).exists():
            raise AlreadyRegistered([email])
        if row.email and row.email != email:
            row.link_version += 1
        if row.email != email:
            row.email, row.version, row.person_id = email, row.version + 1, _owner_of(email)
            row.save(update_fields=["email", "version", "link_version", "person"])
            data = {"fields": ["email"], "version": row.version}
            EnrolmentEvent.objects.create(enrolment=row, kind=EventKind.DETAILS, actor=actor, user=user, data=data)
        queue_naming_link(row, run)
        return row


def _owner_of(email: str) -> int | None:
    """Return the person who has proven the address."""
    return PersonAddress.objects.filter(email=email).values_list("person", flat=True).first()


def fields_changed_since(enrolment: Enrolment, version: int) -> list[str]:
    """Return which fields have been corrected since the row had this version."""
    events = enrolment.events.filter(
        kind__in=(EventKind.DETAILS, EventKind.NAMED), data__version__gt=version
    ).values_list("data", flat=True)
    found = {name for data in events for name in data.get("fields", ())}
    return [name for name in FIELDS if name in found]


@dataclass(frozen=True, slots=True)
class ReferenceDetails:
    """What an invoice is to carry, for one payer."""

    payer_pk: int
    order_reference: str = ""
    person_reference: str = ""


def contact_digest(registration: Registration, payers: Iterable[Payer]) -> str:
    """Return a mark of what the contact was shown, to tell whether somebody has changed it meanwhile."""
    shown = [registration.contact_name, registration.contact_phone]
    shown += [f"{payer.pk}:{payer.order_reference}:{payer.person_reference}" for payer in payers]
    return salted_hmac("enrolments.contact-digest", "\n".join(shown)).hexdigest()


def correct_contact(
    *,
    registration: Registration,
    name: str,
    phone: str,
    references: Iterable[ReferenceDetails] = (),
    seen: str,
    actor: ActorKind,
    user: User | None = None,
) -> Registration:
    """Correct the contact's name and telephone and the payers' references; return the registration.

    `seen` is the `contact_digest` of what was shown. Raises DetailsChanged when something else stands there
    now, and DetailsFrozen for a payer who has been invoiced.
    """
    with transaction.atomic():
        row = Registration.objects.select_for_update().get(pk=registration.pk)
        payers = list(row.payers.select_for_update().order_by("pk"))
        wanted = {reference.payer_pk: reference for reference in references}
        standing = contact_digest(row, payers)
        changed = _set(row, contact_name=name, contact_phone=phone)
        changed_payers = []
        for payer in payers:
            if payer.pk not in wanted:
                continue
            reference = wanted[payer.pk]
            fields = _set(payer, order_reference=reference.order_reference, person_reference=reference.person_reference)
            if fields and payer.frozen_at:
                raise DetailsFrozen
            if fields:
                changed_payers.append(payer)
                changed += [field for field in fields if field not in changed]
        if not changed:
            return row
        if standing != seen:
            raise DetailsChanged(Registration.objects.get(pk=row.pk))
        row.save(update_fields=["contact_name", "contact_phone"])
        Payer.objects.bulk_update(changed_payers, ["order_reference", "person_reference"])
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment=each, kind=EventKind.DETAILS, actor=actor, user=user, data={"fields": changed})
            for each in row.enrolments.active()
        )
        return row


def _set(row: Registration | Payer, **values: str) -> list[str]:
    """Set the fields that differ; return their names."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed
