"""The whole life of a place, by the people who have it: line, offer, substitute, a day that moves, Min side."""

import re
from datetime import timedelta
from email.message import EmailMessage

from playwright.sync_api import Page, expect

from courses.models import CourseRun
from demo.loader.users import ORGANISER
from enrolments.links import registration_link
from enrolments.models import Registration
from tests import factories
from tests.calendar_reader import read_calendar
from tests.e2e.conftest import Site
from tests.e2e.helpers import demo_run, fill_in_participant, mails_to, sign_in_by_code, sign_in_by_password

WAITING, SUBSTITUTE = "waiting@example.dk", "substitute@example.dk"


def test_a_place_goes_from_the_line_to_a_substitute_and_moves_with_its_day(demo_site, open_page):
    seated = full_run_of_one()
    run = seated.run
    newcomer, contact, organiser, colleague = open_page(), open_page(), open_page(), open_page()

    receipt = join_the_line(newcomer, demo_site.url, run)
    cancel_by_link(contact, demo_site, seated)
    demo_site.run_worker()
    accept_the_offer(newcomer, mails_to(demo_site, WAITING)[-1])
    put_a_colleague_in(newcomer, receipt)
    demo_site.run_worker()
    before = read_calendar(calendar_of(mails_to(demo_site, SUBSTITUTE)[-1]))
    assert "CANCEL" in methods(mails_to(demo_site, WAITING))

    move_the_day(organiser, demo_site.url, run)
    demo_site.run_worker()
    after = read_calendar(calendar_of(mails_to(demo_site, SUBSTITUTE)[-1]))
    assert after["events"][0]["uid"] == before["events"][0]["uid"]
    assert after["events"][0]["sequence"] > before["events"][0]["sequence"]
    assert after["events"][0]["start"] != before["events"][0]["start"]

    see_it_on_min_side(colleague, demo_site, run)


def full_run_of_one() -> Registration:
    """Return the registration that has the only seat of a new run of a course of the demo."""
    like = demo_run("samskabelse-i-praksis", "Aalborg")
    run = factories.CourseRunFactory(
        course=like.course, venue=like.venue, label="Skagen", capacity=1, price=0, terms=None
    )
    return factories.RegistrationFactory(run=run, contact_email="first@example.dk", participants=1)


def join_the_line(page: Page, url: str, run: CourseRun) -> str:
    """As a newcomer: find the run full, join its line, and return the receipt's address."""
    page.goto(f"{url}/tilmelding/{run.pk}/")
    page.get_by_label("Dit navn").fill("Vera Venter")
    page.get_by_label("Din e-mail").fill(WAITING)
    page.get_by_label("Kommune", exact=True).select_option("0751")
    fill_in_participant(page, 1, "Vera Venter", WAITING)
    page.get_by_label("Sæt os på venteliste").check()
    page.locator(".registration__send").get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du står på venteliste")
    return page.url


def cancel_by_link(page: Page, site: Site, registration: Registration) -> None:
    """As the contact of the one who has the seat: give it up."""
    page.goto(f"{site.url}/tilmelding/min/{registration_link.token(registration)}/")
    page.get_by_role("link", name=re.compile("^Afbestil")).first.click()
    page.get_by_role("button", name="Afbestil – gratis").click()
    expect(page.get_by_text("er afbestilt").first).to_be_visible()


def accept_the_offer(page: Page, mail: EmailMessage) -> None:
    """As the newcomer: open the offer from the mail, and say yes."""
    page.goto(re.search(r"http\S+/tilbud/\S+/", body(mail))[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er tilbudt en plads")
    page.get_by_role("button", name="Ja tak").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har sagt ja tak")


def put_a_colleague_in(page: Page, receipt: str) -> None:
    """As the newcomer: let a colleague have the seat."""
    page.goto(receipt)
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har en plads")
    page.get_by_role("link", name=re.compile("Sæt en kollega")).first.click()
    page.get_by_label("Navn").fill("Stina Stedfortræder")
    page.get_by_label("E-mail").fill(SUBSTITUTE)
    page.get_by_role("button", name="Sæt kollegaen i stedet").click()
    expect(page.get_by_text("Stina Stedfortræder").first).to_be_visible()


def move_the_day(page: Page, url: str, run: CourseRun) -> None:
    """As organiser: move the day, see what participants are told, and send it."""
    sign_in_by_password(page, url, ORGANISER, to="/admin/")
    page.goto(f"{url}/admin/courses/runs/edit/{run.pk}/")
    date = page.get_by_role("textbox", name="Dato")
    date.fill(f"{run.ordered_days()[0].date + timedelta(days=7):%d.%m.%Y}")
    page.get_by_role("button", name="Gem").first.click()
    page.get_by_role("link", name=re.compile("Fortæl deltagerne")).first.click()
    page.get_by_role("button", name="Vis").first.click()
    page.get_by_role("button", name=re.compile("^Send")).click()
    expect(page.get_by_text(re.compile("har fået besked|får besked")).first).to_be_visible()


def see_it_on_min_side(page: Page, site: Site, run: CourseRun) -> None:
    """As the colleague: sign in by a mailed code, and see the seat."""
    sign_in_by_code(page, site, SUBSTITUTE)
    expect(page.get_by_text(run.course.title).first).to_be_visible()


def body(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content()


def calendar_of(mail: EmailMessage) -> str:
    return next(part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar")


def methods(mails: list[EmailMessage]) -> set[str]:
    """Return the METHOD of every calendar part."""
    return {
        part.get_param("method") for mail in mails for part in mail.walk() if part.get_content_type() == "text/calendar"
    }
