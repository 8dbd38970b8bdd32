"""A worksheet that takes whole rows: what a million rows cost is the writing of their cells.

XlsxWriter checks, keeps and dispatches every cell by itself, some five microseconds of it; and it takes a text that
begins with `<r>` and ends with `</r>` for markup of its own, which nothing that people wrote may be. Here a column
knows what its cells look like, and a value that comes again is not made again.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

#: So many values are remembered of each column, and so many texts are shared by the whole workbook: a name that
#: stands in a thousand rows is written once, and memory stays flat however many there are.
REMEMBERED = 500
SHARED = 5000
#: Excel's specification: the most that a cell holds, in UTF-16 units.
MAX_TEXT = 32_767


class RowSheet(Worksheet):
    """A worksheet of a workbook in constant memory. Rows are written from the top down."""

    def columns_of(
        self, columns: Sequence[tuple[str, Format | None]], *, keep_empty: bool = False
    ) -> list[tuple[str, "_Cells"]]:
        """Return what `write_record` needs of the columns, given for each the name of its writer and its format.

        The names are XlsxWriter's own: write_string, write_number, write_datetime. Cells that hold nothing (None or
        "") are left out; with `keep_empty` they are there, with their format.
        """
        made: dict[str, Callable[[Any], str]] = {
            "write_string": self._text,
            "write_number": _number,
            "write_datetime": self._instant,
        }
        return [
            (
                f'<c r="{xl_col_to_name(n)}',
                _Cells(made[writer], f'" s="{form._get_xf_index()}"' if form else '"', keep_empty=keep_empty),
            )
            for n, (writer, form) in enumerate(columns)
        ]

    def write_record(self, row: int, columns: Sequence[tuple[str, "_Cells"]], record: Sequence[Any]) -> None:
        """Write one row, given its number (0 is the first)."""
        if row > self.previous_row:
            self._write_single_row(row)  # whatever was written cell by cell before
        number = str(row + 1)
        parts = [f'<row r="{number}">']
        for (start, cells), value in zip(columns, record, strict=True):
            if tail := cells[value]:
                parts += (start, number, tail)
        parts.append("</row>")
        self.fh.write("".join(parts))
        self._check_dimensions(row, 0)

    def _text(self, value: object) -> str:
        text = str(value)
        if len(text) > MAX_TEXT // 2:
            text = text.encode("utf-16-le")[: MAX_TEXT * 2].decode("utf-16-le", "ignore")
        elif len(self.str_table.string_table) < SHARED and not text.startswith("<r>"):
            return f' t="s"><v>{self.str_table._get_shared_string_index(text)}</v></c>'
        kept = ' xml:space="preserve"' if text[0].isspace() or text[-1].isspace() else ""
        plain = self._escape_data(self._escape_control_characters(text))
        return f' t="inlineStr"><is><t{kept}>{plain}</t></is></c>'

    def _instant(self, value: Any) -> str:
        return _number(self._convert_date_time(value))


class _Cells(dict[Any, str]):
    """What comes after a cell's row number, by value: made when it is first asked for."""

    def __init__(self, made: Callable[[Any], str], style: str, *, keep_empty: bool) -> None:
        super().__init__()
        self.made, self.style = made, style
        self.empty = f"{style}/>" if keep_empty else ""

    def __missing__(self, value: Any) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        tail = self.empty if value is None or value == "" else self.style + self.made(value)
        self[value] = tail
        return tail


def _number(value: float | Decimal) -> str:
    if not isfinite(value):
        raise ValueError(f"{value} is no number that a sheet can hold")
    return f"><v>{value:.16G}</v></c>"
