"""The report builder: what was chosen is what is shown and what is in the file; what is wrong is told, in words."""

import csv
import io
import re
from datetime import date
from urllib.parse import urlencode

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrolments.models import SavedReport
from enrolments.reports.kinds import report_kinds
from tests.enrolments.helpers import municipality
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory
from website.core.jobs import run_job
from website.core.models import LongJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    return user


def run_of(course="Samskabelse", *, on=date(2026, 4, 23), people=("Anna", "Bo")):
    run = CourseRunFactory(course__title=course, first_day=on, capacity=None)
    registration = RegistrationFactory(run=run, organisation=municipality())
    for name in people:
        EnrolmentFactory(registration=registration, name=name)
    return run


def build(client, kind="facts", **query):
    return client.get(reverse("report_build", args=[kind]), {"periode": "", **query})


def fetch(client, kind="facts", *, file_format="csv", **query):
    address = reverse("report_file", args=[kind])
    return client.post(f"{address}?{urlencode({'periode': '', **query}, doseq=True)}", {"format": file_format})


def cells(response):
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content), delimiter=";"))


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


# Who


@pytest.mark.parametrize("role", [{"editor": True}, {}, {"staff": True}])
def test_only_those_who_may_see_reports_come_in(client, role):
    client.force_login(UserFactory(**role))

    for address in (reverse("report_builder"), reverse("report_build", args=["facts"])):
        assert client.get(address).status_code in (302, 403)
    assert fetch(client).status_code in (302, 403)


def test_the_builder_stands_in_the_menu_of_reports_for_organisers_alone(client, organiser):
    page = client.get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("report_builder") in page

    client.force_login(UserFactory(editor=True))
    assert reverse("report_builder") not in client.get(reverse("wagtailadmin_home")).content.decode()


# What


def test_every_kind_of_report_opens_and_becomes_every_file(client, organiser):
    run_of()

    for kind in report_kinds:
        page = build(client, kind.name)
        assert page.status_code == 200, kind.name
        for file_format in ("xlsx", "csv", "pdf"):
            response = fetch(client, kind.name, file_format=file_format)
            # A report with nothing in it is not refused either; a PDF may be, in words.
            assert response.status_code == 200 or file_format == "pdf", (kind.name, file_format)


def test_what_is_chosen_is_what_is_shown_and_what_is_in_the_file(client, organiser):
    run_of("Ledelse", people=("Anna",))
    chosen = run_of("Samskabelse", people=("Bo",))

    page = text(build(client, kursus=chosen.course_id))
    found = cells(fetch(client, kursus=chosen.course_id))

    assert "Bo" in page
    assert "Anna" not in page
    assert [row for row in found if "Anna" in row] == []
    assert len(found) == 2


def test_columns_stand_in_the_order_they_were_chosen_in(client, organiser):
    run_of(people=("Anna",))

    response = fetch(client, kolonne=["participant", "date", "course"])

    assert cells(response) == [["Deltager", "Dato", "Kursus"], ["Anna", "2026-04-23", "Samskabelse"]]


def test_the_page_shows_the_chosen_columns_first_so_that_they_can_be_moved(client, organiser):
    run_of()

    page = build(client, kolonne=["participant", "date"]).content.decode()

    names = re.findall(r'name="kolonne"\s+value="(\w+)"( checked)?', page)
    assert names[:2] == [("participant", " checked"), ("date", " checked")]
    assert not any(checked for _name, checked in names[2:])


def test_own_days_hold_both_ends(client, organiser):
    run_of(on=date(2026, 4, 22), people=("Anna",))
    run_of(on=date(2026, 4, 23), people=("Bo",))
    run_of(on=date(2026, 4, 24), people=("Carl",))

    found = cells(fetch(client, periode="own", fra="22.4.2026", til="23-4-2026", kolonne=["participant"]))

    assert found[1:] == [["Anna"], ["Bo"]]


def test_the_screen_shows_the_first_fifty_and_says_how_many_there_are(client, organiser):
    run_of(people=[f"Deltager {number:03}" for number in range(60)])

    page = text(build(client))

    assert "De første 50 af 60 rækker" in page
    assert "Deltager 049" in page
    assert "Deltager 050" not in page


def test_departments_are_those_of_the_chosen_municipalities(client, organiser):
    run = run_of(people=("Anna",))
    anna = run.enrolments.get()
    run.enrolments.update(department="Børn og Unge")

    assert "Børn og Unge" not in re.sub(r"<table.*?</table>", "", build(client).content.decode(), flags=re.DOTALL)
    assert 'value="Børn og Unge"' in build(client, kommune=anna.organisation_id).content.decode()


def test_a_table_carries_its_total_on_the_screen_and_in_the_sheet(client, organiser):
    run_of(people=("Anna", "Bo", "Carl"))

    page = build(client, "municipality_course").content.decode()
    sheet = openpyxl.load_workbook(
        io.BytesIO(b"".join(fetch(client, "municipality_course", file_format="xlsx").streaming_content))
    ).active

    foot = re.search(r"<tfoot>.*?</tfoot>", page, flags=re.DOTALL).group()
    assert ">3<" in foot
    last = [cell.value for cell in list(sheet.iter_rows())[-1]]
    assert last[0] == "I alt"
    assert 3 in last


def test_the_cost_is_the_same_however_many_rows_there_are(client, organiser):
    def queries():
        with CaptureQueriesContext(connection) as caught:
            assert build(client, kommune=organisation).status_code == 200
        return len(caught)

    run = run_of()
    organisation = run.enrolments.first().organisation_id
    queries()
    few = queries()
    for number in range(5):
        run_of(f"Kursus {number}", people=[f"P{number}{n}" for n in range(8)])

    assert queries() == few


# Large


def test_a_long_report_is_ordered_instead_of_waited_for(client, organiser, settings):
    settings.REPORT_ROWS_AT_ONCE = 3
    run_of(people=("Anna", "Bo", "Carl"))
    assert fetch(client).status_code == 200
    run_of("Ledelse", people=("Dorte",))

    response = fetch(client, file_format="xlsx", periode="this_year")

    job = LongJob.objects.get()
    assert response["Location"] == reverse("long_job", args=[job.pk])
    assert job.requested_by == organiser
    # The period is fixed: what was ordered today is the same when it is made tomorrow.
    assert "period" not in job.parameters["choices"]
    assert "2026-01-01" in str(job.parameters) or "-01-01" in str(job.parameters)


def test_an_ordered_file_is_the_same_as_one_taken_at_once(client, organiser, settings):
    run_of(people=("Åse", "Ægir", "=1+1"))
    at_once = cells(fetch(client))
    settings.REPORT_ROWS_AT_ONCE = 1
    fetch(client)
    job = LongJob.objects.get()

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.status, job.done, job.result) == ("done", 3, {"rows": 3})
    assert list(csv.reader(io.StringIO(job.file.read().decode("utf-8-sig")), delimiter=";")) == at_once
    assert any("'=1+1" in row for row in at_once)


def test_who_lost_access_while_it_was_made_gets_no_file(client, organiser, settings):
    settings.REPORT_ROWS_AT_ONCE = 1
    run_of()
    fetch(client)
    organiser.groups.clear()
    job = LongJob.objects.get()

    run_job(job.pk)

    job.refresh_from_db()
    assert job.status == "failed"
    assert not job.file


# Bad input


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"periode": "own", "fra": "31.2.2026"}, "“31.2.2026” er ikke en dato. Skriv den som 23.4.2027."),
        (
            {"periode": "own", "fra": "2.2.2026", "til": "1.2.2026"},
            "Perioden slutter (1. februar 2026), før den begynder",
        ),
        ({"periode": "own"}, "Skriv den første eller den sidste dag"),
        ({"kolonne": "hemmelig"}, "Rapporten har ingen kolonne “hemmelig”"),
        ({"kursus": "abc"}, "“abc” er ikke nummeret på noget"),
        ({"hold": "99999999999999999999999"}, "er ikke nummeret på noget"),
        ({"periode": "noget"}, "noget"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_no_other_report_is_shown(client, organiser, query, told):
    run_of()

    response = build(client, **query)

    assert response.status_code == 400
    assert told in text(response)
    assert "Anna" not in text(response)
    assert fetch(client, **query).status_code == 302


def test_a_run_that_is_no_more_finds_nothing_and_is_told(client, organiser):
    run_of()

    response = build(client, hold=987654)

    assert response.status_code == 200
    assert "1 af dine valg er slettet siden" in text(response)
    assert "Ingen passer" in text(response)


def test_ten_years_are_no_trouble(client, organiser):
    run_of(on=date(2017, 5, 4))
    run_of(on=date(2026, 5, 4))

    assert len(cells(fetch(client, periode="own", fra="1.1.2017", til="31.12.2026"))) == 5


def test_an_unknown_report_is_not_found_and_an_unknown_format_is_told(client, organiser):
    run_of()

    assert build(client, "noget").status_code == 404
    response = fetch(client, file_format="docx")
    assert response.status_code == 302
    assert "Vælg Excel, CSV eller PDF" in text(client.get(response["Location"]))


def test_nobody_writes_markup_into_the_report(client, organiser):
    run_of("<script>alert(1)</script>", people=("<b>Anna</b>",))

    for kind in ("facts", "results", "municipality_course"):
        page = build(client, kind).content.decode()
        assert "<script>alert(1)" not in page
        assert "<b>Anna" not in page


# PDF


def test_a_pdf_that_would_be_too_long_or_too_wide_is_refused_with_the_way_out(client, organiser, settings):
    settings.REPORT_PDF_ROWS = 2
    run_of(people=("Anna", "Bo", "Carl"))
    every = [column.name for column in report_kinds.get("facts").columns()]

    long = fetch(client, file_format="pdf")
    assert "plads til 2 rækker, og rapporten har 3" in text(client.get(long["Location"]))

    settings.REPORT_PDF_ROWS = 2000
    wide = fetch(client, file_format="pdf", kolonne=every[:-1])
    assert "plads til 12 kolonner" in text(client.get(wide["Location"]))


def test_a_pdf_is_tagged_has_a_title_and_names_what_was_chosen(client, organiser):
    run = run_of(people=("Anna", "Bo"))

    content = b"".join(fetch(client, file_format="pdf", kursus=run.course_id).streaming_content)

    assert content.startswith(b"%PDF-")
    assert b"/MarkInfo" in content
    assert b"pdfuaid:part" in content
    assert b"/Lang" in content


# The report of nobody


def test_a_page_without_a_query_opens_with_this_year(client, organiser):
    page = client.get(reverse("report_build", args=["facts"]))

    assert page.status_code == 200
    assert "selected>Dette år" in text(page)
    assert SavedReport.objects.count() == 0
