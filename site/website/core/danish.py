"""Danish ordering, done by PostgreSQL without a Danish collation; dates and amounts as people write them.

The embedded PostgreSQL lacks ICU, so names are ordered by an expression: æ, ø and å come
after z, and "aa" counts as "å" (Retskrivningsordbogen § 3).
"""

import re
from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import CharField, Expression, F, Func
from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

#: What stands where: after z the Danish letters with their foreign cousins, and accents as if they were none.
_FOLDS = {
    "{": "æä",
    "|": "øöő",
    "}": "å",
    "a": "áàâãą",
    "c": "çćč",
    "e": "éèêëęě",
    "g": "ğ",
    "i": "íìîïı",
    "l": "ł",
    "n": "ñńň",
    "o": "óòôõ",
    "r": "ř",
    "s": "šśş",
    "u": "úùûů",
    "y": "üűýÿ",
    "z": "žźż",
}
_LETTERS = "".join(_FOLDS.values())
_PLACES = "".join(place * len(letters) for place, letters in _FOLDS.items())


class DanishOrder(Func):
    """Order text the Danish way: ``queryset.order_by(DanishOrder("name"))``."""

    template = f"translate(replace(lower(%(expressions)s), 'aa', 'å'), '{_LETTERS}', '{_PLACES}') COLLATE \"C\""
    output_field = CharField()

    def __init__(self, expression: str | Expression, **extra: Any) -> None:
        super().__init__(F(expression) if isinstance(expression, str) else expression, **extra)

    # As `Meta.ordering` it is also read by django-modelcluster, which sorts rows that are not saved
    # yet in memory and knows names of fields only: to it this is the name of the field.

    def __getitem__(self, index: int) -> str:
        return self._field_name[index]

    def split(self, separator: str) -> list[str]:
        return self._field_name.split(separator)

    @property
    def _field_name(self) -> str:
        return self.source_expressions[0].name


_ORDER = str.maketrans(_LETTERS, _PLACES)


def danish_key(text: str) -> str:
    """Return the sort key that gives the same order in Python as `DanishOrder` in SQL."""
    return text.lower().replace("aa", "å").translate(_ORDER)


def kroner(amount: Decimal) -> str:
    """Return an amount in DKK as people write it: "1.995 kr." or "1.234,50 kr." (in the language in use)."""
    decimals = 0 if amount == amount.to_integral_value() else 2
    return f"{number_format(amount, decimal_pos=decimals, force_grouping=True)}\u00a0kr."


def period(first: date, last: date) -> str:
    """Return the days from `first` to `last`: "23. april 2015", "4.–5. marts 2027", "4. marts – 8. april 2027"."""
    if first == last:
        return date_format(first, "DATE_FORMAT")
    if (first.year, first.month) == (last.year, last.month):
        return f"{written(first, 'j.')}–{date_format(last, 'DATE_FORMAT')}"
    style = "MONTH_DAY_FORMAT" if first.year == last.year else "DATE_FORMAT"
    return f"{date_format(first, style)} – {date_format(last, 'DATE_FORMAT')}"


def written(day: date, pattern: str) -> str:
    """Return a date or a moment by a Danish pattern ("l j. F"), in Danish or as the language in use writes it.

    For what has no name in `website.formats`: "lørdag 21. november", "Saturday 21 November"; of "D j. M", which
    Django's Danish begins with capitals, "lør 21. nov", "Sat 21 Nov".
    """
    if (get_language() or "da") == "da":
        return date_format(day, pattern).lower()
    for danish, other in _PATTERNS:
        pattern = pattern.replace(danish, other)
    return date_format(day, pattern)


#: Parts of Danish patterns and what stands for them in other languages: no dot after a day, no "kl.", "Nov" for "nov".
_PATTERNS = (("j.", "j"), ("b", "M"), (r"\k\l. G.i", r"\a\t H:i"), ("G.i", "H:i"))


def unbroken(text: str) -> str:
    """Return a text whose dates do not fall apart at the end of a line: no "1." there, and no "kl."."""
    return re.sub(r"(?<=\d\.) (?=[a-zæøå])|(?<=\bkl\.) (?=\d)|(?<=\d) (?=[A-Z][a-z])", "\u00a0", text)


def clock(moment: time) -> str:
    """Return a clock time: "9.00"."""
    return time_format(moment, "TIME_FORMAT")


def listed(words: Iterable[str]) -> str:
    """Return words in a row: "a, b og c"."""
    *others, last = list(words) or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(others), "last": last} if others else last


def week(day: date) -> str:
    """Return the week of a day as Danes name it (ISO 8601): "uge 17"."""
    return _("week %(number)s") % {"number": day.isocalendar().week}


def dates(days: Iterable[date]) -> str:
    """Return days in words: following days as a span, others one by one.

    "9. december 2026", "3.–5. marts 2026", "3. marts, 17. marts, 31. marts og 14. april 2026". The year stands
    where it changes and at the end.
    """
    ordered = sorted(set(days))
    if not ordered:
        return ""
    first, last = ordered[0], ordered[-1]
    if (last - first).days == len(ordered) - 1:
        return period(first, last)
    followers = [*ordered[1:], None]
    named = [
        date_format(day, "DATE_FORMAT" if after is None or after.year != day.year else "MONTH_DAY_FORMAT")
        for day, after in zip(ordered, followers, strict=True)
    ]
    return listed(named)
