"""The mails about registrations. Queued here as snapshots; rendered when they are sent."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from enrolments.emails.parts import (
    about_registration,
    attendee_of,
    calendar_part,
    contact_as_attendee,
    further_days,
    participants_of,
    reference_to,
)
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment, Registration
from enrolments.snapshots import RunSnapshot, registration_from, run_from
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.registry import Calendar, Mail, register_mail
from website.messaging.rendering import render_mail

Context = dict[str, Any]

# --- queueing -------------------------------------------------------------------------------


def queue_registered(registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Tell the contact and each participant how the registration went."""
    _queue("enrolments.registered", registration, run, enrolments)


def queue_seated(registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Tell the contact and those concerned that they have got a seat from the waiting line."""
    _queue("enrolments.seated", registration, run, enrolments)


def _queue(kind: str, registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment]) -> None:
    """Queue a mail of `kind` to the contact, and to each participant how it went for them."""
    known = about_registration(registration, run)
    context = known | {"participants": participants_of(enrolments), "attendee": contact_as_attendee(known, enrolments)}
    to_contact = QueuedMail(kind, registration.contact_email, context, reference_to(registration))
    queue_mails([to_contact, *_participant_mails(registration, known, enrolments)])


def queue_cancelled(
    registration: Registration, run: CourseRun, enrolments: Sequence[Enrolment], *, had_seat: set[int], by_staff: bool
) -> None:
    """Tell the contact what is cancelled, and take it out of the calendars of those who had a seat."""
    known = about_registration(registration, run) | {"by_staff": by_staff}
    contact_seat = next((e for e in enrolments if e.email == registration.contact_email and e.pk in had_seat), None)
    mails = [
        QueuedMail(
            "enrolments.cancellation",
            registration.contact_email,
            known
            | {
                "participants": participants_of(enrolments),
                "attendee": attendee_of(contact_seat) if contact_seat else None,
            },
            reference_to(registration),
        )
    ]
    for enrolment in enrolments:
        if enrolment.email and enrolment.email != registration.contact_email:
            context = known | {"attendee": attendee_of(enrolment), "had_seat": enrolment.pk in had_seat}
            mails.append(QueuedMail("enrolments.cancelled", enrolment.email, context, reference_to(registration)))
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
        if enrolment.email != registration.contact_email:
            kind = "enrolments.invitation" if confirmed else "enrolments.waiting"
            yield QueuedMail(kind, enrolment.email, about | {"attendee": attendee_of(enrolment)}, reference)
        if confirmed:
            yield from further_days("enrolments.invitation_day", registration, about, enrolment)


# --- rendering ------------------------------------------------------------------------------


@register_mail("enrolments.registered")
def render_registered(context: Context) -> Mail:
    run = run_from(context["run"])
    participants = context["participants"]
    waiting = [p for p in participants if p["status"] == EnrolmentStatus.WAITING]
    if len(waiting) == len(participants):
        subject = _("On the waiting list: %(course)s") % {"course": run.title}
    else:
        subject = _("Registration confirmed: %(course)s") % {"course": run.title}
    return _to_contact("registered", context, subject, run)


@register_mail("enrolments.seated")
def render_seated(context: Context) -> Mail:
    run = run_from(context["run"])
    count = len(context["participants"])
    return _to_contact("seated", context, _seats_subject(run, count), run)


@register_mail("enrolments.cancellation")
def render_cancellation(context: Context) -> Mail:
    run = run_from(context["run"])
    subject = _("Cancellation: %(course)s") % {"course": run.title}
    return _to_contact("cancellation", context, subject, run, method="CANCEL")


@register_mail("enrolments.invitation")
def render_invitation(context: Context) -> Mail:
    run = run_from(context["run"])
    calendar = calendar_part(run, context["attendee"])
    return _to_participant("invitation", context, _seats_subject(run, 1), run, calendar=calendar)


@register_mail("enrolments.waiting")
def render_waiting(context: Context) -> Mail:
    run = run_from(context["run"])
    return _to_participant("waiting", context, _("On the waiting list: %(course)s") % {"course": run.title}, run)


@register_mail("enrolments.cancelled")
def render_cancelled(context: Context) -> Mail:
    run = run_from(context["run"])
    calendar = calendar_part(run, context["attendee"], method="CANCEL") if context["had_seat"] else None
    subject = _("Cancelled: %(course)s") % {"course": run.title}
    return _to_participant("cancelled", context, subject, run, calendar=calendar)


@register_mail("enrolments.invitation_day")
def render_invitation_day(context: Context) -> Mail:
    run = run_from(context["run"])
    subject = _("For your calendar: day %(number)s of %(course)s") % {
        "number": context["day"] + 1,
        "course": run.title,
    }
    return _day_mail("day", context, subject, run, method="REQUEST")


@register_mail("enrolments.cancelled_day")
def render_cancelled_day(context: Context) -> Mail:
    run = run_from(context["run"])
    subject = _("Out of your calendar: day %(number)s of %(course)s") % {
        "number": context["day"] + 1,
        "course": run.title,
    }
    return _day_mail("day", context, subject, run, method="CANCEL")


def _seats_subject(run: RunSnapshot, count: int) -> str:
    subject = ngettext("You have a seat: %(course)s", "You have %(count)s seats: %(course)s", count)
    return subject % {"course": run.title, "count": count}


def _to_contact(template: str, context: Context, subject: str, run: RunSnapshot, *, method: str = "REQUEST") -> Mail:
    attendee = context.get("attendee")
    participants = context["participants"]
    values = {
        "run": run,
        "registration": registration_from(context["registration"]),
        "confirmed": [p["name"] for p in participants if p["status"] == EnrolmentStatus.CONFIRMED],
        "waiting": [p["name"] for p in participants if p["status"] == EnrolmentStatus.WAITING],
        "cancelled": [p["name"] for p in participants if p["status"] == EnrolmentStatus.CANCELLED],
        "by_staff": context.get("by_staff", False),
        "takes_part": bool(attendee),
    }
    return render_mail(
        f"enrolments/emails/{template}",
        values,
        subject=subject,
        calendar=calendar_part(run, attendee, method=method) if attendee else None,
        reply_to=run.contact_email,
    )


def _to_participant(
    template: str, context: Context, subject: str, run: RunSnapshot, *, calendar: Calendar | None = None
) -> Mail:
    values = {
        "run": run,
        "registration": registration_from(context["registration"]),
        "attendee": context["attendee"],
        "had_seat": context.get("had_seat", False),
        "by_staff": context.get("by_staff", False),
    }
    return render_mail(
        f"enrolments/emails/{template}", values, subject=subject, calendar=calendar, reply_to=run.contact_email
    )


def _day_mail(template: str, context: Context, subject: str, run: RunSnapshot, *, method: str) -> Mail:
    number = context["day"]
    values = {
        "run": run,
        "attendee": context["attendee"],
        "day": run.days[number],
        "number": number + 1,
        "count": len(run.days),
        "is_cancelled": method == "CANCEL",
    }
    calendar = calendar_part(run, context["attendee"], number=number, method=method)
    return render_mail(
        f"enrolments/emails/{template}", values, subject=subject, calendar=calendar, reply_to=run.contact_email
    )
