"""Min side in a browser: sign in by the code in the mail, find one's courses, subscribe, and be forgotten."""

from collections.abc import Callable
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

from enrolments.models import Enrolment
from tests.calendar_reader import read_calendar
from tests.e2e.conftest import Site
from tests.e2e.helpers import code_in_mail, fits, sign_in_by_code
from tests.factories import CourseRunFactory, EnrolmentFactory, RegistrationFactory
from website.accounts.models import User

EMAIL = "anna@kommune.dk"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_participant_signs_in_by_mail_subscribes_and_is_forgotten(
    site: Site, open_page: Callable[..., Page], javascript
):
    past = EnrolmentFactory(email=EMAIL, run=CourseRunFactory(past=True))
    coming = EnrolmentFactory(email=EMAIL)
    page = open_page(javascript=javascript)

    sign_in_by_code(page, site, EMAIL)
    upcoming = page.get_by_role("region", name="Kommende kurser")
    expect(upcoming.get_by_role("heading", name=coming.run.course.title)).to_be_visible()
    expect(upcoming.get_by_text("Du har en plads")).to_be_visible()
    earlier = page.get_by_role("region", name="Tidligere kurser")
    expect(earlier.get_by_role("heading", name=past.run.course.title)).to_be_visible()

    webcal = page.get_by_role("link", name="Føj til din kalender").get_attribute("href")
    with urlopen(webcal.replace("webcal:", "http:")) as answer:  # noqa: S310 - our own server
        summaries = [event["summary"] for event in read_calendar(answer.read())["events"]]
    assert len(summaries) == 2

    page.get_by_role("link", name="Glem mig").click()
    expect(page.get_by_role("region", name="Det bliver slettet nu")).to_contain_text(past.run.course.title)
    expect(page.get_by_role("region", name="Det skal vi gemme")).to_contain_text(coming.run.course.title)
    page.get_by_role("button", name="Send mig en kode").click()
    page.get_by_label("Kode fra e-mailen").fill(code_in_mail(site, EMAIL))
    page.get_by_role("button", name="Slet det hele nu").click()
    expect(page.get_by_role("heading", level=1, name="Du er glemt")).to_be_visible()
    assert Enrolment.objects.get(pk=past.pk).email == ""
    assert not User.objects.filter(email=EMAIL).exists()
    page.goto(f"{site.url}/min-side/")
    expect(page.get_by_role("heading", level=1, name="Log ind")).to_be_visible()


def test_min_side_is_accessible_and_fits(site: Site, page: Page, width: int, sign_in, check_accessibility):
    registration = RegistrationFactory(contact_email=EMAIL, participants=2)
    EnrolmentFactory(email=EMAIL)
    EnrolmentFactory(email=EMAIL, run=CourseRunFactory(past=True))
    EnrolmentFactory(email=EMAIL, waiting=True)
    User.objects.create_user(EMAIL)
    sign_in(page, EMAIL)
    for address in ("/min-side/", "/min-side/glem-mig/", "/min-side/mine-data/"):
        page.goto(f"{site.url}{address}")
        check_accessibility(page)
        assert fits(page), address
    page.goto(f"{site.url}/min-side/")
    page.get_by_text("Tilføj en adresse mere").click()
    check_accessibility(page)
    page.get_by_label("En anden af dine e-mailadresser").fill("ikke en adresse")
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check_accessibility(page)
    assert registration.pk


def test_the_page_works_by_keyboard_alone(site: Site, page: Page, sign_in):
    EnrolmentFactory(email=EMAIL)
    User.objects.create_user(EMAIL)
    sign_in(page, EMAIL)
    page.goto(f"{site.url}/min-side/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim().split('\\n')[0]"))
        if reached[-1].startswith("Glem mig"):
            break
    for wanted in ("Se, ret eller afbestil", "Tilføj en adresse mere", "Hent alt som en fil", "Glem mig"):
        assert any(text.startswith(wanted) for text in reached), (wanted, reached)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Glem mig")).to_be_visible()
