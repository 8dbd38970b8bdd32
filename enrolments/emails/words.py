"""Placeholders and small parts that several mails about registrations share."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.models import Enrolment, Registration
from enrolments.snapshots import RegistrationSnapshot
from website.core.danish import clock, kroner
from website.messaging.texts import Block, Placeholder

Context = dict[str, Any]

NAME = Placeholder("name", gettext_lazy("the recipient's name"))
COURSE = Placeholder("course", gettext_lazy("the course's title"))
CONTACT = Placeholder("contact", gettext_lazy("the contact's name"))
NUMBER = Placeholder("number", gettext_lazy("the registration's number"))
PRICE = Placeholder("price", gettext_lazy("a sentence on the price, empty when it is free"))
FEE = Placeholder("fee", gettext_lazy("a sentence on the fee, empty when there is none"))
RUN = Placeholder("run", gettext_lazy("the course, its days and its place"), block=True)
CONTACT_LINK = Placeholder(
    "link", gettext_lazy("the button that leads the contact to the registration"), block=True, required=True
)
OWN_LINK = Placeholder("link", gettext_lazy("the button that leads to the participant's own page"), block=True)
PRACTICAL = Placeholder("practical", gettext_lazy("practical information and the way there"), block=True)
CODE = Placeholder("code", gettext_lazy("the participant's code for the door, as a QR code and as text"), block=True)
QUESTIONS = Placeholder("questions", gettext_lazy("whom to ask"), block=True)

NOTHING = Block(text="", html=mark_safe(""))


def paragraph(text: str) -> Block:
    return Block.from_template("enrolments/emails/_paragraph", {"text": text})


def call_block(*, name: str = "", phone: str = "", email: str = "") -> Block:
    """Return whom to call or write to: the contact that is given, and us for what is not."""
    given = {"name": name, "phone": phone, "email": email}
    return Block.from_template(
        "enrolments/emails/_call", {part: said or settings.PROVIDER[part] for part, said in given.items()}
    )


def day_and_time(day: date, at: time) -> str:
    """Such as "torsdag 4. marts 2027 kl. 9.00"."""
    return _("%(weekday)s %(date)s at %(time)s") % {
        "weekday": date_format(day, "l"),
        "date": date_format(day, "DATE_FORMAT"),
        "time": clock(at),
    }


def listing(heading: str, names: Sequence[str], *, after: str = "") -> Block:
    """Return names under a heading, with a sentence after them; nothing when there are none."""
    if not names:
        return NOTHING
    items = format_html_join("", "<li>{}</li>", ((name,) for name in names))
    html = format_html("<h2>{}</h2><ul>{}</ul>", heading, items)
    text = "\n".join([f"{heading}:", *(f"- {name}" for name in names)])
    if after:
        return Block(text=f"{text}\n\n{after}", html=format_html("{}<p>{}</p>", html, after))
    return Block(text=text, html=html)


def contact_button(registration: RegistrationSnapshot) -> Block:
    """Return the contact's secret button. It goes to nobody else."""
    return Block.button(_("See or change your registration"), registration.url)


def price_sentence(registration: RegistrationSnapshot) -> str:
    if registration.price <= 0:
        return ""
    return _("The price is %(price)s per participant, %(vat)s. The invoice comes separately.") % {
        "price": kroner(registration.price),
        "vat": registration.vat,
    }


def fee_sentence(fee: str) -> str:
    """Return what `fee` (an amount as it stands in a snapshot, or nothing) comes to in words."""
    amount = Decimal(fee or "0")
    return _("A fee of %(fee)s is invoiced, as the terms say.") % {"fee": kroner(amount)} if amount > 0 else ""


def newest(
    rows: Callable[[], QuerySet[Any]], context_of: Callable[[Any], Context | None]
) -> Callable[[], Context | None]:
    """Return a function that makes a preview's context of the newest of these rows, or None without any."""

    def sample() -> Context | None:
        row = rows().order_by("-pk").first()
        return context_of(row) if row else None

    return sample


def registrations() -> QuerySet[Registration]:
    return Registration.objects.filter(anonymised_at=None).select_related(
        "run__course", "run__venue", "terms", "organisation"
    )


def enrolments() -> QuerySet[Enrolment]:
    """Return those who can be written to, with what mails tell of them."""
    return (
        Enrolment.objects.filter(anonymised_at=None)
        .exclude(email="")
        .exclude(name="")
        .select_related("run__course", "run__venue", "registration__terms", "registration__organisation")
    )


def names_of(participants: Iterable[Context], *statuses: str) -> list[str]:
    """Return the names of those participants of a snapshot who have one of these statuses."""
    return [each["name"] for each in participants if each["status"] in statuses]
