"""Tables that leave the house: the same rows and types in CSV and XLSX, and no formula in either."""

import io
from datetime import date, datetime, time
from decimal import Decimal

import openpyxl
import pandas as pd
import pytest
from django.db.models import DateField, DateTimeField, DecimalField, F, TimeField, Value
from django.db.models.functions import Cast

from courses.models import Topic
from website.core.exports import BOM, Column, Kind, csv_blocks, local, open_workbook, rows, snapshot, write_sheet

pytestmark = pytest.mark.django_db

FORMULAS = ["=1+1", "+45 12", "-2", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "\n=1"]
HARMLESS = ["<b>Ida</b>", "Emoji 😀", 'a "b"; c', "to\nlinjer", "x" * 80, "2-3", "Ærø"]


def columns(**values) -> list[Column]:
    return [
        Column("text", "Navn; her", "name", Kind.TEXT),
        Column("ean", "EAN", Value("0798009811578"), Kind.IDENTIFIER),
        Column("number", "Antal", Value(1234567), Kind.INTEGER),
        Column("amount", "Beløb", Cast(Value("1234.50"), DecimalField(max_digits=9, decimal_places=2)), Kind.DECIMAL),
        Column("day", "Dag", Cast(Value("2015-04-23"), DateField()), Kind.DATE),
        Column("clock", "Tid", Cast(Value("09:05"), TimeField()), Kind.TIME),
        Column("at", "Hvornår", local(Cast(Value("2015-04-23 07:05+00"), DateTimeField())), Kind.DATETIME),
        Column("nothing", "Intet", Cast(Value(None), DateField()), Kind.DATE),
    ]


def topics(names):
    for n, name in enumerate(names):
        Topic.objects.create(name=name, slug=f"t{n}")
    return Topic.objects.order_by("pk")


def as_csv(queryset, chosen) -> bytes:
    return b"".join(csv_blocks(queryset, chosen))


def as_xlsx(queryset, chosen):
    output = io.BytesIO()
    with open_workbook(output) as workbook:
        write_sheet(workbook, "Ark", chosen, rows(queryset, chosen).iterator(), total=("I alt", *[None] * 7))
    return openpyxl.load_workbook(output)["Ark"]


def test_csv_opens_in_pandas_with_the_types_it_had():
    found = topics(HARMLESS)
    raw = as_csv(found, columns())
    assert raw.startswith(BOM)
    frame = pd.read_csv(io.BytesIO(raw), sep=";", decimal=",", parse_dates=["Dag", "Hvornår"])
    assert list(frame.columns) == ["Navn; her", "EAN", "Antal", "Beløb", "Dag", "Tid", "Hvornår", "Intet"]
    assert list(frame["Navn; her"]) == HARMLESS
    assert set(frame["EAN"]) == {'="0798009811578"'}  # Excel shows 0798009811578, as text
    assert set(frame["Antal"]) == {1234567}
    assert set(frame["Beløb"]) == {1234.5}
    assert set(frame["Dag"]) == {pd.Timestamp(2015, 4, 23)}
    assert set(frame["Hvornår"]) == {pd.Timestamp(2015, 4, 23, 9, 5)}  # summer time in Denmark
    assert set(frame["Tid"]) == {"09:05"}
    assert frame["Intet"].isna().all()
    assert b"1234,50" in raw


@pytest.mark.parametrize("text", FORMULAS)
def test_csv_neutralises_what_begins_like_a_formula(text):
    frame = pd.read_csv(io.BytesIO(as_csv(topics([text]), columns())), sep=";", lineterminator="\n")
    assert frame["Navn; her"].iloc[0] == "'" + text


@pytest.mark.parametrize("text", ["=1+1", "07-51", "0751=1", '"&A1&"'])
def test_csv_keeps_only_pure_digits_as_identifiers(text):
    chosen = [Column("code", "Kode", F("name"), Kind.IDENTIFIER)]
    cell = pd.read_csv(io.BytesIO(as_csv(topics([text]), chosen)), sep=";", dtype=str)["Kode"].iloc[0]
    assert cell == ("'" + text if text.startswith("=") else text)


def test_csv_takes_values_of_filters_as_parameters():
    found = topics(["Bo's; 100% 'kursus'", "Andet"]).filter(name__contains="100% '")
    assert len(as_csv(found, columns()).splitlines()) == 2


def test_xlsx_has_typed_cells_a_frozen_header_filters_and_widths():
    names = [*HARMLESS, *(text for text in FORMULAS if text.isprintable())]
    sheet = as_xlsx(topics(names), columns())
    assert [cell.value for cell in sheet["A"][1:-1]] == names
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    values = {cell.column_letter: (cell.value, cell.data_type) for cell in sheet[2]}
    assert values["B"] == ("0798009811578", "s")
    assert values["C"] == (1234567, "n")
    assert values["D"] == (1234.5, "n")
    assert values["E"] == (datetime(2015, 4, 23), "d")  # noqa: DTZ001 - a sheet has no zones
    assert values["F"] == (time(9, 5), "d")
    assert values["G"] == (datetime(2015, 4, 23, 9, 5), "d")  # noqa: DTZ001
    assert values["H"][0] is None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:H{len(names) + 1}"
    assert sheet.column_dimensions["A"].width >= 16
    assert sheet["A"][-1].value == "I alt"


def test_the_rows_are_the_same_in_both():
    found = topics([f"Emne {n}" for n in range(50)])
    frame = pd.read_csv(io.BytesIO(as_csv(found, columns())), sep=";", decimal=",")
    sheet = as_xlsx(found, columns())
    assert list(frame["Navn; her"]) == [cell.value for cell in sheet["A"][1:-1]]
    assert [Decimal(str(v)) for v in frame["Beløb"]] == [Decimal(str(cell.value)) for cell in sheet["D"][1:-1]]
    assert [date.fromisoformat(v) for v in frame["Dag"]] == [cell.value.date() for cell in sheet["E"][1:-1]]


@pytest.mark.django_db(transaction=True)
def test_a_snapshot_reads_one_moment_and_writes_nothing():
    import threading

    from django.db import InternalError, connection

    Topic.objects.create(name="Før", slug="foer")

    def write() -> None:
        Topic.objects.create(name="Efter", slug="efter")
        connection.close()

    with snapshot():
        before = Topic.objects.count()
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert Topic.objects.count() == before
    assert Topic.objects.count() == before + 1
    with pytest.raises(InternalError), snapshot():
        Topic.objects.create(name="Nej", slug="nej")
