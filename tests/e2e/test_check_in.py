"""A participant checks in on a telephone by what stands at the door: scanned or typed, with and without scripts."""

from datetime import time

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from demo.loader.users import ORGANISER
from enrolments.check_in_codes import check_in_code
from enrolments.door_codes import door_code
from enrolments.enums import MarkSource
from enrolments.links import participant_link
from enrolments.models import Attendance
from tests import factories
from tests.e2e.helpers import fits

#: Open nearly around the clock, so that the test may run at any hour.
WHOLE_DAY = {"start_time": time(0, 1), "end_time": time(23, 59)}


@pytest.fixture
def run(site):
    factories.UserFactory(email=ORGANISER, organiser=True)
    run = factories.CourseRunFactory(
        first_day=timezone.localdate(), course__title="Frivillighed i praksis", day_fields=WHOLE_DAY
    )
    factories.EnrolmentFactory(run=run, name="Bo Bæk", email="bo@example.dk")
    return run


@pytest.fixture
def anna(run):
    return factories.EnrolmentFactory(run=run, name="Anna And", email="anna@example.dk")


def screen_url(site, run, screen: str) -> str:
    return f"{site.url}/fremmoede/hold/{run.pk}/{timezone.localdate()}/{screen}/"


@pytest.fixture
def tablet(site, run, open_page, sign_in) -> Page:
    """The screen at the door, as it stands."""
    page = open_page(width=1024, height=768)
    sign_in(page, ORGANISER)
    page.goto(screen_url(site, run, "doer"))
    return page


def digits_on(tablet: Page) -> str:
    return tablet.locator("[data-digits]").inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_a_participant_types_the_digits_on_a_telephone(
    site, run, anna, tablet, open_page, javascript, check_accessibility
):
    page = open_page(width=390, height=844, javascript=javascript)
    page.goto(f"{site.url}/fremmoede/tjek-ind/")
    if javascript:
        check_accessibility(page)
    assert fits(page)
    page.get_by_label("Cifrene ved døren").fill(digits_on(tablet))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hvem er du?")
    if javascript:
        check_accessibility(page)
    page.get_by_label("Din e-mail").fill("ukendt@example.dk")
    page.get_by_role("button", name="Tjek mig ind").click()
    expect(page.get_by_role("alert")).to_contain_text("Vi kan ikke registrere nogen ud fra det")
    if javascript:
        check_accessibility(page)
    page.get_by_label("Din e-mail").fill("anna@example.dk")
    page.get_by_role("button", name="Tjek mig ind").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er tjekket ind")
    if javascript:
        check_accessibility(page)
    assert fits(page)
    assert page.url == f"{site.url}/fremmoede/tjek-ind/"
    mark = Attendance.objects.get()
    assert (mark.enrolment, mark.source) == (anna, MarkSource.SELF)
    expect(tablet.locator("[data-count]")).to_have_text("1 af 2 er kommet")


def test_scanning_leads_to_the_same_question(site, run, anna, open_page):
    page = open_page(width=390)
    day = run.days.get()
    page.goto(f"{site.url}/fremmoede/tjek-ind/{day.pk}/{door_code(day).token}/")
    expect(page.get_by_text("Frivillighed i praksis")).to_be_visible()
    page.get_by_label("Din e-mail").fill(check_in_code(anna))
    page.get_by_role("button", name="Tjek mig ind").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er tjekket ind")


def test_from_the_own_page_the_digits_are_enough_and_the_code_is_shown(
    site, run, anna, tablet, open_page, check_accessibility
):
    page = open_page(width=390, height=844)
    page.goto(f"{site.url}/tilmelding/deltager/{participant_link.token(anna)}/")
    check_accessibility(page)
    assert fits(page)
    expect(page.get_by_role("img", name=f"QR-kode med koden {check_in_code(anna)}")).to_be_visible()
    page.get_by_label("De seks cifre ved døren").fill(digits_on(tablet))
    page.get_by_role("button", name="Tjek mig ind").click()
    expect(page.get_by_text("Anna And")).to_be_visible()
    assert Attendance.objects.get().enrolment == anna


def test_the_code_fills_a_telephone_and_says_nothing_of_anybody(site, anna, open_page, check_accessibility):
    page = open_page(width=390, height=700)
    page.goto(f"{site.url}/fremmoede/kode/{check_in_code(anna)}/")
    check_accessibility(page)
    assert fits(page)
    code = page.get_by_role("img", name=check_in_code(anna)).bounding_box()
    assert code["width"] > 300
    assert code["y"] + code["height"] < 700
    assert "Anna" not in page.content()


@pytest.mark.parametrize("screen", ["doer", "skaerm"])
@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (768, 1024), (390, 844)])
def test_the_screens_fit_a_projector_a_tablet_and_a_telephone(
    site, run, anna, open_page, sign_in, check_accessibility, screen, width, height
):
    page = open_page(width=width, height=height)
    sign_in(page, ORGANISER)
    page.goto(screen_url(site, run, screen))
    check_accessibility(page)
    assert fits(page)
    if width > height:
        assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


def test_an_old_code_never_stands_at_the_door_unnoticed(site, run, open_page, sign_in, check_accessibility):
    page = open_page(width=1024, height=768)
    page.clock.install()
    sign_in(page, ORGANISER)
    page.goto(screen_url(site, run, "doer"))
    digits = page.locator("[data-digits]")
    expect(digits).to_be_visible()
    page.context.set_offline(True)

    page.clock.run_for(40_000)

    expect(digits).to_be_hidden()
    expect(page.get_by_role("heading", name="Skærmen har mistet forbindelsen")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Ingen forbindelse siden")
    check_accessibility(page)

    page.context.set_offline(False)
    page.clock.run_for(6_000)

    expect(digits).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_the_count_follows_without_a_reload_and_names_nobody(site, run, anna, open_page, sign_in):
    page = open_page(width=1280)
    sign_in(page, ORGANISER)
    page.goto(screen_url(site, run, "skaerm"))
    expect(page.get_by_role("heading", level=1)).to_have_text("0 af 2 er kommet")

    day = run.days.get()
    Attendance.objects.create(
        enrolment=anna, day=day, status="present", planned_starts_at=day.starts_at, planned_ends_at=day.ends_at
    )

    expect(page.get_by_role("heading", level=1)).to_have_text("1 af 2 er kommet")
    assert "Anna" not in page.content()
