"""Rows of marks out of an uploaded or pasted list: who, which day, what mark. Nothing is looked up here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from enrolments.importing.columns import unused_note
from enrolments.importing.reading import too_large
from enrolments.importing.results import Line, ListRefused, Table
from enrolments.importing.texts import DELIMITERS, decode, parted
from enrolments.importing.workbooks import is_workbook, read_workbook

#: The fields of a row, in the order they are handed on, and what people call their columns.
HEADINGS: dict[str, str] = {
    heading: name
    for name, headings in {
        "number": "nr, nummer, no, number, deltagernr",
        "code": "kode, tjek-ind-kode, tjekind-kode, code, check-in code",
        "name": "navn, name, fulde navn, deltager, deltagernavn, participant",
        "first": "fornavn, first name",
        "last": "efternavn, last name",
        "email": "e-mail, email, mail, mailadresse, e-mailadresse, email address, e-mail address",
        "run": "hold nr, hold-nr, holdnr, holdnummer, run no, run number",
        "date": "dato, dag, kursusdag, date, day",
        "mark": "registrering, registreret, fremmøde, mark, attendance, mødt",
        "late": "minutter, min, minutter for sent, minutter forsinket, forsinket (min), minutes, minutes late",
        "early": "gik før, minutter før, gik før (min), left early, minutes early, left early (minutes)",
        "reason": "grund, årsag, reason",
    }.items()
    for heading in headings.split(", ")
}
FIELDS = ("number", "code", "name", "email", "run", "date", "mark", "late", "early", "reason")
WHO = {"number", "code", "name", "first", "last", "email"}
HEADING_WITHIN = 10
#: A formula, as somebody writes it in a text file.
FORMULA = ("=", "@", "+")


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One row as it is written: values by field, and what is wrong with a cell before anything is looked up."""

    number: int
    values: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> list[Any]:
        return [self.number, {name: value for name, value in self.values.items() if value}]

    @classmethod
    def from_json(cls, data: Any) -> "MarkRow":
        """Read a row that was handed on. Raises ValueError for what is none."""
        match data:
            case [int() as number, dict() as values] if all(isinstance(value, str) for value in values.values()):
                return row_of(number, {name: values[name][:300] for name in values if name in FIELDS})
        raise ValueError("no row")


@dataclass(frozen=True, slots=True)
class MarkList:
    """The rows of a list. `notes` say what was left out."""

    rows: list[MarkRow]
    notes: list[str]


def read_marks(*, text: str = "", content: bytes | None = None, limit: int, max_bytes: int) -> MarkList:
    """Return the rows of a file or a pasted text. Rows without a mark are left out, and counted in a note.

    Raises ListRefused, in words: nothing in it, no headings we know, more than `limit` rows, too large, unreadable.
    """
    if len(content if content is not None else text) > max_bytes:
        raise ListRefused(too_large(max_bytes))
    if content is not None and is_workbook(content):
        table = read_workbook(content)
    else:
        table = Table(_lines(decode(content) if content is not None else text))
    lines = [line for line in table if not line.is_empty]
    at = next((n for n, line in enumerate(lines[:HEADING_WITHIN]) if _is_heading(line)), None)
    if not lines:
        raise ListRefused(_("There is nothing in the list."))
    if at is None:
        raise ListRefused(
            _("The list has no headings that we know. It must have one for who (name, e-mail, code or no.) and “mark”.")
        )
    fields, unused = _fields(lines[at])
    if len(lines) - at - 1 > limit:
        raise ListRefused(
            _("The list has %(count)s rows. At most %(limit)s can be imported at a time.")
            % {"count": number_format(len(lines) - at - 1, force_grouping=True), "limit": limit}
        )
    rows = [_row(line, fields) for line in lines[at + 1 :]]
    kept = [row for row in rows if row.values.get("mark") or row.problems]
    notes = list(table.notes)
    if unused:
        notes.append(unused_note(unused))
    if len(kept) < len(rows):
        notes.append(_("%(count)s rows have no mark and are left out.") % {"count": len(rows) - len(kept)})
    if not kept:
        raise ListRefused(_("There is no mark in the list."))
    return MarkList(kept, notes)


def row_of(number: int, values: dict[str, str]) -> MarkRow:
    """Return a row with what is wrong with its cells as they are written."""
    # Somebody known by more than the name may be called anything: it is only compared.
    named_only = not any(values.get(name) for name in ("code", "number", "email"))
    problems = {
        name: _("This looks like a formula. Write the value.")
        for name, value in values.items()
        if value.startswith(FORMULA) and (name != "name" or named_only)
    }
    return MarkRow(number, values, problems)


def _lines(text: str) -> Iterator[Line]:
    """Yield the lines of a text, parted by whatever parts its headings best."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\0", "")
    head = [line for line in text.split("\n") if line.strip()][:HEADING_WITHIN]
    delimiter = max(DELIMITERS, key=lambda sign: max((_known(line.split(sign)) for line in head), default=0))
    yield from parted(text, delimiter)


def _field(heading: str) -> str | None:
    return HEADINGS.get(" ".join(heading.strip("\"' *:").casefold().replace(".", " ").split()))


def _known(parts: Sequence[str]) -> int:
    return sum(_field(part) is not None for part in parts)


def _is_heading(line: Line) -> bool:
    found = {_field(cell.text) for cell in line.cells}
    return "mark" in found and bool(found & WHO)


def _fields(line: Line) -> tuple[list[str | None], list[str]]:
    fields: list[str | None] = []
    unused = []
    for cell in line.cells:
        name = _field(cell.text)
        if name in fields:
            name = None
        fields.append(name)
        if name is None and cell.text:
            unused.append(cell.text)
    return fields, unused


def _row(line: Line, fields: Sequence[str | None]) -> MarkRow:
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, cell in zip(fields, line.cells, strict=False):
        if name is None:
            continue
        if cell.problem:
            problems["name" if name in ("first", "last") else name] = cell.problem
        if name in ("first", "last"):
            parts = (cell.text, values.get("name", "")) if name == "first" else (values.get("name", ""), cell.text)
            values["name"] = " ".join(part for part in parts if part)
        else:
            values[name] = cell.text[:300]
    row = row_of(line.number, values)
    return MarkRow(row.number, row.values, {**row.problems, **problems})
