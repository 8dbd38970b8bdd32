"""Rows of a sheet, written whole: what people wrote stands as they wrote it, and memory does not grow with the rows."""

import io
import re
import weakref
import zipfile
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pytest

from website.core import exports, sheet_rows
from website.core.exports import Column, Kind, open_workbook, write_sheet

NAME = Column("name", "Navn", "name")
KINDS = [Column(kind.value, kind.value, "", kind) for kind in Kind]


def written(columns, values, **more) -> openpyxl.Workbook:
    output = io.BytesIO()
    with open_workbook(output) as workbook:
        write_sheet(workbook, "Ark", columns, values, **more)
    return openpyxl.load_workbook(output)


def texts(values, **more) -> list[str]:
    return [row[0] for row in written([NAME], [(value,) for value in values]).active.iter_rows(2, values_only=True)]


@pytest.mark.parametrize("shared", [0, 100], ids=["in the cell", "shared"])
@pytest.mark.parametrize(
    "text",
    [
        "<r>Åse</r>",
        "<r><t>Åse</t></r>",
        "<r></t></is></c></row></r>",
        "A & B <b>",
        " Åse ",
        "to\nlinjer",
        "=1+1",
        '"&A1&"',
        "0751",
        "Æbelø 😀",
        "_x0041_",
    ],
)
def test_a_text_stands_as_somebody_wrote_it(text, shared, monkeypatch):
    monkeypatch.setattr(sheet_rows, "SHARED", shared)
    book = written([NAME], [(text,), ("Bo",), (text,)])
    cells = [row[0] for row in book.active.iter_rows(2)]
    # openpyxl leaves this one escape of Excel's as it is.
    assert [cell.value.replace("_x005F_x0041_", "_x0041_") for cell in cells] == [text, "Bo", text]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}


@pytest.mark.parametrize("shared", [0, 100], ids=["in the cell", "shared"])
def test_excel_finds_the_rows_in_order_and_keeps_the_blanks(shared, monkeypatch):
    monkeypatch.setattr(sheet_rows, "SHARED", shared)
    output = io.BytesIO()
    with open_workbook(output) as workbook:
        write_sheet(workbook, "Ark", [NAME], [(" Åse",), ("Bo ",), ("Ib",)], total=("I alt",))
    with zipfile.ZipFile(output) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        found = sheet + (parts.read("xl/sharedStrings.xml").decode() if shared else "")
    assert re.findall('<row r="([0-9]+)"', sheet) == ["1", "2", "3", "4", "5"]
    assert '<dimension ref="A1:A5"/>' in sheet
    assert re.findall('<t xml:space="preserve">(.*?)</t>', found) == [" Åse", "Bo "]


def test_what_is_too_long_for_a_cell_is_cut_between_two_signs():
    (kept,) = texts(["😀" * 20_000])
    assert kept == "😀" * (sheet_rows.MAX_TEXT // 2)


def test_cells_are_right_whatever_is_remembered_of_them(monkeypatch):
    monkeypatch.setattr(sheet_rows, "REMEMBERED", 3)
    monkeypatch.setattr(sheet_rows, "SHARED", 4)
    names = [f"Deltager {n % 7}" for n in range(60)]
    assert texts(names) == names


def test_each_kind_has_its_type_and_what_is_empty_has_no_cell():
    record = ("Åse", "0751", 7, Decimal("12.50"), Decimal("0.486"), date(2026, 3, 4), time(9, 5))
    record += (datetime(2026, 3, 4, 9, 5), 90)  # noqa: DTZ001 - a sheet has no zones
    book = written(KINDS, [record, (None,) * 9, ("",) * 8 + (None,)])
    _heading, first, *others = book.active.iter_rows()
    assert [cell.value for cell in first[:7]] == ["Åse", "0751", 7, 12.5, 0.486, datetime(2026, 3, 4), time(9, 5)]  # noqa: DTZ001
    assert first[7].value == record[7]
    assert first[8].number_format == "[h]:mm"
    assert [cell.data_type for cell in first[:3]] == ["s", "s", "n"]
    assert not any(cell.has_style or cell.value is not None for row in others for cell in row)


def test_the_total_is_bold_where_it_is_empty_too():
    last = list(written([NAME, KINDS[2]], [("Åse", 7)], total=("I alt", None)).active.iter_rows())[-1]
    assert [cell.value for cell in last] == ["I alt", None]
    assert all(cell.font.bold for cell in last)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("nan")])
def test_no_sheet_holds_what_is_no_number(number):
    with pytest.raises(ValueError, match="no number"), open_workbook(io.BytesIO()) as workbook:
        write_sheet(workbook, "Ark", [KINDS[2]], [(number,)])


def test_a_sheet_that_is_full_ends_where_excel_ends(monkeypatch):
    assert exports.SHEET_ROWS + 2 == 1_048_576
    monkeypatch.setattr(exports, "SHEET_ROWS", 10)
    book = written([NAME], [(f"Åse {n}",) for n in range(25)], total=("I alt",))
    assert [sheet.max_row for sheet in book] == [11, 11, 7]
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:A11", "A1:A11", "A1:A6"]


def test_a_column_remembers_the_cells_it_met_last(monkeypatch):
    monkeypatch.setattr(sheet_rows, "REMEMBERED", 50)
    with open_workbook(io.BytesIO()) as workbook:
        sheet = workbook.add_worksheet("Ark", sheet_rows.RowSheet)
        columns = sheet.columns_of([("write_number", None)])
        for n in range(500):
            sheet.write_record(n, columns, (n,))
        ((_start, cells),) = columns
        assert len(cells) <= 50


class Record(list):
    """A row that can be watched."""


def test_however_many_rows_there_are_a_few_are_held(monkeypatch):
    monkeypatch.setattr(sheet_rows, "REMEMBERED", 50)
    monkeypatch.setattr(sheet_rows, "SHARED", 80)
    alive: weakref.WeakValueDictionary[int, Record] = weakref.WeakValueDictionary()
    most = 0

    def records():
        nonlocal most
        for n in range(2000):
            alive[n] = record = Record((f"Deltager {n}", n))
            yield record
            del record
            most = max(most, len(alive))

    with open_workbook(io.BytesIO()) as workbook:
        assert write_sheet(workbook, "Ark", [NAME, KINDS[2]], records()) == 2000
        assert len(workbook.str_table.string_table) == 80
        assert sum(map(len, workbook.worksheets()[0].table.values())) <= 2
    assert most <= 3
