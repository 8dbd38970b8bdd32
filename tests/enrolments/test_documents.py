"""Badges, the sheet to sign and the kitchen's list: accessible, in Danish order, and without what is secret."""

import io
import re

import pytest
from pypdf import PdfReader

from enrolments import documents
from enrolments.admin.workspace.figures import needs
from enrolments.links import participant_link
from enrolments.models import Enrolment
from enrolments.reports.sheet import SheetRow, sheet_rows
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory

pytestmark = pytest.mark.django_db


def pages(document: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


def places(text: str, *words: str) -> list[int]:
    """Return where each word stands in a document; all must."""
    return [text.index(word) for word in words]


def people(run):
    return list(documents.in_danish_order(run.enrolments.confirmed()))


@pytest.fixture
def run():
    run = CourseRunFactory(course__title="Playmakeren og fælles-skaberen", with_days=2, asks_dietary=True)
    for name in ("Aase Ågård", "Bo Bæk", "Zenia Zøllner", "Øjvind Ø", "Ærø Ørsted"):
        EnrolmentFactory(run=run, name=name, dietary="vegetar")
    EnrolmentFactory(run=run, name="Væk Væksen", cancelled=True)
    return run


def test_all_documents_are_tagged_in_danish_with_a_title(run):
    for document in (
        documents.badges(run, people(run)),
        documents.sign_in_sheet(run, run.ordered_days()[0], sheet_rows(run)),
        documents.sign_in_matrix(run, run.ordered_days(), sheet_rows(run)),
        documents.kitchen_list(run, needs(run), count=5),
    ):
        reader = PdfReader(io.BytesIO(document))
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert reader.trailer["/Root"]["/Lang"].startswith("da")
        assert "Playmakeren og fælles-skaberen" in reader.metadata.title


def test_badges_carry_name_title_organisation_and_course_eight_on_a_sheet(run):
    registration = RegistrationFactory(run=run)
    for n in range(5):
        EnrolmentFactory(registration=registration, name=f"Person {n}")

    sheets = pages(documents.badges(run, people(run)))

    assert len(sheets) == 2
    for words in ("Ærø Ørsted", "afdelingsleder", "Aarhus Kommune", "Playmakeren og fælles-skaberen"):
        assert words in sheets[0] + sheets[1]
    assert places("".join(sheets), "Bo Bæk", "Zenia Zøllner", "Ærø Ørsted", "Øjvind Ø", "Aase Ågård") == sorted(
        places("".join(sheets), "Bo Bæk", "Zenia Zøllner", "Ærø Ørsted", "Øjvind Ø", "Aase Ågård")
    )


def test_badges_carry_nothing_secret_and_none_is_made_for_a_seat_without_a_name(run):
    unnamed = EnrolmentFactory(run=run, name="")

    document = documents.badges(run, people(run))

    assert len(pages(document)) == 1
    for enrolment in Enrolment.objects.filter(run=run):
        assert participant_link.token(enrolment).encode() not in document
        assert enrolment.email not in pages(document)[0]
        assert "vegetar" not in pages(document)[0]
    assert unnamed.registration.contact_name not in pages(document)[0]


def test_a_long_name_stays_on_its_badge(run):
    name = "Anna-Marie Christoffersen-Vestergaard af Østerbjergmølle"
    one = EnrolmentFactory(run=run, name=name, job_title="institutionsleder for " * 4)

    sheets = pages(documents.badges(run, [one]))

    assert len(sheets) == 1
    assert re.sub(r"\s+", "", name) in re.sub(r"\s+", "", sheets[0])


def test_the_sheet_is_in_danish_order_with_unnamed_seats_and_blank_rows_last(run):
    EnrolmentFactory(run=run, name="", registration__contact_name="Bente Holm")

    text = "".join(pages(documents.sign_in_sheet(run, run.ordered_days()[1], sheet_rows(run))))

    order = places(text, "Bo Bæk", "Zenia Zøllner", "Ærø Ørsted", "Øjvind Ø", "Aase Ågård", "Navn følger")
    assert order == sorted(order)
    assert "tilmeldt af Bente Holm" in text
    assert "Væk Væksen" not in text
    assert "6 deltagere" in text


def test_the_sheet_repeats_its_head_and_numbers_its_pages(run):
    type(run).objects.filter(pk=run.pk).update(capacity=200)
    for _ in range(12):
        RegistrationFactory(run=run, participants=5)

    found = pages(documents.sign_in_sheet(run, run.ordered_days()[0], sheet_rows(run)))

    assert len(found) > 2
    for number, text in enumerate(found, start=1):
        assert "Underskrift" in text
        assert f"Side {number} / {len(found)}" in text


def test_the_kitchens_list_counts_needs_and_names_nobody(run):
    text = "".join(pages(documents.kitchen_list(run, needs(run), count=5)))

    assert re.search(r"5\s+Vegetar", text)
    assert "Bo Bæk" not in text and "deltager" in text


def test_two_thousand_fit_in_one_document(run):
    thousands = [
        Enrolment(pk=n, name=f"Åse Deltager {n}", job_title="leder", organisation_name="Ærø Kommune", registration_id=1)
        for n in range(1, 2001)
    ]
    badges = documents.badges(run, thousands)
    rows = [SheetRow(n, n, f"Åse Deltager {n}", "leder", "Ærø Kommune", False) for n in range(2000)]
    sheet = documents.sign_in_sheet(run, run.ordered_days()[0], rows)

    assert len(PdfReader(io.BytesIO(badges)).pages) == 250
    assert len(PdfReader(io.BytesIO(sheet)).pages) > 50
