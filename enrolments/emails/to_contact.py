"""What the contact of a registration is told: how it went, who got a seat later, what was cancelled."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.html import format_html, linebreaks
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from enrolments.emails.groups import payers_block, unnamed_block
from enrolments.emails.parts import (
    about_registration,
    calendar_part,
    code_block,
    code_pictures,
    contact_as_attendee,
    filled,
    participants_of,
    practical_block,
)
from enrolments.emails.words import (
    CODE,
    CONTACT_LINK,
    COURSE,
    FEE,
    NAME,
    NOTHING,
    NUMBER,
    PRACTICAL,
    PRICE,
    QUESTIONS,
    RUN,
    contact_button,
    fee_sentence,
    listing,
    names_of,
    newest,
    price_sentence,
    registrations,
)
from enrolments.enums import EnrolmentStatus
from enrolments.models import Registration
from enrolments.snapshots import RegistrationSnapshot, RunSnapshot, registration_from, run_from
from website.messaging.texts import Block, Filled, Placeholder, Value, register_text_mail

Context = dict[str, Any]

SEATS = Placeholder("seats", gettext_lazy("the list of those who have a seat"), block=True)
WAITING = Placeholder(
    "waiting", gettext_lazy("the list of those on the waiting list, and what happens next"), block=True
)
CANCELLED = Placeholder("cancelled", gettext_lazy("the list of those who are cancelled"), block=True)
CALENDAR = Placeholder("calendar", gettext_lazy("a sentence on where the calendar invitations are"))
TERMS = Placeholder("terms", gettext_lazy("the terms of cancellation that were accepted"), block=True)
UNNAMED = Placeholder("unnamed", gettext_lazy("links for colleagues whose names are to follow"), block=True)
PAYERS = Placeholder("payers", gettext_lazy("who pays for whom, when there are several payers"), block=True)
COUNT = Placeholder("count", gettext_lazy("how many seats, in words"))


def _filled(context: Context, *, method: str = "REQUEST", with_calendar: bool = True, **more: Value) -> Filled:
    """Return what every mail to the contact has, and what this one adds. Their own calendar entry goes along."""
    run, registration = run_from(context["run"]), registration_from(context["registration"])
    attendee = context.get("attendee")
    values: dict[str, Value] = {
        "name": registration.contact_name,
        "number": registration.number,
        "link": contact_button(registration),
    }
    calendar = calendar_part(run, attendee, method=method) if attendee and with_calendar else None
    pictures = code_pictures(attendee) if "code" in more else ()
    show_link = bool(attendee) and method == "REQUEST"
    return filled(run, values | more, show_link=show_link, calendar=calendar, pictures=pictures)


def _seats(context: Context) -> Block:
    return listing(_("Have a seat"), names_of(context["participants"], EnrolmentStatus.CONFIRMED))


def _waiting(context: Context) -> Block:
    names = names_of(context["participants"], EnrolmentStatus.WAITING, EnrolmentStatus.OFFERED)
    after = _("A seat that is freed is offered in the order people joined. We write to you when there is one.")
    return listing(_("On the waiting list"), names, after=after)


def _calendar_sentence(context: Context) -> str:
    """Say where the invitations are: in this mail for a contact who takes part, in mails of their own for others."""
    confirmed = len(names_of(context["participants"], EnrolmentStatus.CONFIRMED))
    takes_part = bool(context.get("attendee"))
    own = _("The calendar invitation is in this e-mail.") if takes_part else ""
    others = confirmed - takes_part - len(context.get("unnamed", []))
    each = _("Each participant gets an e-mail with a calendar invitation.") if others > 0 else ""
    return " ".join(sentence for sentence in (own, each) if sentence)


def _terms(registration: RegistrationSnapshot) -> Block:
    if not registration.terms:
        return NOTHING
    heading = _("Terms of cancellation")
    html = format_html("<h2>{}</h2>{}", heading, linebreaks(registration.terms, autoescape=True))
    return Block(text=f"{heading}:\n{registration.terms}", html=html)


def _practical(context: Context, run: RunSnapshot) -> Block:
    return practical_block(run) if context.get("attendee") else NOTHING


def _sample(registration: Registration, participants: Sequence[Any]) -> Context:
    about = about_registration(registration, registration.run)
    return about | {
        "participants": participants_of(participants),
        "attendee": contact_as_attendee(about, participants),
    }


def _as(*statuses: EnrolmentStatus) -> Any:
    """Return a function that makes a preview of the newest registration with somebody in one of these states."""

    def context_of(registration: Registration) -> Context:
        return _sample(registration, list(registration.enrolments.filter(status__in=statuses)))

    return newest(lambda: registrations().filter(enrolments__status__in=statuses).distinct(), context_of)


# --- the registration -----------------------------------------------------------------------


@register_text_mail(
    "enrolments.registered",
    title=gettext_lazy("Registration confirmed"),
    about=gettext_lazy("To the contact at once when they register and at least one has a seat"),
    subject=gettext_lazy("Registration confirmed: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "The registration is in place. {calendar}\n\n"
        "{run}\n\n"
        "{seats}\n\n"
        "{waiting}\n\n"
        "{price}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{unnamed}\n\n"
        "{payers}\n\n"
        "{code}\n\n"
        "{practical}\n\n"
        "{terms}\n\n"
        "{questions}\n\n"
        "Registration number {number}"
    ),
    placeholders=[
        NAME, COURSE, CALENDAR, RUN, CODE, SEATS, WAITING, PRICE, CONTACT_LINK, UNNAMED, PAYERS, PRACTICAL, TERMS,
        QUESTIONS, NUMBER,
    ],
    sample=_as(EnrolmentStatus.CONFIRMED, EnrolmentStatus.WAITING),
)  # fmt: skip
def registered(context: Context) -> Filled:
    run, registration = run_from(context["run"]), registration_from(context["registration"])
    return _filled(
        context,
        calendar=_calendar_sentence(context),
        seats=_seats(context),
        waiting=_waiting(context),
        price=price_sentence(registration),
        unnamed=unnamed_block(context.get("unnamed", [])),
        payers=payers_block(context.get("payers", [])),
        practical=_practical(context, run),
        code=code_block(context.get("attendee")),
        terms=_terms(registration),
    )


@register_text_mail(
    "enrolments.registered_waiting",
    title=gettext_lazy("Put on the waiting list (to the contact)"),
    about=gettext_lazy("To the contact at once when they register and nobody has got a seat"),
    subject=gettext_lazy("On the waiting list: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "The run is full, and you are on the waiting list. It costs nothing to wait.\n\n"
        "{run}\n\n"
        "{waiting}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{unnamed}\n\n"
        "{terms}\n\n"
        "{questions}\n\n"
        "Registration number {number}"
    ),
    placeholders=[NAME, COURSE, RUN, WAITING, CONTACT_LINK, UNNAMED, TERMS, QUESTIONS, NUMBER],
    sample=_as(EnrolmentStatus.WAITING),
)
def registered_waiting(context: Context) -> Filled:
    return _filled(
        context,
        with_calendar=False,
        waiting=_waiting(context),
        unnamed=unnamed_block(context.get("unnamed", [])),
        terms=_terms(registration_from(context["registration"])),
    )


@register_text_mail(
    "enrolments.seated",
    title=gettext_lazy("A seat from the waiting list (to the contact)"),
    about=gettext_lazy("To the contact when somebody on the waiting list has got a seat"),
    subject=gettext_lazy("You have {count}: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Good news from the waiting list: you have {count}. {calendar}\n\n"
        "{seats}\n\n"
        "{run}\n\n"
        "{price}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{unnamed}\n\n"
        "{code}\n\n"
        "{practical}\n\n"
        "{questions}"
    ),
    placeholders=[
        NAME, COURSE, COUNT, CALENDAR, SEATS, RUN, CODE, PRICE, CONTACT_LINK, UNNAMED, PRACTICAL, QUESTIONS, NUMBER,
    ],
    sample=_as(EnrolmentStatus.CONFIRMED),
)  # fmt: skip
def seated(context: Context) -> Filled:
    run, count = run_from(context["run"]), len(context["participants"])
    return _filled(
        context,
        count=ngettext("a seat", "%(count)s seats", count) % {"count": count},
        calendar=_calendar_sentence(context),
        seats=_seats(context),
        price=price_sentence(registration_from(context["registration"])),
        unnamed=unnamed_block(context.get("unnamed", [])),
        practical=_practical(context, run),
        code=code_block(context.get("attendee")),
    )


# --- cancellations --------------------------------------------------------------------------

CANCELLATION_PLACEHOLDERS = [NAME, COURSE, CANCELLED, FEE, RUN, CONTACT_LINK, QUESTIONS, NUMBER]


def _cancellation(context: Context) -> Filled:
    names = names_of(context["participants"], EnrolmentStatus.CANCELLED)
    return _filled(
        context,
        method="CANCEL",
        cancelled=listing(pgettext("participant", "Cancelled"), names),
        fee=fee_sentence(context.get("fee", "")),
    )


def _sample_cancellation(registration: Registration) -> Context:
    cancelled = list(registration.enrolments.filter(status=EnrolmentStatus.CANCELLED))
    about = about_registration(registration, registration.run)
    fee = sum((each.fee or Decimal(0) for each in cancelled), Decimal(0))
    return about | {"participants": participants_of(cancelled), "attendee": None, "fee": str(fee)}


SAMPLE_CANCELLATION = newest(
    lambda: registrations().filter(enrolments__status=EnrolmentStatus.CANCELLED).distinct(), _sample_cancellation
)

register_text_mail(
    "enrolments.cancellation",
    title=gettext_lazy("Cancelled by the contact (to the contact)"),
    about=gettext_lazy("To the contact as a receipt when they have cancelled"),
    subject=gettext_lazy("Cancellation: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "As you asked, we have cancelled this:\n\n"
        "{cancelled}\n\n"
        "{fee}\n\n"
        "{run}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{questions}"
    ),
    placeholders=CANCELLATION_PLACEHOLDERS,
    sample=SAMPLE_CANCELLATION,
)(_cancellation)

register_text_mail(
    "enrolments.cancellation_by_participant",
    title=gettext_lazy("Cancelled by the participant (to the contact)"),
    about=gettext_lazy("To the contact when a participant has cancelled on their own page"),
    subject=gettext_lazy("A participant has cancelled: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "A participant whom you registered has cancelled:\n\n"
        "{cancelled}\n\n"
        "{fee}\n\n"
        "{run}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{questions}"
    ),
    placeholders=CANCELLATION_PLACEHOLDERS,
    sample=SAMPLE_CANCELLATION,
)(_cancellation)

register_text_mail(
    "enrolments.cancellation_by_staff",
    title=gettext_lazy("Cancelled by us (to the contact)"),
    about=gettext_lazy("To the contact when an organiser has cancelled participants"),
    subject=gettext_lazy("Cancellation: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We have cancelled this:\n\n"
        "{cancelled}\n\n"
        "{fee}\n\n"
        "{run}\n\n"
        "{link}\n\n"
        "The link is yours alone: whoever has it can change and cancel the registration.\n\n"
        "{questions}"
    ),
    placeholders=CANCELLATION_PLACEHOLDERS,
    sample=SAMPLE_CANCELLATION,
)(_cancellation)
