"""The report builder by keyboard alone, at both widths, and a file that is made while somebody waits."""

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from enrolments.models import SavedReport
from enrolments.operations.saved_reports import order_file
from enrolments.reports.asked import Asked
from enrolments.reports.kinds import Choices, report_kinds
from tests.e2e.helpers import fits
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory, municipality
from website.core.jobs import stop_job


@pytest.fixture
def organiser(site):
    run = CourseRunFactory(first_day=date(2026, 4, 23), course__title="Samskabelse", label="Foråret")
    registration = RegistrationFactory(run=run, organisation=municipality())
    for name in ("Anna Ærø", "Bo Åse"):
        EnrolmentFactory(registration=registration, name=name)
    return UserFactory(organiser=True)


def press(page: Page, locator, key: str = "Enter") -> None:
    """Press a key on what has been reached, never the mouse."""
    locator.focus()
    expect(locator).to_be_focused()
    page.keyboard.press(key)


def test_a_report_is_chosen_put_in_order_and_saved_by_keyboard(
    site, organiser, page, width, sign_in, check_accessibility
):
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/admin/reports/builder/")
    check_accessibility(page)
    press(page, page.get_by_role("link", name="Fremmøde pr. deltager og dag"))
    expect(page.get_by_label("Periode")).to_have_value("this_year")

    page.get_by_label("Periode").focus()
    page.get_by_label("Periode").select_option("own")
    page.get_by_label("Fra dato").fill("1.4.2026")
    page.keyboard.press("Escape")
    columns = page.locator("#id_kolonne")
    press(page, columns.locator("summary"))
    press(page, columns.get_by_role("button", name="Vælg ingen"))
    for name in ("Dato", "Deltager"):
        press(page, columns.get_by_role("checkbox", name=name, exact=True), "Space")
    up = columns.get_by_role("button", name="Flyt Deltager op")
    while columns.locator("li").first.inner_text().split("\n")[0].strip() != "Deltager":
        press(page, up)
        expect(up).to_be_focused()
    expect(columns.get_by_role("status")).to_have_text("Deltager: flyttet op")
    press(page, page.get_by_role("button", name="Vis rapporten"))

    table = page.get_by_role("table").last
    expect(table.get_by_role("columnheader")).to_have_text(["Deltager", "Dato"])
    expect(table.get_by_role("rowheader")).to_have_text(["Anna Ærø", "Bo Åse"])
    expect(page.get_by_role("img", name=re.compile("Registreringer"))).to_be_visible()
    assert fits(page)
    check_accessibility(page)

    press(page, page.get_by_text("Gem rapporten"))
    page.get_by_label("Rapportens navn").fill("Foråret")
    press(page, page.get_by_label("Rapportens navn"))
    expect(page.get_by_text("“Foråret” er gemt")).to_be_visible()
    assert SavedReport.objects.get().parameters == {"start": "2026-04-01", "columns": ["participant", "date"]}

    page.goto(f"{site.url}/admin/reports/saved/{SavedReport.objects.get().pk}/edit/")
    check_accessibility(page)
    press(page, page.get_by_role("radio", name="Hver uge"), "Space")
    press(page, page.get_by_role("checkbox", name=re.compile(organiser.email)), "Space")
    press(page, page.get_by_role("button", name="Gem", exact=True))
    expect(page.get_by_text(re.compile("Hver uge · næste gang"))).to_be_visible()
    page.reload()  # Wagtail's own green message has gone
    check_accessibility(page)


def test_what_is_wrong_is_told_and_reached(site, organiser, page, width, sign_in, check_accessibility):
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/admin/reports/builder/facts/?periode=own&fra=31.2.2026")

    expect(page.get_by_role("alert").filter(has_text="“31.2.2026” er ikke en dato")).to_be_focused()
    expect(page.get_by_label("Fra dato")).to_have_value("31.2.2026")
    expect(page.get_by_role("table")).to_have_count(0)
    assert fits(page)
    check_accessibility(page)


def test_a_file_is_waited_for_and_fetched(site, organiser, page, width, sign_in, open_page, check_accessibility):
    asked = Asked(report_kinds.get("facts"), Choices(columns=("participant",)))
    job = order_file(asked=asked, user=organiser, file_format="csv")
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/filer/{job.pk}/")
    expect(page.get_by_text("Venter på sin tur")).to_be_visible()
    check_accessibility(page)

    site.run_worker()

    link = page.get_by_role("link", name=re.compile(r"Hent fremmoede.*\.csv"))
    expect(link).to_be_visible()  # the page has found out by itself
    check_accessibility(page)
    with page.expect_download() as download:
        link.click()
    assert download.value.path().read_text("utf-8-sig") == "Deltager\nAnna Ærø\nBo Åse\n"

    page.goto(f"{site.url}/admin/jobs/")
    expect(page.get_by_role("link", name="Fremmøde pr. deltager og dag")).to_be_visible()
    assert fits(page)
    check_accessibility(page)


def test_without_its_script_the_page_is_loaded_again_and_work_is_stopped_and_begun_again(
    site, organiser, open_page, sign_in
):
    page = open_page(javascript=False)
    asked = Asked(report_kinds.get("facts"), Choices())
    job = order_file(asked=asked, user=organiser, file_format="xlsx")
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/filer/{job.pk}/")
    page.get_by_role("link", name="Se, hvor langt det er").click()
    page.get_by_role("button", name="Stop arbejdet").click()
    expect(page.get_by_text("Arbejdet blev stoppet.")).to_be_visible()
    assert not stop_job(job=job)

    page.get_by_role("button", name="Prøv igen").click()
    site.run_worker()
    page.get_by_role("link", name="Se, hvor langt det er").click()

    expect(page.get_by_role("link", name=re.compile(r"Hent .*\.xlsx"))).to_be_visible()
