"""The history of a registration as people read it: what happened, to whom, by whom and when, newest first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.change_words import who_text
from enrolments.enums import ActorKind, EventKind, RequestKind
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from website.core.danish import kroner

#: What is written in one transaction is one line.
TOGETHER = timedelta(seconds=2)

SENTENCES = {
    EventKind.REGISTERED: gettext_lazy("%(names)s: registered"),
    EventKind.ADDED: gettext_lazy("%(names)s: added by the organiser"),
    EventKind.WAITLISTED: gettext_lazy("%(names)s: put on the waiting list"),
    EventKind.LINE_MOVED: gettext_lazy("%(names)s: another place on the waiting list"),
    EventKind.OFFERED: gettext_lazy("%(names)s: offered a seat"),
    EventKind.OFFER_ACCEPTED: gettext_lazy("%(names)s: yes to the offered seat"),
    EventKind.OFFER_DECLINED: gettext_lazy("%(names)s: no to the offered seat"),
    EventKind.OFFER_EXPIRED: gettext_lazy("%(names)s: no answer to the offer in time"),
    EventKind.OFFER_WITHDRAWN: gettext_lazy("%(names)s: the offer of a seat was withdrawn"),
    EventKind.SEATED: gettext_lazy("%(names)s: a seat from the waiting list"),
    EventKind.CANCELLED: gettext_lazy("%(names)s: cancelled"),
    EventKind.REPLACED: gettext_lazy("%(names)s: the seat was taken over by a colleague"),
    EventKind.REPLACES: gettext_lazy("%(names)s: took over a colleague's seat"),
    EventKind.MOVED_AWAY: gettext_lazy("%(names)s: moved to another run"),
    EventKind.MOVED_HERE: gettext_lazy("%(names)s: moved here from another run"),
    EventKind.NAMED: gettext_lazy("%(names)s: name filled in"),
    EventKind.DETAILS: gettext_lazy("%(names)s: details corrected"),
    EventKind.REQUESTED: gettext_lazy("%(names)s: the organiser was asked: %(wish)s"),
    EventKind.REQUEST_GRANTED: gettext_lazy("%(names)s: the organiser said yes: %(wish)s"),
    EventKind.REQUEST_REFUSED: gettext_lazy("%(names)s: the organiser said no: %(wish)s"),
    EventKind.CERTIFIED: gettext_lazy("%(names)s: certificate issued"),
    EventKind.CERTIFICATE_REVOKED: gettext_lazy("%(names)s: certificate revoked"),
    EventKind.TOLD: gettext_lazy("%(names)s: told of a change of the run"),
    EventKind.ANONYMISED: gettext_lazy("Personal data deleted"),
}
#: What a contact's own details are called in an event.
CONTACT_FIELDS = {"contact_name", "contact_phone", "order_reference", "person_reference"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history."""

    at: datetime
    text: str
    by: str


def timeline(registration: Registration, enrolments: Iterable[Enrolment], *, whole: bool = True) -> list[Line]:
    """Return the history of these enrolments of a registration, newest first (one query).

    `whole`: for the contact, who sees both sides of a replacement: then one line tells of it.
    """
    rows = {enrolment.pk: enrolment for enrolment in enrolments}
    events = EnrolmentEvent.objects.filter(enrolment__in=list(rows)).order_by("-at", "-pk")
    lines: list[list[EnrolmentEvent]] = []
    for event in events:
        if whole and event.kind == EventKind.REPLACED:
            continue
        if lines and _belong_together(lines[-1][0], event):
            lines[-1].append(event)
        else:
            lines.append([event])
    return [Line(at=group[0].at, text=_text(group, rows), by=_by(group[0], rows, registration)) for group in lines]


def _belong_together(first: EnrolmentEvent, event: EnrolmentEvent) -> bool:
    return (
        first.kind == event.kind
        and first.actor == event.actor
        and first.data == event.data
        and first.at - event.at < TOGETHER
    )


def _text(group: Sequence[EnrolmentEvent], rows: Mapping[int, Enrolment]) -> str:
    event = group[0]
    data = event.data if isinstance(event.data, dict) else {}
    people = sorted((rows[each.enrolment_id] for each in group), key=lambda row: (row.form_order, row.pk))
    if event.kind == EventKind.DETAILS and CONTACT_FIELDS & set(data.get("fields", ())):
        return _("The contact's or the payer's details corrected")
    names = _names(people)
    former = rows.get(people[0].replaces_id or 0)
    if event.kind == EventKind.REPLACES and len(people) == 1 and former:
        return _("%(names)s: took over from %(old)s") % {"names": names, "old": former}
    sentence = SENTENCES.get(EventKind(event.kind))
    wish = data.get("kind", "")
    text = (
        str(sentence) % {"names": names, "wish": RequestKind(wish).label.lower() if wish in RequestKind.values else ""}
        if sentence
        else f"{names}: {event.get_kind_display()}"
    )
    if data.get("fee"):
        fee = sum((Decimal(each.data["fee"]) for each in group), Decimal(0))
        text += " – " + _("fee %(amount)s") % {"amount": kroner(fee)}
    return text


def _names(people: Sequence[Enrolment]) -> str:
    words = who_text(people)
    return words[:1].upper() + words[1:]


def _by(event: EnrolmentEvent, rows: Mapping[int, Enrolment], registration: Registration) -> str:
    """Return who did it, as the page's reader knows them; never which member of staff."""
    match event.actor:
        case ActorKind.CONTACT:
            return registration.contact_name
        case ActorKind.PARTICIPANT:
            return str(rows[event.enrolment_id])
        case ActorKind.STAFF:
            return _("The organiser")
    return _("Automatically")
