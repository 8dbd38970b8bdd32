"""A survey's list as it was pasted or uploaded: who is invited, from which municipality, what is wrong at which row.

Nothing is written here. Reading is the registration form's (enrolments.importing): headings in Danish or English,
columns guessed where there are none, lines out of an e-mail, Excel and CSV.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from courses.models import Organisation
from enrolments.forms.fields import municipalities_by_spelling, plain_municipality
from enrolments.importing import ListRefused, read_list
from enrolments.importing.reading import COUNTED
from evaluations.models import Survey, SurveyInvitation

#: Rows that one list may have.
LIMIT = 5000
FIELDS = ("name", "email", "municipality")
#: Where a municipality may stand in a list without headings.
PLACES = ("organisation", "job_title", "department")
#: Danish letters as somebody without them writes them.
BARE = str.maketrans({"å": "a", "ø": "o", "æ": "e"})
LONGEST = {"name": 120, "email": 254, "municipality": 150}


@dataclass(slots=True)
class InvitationRow:
    """One row as it is written, and what it comes to. Without `municipality` it counts in the whole only."""

    number: int
    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    organisation: Organisation | None = None
    is_invited: bool = False

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def is_new(self) -> bool:
        return self.is_good and not self.is_invited

    @property
    def email(self) -> str:
        return self.values.get("email", "").casefold()

    def to_json(self) -> list[Any]:
        return [self.number, *(self.values.get(name, "") for name in FIELDS)]

    @classmethod
    def from_json(cls, data: Any) -> "InvitationRow":
        """Read a row that was handed on. Raises ValueError for what is none."""
        match data:
            case [int() as number, *texts] if len(texts) == len(FIELDS) and all(isinstance(t, str) for t in texts):
                "".join(texts).encode()  # a ValueError, too: half a sign can be neither kept nor shown
                return cls(number, dict(zip(FIELDS, (text[:300] for text in texts), strict=True)))
        raise ValueError("no row")


def read_invitations(
    *, text: str = "", content: bytes | None = None, max_bytes: int
) -> tuple[list[InvitationRow], list[str]]:
    """Return the rows of a list, and in words what was guessed or left out.

    Raises ListRefused, in words: nothing in it, more than `LIMIT` rows, too large, unreadable.
    """
    found = read_list(text=text, content=content, limit=COUNTED, max_bytes=max_bytes)
    if len(found.rows) > LIMIT:
        words = {"count": number_format(len(found.rows), force_grouping=True), "limit": number_format(LIMIT)}
        raise ListRefused(_("The list has %(count)s rows. You can invite at most %(limit)s at a time.") % words)
    place = _municipality_column([row.values for row in found.rows])
    rows = []
    for row in found.rows:
        values = {
            "name": row.values.get("name", ""),
            "email": row.values.get("email", ""),
            "municipality": row.values.get(place, ""),
        }
        named = {place: "municipality"}
        problems = {named.get(name, name): words for name, words in row.problems.items()}
        rows.append(
            InvitationRow(row.number, values, {name: words for name, words in problems.items() if name in FIELDS})
        )
    return rows, found.notes


def _municipality_column(rows: Sequence[dict[str, str]]) -> str:
    """Return which field holds municipalities: without headings it is taken for a title, or a workplace."""
    known = municipalities_by_spelling()
    hits = {place: sum(_plain(values.get(place, "")) in known for values in rows) for place in PLACES}
    return max(PLACES, key=lambda place: hits[place])  # the first of those that are alike: "organisation"


def check(rows: Sequence[InvitationRow], survey: Survey) -> list[InvitationRow]:
    """Find out who each row is: its municipality, whether it stands twice or is invited already. One query or two."""
    known = municipalities_by_spelling()
    invited = set(SurveyInvitation.objects.filter(survey=survey).values_list("email", flat=True))
    seen: dict[str, int] = {}
    for row in rows:
        _check_email(row, seen)
        if len(row.values["name"]) > LONGEST["name"]:
            row.problems.setdefault("name", _("At most %(count)s characters.") % {"count": LONGEST["name"]})
        for name in FIELDS:
            if row.values[name].startswith("="):
                row.problems.setdefault(name, _("This looks like a formula. Write the value."))
            elif "\0" in row.values[name]:
                row.problems.setdefault(name, _("There are characters here that cannot be kept. Write it again."))
        if row.values["municipality"]:
            row.organisation = known.get(_plain(row.values["municipality"]))
            if row.organisation is None:
                row.problems.setdefault("municipality", _unknown(row.values["municipality"], known))
        row.is_invited = row.email in invited
    return list(rows)


def _check_email(row: InvitationRow, seen: dict[str, int]) -> None:
    email = row.email
    if not email:
        row.problems.setdefault("email", _("Write the e-mail address."))
        return
    try:
        validate_email(email)
        if len(email) > LONGEST["email"]:
            raise ValidationError("too long")
    except ValidationError:
        row.problems.setdefault("email", _("Write an e-mail address such as anna@kommune.dk."))
        return
    if email in seen:
        words = {"email": email, "number": seen[email]}
        row.problems.setdefault("email", _("%(email)s stands in row %(number)s already.") % words)
    seen.setdefault(email, row.number)


def _plain(written: str) -> str:
    """Return a municipality as it is looked up. Excel takes the first zero off a code."""
    plain = plain_municipality(written)
    return plain.zfill(4) if plain.isascii() and plain.isdigit() else plain


def _unknown(written: str, known: dict[str, Organisation]) -> str:
    bare = {spelling.translate(BARE): each for spelling, each in known.items()}
    near = get_close_matches(_plain(written).translate(BARE), bare, n=1, cutoff=0.7)
    words = {"written": written[:60], "near": bare[near[0]] if near else ""}
    if near:
        return _("No municipality is called “%(written)s”. Do you mean %(near)s?") % words
    return _("No municipality is called “%(written)s”. Write its name or its four digits.") % words
