"""What people in the browser tests do again and again."""

import re

from playwright.sync_api import Locator, Page, expect

from courses.models import CourseRun
from demo.loader.users import PASSWORD

#: A valid location number, as the form wants it.
EAN = "5798009811578"


def sign_in_by_password(page: Page, site_url: str, email: str, *, to: str) -> None:
    """Sign a demo user in on the sign-in page, on the way to the address `to`."""
    page.goto(f"{site_url}/konto/login/?next={to}")
    staff = page.get_by_role("region", name="Medarbejdere")
    staff.get_by_label("E-mail").fill(email)
    staff.get_by_label("Adgangskode").fill(PASSWORD)
    staff.get_by_role("button", name="Log ind").click()
    expect(page).to_have_url(re.compile(re.escape(to) + "$"))


def demo_run(course: str, label: str, **which: object) -> CourseRun:
    """Return a run of the demo by its course's slug, its label and its status."""
    return CourseRun.objects.get(course__slug=course, label=label, **which)


def fill_in_contact(form: Locator | Page, address: str = "bente.holm@example.dk") -> None:
    """Write who registers, and from which municipality."""
    form.get_by_label("Dit navn").fill("Bente Holm")
    form.get_by_label("Din e-mail").fill(address)
    form.get_by_label("Kommune", exact=True).select_option("0751")


def fill_in_participant(form: Locator | Page, number: int, name: str, email: str) -> None:
    """Write the name and address of the participant of that number, counted from 1."""
    row = form.get_by_role("group", name=f"Deltager {number}")
    row.get_by_label("Navn", exact=True).fill(name)
    row.get_by_label("E-mail").fill(email)


def fits(page: Page) -> bool:
    """Whether nothing of the page stands outside its width."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
