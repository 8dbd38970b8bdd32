"""The very mail a recipient would get, as an organiser sees it before it is sent."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrolments.enums import EnrolmentStatus
from enrolments.operations.run_audience import Recipient
from website.messaging.operations import QueuedMail
from website.messaging.registry import mail_kinds

#: The secret part of a link: staff see what the mail looks like, not the key in it.
SECRET = re.compile(r"[0-9a-z]{1,12}-[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Preview:
    """One mail as it would be sent. `further` says what else the same person gets."""

    role: str
    name: str
    subject: str
    html: str
    calendar: str
    further: str


def previews(told: Sequence[Recipient], mails: Callable[[Recipient], Iterable[QueuedMail]]) -> list[Preview]:
    """Return the mail to the first real recipient of each kind: with a seat, in line, contact, presenter."""
    firsts: dict[str, Recipient] = {}
    for recipient in told:
        firsts.setdefault(role_of(recipient), recipient)
    return [_preview(role, recipient, list(mails(recipient))) for role, recipient in firsts.items()]


def role_of(recipient: Recipient) -> str:
    """Say what the recipient is to the run, in short."""
    if recipient.enrolment:
        seat = recipient.enrolment.status == EnrolmentStatus.CONFIRMED
        return _("Participant with a seat") if seat else _("On the waiting list")
    return _("Contact") if recipient.registrations else _("Host or presenter")


def _preview(role: str, recipient: Recipient, mails: list[QueuedMail]) -> Preview:
    with translation.override(settings.LANGUAGE_CODE):
        mail = mail_kinds.get(mails[0].kind).render(mails[0].context)
    calendar = ""
    if mail.calendar:
        gone = mail.calendar.method == "CANCEL"
        calendar = _("Takes an entry out of the calendar.") if gone else _("Updates an entry in the calendar.")
    more = len(mails) - 1
    further = ngettext(
        "And %(count)s short e-mail more, for another day's calendar entry.",
        "And %(count)s short e-mails more, one for each further day's calendar entry.",
        more,
    )
    return Preview(
        role=role,
        name=recipient.name or recipient.email,
        subject=mail.subject,
        html=SECRET.sub("…", str(mail.html)),
        calendar=calendar,
        further=further % {"count": more} if more else "",
    )
