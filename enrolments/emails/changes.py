"""The mails about changes by secret link. Each concerned hears once, and only of what concerns them.

- The *contact* gets one mail a change, whoever made it. When they take part themselves, their own calendar
  entry travels in it.
- A *participant* hears when the seat, its place or its calendar entry changes, and when somebody else has
  corrected their name. Whoever only corrects their own title gets no mail: the page has told them.
- The *organiser* (the run's responsible, else the course's contact) gets a mail only when they must act (a
  request), or when somebody leaves within the last `LATE_DAYS` days: then name badges, catering and presenters are
  on their way. Everything else stands in the workspace.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from courses.models import CourseRun
from enrolments.emails.parts import Context, about_registration, attendee_of, further_days, reference_to
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.models import ChangeRequest, Enrolment, Registration
from enrolments.snapshots import snapshot_run
from website.messaging.operations import QueuedMail, queue_mails

#: A change this near the first day is told to the organiser by mail.
LATE_DAYS = 7


def queue_replaced(
    registration: Registration,
    run: CourseRun,
    *,
    old: Enrolment,
    new: Enrolment,
    had_seat: bool,
    actor: ActorKind,
) -> None:
    """Tell the contact, the one who leaves and the colleague; move the entry from one calendar to the other."""
    about = about_change(registration, run, actor, participant=old)
    context = about | {
        "old": attendee_of(old),
        "new": attendee_of(new),
        "had_seat": had_seat,
        "contact_is": _contact_is(registration, old=old, new=new),
    }
    mails = [_to(registration.contact_email, "enrolments.replacement", registration, context)]
    if old.email and context["contact_is"] != "old":
        # The one mail to a contact who takes the colleague's seat themselves carries the new entry.
        kind = "enrolments.cancelled_day" if old.email == registration.contact_email else "enrolments.replaced"
        if kind == "enrolments.replaced" or had_seat:
            mails.append(_to(old.email, kind, registration, context | {"attendee": attendee_of(old), "day": 0}))
    if old.email and had_seat:
        mails.extend(further_days("enrolments.cancelled_day", registration, about, old))
    mails.extend(_welcome(registration, about, new, in_contact_mail=context["contact_is"] == "new"))
    queue_mails(mails)


def queue_moved(
    registration: Registration,
    run: CourseRun,
    there: Registration,
    target: CourseRun,
    *,
    pairs: Sequence[tuple[Enrolment, Enrolment]],
    seated: set[int],
    actor: ActorKind,
) -> None:
    """Tell the contact and each participant where to; take the old days out of calendars, put the new ones in."""
    old = {"run": snapshot_run(run)}
    about = about_change(there, target, actor, participant=pairs[0][0]) | {"from": old["run"]}
    own = next((new for _old, new in pairs if new.email == registration.contact_email), None)
    context = about | {
        "names": [str(new) for _old, new in pairs],
        "fee": str(sum((before.fee or Decimal(0) for before, _new in pairs), Decimal(0))),
        "attendee": attendee_of(own) if own else None,
    }
    mails = [_to(registration.contact_email, "enrolments.move", there, context)]
    for before, new in pairs:
        if not new.email:
            continue
        if new is not own:
            mails.append(_to(new.email, "enrolments.moved", there, about | {"attendee": attendee_of(new)}))
        mails.extend(further_days("enrolments.invitation_day", there, about, new))
        if before.pk in seated:
            leaving = old | {"attendee": attendee_of(before), "day": 0}
            mails.append(_to(before.email, "enrolments.cancelled_day", registration, leaving))
            mails.extend(further_days("enrolments.cancelled_day", registration, old, before))
    queue_mails(mails)


def queue_corrected(
    registration: Registration, run: CourseRun, enrolment: Enrolment, *, old_name: str, old_email: str, actor: ActorKind
) -> None:
    """Move the calendar entry with the address, invite who has got their name, tell the other side once."""
    about = about_change(registration, run, actor, participant=enrolment)
    named, renamed = not old_name and bool(enrolment.name), old_name != enrolment.name
    readdressed = old_email != enrolment.email
    if not (renamed or readdressed):
        return
    mails: list[QueuedMail] = []
    if readdressed and old_email and old_name:
        left = attendee_of(enrolment) | {"email": old_email, "name": old_name}
        seated = enrolment.status == EnrolmentStatus.CONFIRMED
        context = about | {"attendee": left, "had_seat": seated}
        mails.append(_to(old_email, "enrolments.address_changed", registration, context))
        if seated:
            mails.extend(
                QueuedMail(mail.kind, old_email, mail.context | {"attendee": left}, mail.reference)
                for mail in further_days("enrolments.cancelled_day", registration, about, enrolment)
            )
    if enrolment.name and (named or readdressed):
        mails.extend(_welcome(registration, about, enrolment, in_contact_mail=False))
    elif enrolment.email and actor != ActorKind.PARTICIPANT and enrolment.email != registration.contact_email:
        context = about | {"attendee": attendee_of(enrolment)}
        mails.append(_to(enrolment.email, "enrolments.corrected", registration, context))
    if actor != ActorKind.CONTACT and registration.contact_email not in (old_email, enrolment.email):
        context = about | {"attendee": attendee_of(enrolment), "old_name": old_name, "old_email": old_email}
        mails.append(_to(registration.contact_email, "enrolments.participant_corrected", registration, context))
    queue_mails(mails)


def queue_request(registration: Registration, run: CourseRun, request: ChangeRequest) -> None:
    """Ask the organiser for an answer."""
    mail = _to(organiser_of(run), "enrolments.request", registration, about_request(registration, run, request))
    queue_mails([mail] if mail.to else [])


def queue_refused(registration: Registration, run: CourseRun, request: ChangeRequest) -> None:
    """Tell whoever asked that the answer is no, and why. A granted wish is told by the mails of the change."""
    to = request.enrolment.email if request.actor == ActorKind.PARTICIPANT else registration.contact_email
    context = about_request(registration, run, request) | {"reply": request.reply}
    queue_mails([_to(to, "enrolments.request_refused", registration, context)] if to else [])


def queue_late(
    registration: Registration,
    run: CourseRun,
    enrolments: Sequence[Enrolment],
    *,
    kind: EventKind,
    actor: ActorKind,
    at: datetime,
) -> None:
    """Tell the organiser of seats that people give up or hand on near the start. Of their own work they know."""
    starts_at, to = run.starts_at, organiser_of(run)
    leaving = [enrolment for enrolment in enrolments if enrolment.fee is not None or kind == EventKind.REPLACED]
    if not to or actor == ActorKind.STAFF or not leaving or not run.is_held:
        return
    if starts_at is None or (timezone.localtime(starts_at).date() - timezone.localtime(at).date()).days > LATE_DAYS:
        return
    context = about_change(registration, run, actor, participant=leaving[0]) | {
        "kind": kind.value,
        "names": [str(enrolment) for enrolment in leaving],
    }
    queue_mails([_to(to, "enrolments.late_change", registration, context)])


def organiser_of(run: CourseRun) -> str:
    """Return who is written to about the run: the responsible organiser, else the course's contact."""
    responsible = run.responsible if run.responsible_id else None
    return responsible.email if responsible else run.course.contact_email


def _to(to: str, kind: str, registration: Registration, context: Context) -> QueuedMail:
    return QueuedMail(kind, to, context, reference_to(registration))


def about_change(registration: Registration, run: CourseRun, actor: ActorKind, *, participant: Enrolment) -> Context:
    """Return what every mail about a change tells: registration, run, and who made it."""
    by = {ActorKind.CONTACT: registration.contact_name, ActorKind.PARTICIPANT: str(participant)}
    return about_registration(registration, run) | {
        "actor": ActorKind(actor).value,
        "run_pk": run.pk,
        "by": by.get(actor, settings.PROVIDER["name"]),
    }


def _contact_is(registration: Registration, *, old: Enrolment, new: Enrolment) -> str:
    """Return whose seat is the contact's own, for the calendar entry that their mail carries."""
    if new.email == registration.contact_email and new.status == EnrolmentStatus.CONFIRMED:
        return "new"
    return "old" if old.email == registration.contact_email else ""


def _welcome(
    registration: Registration, about: Context, enrolment: Enrolment, *, in_contact_mail: bool
) -> Iterable[QueuedMail]:
    """Yield the invitation of someone who is new at the address, as after a registration."""
    if not enrolment.email:
        return
    confirmed = enrolment.status == EnrolmentStatus.CONFIRMED
    if not in_contact_mail:
        kind = "enrolments.invitation" if confirmed else "enrolments.waiting"
        yield _to(enrolment.email, kind, registration, about | {"attendee": attendee_of(enrolment)})
    if confirmed:
        yield from further_days("enrolments.invitation_day", registration, about, enrolment)


def about_request(registration: Registration, run: CourseRun, request: ChangeRequest) -> Context:
    """Return what the mails about a request tell."""
    return about_change(registration, run, ActorKind(request.actor), participant=request.enrolment) | {
        "kind": request.kind,
        "request": request.pk,
        "participant": str(request.enrolment),
        "attendee": attendee_of(request.enrolment),
        "message": request.message,
    }
