"""Reports as other programs open them: LibreOffice and pandas find the types, Danish letters and EAN that we wrote.

LibreOffice is started twice: for the workbooks, and for CSV with the settings a Dane has (semicolon, UTF-8).
"""

import io
import os
import shutil
import subprocess
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from enrolments.enums import AttendanceStatus
from enrolments.reports.files import csv, xlsx
from enrolments.reports.kinds import Choices, report_kinds
from tests.factories import (
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)
from website.core import exports

EAN = "5798009811578"
FORMULA = '=HYPERLINK("http://ond.example";"Åse")'
NAMES = ["Åse Ørsted Æbelø", FORMULA, "+45 12345678", "@SUM(1;1)"]
ROWS_KINDS = ("facts", "results")
KINDS = (*ROWS_KINDS, "municipality_quarter", "municipality_course", "department_transcript", "no_shows_place")

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


@pytest.fixture
def run(organiser):
    run = CourseRunFactory(first_day=date(2026, 3, 4), with_days=2, label="=1+1", price=Decimal("1234.50"))
    registration = RegistrationFactory(run=run, organisation=municipality("0492"), payer__ean=EAN)
    for name in NAMES:
        enrolment = EnrolmentFactory(registration=registration, name=name, department="Børn & Ældre")
        AttendanceFactory(
            enrolment=enrolment,
            status=AttendanceStatus.LATE,
            minutes_late=12,
            reason="",
            note="Kun for os",
            marked_by=organiser,
        )
    return run


@pytest.fixture
def files(run, organiser, tmp_path) -> Path:
    """Every kind in `KINDS` as CSV and XLSX."""
    for name in KINDS:
        kind, choices = report_kinds.get(name), Choices(runs=(run.pk,))
        (tmp_path / f"{name}.csv").write_bytes(b"".join(csv(kind, organiser, choices)))
        with (tmp_path / f"{name}.xlsx").open("wb") as output:
            xlsx(kind, organiser, choices, output)
    return tmp_path


def cells(path: Path) -> list[dict]:
    """Return the rows of the first sheet as openpyxl reads them: formulas as formulas."""
    header, *body = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in body]


def test_pandas_reads_a_workbooks_types(files):
    frame = pd.read_excel(files / "facts.xlsx", dtype={"EAN-nummer": str, "Kommunekode": str})
    assert sorted(set(frame["Deltager"])) == sorted(NAMES)
    assert set(frame["EAN-nummer"]) == {EAN}
    assert set(frame["Kommunekode"]) == {"0492"}
    assert set(frame["Afdeling"]) == {"Børn & Ældre"}
    assert frame["Dato"].dtype.kind == "M"
    assert set(frame["Minutter til stede"]) == {0, 408}
    assert set(frame["Planlagt start"]) == {time(9)}
    assert set(frame["Ankom"].dropna()) == {time(9, 12)}
    results = pd.read_excel(files / "results.xlsx")
    assert set(results["Deltaget i"]) == {0.486}  # 408 of 840 minutes
    pivot = pd.read_excel(files / "municipality_course.xlsx")
    assert pivot["Forbrug (kr. ekskl. moms)"].tolist() == [4 * 1234.5] * 2  # the row and the total


def test_pandas_reads_csv_with_its_letters_and_neutral_names(files):
    frame = pd.read_csv(files / "facts.csv", sep=";", decimal=",")
    assert sorted(set(frame["Deltager"])) == sorted(name if name.startswith("Å") else f"'{name}" for name in NAMES)
    assert set(frame["EAN-nummer"]) == {f'="{EAN}"'}
    assert set(frame["Hold"]) == {"'=1+1"}
    pivot = pd.read_csv(files / "municipality_course.csv", sep=";", decimal=",")
    assert pivot["Forbrug (kr. ekskl. moms)"].tolist() == [4 * 1234.5] * 2
    assert pivot["Timer deltaget"].tolist() == ["27:12"] * 2


def test_no_file_has_what_staff_keep_to_themselves(files):
    for name in KINDS:
        text = (files / f"{name}.csv").read_text("utf-8-sig")
        assert "Kun for os" not in text
        for row in cells(files / f"{name}.xlsx"):
            assert "Kun for os" not in row.values()


def test_a_sheet_that_is_full_goes_on_on_the_next(run, organiser, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 3)
    output = io.BytesIO()
    heard = []
    kind = report_kinds.get("facts")
    written = xlsx(kind, organiser, Choices(runs=(run.pk,)), output, advance=heard.append)
    book = openpyxl.load_workbook(output)
    sheets = [sheet for sheet in book if sheet.title.startswith("Fremmøde pr. deltager")]
    assert written == sum(heard) == 8
    assert [sheet.max_row for sheet in sheets] == [4, 4, 3]
    assert len({sheet.title for sheet in sheets}) == 3
    assert all([cell.value for cell in sheet[1]] == [cell.value for cell in sheets[0][1]] for sheet in sheets)
    names = [row[0] for sheet in sheets for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert len(names) == 8


@pytest.fixture(scope="module")
def soffice() -> str:
    """The program, or the test is skipped; where all is proven (CI) it must be there."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing: apt-get install libreoffice-calc-nogui")
        pytest.skip("LibreOffice (soffice) is not installed")
    return found


def opened(soffice: str, files: Path, ending: str, *options: str) -> Path:
    """Let LibreOffice open these files and save each as a workbook; return the folder they are in."""
    folder = files / f"opened-{ending}"
    subprocess.run(
        [
            soffice,
            f"-env:UserInstallation={(files / 'profile').as_uri()}",
            *("--headless", "--norestore", *options, "--convert-to", "xlsx", "--outdir", str(folder)),
            *(str(files / f"{name}.{ending}") for name in KINDS),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder


def test_libreoffice_opens_them_and_runs_nothing(soffice, files):
    books = opened(soffice, files, "xlsx")
    for name in KINDS:
        before, after = cells(files / f"{name}.xlsx"), cells(books / f"{name}.xlsx")
        assert [list(row.values()) for row in after] == [list(row.values()) for row in before]
    facts = cells(books / "facts.xlsx")
    assert {row["EAN-nummer"] for row in facts} == {EAN}
    assert sorted({row["Deltager"] for row in facts}) == sorted(NAMES)
    assert {row["Dato"] for row in facts} == {datetime(2026, 3, 4), datetime(2026, 3, 11)}  # noqa: DTZ001 - a sheet has no zone
    sheet = openpyxl.load_workbook(books / "facts.xlsx").worksheets[0]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
    assert "e" not in kinds  # no error, which a formula that ran would have left

    # Semicolon, double quote, UTF-8 from the first line on; the language is Danish.
    sheets = opened(soffice, files, "csv", "--infilter=CSV:59,34,76,1,,1030,false,true")
    facts = cells(sheets / "facts.xlsx")
    assert sorted({row["Deltager"] for row in facts}) == sorted(
        name if name.startswith("Å") else f"'{name}" for name in NAMES
    )
    assert {str(row["EAN-nummer"]).strip('="') for row in facts} == {EAN}
    assert {row["Afdeling"] for row in facts} == {"Børn & Ældre"}
    assert {row["Minutter til stede"] for row in facts} == {0, 408}
    assert {row["Dato"] for row in facts} == {datetime(2026, 3, 4), datetime(2026, 3, 11)}  # noqa: DTZ001 - likewise
    assert {row["Hold"] for row in facts} == {"'=1+1"}
