"""A training contact in a browser: sign in by the code in the mail, see one's own municipality, take the file home."""

import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.models import CourseRun
from enrolments.operations.training_contacts import give_access
from tests.e2e.conftest import Site
from tests.e2e.helpers import fits, sign_in_by_code
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, UserFactory, municipality

EMAIL = "bente@aarhus.dk"


@pytest.fixture
def run() -> CourseRun:
    """A run of last year with somebody from Aarhus and somebody from Odense, and one ahead."""
    organiser = UserFactory(organiser=True, staff=True, email="arne@cok.dk")
    give_access(email=EMAIL, name="Bente Holm", organisation=municipality("0751"), by=organiser)
    held = CourseRunFactory(first_day=datetime.date(timezone.localdate().year - 1, 5, 5))
    for name, code in (("Aase Århus", "0751"), ("Odin Odense", "0461")):
        person = EnrolmentFactory(run=held, name=name, registration__organisation=municipality(code))
        AttendanceFactory(enrolment=person)
    return held


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_contact_signs_in_by_mail_and_exports_their_own_people(
    site: Site, open_page: Callable[..., Page], run: CourseRun, tmp_path: Path, javascript
):
    site.run_worker()  # the mail that access is given has left before the code's
    page = open_page(javascript=javascript)
    sign_in_by_code(page, site, EMAIL)
    page.get_by_role("link", name="Kursusåret i Aarhus Kommune").click()
    expect(page.get_by_role("heading", level=1, name="Aarhus Kommune")).to_be_visible()
    expect(page.get_by_text("Ingen kurser i")).to_be_visible()

    page.get_by_role("navigation", name="År").get_by_role("link", name=str(run.ordered_days()[0].date.year)).click()
    expect(page.get_by_role("row", name="Aase Århus")).to_be_visible()
    expect(page.get_by_text("Odin Odense")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    path = tmp_path / "aar.xlsx"
    download.value.save_as(path)
    cells = [cell for row in openpyxl.load_workbook(path).worksheets[0].values for cell in row]
    assert "Aase Århus" in cells and "Odin Odense" not in cells

    page.get_by_role("link", name="Kultur og Fritid").click()
    expect(page.get_by_role("heading", level=1, name="Kultur og Fritid")).to_be_visible()
    expect(page.get_by_role("row", name="Aase Århus")).to_be_visible()


def test_the_pages_are_accessible_and_fit(site: Site, page: Page, width: int, sign_in, check_accessibility, run):
    year = run.ordered_days()[0].date.year
    sign_in(page, EMAIL)
    for address in (f"/kommune/0751/?aar={year}", "/kommune/0751/", "/min-side/", "/min-side/kursushistorik/"):
        page.goto(f"{site.url}{address}")
        check_accessibility(page)
        assert fits(page), address
    sign_in(page, "arne@cok.dk")
    enrolment = run.enrolments.first()
    for address in (
        f"/admin/municipalities/0751/?aar={year}",
        "/admin/municipalities/",
        "/admin/municipalities/contacts/",
        "/admin/municipalities/contacts/give/",
        f"/admin/participants/run/{run.pk}/participant/{enrolment.pk}/transcript/",
    ):
        page.goto(f"{site.url}{address}")
        check_accessibility(page)
        assert fits(page), address
