"""Tables that leave the house: one definition of the columns for the screen, CSV and XLSX.

A `Column` names an expression that PostgreSQL evaluates. The screen and XLSX fetch typed values;
CSV is written by PostgreSQL itself (COPY), wrapping the very same expressions.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import chain, islice
from typing import IO, Any, cast

import xlsxwriter
from django.conf import settings
from django.db import connection, transaction
from django.db.models import (
    Case,
    CharField,
    Choices,
    DateTimeField,
    Expression,
    F,
    Func,
    QuerySet,
    Value,
    When,
)
from django.utils.formats import date_format, number_format, time_format
from django.utils.functional import Promise
from django.utils.translation import gettext

from website.core.sheet_rows import RowSheet

#: Rows fetched at a time, and bytes of CSV handed on at a time: memory stays flat.
FETCH_ROWS = 1000
CSV_BLOCK = 64 * 1024

BOM = b"\xef\xbb\xbf"
CSV_CONTENT_TYPE = "text/csv; charset=utf-8"
XLSX_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Kind(Enum):
    """What a column holds: how it is typed in a sheet and written in CSV."""

    TEXT = "text"
    #: Digits that are a name, not a number: EAN, municipality code, order number. Zeros are kept.
    IDENTIFIER = "identifier"
    INTEGER = "integer"
    DECIMAL = "decimal"
    #: A share between 0 and 1.
    PERCENT = "percent"
    DATE = "date"
    TIME = "time"
    #: A local clock time (see `local`), never an instant.
    DATETIME = "datetime"
    #: Whole minutes, shown as hours and minutes ("12:20"): sums of them are exact, as of decimal hours they are not.
    DURATION = "duration"


@dataclass(frozen=True)
class Column:
    """One column. `expression` is a field path or an expression on the queryset; `width` in characters."""

    name: str
    heading: str | Promise
    expression: str | Expression
    kind: Kind = Kind.TEXT
    width: int = 16
    on_screen: bool = True
    #: How many a DECIMAL shows on a screen.
    decimals: int = 2

    @property
    def alias(self) -> str:
        """The annotation's name: never that of a field."""
        return f"column_{self.name}"

    def resolved(self) -> Expression | F:
        return F(self.expression) if isinstance(self.expression, str) else self.expression


class local(Func):
    """The clock time in Denmark of an instant, as a timestamp without zone."""

    template = f"timezone('{settings.TIME_ZONE}', %(expressions)s)"
    output_field = DateTimeField()


def label_of(path: str, choices: type[Choices], *, blank: str | Promise = "") -> Case:
    """Return an expression for the label of a choice; `blank` where there is none."""
    return Case(
        *(When(**{path: value}, then=Value(label, output_field=CharField())) for value, label in choices.choices),
        default=Value(blank, output_field=CharField()),
    )


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything inside from one moment: a report's sheets and totals cannot disagree.

    Opens a read-only REPEATABLE READ transaction; inside a transaction already open, that one decides.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def rows(queryset: QuerySet, columns: Sequence[Column]) -> QuerySet:
    """Return the queryset's rows as tuples of typed values, in the columns' order."""
    return queryset.annotate(**{c.alias: c.resolved() for c in columns}).values_list(*(c.alias for c in columns))


# CSV. Excel takes a cell that begins with one of these for a formula (OWASP, "CSV injection"), also
# after blanks and in their full-width forms. An apostrophe in front makes it text.

_FORMULA = r"'^[[:space:]]*[-=+@＝＋－＠]|^[\t\r\n]'"
#: The same to Python.
FORMULA = re.compile(r"^\s*[-=+@＝＋－＠]|^[\t\r\n]")
_NEUTRAL = f"CASE WHEN {{0}} ~ {_FORMULA} THEN '''' || {{0}} ELSE NULLIF({{0}}, '') END"

#: How PostgreSQL writes each kind: dates in ISO (Excel reads them in every language), decimal comma,
#: and identifiers as ="0751", the one form that keeps zeros and long numbers when Excel opens a file.
_CSV_FORM = {
    Kind.TEXT: _NEUTRAL,
    Kind.IDENTIFIER: f"CASE WHEN {{0}} ~ '^[0-9]+$' THEN '=\"' || {{0}} || '\"' ELSE {_NEUTRAL} END",
    Kind.INTEGER: "{0}",
    Kind.DECIMAL: "replace({0}::text, '.', ',')",
    Kind.PERCENT: "replace({0}::text, '.', ',')",
    Kind.DATE: "to_char({0}, 'YYYY-MM-DD')",
    Kind.TIME: "to_char({0}, 'HH24:MI')",
    Kind.DATETIME: "to_char({0}, 'YYYY-MM-DD HH24:MI')",
    Kind.DURATION: "div({0}, 60) || ':' || lpad(mod({0}, 60)::text, 2, '0')",
}


def csv_blocks(queryset: QuerySet, columns: Sequence[Column]) -> Iterator[bytes]:
    """Yield the rows as a CSV file for Danish Excel: `;`, decimal comma, UTF-8 with BOM.

    PostgreSQL writes the lines, so the cost stays near that of a bare COPY and memory is flat.
    """
    typed_sql, params = rows(queryset, columns).query.sql_with_params()
    forms = ", ".join(_CSV_FORM[column.kind].format(f'typed."{column.alias}"') for column in columns)
    statement = f"COPY (SELECT {forms} FROM ({typed_sql}) AS typed) TO STDOUT WITH (FORMAT csv, DELIMITER ';')"  # noqa: S608 - no text of users: they are parameters
    block = bytearray(BOM)
    block += ";".join(_quoted(str(column.heading)) for column in columns).encode() + b"\n"
    # COPY takes no parameters on the server: the client quotes them.
    with connection.cursor() as cursor, cursor.copy(cursor.mogrify(statement, params)) as copy:
        for piece in copy:
            block += piece
            if len(block) >= CSV_BLOCK:
                yield bytes(block)
                block.clear()
    if block:
        yield bytes(block)


def csv_records(columns: Sequence[Column], values: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield rows that are in memory (a table with its total) as the same kind of CSV file as `csv_blocks`."""
    yield BOM + ";".join(_quoted(str(column.heading)) for column in columns).encode() + b"\n"
    for record in values:
        cells = (_csv_cell(column.kind, value) for column, value in zip(columns, record, strict=True))
        yield ";".join(_quoted(cell) for cell in cells).encode() + b"\n"


def _csv_cell(kind: Kind, value: Any) -> str:
    """Return a value as `_CSV_FORM` has it written."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        if kind == Kind.IDENTIFIER and re.fullmatch("[0-9]+", value):
            return f'="{value}"'
        return f"'{value}" if FORMULA.search(value) else value
    match kind:
        case Kind.DECIMAL | Kind.PERCENT:
            return str(value).replace(".", ",")
        case Kind.TIME:
            return f"{value:%H:%M}"
        case Kind.DATETIME:
            return f"{value:%Y-%m-%d %H:%M}"
        case Kind.DURATION:
            return hours_and_minutes(value)
    return str(value)


def hours_and_minutes(minutes: int) -> str:
    """Return whole minutes as people read them: "12:20"."""
    hours, rest = divmod(int(minutes), 60)
    return f"{hours}:{rest:02d}"


def shown(column: Column, value: Any) -> str:
    """Return a value as people read it on a screen or on paper, in the language in use."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    match column.kind:
        case Kind.DATE:
            return date_format(value, "SHORT_DATE_FORMAT")
        case Kind.TIME:
            return time_format(value, "TIME_FORMAT")
        case Kind.DATETIME:
            return date_format(value, "SHORT_DATETIME_FORMAT")
        case Kind.PERCENT:
            return gettext("%(number)s %%") % {"number": number_format(value * 100, 1)}
        case Kind.DECIMAL:
            return number_format(value, column.decimals, force_grouping=True)
        case Kind.DURATION:
            return hours_and_minutes(value)
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ';"\n\r') else text


# XLSX. Every cell has its type; text is written as text, whatever it begins with.

_NUMBER_FORMAT = {
    Kind.INTEGER: "#,##0",
    Kind.DECIMAL: "#,##0.00",
    Kind.PERCENT: "0.0%",
    Kind.DATE: "dd-mm-yyyy",
    Kind.TIME: "hh:mm",
    Kind.DATETIME: "dd-mm-yyyy hh:mm",
    Kind.DURATION: "[h]:mm",
    Kind.IDENTIFIER: "@",
}
_WRITER = {
    Kind.TEXT: "write_string",
    Kind.IDENTIFIER: "write_string",
    Kind.INTEGER: "write_number",
    Kind.DECIMAL: "write_number",
    Kind.PERCENT: "write_number",
    Kind.DATE: "write_datetime",
    Kind.TIME: "write_datetime",
    Kind.DATETIME: "write_datetime",
    Kind.DURATION: "write_number",
}
#: Excel's specification: a sheet's rows (but its heading and a row of totals), and how long its name may be.
SHEET_ROWS = 1_048_576 - 2
MAX_TITLE = 31
MINUTES_A_DAY = 24 * 60


def open_workbook(output: IO[bytes]) -> xlsxwriter.Workbook:
    """Return a workbook that writes rows to disk as they come; use it as a context manager."""
    return xlsxwriter.Workbook(
        output,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            # Of a sheet beyond 2 GB, which a million rows of long names are; smaller ones are as they were.
            "use_zip64": True,
        },
    )


def write_sheet(
    workbook: xlsxwriter.Workbook,
    title: str,
    columns: Sequence[Column],
    values: Iterable[Sequence[Any]],
    *,
    total: Sequence[Any] | None = None,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Write rows with a frozen header, filters and widths; return how many there are.

    What no longer fits on the sheet goes on further ones, "title (2)", "title (3)". `values` are tuples in the
    columns' order. `total` is one more row at the very end, in bold and outside the filter. `advance` is told,
    now and then, how many rows more are written.
    """
    heading = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    properties = [{"num_format": _NUMBER_FORMAT[c.kind]} if c.kind in _NUMBER_FORMAT else {} for c in columns]
    formats = [workbook.add_format(each) if each else None for each in properties]
    durations = [n for n, column in enumerate(columns) if column.kind == Kind.DURATION]
    source = iter(values)
    count, number = 0, 1
    while True:
        sheet = cast(RowSheet, workbook.add_worksheet(_sheet_title(title, number), RowSheet))
        for n, column in enumerate(columns):
            sheet.set_column(n, n, column.width)
            sheet.write_string(0, n, str(column.heading), heading)
        sheet.freeze_panes(1, 0)
        cells = sheet.columns_of([(_WRITER[c.kind], form) for c, form in zip(columns, formats, strict=True)])
        row = 0
        for row, record in enumerate(islice(source, SHEET_ROWS), start=1):
            sheet.write_record(row, cells, _fitted(record, durations) if durations else record)
            if advance and not row % FETCH_ROWS:
                advance(FETCH_ROWS)
        if advance:
            advance(row % FETCH_ROWS)
        sheet.autofilter(0, 0, row, len(columns) - 1)
        count, number = count + row, number + 1
        if row < SHEET_ROWS or (first := next(source, None)) is None:
            break
        source = chain([first], source)
    if total is not None:
        fitted = _fitted(total, durations)
        bold = [workbook.add_format({"bold": True, "top": 1, **each}) for each in properties]
        writers = [(_WRITER[c.kind], form) for c, form in zip(columns, bold, strict=True)]
        sheet.write_record(row + 1, sheet.columns_of(writers, keep_empty=True), fitted)
    return count


def _sheet_title(title: str, number: int) -> str:
    """Return a name that a sheet may have: 31 characters, none of those that stand for something in a formula."""
    tail = f" ({number})" if number > 1 else ""
    plain = "".join("-" if letter in "[]:*?/\\" else letter for letter in title).strip("'")
    return (plain[: MAX_TITLE - len(tail)] or "-") + tail


def _fitted(record: Sequence[Any], durations: Iterable[int]) -> list[Any]:
    """Return the cells as a sheet has them: a duration is a share of a day. (XlsxWriter shortens what is too long.)"""
    fitted = list(record)
    for n in durations:
        if fitted[n] is not None:
            fitted[n] = fitted[n] / MINUTES_A_DAY
    return fitted
