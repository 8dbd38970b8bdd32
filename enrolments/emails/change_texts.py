"""The words of the mails about changes by secret link. Who gets which is decided in enrolments/emails/changes.py."""

from decimal import Decimal

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from courses.presentation import vat_text
from enrolments.emails.changes import about_change, about_request
from enrolments.emails.parts import (
    Context,
    attendee_of,
    calendar_part,
    code_block,
    code_pictures,
    filled,
    practical_block,
    seat_button,
)
from enrolments.emails.words import CODE, COURSE, FEE, NAME, PRACTICAL, QUESTIONS, contact_button, newest
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, RequestKind
from enrolments.models import ChangeRequest, Enrolment
from enrolments.snapshots import registration_from, run_from, snapshot_run
from website.core.danish import kroner, listed
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

WHO = Placeholder("who", gettext_lazy("who made the change"))
OLD_NAME = Placeholder("old_name", gettext_lazy("who gave up the seat"))
NEW_NAME = Placeholder("new_name", gettext_lazy("who took it over"))
NAMES = Placeholder("names", gettext_lazy("the participants it is about"))
PRICE = Placeholder("price", gettext_lazy("a sentence on the price of the new run"))
FACTS = Placeholder("facts", gettext_lazy("the course, its days and place"), block=True)
BUTTON = Placeholder("button", gettext_lazy("the button to the recipient's own page"), block=True, required=True)


def _who(context: Context, recipient: ActorKind) -> str:
    return pgettext("subject", "You") if context["actor"] == recipient else context["by"]


def _contact_button(context: Context) -> Block:
    return contact_button(registration_from(context["registration"]))


def _sample_replacement(new: Enrolment) -> Context:
    old = new.replaces or new
    return about_change(new.registration, new.run, ActorKind.CONTACT, participant=old) | {
        "old": attendee_of(old),
        "new": attendee_of(new),
        "attendee": attendee_of(old),
        "had_seat": new.status == EnrolmentStatus.CONFIRMED,
        "contact_is": "",
    }


def _sample_move(new: Enrolment) -> Context:
    old = new.moved_from or new
    return about_change(new.registration, new.run, ActorKind.CONTACT, participant=new) | {
        "from": snapshot_run(old.run),
        "names": [str(new)],
        "fee": str(old.fee or 0),
        "attendee": attendee_of(new),
    }


def _sample_seat(enrolment: Enrolment) -> Context:
    return about_change(enrolment.registration, enrolment.run, ActorKind.CONTACT, participant=enrolment) | {
        "attendee": attendee_of(enrolment),
        "had_seat": True,
        "old_name": enrolment.name,
        "old_email": enrolment.email,
        "names": [str(enrolment)],
        "kind": EventKind.CANCELLED.value,
    }


def _sample_request(request: ChangeRequest) -> Context:
    enrolment = request.enrolment
    return about_request(enrolment.registration, enrolment.run, request) | {"reply": request.reply or "…"}


sample_replacement = newest(lambda: Enrolment.objects.filter(replaces__isnull=False), _sample_replacement)
sample_move = newest(lambda: Enrolment.objects.filter(moved_from__isnull=False), _sample_move)
sample_seat = newest(lambda: Enrolment.objects.confirmed().exclude(name=""), _sample_seat)
sample_request = newest(lambda: ChangeRequest.objects.all(), _sample_request)


@register_text_mail(
    "enrolments.replacement",
    title=gettext_lazy("A colleague takes over a seat, to the contact"),
    about=gettext_lazy("Sent to the contact when a colleague is put in a participant's place."),
    subject=gettext_lazy("{new_name} takes over from {old_name}: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has put {new_name} in {old_name}'s place. Both have got an e-mail about it.\n\n"
        "{facts}\n\n{button}\n\n{questions}"
    ),
    placeholders=[COURSE, NAME, WHO, OLD_NAME, NEW_NAME, FACTS, BUTTON, QUESTIONS],
    sample=sample_replacement,
)
def fill_replacement(context: Context) -> Filled:
    run = run_from(context["run"])
    calendar = None
    if context["contact_is"] == "new":
        calendar = calendar_part(run, context["new"])
    elif context["contact_is"] == "old" and context["had_seat"]:
        calendar = calendar_part(run, context["old"], method="CANCEL")
    return filled(
        run,
        {
            "name": context["registration"]["contact_name"],
            "who": _who(context, ActorKind.CONTACT),
            "old_name": context["old"]["name"] or _("Name to follow"),
            "new_name": context["new"]["name"],
            "button": _contact_button(context),
        },
        calendar=calendar,
    )


@register_text_mail(
    "enrolments.replaced",
    title=gettext_lazy("A colleague takes over your seat, to the participant"),
    about=gettext_lazy(
        "Sent to the participant whose seat a colleague has taken over. Takes the course off calendars."
    ),
    subject=gettext_lazy("{new_name} has taken over your seat: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has put {new_name} in your place. You are no longer registered, and the course leaves "
        "your calendar.\n\n{facts}\n\n{questions}"
    ),
    placeholders=[COURSE, NAME, WHO, NEW_NAME, FACTS, QUESTIONS],
    sample=sample_replacement,
)
def fill_replaced(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["old"]["name"],
            "who": _who(context, ActorKind.PARTICIPANT),
            "new_name": context["new"]["name"],
        },
        calendar=calendar_part(run, context["old"], method="CANCEL") if context["had_seat"] else None,
    )


@register_text_mail(
    "enrolments.move",
    title=gettext_lazy("Moved to another run, to the contact"),
    about=gettext_lazy("Sent to the contact when participants are moved to another run of the course."),
    subject=gettext_lazy("Moved to another run: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has moved {names} from {old_run} to the run below. {fee}\n{price}\n\n"
        "{facts}\n\n{button}\n\n{questions}"
    ),
    placeholders=[
        COURSE,
        NAME,
        WHO,
        NAMES,
        Placeholder("old_run", gettext_lazy("the run they left")),
        FEE,
        PRICE,
        FACTS,
        BUTTON,
        QUESTIONS,
    ],
    sample=sample_move,
)
def fill_move(context: Context) -> Filled:
    run, registration = run_from(context["run"]), registration_from(context["registration"])
    fee, attendee = Decimal(context["fee"]), context["attendee"]
    price = (
        _("The price of the new run is %(price)s per participant, %(vat)s.")
        % {"price": kroner(registration.price), "vat": registration.vat}
        if registration.price
        else ""
    )
    return filled(
        run,
        {
            "name": context["registration"]["contact_name"],
            "who": _who(context, ActorKind.CONTACT),
            "names": listed(context["names"]),
            "old_run": _run_name(context["from"]),
            "fee": _fee_sentence(fee, context["registration"]["vat_code"]),
            "price": price,
            "button": _contact_button(context),
        },
        show_link=bool(attendee),
        calendar=calendar_part(run, attendee) if attendee else None,
    )


@register_text_mail(
    "enrolments.moved",
    title=gettext_lazy("Moved to another run, to the participant"),
    about=gettext_lazy("Sent to a participant who is moved to another run. Carries the new calendar entry."),
    subject=gettext_lazy("You are moved to another run: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has moved you from {old_run} to the run below. You have a seat, and the new days are "
        "for your calendar. The old ones leave it.\n\n{facts}\n\n{code}\n\n{practical}\n\n{button}\n\n{questions}"
    ),
    placeholders=[
        COURSE,
        NAME,
        WHO,
        Placeholder("old_run", gettext_lazy("the run they left")),
        FACTS,
        CODE,
        PRACTICAL,
        BUTTON,
        QUESTIONS,
    ],
    sample=sample_move,
)
def fill_moved(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["attendee"]["name"],
            "who": _who(context, ActorKind.PARTICIPANT),
            "old_run": _run_name(context["from"]),
            "code": code_block(context["attendee"]),
            "practical": practical_block(run),
            "button": seat_button(context["attendee"]),
        },
        show_link=True,
        calendar=calendar_part(run, context["attendee"]),
        pictures=code_pictures(context["attendee"]),
    )


@register_text_mail(
    "enrolments.address_changed",
    title=gettext_lazy("The address was changed, to the old address"),
    about=gettext_lazy("Sent to the old address when a participant gets another one. Takes the course off calendars."),
    subject=gettext_lazy("Not at this address any more: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has changed the e-mail address of your registration, so this address gets no more "
        "e-mails about the course, and it leaves the calendar here. Is that a mistake? Write to us.\n\n"
        "{facts}\n\n{questions}"
    ),
    placeholders=[COURSE, NAME, WHO, FACTS, QUESTIONS],
    sample=sample_seat,
)
def fill_address_changed(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["attendee"]["name"],
            "who": _who(context, ActorKind.PARTICIPANT),
        },
        calendar=calendar_part(run, context["attendee"], method="CANCEL") if context["had_seat"] else None,
    )


@register_text_mail(
    "enrolments.corrected",
    title=gettext_lazy("Name corrected, to the participant"),
    about=gettext_lazy("Sent to a participant when somebody else has corrected the name of their registration."),
    subject=gettext_lazy("Your name is corrected: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has corrected your name. This is how it will stand on your badge and certificate: "
        "{name}.\n\n{facts}\n\n{button}\n\n{questions}"
    ),
    placeholders=[COURSE, NAME, WHO, FACTS, BUTTON, QUESTIONS],
    sample=sample_seat,
)
def fill_corrected(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["attendee"]["name"],
            "who": _who(context, ActorKind.PARTICIPANT),
            "button": seat_button(context["attendee"]),
        },
    )


@register_text_mail(
    "enrolments.participant_corrected",
    title=gettext_lazy("A participant's name or address changed, to the contact"),
    about=gettext_lazy("Sent to the contact when a participant fills in or corrects their own name or address."),
    subject=gettext_lazy("{new_name}: details changed for {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n{who} has filled in or corrected a participant's details. They are now:\n\n"
        "- {new_name}\n- {email}\n\n{facts}\n\n{button}\n\n{questions}"
    ),
    placeholders=[
        COURSE,
        NAME,
        WHO,
        Placeholder("new_name", gettext_lazy("the participant's name now")),
        Placeholder("email", gettext_lazy("the participant's address now")),
        FACTS,
        BUTTON,
        QUESTIONS,
    ],
    sample=sample_seat,
)
def fill_participant_corrected(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["registration"]["contact_name"],
            "who": _who(context, ActorKind.CONTACT),
            "new_name": context["attendee"]["name"],
            "email": context["attendee"]["email"],
            "button": _contact_button(context),
        },
    )


@register_text_mail(
    "enrolments.request",
    title=gettext_lazy("A request after the deadline, to the organiser"),
    about=gettext_lazy("Sent to the organiser when somebody asks for a change that the terms no longer allow."),
    subject=gettext_lazy("Please answer: {wish}: {course}"),
    body=gettext_lazy("{who} asks after the deadline:\n\n- {wish}: {participant}\n\n{message}\n\n{facts}\n\n{button}"),
    placeholders=[
        COURSE,
        WHO,
        Placeholder("wish", gettext_lazy("what is asked for")),
        Placeholder("participant", gettext_lazy("the participant it is about")),
        Placeholder("message", gettext_lazy("what they wrote")),
        FACTS,
        Placeholder("button", gettext_lazy("the button to the request"), block=True, required=True),
    ],
    sample=sample_request,
)
def fill_request(context: Context) -> Filled:
    run = run_from(context["run"])
    url = settings.SITE_URL + reverse("participants:request", args=[context["run_pk"], context["request"]])
    return filled(
        run,
        {
            "who": context["by"],
            "wish": str(RequestKind(context["kind"]).label),
            "participant": context["participant"],
            "message": context["message"],
            "button": Block.button(_("Answer the request"), url),
        },
        reply_to=context["registration"]["contact_email"],
    )


@register_text_mail(
    "enrolments.request_refused",
    title=gettext_lazy("A request is refused, to whoever asked"),
    about=gettext_lazy("Sent to the contact or the participant when the organiser refuses their request."),
    subject=gettext_lazy("We cannot meet your wish: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\nYou have asked for this:\n\n- {wish}: {participant}\n\nUnfortunately we cannot meet your wish. "
        "The seat stands as before.\n\n{reply}\n\n{facts}\n\n{button}\n\n{questions}"
    ),
    placeholders=[
        COURSE,
        NAME,
        Placeholder("wish", gettext_lazy("what was asked for")),
        Placeholder("participant", gettext_lazy("the participant it is about")),
        Placeholder("reply", gettext_lazy("the organiser's reply")),
        FACTS,
        BUTTON,
        QUESTIONS,
    ],
    sample=sample_request,
)
def fill_request_refused(context: Context) -> Filled:
    run = run_from(context["run"])
    by_participant = context["actor"] == ActorKind.PARTICIPANT
    return filled(
        run,
        {
            "name": context["by"],
            "wish": str(RequestKind(context["kind"]).label),
            "participant": context["participant"],
            "reply": context["reply"],
            "button": seat_button(context["attendee"]) if by_participant else _contact_button(context),
        },
    )


@register_text_mail(
    "enrolments.late_change",
    title=gettext_lazy("A late change, to the organiser"),
    about=gettext_lazy("Sent to the organiser when somebody leaves or hands on their seat in the last days before."),
    subject=gettext_lazy("Late change: {course}"),
    body=gettext_lazy("{who} has made a change shortly before the run:\n\n- {what}: {names}\n\n{facts}\n\n{button}"),
    placeholders=[
        COURSE,
        WHO,
        Placeholder("what", gettext_lazy("what has been done")),
        NAMES,
        FACTS,
        Placeholder("button", gettext_lazy("the button to the run's page"), block=True, required=True),
    ],
    sample=sample_seat,
)
def fill_late_change(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "who": context["by"],
            "what": str(EventKind(context["kind"]).label),
            "names": listed(context["names"]),
            "button": Block.button(
                _("See the run's participants"),
                settings.SITE_URL + reverse("participants:run", args=[context["run_pk"]]),
            ),
        },
        reply_to=context["registration"]["contact_email"],
    )


def _run_name(run: Context) -> str:
    """Return how people know a run apart from the others of the course: its first day, and its label."""
    shown = run_from(run)
    first = shown.days[0].date if shown.days else None
    if first is None:
        return shown.label or shown.title
    day = _("the run on %(date)s") % {"date": date_format(first, "DATE_FORMAT")}
    return f"{day} ({shown.label})" if shown.label else day


def _fee_sentence(fee: Decimal, vat_code: str) -> str:
    if not fee:
        return ""
    return _("The fee for moving is %(fee)s, %(vat)s.") % {"fee": kroner(fee), "vat": vat_text(vat_code, fee)}
