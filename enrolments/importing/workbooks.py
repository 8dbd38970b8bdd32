"""Excel workbooks (.xlsx), read cell by cell in bounded memory. Formulas are never evaluated."""

import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, ParseError, iterparse

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from enrolments.importing.results import Cell, Line, ListRefused, Table

#: Unpacked, a list of 200 people is a tenth of this; so is one of 10,000, which is refused in words.
MAX_UNPACKED = 40 * 1024 * 1024
MAX_PARTS = 1000
#: Columns to the right of these hold no list of people.
MAX_COLUMNS = 50
#: Past so many rows without anything, the sheet is over: some are formatted to the last row there is.
EMPTY_END = 2000
NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: How a damaged package shows itself, when its parts are unpacked (RuntimeError: packed in a way unknown to us).
DAMAGED = (
    ParseError,
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    OSError,
    EOFError,
    RuntimeError,
)
ZIP = b"PK\x03\x04"


@dataclass(slots=True)
class Layout:
    """What the values alone do not tell of a sheet: hidden rows, cells with formulas, merged cells."""

    hidden: set[int] = field(default_factory=set)
    formulas: set[str] = field(default_factory=set)
    #: A merged cell's place to the place whose value it shows.
    shown_in: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)


def is_workbook(content: bytes) -> bool:
    """Whether this is a workbook of some kind, one that we refuse in words included."""
    return content.startswith((ZIP, OLD_OR_LOCKED))


def read_workbook(content: bytes) -> Table:
    """Return the lines of the first sheet that has any.

    Raises ListRefused for what is locked, old, damaged, far too large when unpacked, or no workbook.
    """
    if content.startswith(OLD_OR_LOCKED):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ListRefused(_("The workbook is locked with a password. Save it without one, and try again."))
        raise ListRefused(_("This is an old Excel file (.xls). Save it as an Excel workbook (.xlsx), and try again."))
    _check_package(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that openpyxl leaves out
            book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            layout = _layout(content, sheet)
            lines, hidden = _lines(sheet, layout)
            if lines:
                return Table(lines, _notes(sheet.title if len(sheets) > 1 else "", hidden))
    except DAMAGED as error:
        raise ListRefused(_("The workbook is damaged. Open it in Excel, save it again, and try once more.")) from error
    return Table([])


def _check_package(content: bytes) -> None:
    """Refuse by what the package says of itself, before anything is unpacked."""
    try:
        parts = zipfile.ZipFile(BytesIO(content)).infolist()
    except zipfile.BadZipFile as error:
        raise ListRefused(_("The workbook is damaged. Open it in Excel, save it again, and try once more.")) from error
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ListRefused(_("The workbook is far too large. Copy the rows you need into a new one."))
    if any(part.flag_bits & 1 for part in parts):
        raise ListRefused(_("The workbook is locked with a password. Save it without one, and try again."))
    if "xl/workbook.xml" not in names:
        raise ListRefused(_("This is not an Excel workbook. Save the list as .xlsx or as a CSV file."))


def _layout(content: bytes, sheet: Any) -> Layout:
    """Read the sheet's own part once more for what openpyxl leaves out when it reads in bounded memory."""
    layout = Layout()
    with zipfile.ZipFile(BytesIO(content)) as package, package.open(sheet._worksheet_path) as part:
        for _event, element in iterparse(part):  # noqa: S314 - see above
            if element.tag == f"{NAMESPACE}c":
                if element.find(f"{NAMESPACE}f") is not None:
                    layout.formulas.add(element.get("r", ""))
            elif element.tag == f"{NAMESPACE}row":
                _note_row(layout, element)
                element.clear()
            elif element.tag == f"{NAMESPACE}mergeCell":
                _note_merged(layout, element.get("ref", ""))
    return layout


def _note_row(layout: Layout, row: Element) -> None:
    if row.get("hidden") in ("1", "true") and row.get("r", "").isdigit():
        layout.hidden.add(int(row.get("r", "")))


def _note_merged(layout: Layout, place: str) -> None:
    left, top, right, bottom = range_boundaries(place)
    if None in (left, top, right, bottom) or bottom - top > EMPTY_END or right - left > MAX_COLUMNS:
        return
    if left != right and top == bottom:
        return  # a title across the sheet, which says nothing of the columns to its right
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            layout.shown_in[row, column] = (top, left)


def _lines(sheet: Any, layout: Layout) -> tuple[list[Line], int]:
    """Return the sheet's lines without the empty ones, and how many were hidden."""
    lines: list[Line] = []
    shown: dict[tuple[int, int], Cell] = {}
    origins = set(layout.shown_in.values())
    hidden = empty = 0
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), start=1):
        cells = [_cell(cell, number, at, layout) for at, cell in enumerate(row, start=1)]
        for at, cell in enumerate(cells, start=1):
            if (number, at) in origins:
                shown[number, at] = cell
        own = not Line(number, cells).is_empty
        cells = [shown.get(layout.shown_in.get((number, at), (0, 0)), cell) for at, cell in enumerate(cells, start=1)]
        if not own:
            empty += 1
            if empty > EMPTY_END:
                break
            continue
        empty = 0
        if number in layout.hidden:
            hidden += 1
            continue
        lines.append(Line(number, cells))
    return lines, hidden


def _cell(cell: Any, number: int, at: int, layout: Layout) -> Cell:
    place = f"{get_column_letter(at)}{number}"
    value = cell.value
    if value is None:
        if place in layout.formulas:
            return Cell("", _("Cell %(place)s holds a formula without a result. Write the value.") % {"place": place})
        return Cell()
    if cell.data_type == "e":
        return Cell(
            "", _("Cell %(place)s holds the error %(value)s. Write the value.") % {"place": place, "value": value}
        )
    return Cell(_text(value), place=place)


def _text(value: Any) -> str:
    """Return a value as people see it: numbers without a decimal point of their own, dates the Danish way."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value.day}.{value.month}.{value.year}"
    if isinstance(value, date):
        return f"{value.day}.{value.month}.{value.year}"
    if isinstance(value, time):
        return f"{value.hour}.{value.minute:02}"
    return str(value).replace("\u00a0", " ").strip()


def _notes(title: str, hidden: int) -> list[str]:
    notes = []
    if title:
        notes.append(_("We have read the sheet “%(title)s”.") % {"title": title[:40]})
    if hidden:
        notes.append(
            ngettext("%(count)s hidden row is left out.", "%(count)s hidden rows are left out.", hidden)
            % {"count": hidden}
        )
    return notes
