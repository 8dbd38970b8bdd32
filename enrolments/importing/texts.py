"""Text in whatever encoding, and in whatever shape: tabs, semicolons, commas, or lines out of an e-mail."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO

from django.utils.translation import gettext as _

from enrolments.importing.addresses import address_lines
from enrolments.importing.columns import ADDRESS, field_of
from enrolments.importing.results import Cell, Line, ListRefused, Table

DELIMITERS = ("\t", ";", ",", "|")
#: So many lines decide how a list is parted.
SAMPLE = 30


def decode(content: bytes) -> str:
    """Return a file's text: UTF-8, UTF-16 with or without its mark, else what Danish Windows writes.

    Raises ListRefused for what is no text.
    """
    if content.startswith(codecs.BOM_UTF8):
        return _decoded(content, "utf-8-sig")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decoded(content, "utf-16")
    if b"\0" in content[:2000]:
        # Every other byte of Latin letters is empty in UTF-16; which one tells the order.
        order = "utf-16-le" if content[:2000:2].count(0) < content[1:2000:2].count(0) else "utf-16-be"
        return _decoded(content, order)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace").replace("\ufffd", "?")


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if any(character < " " and character not in "\t\n\r" for character in text[:2000]):
        raise ListRefused(_("We cannot read the file. Save it as an Excel workbook (.xlsx) or a CSV file."))
    return text


def read_text(text: str) -> Table:
    """Return the lines of a pasted or decoded list."""
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if "\0" in text:
        raise ListRefused(_("We cannot read the text. Copy it again from where it stands."))
    said = ""
    if text[:4].lower() == "sep=" and text[4:5]:
        # How Excel says which delimiter a CSV file has.
        said, text = text[4], text.partition("\n")[2]
    delimiter = said or _delimiter(text)
    if not delimiter and field_of(text.lstrip().partition("\n")[0]):
        delimiter = "\t"  # one column with its heading
    return Table(parted(text, delimiter) if delimiter else address_lines(text))


def _delimiter(text: str) -> str:
    """Return what parts the columns, or nothing where these are lines out of an e-mail."""
    sample = [line for line in text.split("\n") if line.strip()][:SAMPLE]
    if sum("\t" in line for line in sample) > len(sample) / 2:
        return "\t"
    for line in sample[:3]:
        for delimiter in DELIMITERS:
            headings = [field_of(part.strip('" ')) for part in line.split(delimiter)]
            if len(headings) > 1 and sum(field is not None for field in headings) > 1:
                return delimiter
    if any(f"<{match[0]}>" in line for line in sample for match in ADDRESS.finditer(line)):
        return ""
    if len(sample) < 2 or any(len(ADDRESS.findall(line)) > 1 for line in sample):
        return ""
    # One person a line: the delimiter that parts every line in as many columns.
    for delimiter in DELIMITERS:
        try:
            widths = {len(row) for row in csv.reader(sample, delimiter=delimiter)}
        except csv.Error:  # a line far too long: no list of people is parted here
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return delimiter
    # Where one of them is missing here and there, what parts most lines.
    for delimiter in (";", "|"):
        if sum(delimiter in line for line in sample) > len(sample) / 2:
            return delimiter
    return ""


def parted(text: str, delimiter: str) -> Iterator[Line]:
    """Yield the lines of a text with the numbers they begin at. Raises ListRefused at one that cannot be read."""
    reader = csv.reader(StringIO(text), delimiter=delimiter)
    number = 1
    try:
        for row in reader:
            yield Line(number, [Cell(cell.strip()) for cell in row])
            number = reader.line_num + 1
    except csv.Error as error:
        raise ListRefused(
            _("We cannot read line %(number)s. Check whether a quotation mark is missing.") % {"number": number}
        ) from error
