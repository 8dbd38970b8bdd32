"""Import of marks: what is wrong is said at its row, nothing is half-done, and the right ones count by choice."""

import io
import json
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.check_in_codes import check_in_code
from enrolments.enums import EnrolmentStatus, MarkSource
from enrolments.importing.mark_checking import Checker
from enrolments.importing.mark_rows import read_marks
from enrolments.importing.marks import mark_code
from enrolments.importing.results import ListRefused
from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.attendance import Mark
from enrolments.operations.attendance import mark as take_mark
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def run():
    """A run of two days that are over, with Anna, Bo and two called Kim Lund."""
    run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=20), with_days=2, capacity=None)
    for name, email in (
        ("Anna And", "anna@a.dk"),
        ("Bo Bæk", ""),
        ("Kim Lund", "kim1@a.dk"),
        ("Kim Lund", "kim2@a.dk"),
    ):
        EnrolmentFactory(run=run, name=name, email=email)
    return run


def url(run) -> str:
    return reverse("participants:attendance_import", args=[run.pk])


def day(run, n: int = 0) -> str:
    date = run.ordered_days()[n].date
    return f"{date.day}.{date.month}.{date.year}"


def csv(*rows: str, head: str = "Navn;E-mail;Dato;Registrering;Minutter for sent") -> str:
    return "\n".join((head, *rows))


def read(client, run, text: str):
    return client.post(url(run), {"read": "1", "list": text})


def go_on(client, run, page, **fields: str):
    return client.post(url(run), {"rows": page.context["rows"], "seen": page.context["seen"], **fields})


def problems(page) -> list[str]:
    return [cell["error"] for row in page.context["wrong"] for cell in row["cells"] if cell["error"]]


def marks(run) -> dict[str, str]:
    return {
        f"{mark.enrolment.name} {mark.day.date.day}": mark_code(Mark.of(mark))
        for mark in Attendance.objects.filter(day__run=run).select_related("enrolment", "day")
    }


def test_a_right_list_is_shown_and_then_imported(organiser, run):
    d1, d2 = day(run), day(run, 1)
    page = read(organiser, run, csv(f"Anna And;;{d1};til stede;", f";ANNA@A.DK;{d2};forsinket;15", f"bo  bæk;;{d1};u;"))
    assert (page.status_code, page.context["good_count"], page.context["wrong_count"]) == (200, 3, 0)
    assert not Attendance.objects.exists()

    answer = organiser.post(url(run), {"rows": page.context["rows"], "seen": "{}", "import_all": "1"}, follow=True)
    assert "3 registreringer er importeret" in answer.content.decode()
    first, second = (each.date.day for each in run.ordered_days())
    assert marks(run) == {f"Anna And {first}": "t", f"Anna And {second}": "f15", f"Bo Bæk {first}": "u"}
    assert set(AttendanceChange.objects.values_list("source", "by")) == {(MarkSource.IMPORT, organiser.user.pk)}


def test_people_are_known_by_code_number_address_or_name(organiser, run):
    anna, bo, kim1, kim2 = run.enrolments.order_by("pk")
    page = read(
        organiser,
        run,
        csv(
            f"{check_in_code(anna)};;;;{day(run)};t",
            f";2;;;{day(run)};t",
            f";;;kim1@a.dk;{day(run)};t",
            f";4;Kim Lund;;{day(run)};t",
            head="Kode;Nr.;Navn;E-mail;Dato;Mark",
        ),
    )
    assert page.context["wrong_count"] == 0
    assert [row.enrolment for row in page.context["good"]] == [anna, bo, kim1, kim2]


def rows_that_are_wrong(run):
    d = day(run)
    other = EnrolmentFactory(name="Ole Olsen", email="ole@a.dk", run__course__title="Et andet kursus")
    EnrolmentFactory(run=run, name="Væk Væksen", cancelled=True)
    EnrolmentFactory(run=run, name="Vera Venter", waiting=True)
    EnrolmentFactory(run=run, name="Flyt Flyttesen", status=EnrolmentStatus.MOVED, cancelled_at=timezone.now())
    missing = (run.ordered_days()[0].date + timedelta(days=1)).isoformat()
    forged = check_in_code(other)
    return {
        f"Ukendt Person;;{d};t;": "Ukendt Person",
        f";hvem@a.dk;{d};t;": "hvem@a.dk",
        f"Kim Lund;;{d};t;": "2 på holdet hedder Kim Lund",
        f";ole@a.dk;{d};t;": "Et andet kursus",
        f"Væk Væksen;;{d};t;": "afbud",
        f"Vera Venter;;{d};t;": "venteliste",
        f"Flyt Flyttesen;;{d};t;": "andet hold",
        f"Anna And;;{missing};t;": "ingen kursusdag",
        "Anna And;;32.13.2026;t;": "ikke en dato",
        "Anna And;;;t;": "2 dage",
        f"Anna And;;{d};måske;": "ikke en registrering",
        f"Anna And;;{d};t;15": "forsinket",
        f"Anna And;;{d};f;mange": "helt tal",
        f"Anna And;;{d};f;9999": "helt tal",
        f"Anna And;;{d};f;601": "helt tal",
        f"=HYPERLINK(A1);;{d};t;": "formel",
        "Anna And;;=TODAY();t;": "formel",
        f";;{d};t;": "hvem det er",
        f"Anna And;fremmed@a.dk;{d};t;": "adresse",
        f"Anna And;;{d};-;": "import",
        f"{forged};;{d};t;": forged,
    }


def test_each_wrong_row_is_told_what_is_wrong_with_it(organiser, run):
    for row, said in rows_that_are_wrong(run).items():
        page = read(organiser, run, csv(row))
        assert page.status_code == 422, row
        assert page.context["wrong_count"] == 1, row
        assert said.casefold() in " ".join(problems(page)).casefold(), (row, problems(page))
    assert not Attendance.objects.exists()


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("Nr.;Navn;Dato;Mark", "1;Bo Bæk;{d};t", "er Anna And"),
        ("Nr.;Dato;Mark", "99;{d};t", "nummer 99"),
        ("Nr.;Dato;Mark", "x;{d};t", "nummer x"),
        ("Nr.;Dato;Mark", "123456789x;{d};t", "nummer 123456789x"),
        ("Kode;Dato;Mark", "1-AAAAAAAA;{d};t", "koden"),
        ("Navn;Hold nr.;Dato;Mark", "Anna And;999999;{d};t", "hold nr. 999999"),
    ],
)
def test_numbers_codes_and_runs_that_do_not_fit_are_refused(organiser, run, head, row, said):
    page = read(organiser, run, csv(row.format(d=day(run)), head=head))
    assert said.casefold() in " ".join(problems(page)).casefold(), problems(page)


def test_nothing_is_imported_while_a_row_is_wrong_unless_that_is_chosen(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f"Ukendt;;{day(run)};t;"))
    assert go_on(organiser, run, page, import_all="1").status_code == 422
    assert not Attendance.objects.exists()

    answer = organiser.post(
        url(run), {"rows": page.context["rows"], "seen": "{}", "import_good": "1"}, follow=True
    ).content.decode()
    assert "1 registrering er importeret" in answer
    assert "1 række blev udeladt" in answer
    assert len(marks(run)) == 1


def test_a_row_is_mended_on_the_page(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f"Bo Bak;;{day(run)};t;"))
    page = go_on(organiser, run, page, check="1", **{"r-1-name": "Bo Bæk", "r-1-mark": "f5"})
    assert page.context["wrong_count"] == 0
    go_on(organiser, run, page, import_all="1")
    assert sorted(marks(run).values()) == ["f5", "t"]


def test_a_row_is_left_out_on_the_page(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f"Bo Bak;;{day(run)};t;"))
    page = go_on(organiser, run, page, check="1", **{"r-1-out": "on"})
    assert (page.context["wrong_count"], page.context["good_count"]) == (0, 1)


def test_the_same_participant_and_day_twice_is_told(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f";anna@a.dk;{day(run)};u;"))
    assert "række 2" in problems(page)[0]


def test_a_mark_that_stands_is_replaced_only_by_choice(organiser, run):
    first = run.ordered_days()[0]
    anna = run.enrolments.get(name="Anna And")
    take_mark(day=first, marks={anna.pk: Mark("absent", note="Ringede")}, by=organiser.user)
    text = csv(f"Anna And;;{day(run)};t;", f"Bo Bæk;;{day(run)};t;")
    page = read(organiser, run, text)
    assert (page.context["replace_count"], page.context["new_count"]) == (1, 1)
    assert "“Fravær” står, listen siger “Til stede”" in page.content.decode()

    go_on(organiser, run, page, import_all="1")
    assert marks(run) == {f"Anna And {first.date.day}": "u", f"Bo Bæk {first.date.day}": "t"}

    page = read(organiser, run, text)
    assert page.context["same_count"] == 1
    go_on(organiser, run, page, import_all="1", replace="on")
    assert marks(run)[f"Anna And {first.date.day}"] == "t"
    assert Attendance.objects.get(enrolment=anna).note == "Ringede"


def test_what_was_marked_after_the_list_was_looked_at_stops_all_of_it(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f"Bo Bæk;;{day(run)};t;"))
    anna = run.enrolments.get(name="Anna And")
    take_mark(day=run.ordered_days()[0], marks={anna.pk: Mark("absent")}, by=UserFactory())
    # As a page would send it whose marks were taken between the check and the writing.
    rows = page.context["rows"]
    page = organiser.post(url(run), {"rows": rows, "seen": "{}", "import_all": "1", "replace": "on"})
    assert page.status_code == 422
    assert "imens" in page.content.decode()
    assert len(marks(run)) == 1

    go_on(organiser, run, page, import_all="1", replace="on")
    assert sorted(marks(run).values()) == ["t", "t"]


def test_somebody_cancelled_between_is_not_marked(organiser, run):
    page = read(organiser, run, csv(f"Anna And;;{day(run)};t;", f"Bo Bæk;;{day(run)};t;"))
    run.enrolments.filter(name="Anna And").update(status="cancelled", cancelled_at=timezone.now())
    page = go_on(organiser, run, page, import_all="1")
    assert page.context["wrong_count"] == 1
    assert not Attendance.objects.exists()


def test_an_excel_file_with_real_dates_is_read(organiser, run):
    book = openpyxl.Workbook()
    book.active.append(["Navn", "Dato", "Registrering", "Minutter for sent"])
    book.active.append(["Anna And", run.ordered_days()[0].date, "Forsinket", 15])
    book.active.append(["Bo Bæk", run.ordered_days()[1].date, "=1+1", None])
    output = io.BytesIO()
    book.save(output)
    file = SimpleUploadedFile("fremmøde.xlsx", output.getvalue())
    page = organiser.post(url(run), {"read": "1", "file": file})
    assert page.context["good"][0].code == "f15"
    assert "formel" in " ".join(problems(page))


def test_the_template_is_filled_in_and_comes_back(organiser, run):
    address = reverse("participants:attendance_template", args=[run.pk, "xlsx"])
    EnrolmentFactory(run=run, name="=1+1")
    book = openpyxl.load_workbook(io.BytesIO(organiser.get(address).content))
    sheet = book.active
    headings = [cell.value for cell in sheet[1]]
    assert headings[:4] == ["Nr.", "Navn", "E-mail", "Hold nr."]
    assert sheet.max_row == 1 + 5 * 2
    mark = headings.index("Registrering") + 1
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row=row, column=mark, value="t" if row % 2 else None)
    output = io.BytesIO()
    book.save(output)
    page = organiser.post(url(run), {"read": "1", "file": SimpleUploadedFile("x.xlsx", output.getvalue())})
    assert (page.context["good_count"], page.context["wrong_count"]) == (5, 0), problems(page)
    assert any("udeladt" in note or "uden" in note for note in page.context["notes"])

    text = organiser.get(address.replace("xlsx", "csv")).content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Nr.;Navn;E-mail;Hold nr.;Dato;Registrering")
    assert organiser.get(address.replace("xlsx", "pdf")).status_code == 404


@pytest.mark.parametrize(
    "text", ["", "   ", "Anna;Bo;Carl", "Navn;Dato\nAnna;1.1.2026", "Navn;Registrering\nAnna;", "\0\0", '"Navn;Mark\nx']
)
def test_a_list_that_is_none_is_refused_in_words(text):
    with pytest.raises(ListRefused) as refusal:
        read_marks(text=text, limit=100, max_bytes=10_000)
    assert str(refusal.value)


def test_too_many_rows_and_too_large_files_are_refused(organiser, run):
    with pytest.raises(ListRefused):
        read_marks(text=csv(*["Anna;;;t;"] * 101), limit=100, max_bytes=1_000_000)
    page = organiser.post(url(run), {"read": "1", "file": SimpleUploadedFile("x.csv", b"x" * (3 * 1024 * 1024))})
    assert "MB" in page.content.decode()


@pytest.mark.parametrize("rows", ["", "x", "{}", "[1]", '[[1,{"name":5}]]', "[" * 2000])
def test_a_damaged_page_is_refused_in_words(organiser, run, rows):
    page = organiser.post(url(run), {"rows": rows, "seen": "{}", "import_all": "1"})
    assert page.status_code == 422
    assert "filen igen" in page.content.decode() or "fil igen" in page.content.decode()


def test_only_organisers_import(client, run):
    template = reverse("participants:attendance_template", args=[run.pk, "xlsx"])
    client.force_login(UserFactory(editor=True))
    for answer in (client.get(url(run)), read(client, run, csv("x")), client.get(template)):
        assert answer.status_code in (302, 403)


def test_three_thousand_rows_cost_no_more_queries_than_three(organiser, run):
    def measured(text: str) -> int:
        rows = read_marks(text=text, limit=5000, max_bytes=2_000_000).rows
        with CaptureQueriesContext(connection) as queries:
            Checker(type(run).objects.get(pk=run.pk), organiser.user).check(rows)
        return len(queries)

    few = measured(csv(*[f"Anna And;;{day(run)};t;"] * 3))
    many = measured(csv(*(f"Person {n};p{n}@a.dk;{day(run)};t;" for n in range(3000))))
    assert many <= few + 1  # and one for addresses that are not on the run


def test_importing_costs_the_same_for_few_and_many(organiser, run):
    for n in range(60):
        EnrolmentFactory(run=run, name=f"Deltager {n}", email=f"d{n}@a.dk")

    def measured(numbers: range) -> int:
        page = read(organiser, run, csv(*(f";d{n}@a.dk;{day(run)};t;" for n in numbers)))
        with CaptureQueriesContext(connection) as queries:
            go_on(organiser, run, page, import_all="1")
        return len(queries)

    few = measured(range(3))
    assert measured(range(3, 60)) <= few
    assert len(marks(run)) == 60


def test_rows_are_carried_as_they_were_read(run):
    rows = read_marks(text=csv(f"Anna And;;{day(run)};t;"), limit=10, max_bytes=1000).rows
    carried = json.loads(json.dumps([row.to_json() for row in rows]))
    assert [type(rows[0]).from_json(one).values["name"] for one in carried] == ["Anna And"]
