"""From a pasted text or an uploaded file to colleagues, each with what is wrong at its cell."""

import re
from collections.abc import Sequence

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from enrolments.importing.columns import by_contents, by_headings, heading_at, unused_note
from enrolments.importing.results import Cell, ImportedList, ImportedRow, Line, ListRefused, Table
from enrolments.importing.texts import decode, read_text
from enrolments.importing.workbooks import is_workbook, read_workbook

#: So many rows are looked at before we give up counting.
COUNTED = 100_000
#: What people write for a seat whose name is to follow.
UNNAMED = {"navn følger", "name to follow", "navn følger senere", "nn", "n.n.", "navn mangler", "tba"}
#: A long number as Excel shortens it in a CSV file.
SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
NUMBER = re.compile(r"[\d\s.,/:+\-]+")


def read_list(*, text: str = "", content: bytes | None = None, limit: int, max_bytes: int) -> ImportedList:
    """Return the colleagues in a pasted text, or in a file's content.

    Raises ListRefused, in words: nothing in it, more than `limit` rows, more than `max_bytes`, or not readable.
    """
    if len(content if content is not None else text) > max_bytes:
        raise ListRefused(too_large(max_bytes))
    if content is not None and is_workbook(content):
        table = read_workbook(content)
    else:
        table = read_text(text if content is None else _text_of(content))
    lines = _counted(table, limit)
    if not lines:
        raise ListRefused(_("There is nobody in the list."))
    return _imported(lines, table.notes)


def too_large(max_bytes: int) -> str:
    """Say how large a list may be."""
    size = number_format(max_bytes / 1024 / 1024, decimal_pos=0)
    return _("The list is too large. It may be at most %(size)s MB.") % {"size": size}


def _text_of(content: bytes) -> str:
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"GIF8", b"{\\rtf", b"<!DOCTYPE", b"<html")):
        raise ListRefused(_("We cannot read the file. Save it as an Excel workbook (.xlsx) or a CSV file."))
    return decode(content)


def _counted(table: Table, limit: int) -> list[Line]:
    """Return the lines that hold something; where they are far too many, count on without keeping them."""
    kept: list[Line] = []
    count = 0
    for line in table:
        if line.is_empty:
            continue
        count += 1
        if count <= limit + 20:  # headings and titles may stand above
            kept.append(line)
        if count >= COUNTED:
            break
    at = heading_at(kept)
    people = count - (at + 1 if at is not None else 0)
    if people > limit:
        raise ListRefused(
            _("The list has %(count)s rows. You can register at most %(limit)s colleagues at a time.")
            % {"count": number_format(people, force_grouping=True), "limit": limit}
        )
    return kept


def _imported(lines: Sequence[Line], notes: Sequence[str]) -> ImportedList:
    notes = list(notes)
    at = heading_at(lines)
    if at is None:
        fields, people = by_contents(lines), lines
        if any(len([cell for cell in line.cells if cell.text]) > 2 for line in lines):
            notes.append(_("The list has no headings, so we have guessed what the columns hold. Check them."))
    else:
        fields, unused = by_headings(lines[at])
        if unused:
            notes.append(unused_note(unused))
        # A heading that is repeated further down (for each department, say) is no colleague.
        heading = [cell.text.casefold() for cell in lines[at].cells]
        people = [line for line in lines[at + 1 :] if [cell.text.casefold() for cell in line.cells] != heading]
    rows = [row for line in people if (row := _row(line, fields))]
    if not rows:
        raise ListRefused(_("There is nobody in the list."))
    return ImportedList(rows, notes)


def _row(line: Line, fields: Sequence[str | None]) -> ImportedRow | None:
    """Return a colleague, or None for a line with nothing in the columns that count."""
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for field, cell in zip(fields, line.cells, strict=False):
        if field is None:
            continue
        problem = cell.problem or _problem(field, cell)
        target = "name" if field in ("first", "last") else field
        # A name in two columns is one: first and then last, whichever stands first.
        if field == "last":
            values["name"] = f"{values.get('name', '')} {cell.text}".strip()
        elif field == "first":
            values["name"] = f"{cell.text} {values.get('name', '')}".strip()
        else:
            values[target] = cell.text
        if problem:
            problems.setdefault(target, problem)
    if not any(values.values()) and not problems:
        return None
    if values.get("name", "").casefold() in UNNAMED:
        values |= {"name": "", "unnamed": "on"}
    return ImportedRow(line.number, values, problems)


def _problem(field: str, cell: Cell) -> str:
    """Return what is wrong with a cell that the form would not tell as well."""
    if cell.text.startswith("="):
        return _("This looks like a formula. Write the value.")
    if field in ("ean", "cvr") and SHORTENED.fullmatch(cell.text):
        return _("Excel has shortened the number to %(value)s. Write all its digits.") % {"value": cell.text}
    if field in ("name", "first", "last") and cell.text and NUMBER.fullmatch(cell.text):
        return _("“%(value)s” is a number or a date, not a name.") % {"value": cell.text}
    return ""
