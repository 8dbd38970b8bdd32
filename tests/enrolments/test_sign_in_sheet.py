"""The sheet to sign: tagged, in Danish order, with numbers that stay; for whoever may take the roll call."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from enrolments import documents
from enrolments.enums import EnrolmentStatus
from enrolments.reports.sheet import sheet_numbers, sheet_rows
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db
MONTHS = ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]


def url(run, day=None, **query: str) -> str:
    day = day or run.ordered_days()[0]
    return reverse("enrolments:sign_in_sheet", kwargs={"run_pk": run.pk, "date": day.date})


def read(document: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(document))


def text(document: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(document).pages)


def test_numbers_stay_whoever_comes_or_cancels():
    run = CourseRunFactory()
    zenia, bo = EnrolmentFactory(run=run, name="Zenia"), EnrolmentFactory(run=run, name="Bo")
    before = {row.pk: row.number for row in sheet_rows(run)}
    assert [row.name for row in sheet_rows(run)] == ["Bo", "Zenia"]

    EnrolmentFactory(run=run, name="Anna")
    bo.status, bo.cancelled_at = EnrolmentStatus.CANCELLED, timezone.now()
    bo.save()

    after = {row.pk: row.number for row in sheet_rows(run)}
    assert after[zenia.pk] == before[zenia.pk] == 1
    assert sorted(after.values()) == [1, 3]
    assert sheet_numbers(run)[bo.pk] == 2


def test_those_at_the_door_without_a_seat_stand_on_it_and_those_in_line_do_not():
    run = CourseRunFactory()
    EnrolmentFactory(run=run, name="Walter", status=EnrolmentStatus.WALK_IN)
    EnrolmentFactory(run=run, name="Viggo", waiting=True)

    sheet = text(documents.sign_in_sheet(run, run.ordered_days()[0], sheet_rows(run)))

    assert "Walter" in sheet
    assert "Viggo" not in sheet


@pytest.mark.parametrize("days", [2, 8, 9, 20])
def test_the_sheet_of_many_days_has_every_day_on_a_landscape_page_and_is_accessible(days):
    run = CourseRunFactory(with_days=days, first_day=timezone.localdate().replace(month=1, day=5))
    EnrolmentFactory(run=run, name="Ærø Ørsted")

    document = documents.sign_in_matrix(run, run.ordered_days(), sheet_rows(run))

    reader = read(document)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part" in reader.trailer["/Root"]["/Metadata"].get_data()
    box = reader.pages[0].mediabox
    assert box.width > box.height
    assert len(reader.pages) == -(-days // documents.DAYS_A_SHEET)
    words = text(document).casefold()
    for day in run.ordered_days():
        month = MONTHS[day.date.month - 1]
        assert f"{day.date.day}. {month}" in words
    assert words.count("ærø ørsted") == len(reader.pages)


def test_a_presenter_of_the_run_prints_it_and_nobody_else(client):
    presenter = PresenterFactory(with_user=True)
    run = CourseRunFactory(with_days=2, day_fields={"presenters": [presenter]})
    EnrolmentFactory(run=run, name="Anna And")
    assert client.get(url(run)).status_code == 302

    client.force_login(UserFactory())
    assert client.get(url(run)).status_code == 403

    client.force_login(presenter.user)
    answer = client.get(url(run))
    assert answer["Content-Type"] == "application/pdf"
    assert "no-store" in answer["Cache-Control"]
    assert "Anna And" in text(answer.content)
    assert "Anna And" in text(client.get(url(run) + "?dage=alle").content)
    missing = run.ordered_days()[0].date + timedelta(days=1)
    assert client.get(url(run).replace(str(run.ordered_days()[0].date), str(missing))).status_code == 404


def test_a_run_without_participants_has_a_sheet_of_blank_rows(client):
    run = CourseRunFactory()
    client.force_login(UserFactory(organiser=True))
    assert client.get(url(run)).content.startswith(b"%PDF")
    assert "0 deltagere" in text(client.get(url(run)).content)
