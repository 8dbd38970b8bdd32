"""What the mails about runs are made of: who the recipient is to the run, the calendar, links, lists."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrolments.emails.parts import calendar_part
from enrolments.enums import EnrolmentStatus
from enrolments.links import participant_link, registration_link
from enrolments.models import Enrolment, Registration
from enrolments.snapshots import RunSnapshot, run_from
from website.core.danish import listed
from website.messaging.registry import Calendar
from website.messaging.texts import Block

Context = dict[str, Any]
REQUEST, CANCEL = "REQUEST", "CANCEL"


def relation_to(to: Context, *, was: bool = False) -> str:
    """Say what the recipient is to the run, or was to one that is not held."""
    said = []
    if to["enrolment"]:
        if to["enrolment"]["status"] == EnrolmentStatus.CONFIRMED:
            said.append(_("You had a seat on it.") if was else _("You have a seat on it."))
        else:
            said.append(_("You were on its waiting list.") if was else _("You are on its waiting list."))
    own = to["enrolment"]["name"] if to["enrolment"] else None
    others = [name for name in to["participants"] if name and name != own]
    unnamed = sum(not name for name in to["participants"])
    if unnamed:
        seats = ngettext("%(count)s seat without a name yet", "%(count)s seats without names yet", unnamed)
        others.append(seats % {"count": unnamed})
    if others:
        text = _("You had registered %(names)s.") if was else _("You have registered %(names)s.")
        said.append(text % {"names": listed(others)})
    if to["presents"]:
        said.append(_("You were to host or present on it.") if was else _("You host or present on it."))
    return " ".join(said)


def calendar_note(context: Context) -> str:
    entry = context.get("calendar")
    if not entry:
        return ""
    if entry["method"] == CANCEL:
        return _("The course goes out of your calendar by the attached entry.")
    if context.get("days", 1) > 1:
        return _("Your calendar is updated by the attached entry; each further day comes in an e-mail of its own.")
    return _("Your calendar is updated by the attached entry.")


def calendar_of(context: Context) -> Calendar | None:
    entry = context.get("calendar")
    if not entry:
        return None
    run: RunSnapshot = run_from(context["run"] | {"days": [entry["day"]]})
    return calendar_part(run, context["to"]["enrolment"], method=entry["method"])


def has_link(to: Context) -> bool:
    return bool(to["enrolment"] or to["registrations"])


def links_to(to: Context, *, label: str = "") -> Block:
    """Return the buttons to what the recipient has: the registrations they made, else their own seat."""
    buttons = []
    for row in to["registrations"]:
        registration = Registration(pk=row["pk"], link_version=row["link_version"])
        several = len(to["registrations"]) > 1
        words = label or _("See the registration")
        if several:
            words = _("%(what)s (%(number)s)") % {"what": words, "number": registration.number}
        buttons.append(Block.button(words, registration_link.url(registration)))
    if to["enrolment"] and not buttons:
        own = Enrolment(pk=to["enrolment"]["pk"], link_version=to["enrolment"]["link_version"])
        buttons.append(Block.button(label or _("See your registration"), participant_link.url(own)))
    return _together(buttons)


def _together(blocks: Iterable[Block]) -> Block:
    blocks = list(blocks)
    return Block(
        text="\n\n".join(block.text for block in blocks),
        html=format_html_join("", "{}", ((block.html,) for block in blocks)),
    )


def changes_block(changes: Sequence[Context]) -> Block:
    """Return each change with what was and what is."""
    lines, items = [], []
    for change in changes:
        line = f"{change['what']}: {change['after']}" if change["after"] else change["what"]
        now = format_html(": {}", change["after"]) if change["after"] else ""
        before = ""
        if change["before"]:
            line += f" ({_('before: %(what)s') % {'what': change['before']}})"
            before = format_html("<br>{} <s>{}</s>", _("Before:"), change["before"])
        lines.append(f"- {line}")
        items.append(format_html("<li><strong>{}</strong>{}{}</li>", change["what"], now, before))
    return _bulleted(lines, items)


def alternatives_block(others: Sequence[Context]) -> Block:
    """Return the runs one can move to instead."""
    texts = [", ".join(part for part in (other["when"], other["place"], other["label"]) if part) for other in others]
    intro = ngettext(
        "There are free seats on another run. You move there free of charge:",
        "There are free seats on other runs. You move to one of them free of charge:",
        len(texts),
    )
    listing = list_block(texts)
    return Block(text=f"{intro}\n{listing.text}", html=format_html("<p>{}</p>{}", intro, listing.html))


def list_block(texts: Sequence[str]) -> Block:
    return _bulleted([f"- {text}" for text in texts], [format_html("<li>{}</li>", text) for text in texts])


def _bulleted(lines: Sequence[str], items: Sequence[str]) -> Block:
    html = format_html("<ul>{}</ul>", format_html_join("", "{}", ((item,) for item in items)))
    return Block(text="\n".join(lines), html=html)


def admin_url(name: str, run_pk: int) -> str:
    return settings.SITE_URL + reverse(f"participants:{name}", args=[run_pk])
