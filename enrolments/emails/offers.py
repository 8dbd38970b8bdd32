"""The mails about offers of freed seats: made, soon over, declined, expired, withdrawn.

The contact answers for the registration and hears all of it. Participants hear once what has become of
their own place: an invitation when a seat is accepted, or that they are no longer in line.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from courses.models import CourseRun
from courses.presentation import price_text
from enrolments.emails.parts import (
    about_registration,
    attendee_of,
    filled,
    participants_of,
    reference_to,
)
from enrolments.emails.words import CONTACT, COURSE, QUESTIONS
from enrolments.enums import OfferStatus
from enrolments.links import offer_link
from enrolments.models import Enrolment, Offer
from enrolments.snapshots import RegistrationSnapshot, registration_from, run_from
from website.core.danish import written
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

Context = dict[str, Any]
Offered = tuple[Offer, Sequence[Enrolment]]

# --- queueing -------------------------------------------------------------------------------


def queue_offered(run: CourseRun, offers: Iterable[Offered]) -> None:
    """Ask the contact of each offer, with the links to answer by."""
    queue_mails(_to_contact("enrolments.offer", run, offer, enrolments) for offer, enrolments in offers)


def queue_reminders(run: CourseRun, offers: Iterable[Offered]) -> None:
    """Ask the contact of each offer once more, before it ends."""
    queue_mails(_to_contact("enrolments.offer_reminder", run, offer, enrolments) for offer, enrolments in offers)


def queue_withdrawn(run: CourseRun, offer: Offer, enrolments: Sequence[Enrolment]) -> None:
    """Tell the contact that an offer is taken back, and that the places in line are kept."""
    queue_mails([_to_contact("enrolments.offer_withdrawn", run, offer, enrolments)])


def queue_left(run: CourseRun, offer: Offer, enrolments: Sequence[Enrolment], *, expired: bool) -> None:
    """Tell the contact who has left the line, and each of them."""
    kind = "enrolments.offer_expired" if expired else "enrolments.offer_declined"
    queue_mails([_to_contact(kind, run, offer, enrolments), *_to_participants(run, offer, enrolments, expired)])


def _to_contact(kind: str, run: CourseRun, offer: Offer, enrolments: Sequence[Enrolment]) -> QueuedMail:
    registration = offer.registration
    context = about_registration(registration, run) | {
        "run_pk": run.pk,
        "offer": {"pk": offer.pk, "link_version": offer.link_version, "expires_at": offer.expires_at.isoformat()},
        "participants": participants_of(enrolments),
    }
    return QueuedMail(kind, registration.contact_email, context, reference_to(registration))


def _to_participants(
    run: CourseRun, offer: Offer, enrolments: Sequence[Enrolment], expired: bool
) -> Iterator[QueuedMail]:
    registration = offer.registration
    about = about_registration(registration, run) | {"run_pk": run.pk, "expired": expired}
    for enrolment in enrolments:
        if enrolment.email and enrolment.email != registration.contact_email:
            context = about | {"attendee": attendee_of(enrolment)}
            yield QueuedMail("enrolments.off_the_line", enrolment.email, context, reference_to(registration))


# --- what they say --------------------------------------------------------------------------

SEATS = Placeholder("seats", gettext_lazy("how many seats, such as “2 seats”"))
NAMES = Placeholder("names", gettext_lazy("the participants it is about"))
DEADLINE = Placeholder("deadline", gettext_lazy("until when to answer"))
PRICE = Placeholder("price", gettext_lazy("what the seats cost"))
RUN = Placeholder("run", gettext_lazy("the course, its days and place"), block=True)
ANSWER = Placeholder("answer", gettext_lazy("the buttons to say yes or no"), block=True, required=True)
AGAIN = Placeholder("register_again", gettext_lazy("the button to register again"), block=True)
RECEIPT = Placeholder("registration", gettext_lazy("the button to the registration"), block=True)
NAME = Placeholder("name", gettext_lazy("the participant's name"))
CONTACT_NAME = Placeholder("contact_name", gettext_lazy("the name of who registered them"))
WHY = Placeholder("why", gettext_lazy("what happened to the offer"))


def _sample(*statuses: OfferStatus) -> Context | None:
    """Return the context that the newest offer of these statuses gives, for the preview."""
    offer = (
        Offer.objects.filter(status__in=statuses or OfferStatus.values)
        .select_related("registration__organisation", "registration__terms")
        .first()
    )
    if offer is None:
        return None
    run = CourseRun.objects.for_display().get(pk=offer.run_id)
    enrolments = list(offer.enrolments.order_by("form_order")) or list(offer.registration.enrolments.all())
    context = _to_contact("enrolments.offer", run, offer, enrolments).context
    return context | {"attendee": attendee_of(enrolments[0]), "expired": True} if enrolments else None


@register_text_mail(
    "enrolments.offer",
    title=gettext_lazy("A seat is offered"),
    about=gettext_lazy("To the contact, when a seat has become free for somebody on the waiting list"),
    subject=gettext_lazy("You are offered {seats}: {course}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "There is room now: you are offered {seats} for {names}.\n\n"
        "Answer no later than {deadline}. We hold the seats for you until then. After that they are offered to the "
        "next in line, and you leave the waiting list.\n\n"
        "{answer}\n\n"
        "{price}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[CONTACT, COURSE, SEATS, NAMES, DEADLINE, ANSWER, PRICE, RUN, QUESTIONS],
    sample=_sample,
)
@register_text_mail(
    "enrolments.offer_reminder",
    title=gettext_lazy("An offer of a seat soon ends"),
    about=gettext_lazy("To the contact, once, when a third of the time to answer is left"),
    subject=gettext_lazy("Reminder: {seats} held for you until {deadline}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "We still hold {seats} on {course} for {names}, and we have not heard from you.\n\n"
        "Answer no later than {deadline}. After that the seats are offered to the next in line, and you leave the "
        "waiting list.\n\n"
        "{answer}\n\n"
        "{price}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[CONTACT, COURSE, SEATS, NAMES, DEADLINE, ANSWER, PRICE, RUN, QUESTIONS],
    sample=_sample,
)
@register_text_mail(
    "enrolments.offer_declined",
    title=gettext_lazy("An offer of a seat was declined"),
    about=gettext_lazy("To the contact, as a receipt for saying no"),
    subject=gettext_lazy("You said no to {seats}: {course}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "You have said no to {seats} for {names}. They are no longer on the waiting list, and there is nothing to "
        "pay for them.\n\n"
        "If you change your mind, register again: you then join the waiting list at its end.\n\n"
        "{register_again}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[CONTACT, COURSE, SEATS, NAMES, AGAIN, RUN, QUESTIONS],
    sample=_sample,
)
@register_text_mail(
    "enrolments.offer_expired",
    title=gettext_lazy("An offer of a seat has ended"),
    about=gettext_lazy("To the contact, when nobody answered in time"),
    subject=gettext_lazy("The offer of {seats} has ended: {course}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "We held {seats} for {names} until {deadline} and did not hear from you. The seats go to the next in line, "
        "and {names} are no longer on the waiting list. There is nothing to pay for them.\n\n"
        "If you still want to come, register again: you then join the waiting list at its end.\n\n"
        "{register_again}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[CONTACT, COURSE, SEATS, NAMES, DEADLINE, AGAIN, RUN, QUESTIONS],
    sample=_sample,
)
@register_text_mail(
    "enrolments.offer_withdrawn",
    title=gettext_lazy("An offer of a seat was withdrawn"),
    about=gettext_lazy("To the contact, when an organiser takes an offer back"),
    subject=gettext_lazy("We have to withdraw the offer of {seats}: {course}"),
    body=gettext_lazy(
        "Dear {contact}\n\n"
        "We offered you {seats} for {names}, and we are sorry to have to withdraw the offer. You keep the place "
        "you had on the waiting list, and you hear from us as soon as there is room.\n\n"
        "{registration}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[CONTACT, COURSE, SEATS, NAMES, RECEIPT, RUN, QUESTIONS],
    sample=_sample,
)
def fill_for_contact(context: Context) -> Filled:
    """Fill what the mails to the contact share; each uses what its words ask for."""
    run = run_from(context["run"])
    registration = registration_from(context["registration"])
    offer = Offer(pk=context["offer"]["pk"], link_version=context["offer"]["link_version"])
    names = [participant["name"] or _("Name to follow") for participant in context["participants"]]
    yes = Block.button(_("Answer the offer"), offer_link.url(offer))
    no = Block.button(_("No thank you"), f"{offer_link.url(offer)}?svar=nej")
    values: dict[str, str | Block] = {
        "contact": registration.contact_name,
        "seats": seats_text(len(names)),
        "names": names_text(names),
        "deadline": deadline_text(datetime.fromisoformat(context["offer"]["expires_at"])),
        "price": _price(registration, len(names)),
        "answer": Block(text=f"{yes.text}\n\n{no.text}", html=yes.html + no.html),
        "register_again": Block.button(_("Register again"), register_url(context["run_pk"])),
        "registration": Block.button(_("See your registration"), registration.url),
    }
    return filled(run, values)


@register_text_mail(
    "enrolments.off_the_line",
    title=gettext_lazy("No longer on the waiting list"),
    about=gettext_lazy("To a participant whose contact said no to the seat, or did not answer in time"),
    subject=gettext_lazy("No longer on the waiting list: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "{why} You are therefore no longer on the waiting list.\n\n"
        "Do you still want to come? Talk to {contact_name}, or register again yourself.\n\n"
        "{register_again}\n\n"
        "{run}\n\n"
        "{questions}"
    ),
    placeholders=[NAME, CONTACT_NAME, COURSE, WHY, AGAIN, RUN, QUESTIONS],
    sample=_sample,
)
def fill_for_participant(context: Context) -> Filled:
    """Fill the mail to a participant who has left the line."""
    run = run_from(context["run"])
    contact = context["registration"]["contact_name"]
    if context["expired"]:
        why = _("A seat was offered to you through %(contact)s, and nobody answered in time.")
    else:
        why = _("A seat was offered to you through %(contact)s, who said no thank you.")
    values: dict[str, str | Block] = {
        "name": context["attendee"]["name"],
        "contact_name": contact,
        "why": why % {"contact": contact},
        "register_again": Block.button(_("Register again"), register_url(context["run_pk"])),
    }
    return filled(run, values)


# --- words ----------------------------------------------------------------------------------


def seats_text(count: int) -> str:
    return ngettext("a seat", "%(count)s seats", count) % {"count": count}


def names_text(names: Sequence[str]) -> str:
    """Return "A", "A and B" or "A, B and C"."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def deadline_text(at: datetime) -> str:
    return written(timezone.localtime(at), r"l j. F Y \k\l. G.i")


def register_url(run_pk: int) -> str:
    return settings.SITE_URL + reverse("enrolments:register", args=[run_pk])


def _price(registration: RegistrationSnapshot, seats: int) -> str:
    if not registration.price:
        return _("It is free.")
    if seats == 1:
        return _("The price is %(price)s (%(vat)s), and the terms you accepted apply.") % {
            "price": price_text(registration.price),
            "vat": registration.vat,
        }
    return _(
        "The price is %(price)s per participant (%(vat)s), %(total)s in all, and the terms you accepted apply."
    ) % {
        "price": price_text(registration.price),
        "vat": registration.vat,
        "total": price_text(registration.price * seats),
    }
