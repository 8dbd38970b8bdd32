"""The mail to a training contact: that they see their municipality's courses now, until when, and how."""

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.emails.words import NOTHING, call_block, paragraph
from enrolments.models import TrainingContact
from website.messaging.operations import queue_mail
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

KIND = "enrolments.training_contact"


def queue_access_given(contact: TrainingContact) -> None:
    """Queue the mail to whoever has been given access, in the caller's transaction."""
    queue_mail(kind=KIND, to=contact.user.email, context=_context(contact), reference=f"training_contact:{contact.pk}")


def _context(contact: TrainingContact) -> dict[str, Any]:
    return {
        "name": contact.user.get_full_name(),
        "email": contact.user.email,
        "municipality": str(contact.organisation),
        "code": contact.organisation.code,
        "until": contact.expires_on.isoformat() if contact.expires_on else "",
    }


def _sample() -> dict[str, Any] | None:
    newest = TrainingContact.objects.select_related("user", "organisation").first()
    return _context(newest) if newest else None


@register_text_mail(
    KIND,
    title=gettext_lazy("Access as training contact"),
    about=gettext_lazy("To whoever you give access to a municipality's courses and participants."),
    subject=gettext_lazy("You now have access to {municipality}'s courses"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "You can now see who from {municipality} has been on which courses, what is booked, and what it cost."
        " You can also fetch it as a file.\n\n"
        "{button}\n\n"
        "You sign in with {email}: we mail you a code each time, so there is no password to remember.\n\n"
        "{until}\n\n"
        "What you see are colleagues' personal data. Use it only in your work, and do not pass it on.\n\n"
        "{call}"
    ),
    placeholders=(
        Placeholder("name", gettext_lazy("the person's name")),
        Placeholder("municipality", gettext_lazy("the municipality, such as “Aarhus Kommune”")),
        Placeholder("email", gettext_lazy("the address they sign in with")),
        Placeholder("button", gettext_lazy("the button to the training year"), block=True, required=True),
        Placeholder("until", gettext_lazy("until when they have access, if you have set a day"), block=True),
        Placeholder("call", gettext_lazy("whom to call or write to"), block=True),
    ),
    sample=_sample,
)
def fill_access_given(context: dict[str, Any]) -> Filled:
    url = settings.SITE_URL + reverse("enrolments:municipality_year", args=[context["code"]])
    return Filled(
        values={
            "name": context["name"] or context["email"],
            "municipality": context["municipality"],
            "email": context["email"],
            "button": Block.button(_("See your municipality's training year"), url),
            "until": _until(context["until"]),
            "call": call_block(),
        },
    )


def _until(day: str) -> Block:
    if not day:
        return NOTHING
    text = _("Your access lasts until %(day)s.") % {"day": date_format(date.fromisoformat(day), "DATE_FORMAT")}
    return paragraph(text)
