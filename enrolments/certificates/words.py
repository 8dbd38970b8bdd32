"""How a certificate is put into words, on paper, on pages and in mails."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from unicodedata import normalize

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from website.core.danish import dates, listed, period


def hours(minutes: int) -> str:
    """Return a length of time in words: "7 timer", "6 timer og 30 minutter", "45 minutter"."""
    whole, rest = divmod(minutes, 60)
    parts = []
    if whole or not rest:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", whole) % {"count": number_format(whole)})
    if rest:
        parts.append(ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest})
    return listed(parts)


def attended(data: Mapping[str, Any]) -> str:
    """Return how much of the course somebody attended: "24 af 28 timer", "6 timer og 30 minutter af 7 timer"."""
    present, planned = data["minutes_attended"], data["minutes_planned"]
    if not present % 60 and not planned % 60:
        shown = number_format(present // 60)
        return _("%(attended)s of %(planned)s") % {"attended": shown, "planned": hours(planned)}
    return _("%(attended)s of %(planned)s") % {"attended": hours(present), "planned": hours(planned)}


def held_on(data: Mapping[str, Any]) -> str:
    """Return the days in words."""
    return dates(date.fromisoformat(day["date"]) for day in data["days"])


def period_of(data: Mapping[str, Any]) -> str:
    """Return the first and the last day, and how many there were."""
    count = len(data["days"])
    first, last = (date.fromisoformat(data["days"][at]["date"]) for at in (0, -1))
    days = ngettext("%(count)s day", "%(count)s days", count) % {"count": count}
    return f"{period(first, last)} ({days})"


def on_date(iso: str) -> str:
    return date_format(date.fromisoformat(iso), "DATE_FORMAT")


def initials(name: str) -> str:
    """Return "A. M. B." of "Anna Maria Berg": enough to tell two people of a class apart, and no name."""
    return " ".join(f"{word[0]}." for word in name.split() if word)


def is_same_name(typed: str, name: str) -> bool:
    """Whether what somebody typed is the name, whatever its case and spaces and however its letters are composed."""
    return _folded(typed) == _folded(name)


def _folded(name: str) -> Sequence[str]:
    return normalize("NFKC", name).casefold().replace("’", "'").split()
