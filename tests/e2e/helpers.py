"""What people in the browser tests do again and again."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from courses.models import CourseRun
from demo.loader.users import PASSWORD

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

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


def sign_in_by_code(page: Page, site: "Site", address: str) -> None:
    """Sign in with the code that is mailed to the address, on the way to Min side."""
    page.goto(f"{site.url}/konto/login/?next=/min-side/")
    ways = page.get_by_role("region", name="Med en kode på e-mail")
    ways.get_by_label("E-mail").fill(address)
    ways.get_by_role("button", name="Send mig en kode").click()
    page.get_by_label("Kode fra e-mailen").fill(code_in_mail(site, address))
    page.get_by_role("button", name="Log ind").click()
    expect(page.get_by_role("heading", level=1, name="Min side")).to_be_visible()


def code_in_mail(site: "Site", address: str) -> str:
    """Let the worker send, and read the code in the newest mail to the address."""
    site.run_worker()
    body = mails_to(site, address)[-1].get_body(("plain",)).get_content()
    return re.search(r"\d{4}-\d{4}", body).group()


def mails_to(site: "Site", address: str) -> list[EmailMessage]:
    """Return the mails that the worker sent to that address, the oldest first."""
    mails = (message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(site.mail.glob("*.eml")))
    return [mail for mail in mails if mail["To"] == address]


def demo_run(course: str, label: str, **which: object) -> CourseRun:
    """Return a run of the demo by its course's slug, its label and its status."""
    return CourseRun.objects.get(course__slug=course, label=label, **which)


def fill_in_contact(form: Locator | Page, address: str = "bente.holm@example.dk") -> None:
    """Write who registers, and from which municipality, once the page stands as its style sheets lay it out."""
    (form if isinstance(form, Page) else form.page).wait_for_load_state()
    form.get_by_label("Dit navn").fill("Bente Holm")
    form.get_by_label("Din e-mail").fill(address)
    form.get_by_label("Kommune", exact=True).select_option("0751")


def fill_in_participant(form: Locator | Page, number: int, name: str, email: str) -> None:
    """Write the name and address of the participant of that number, counted from 1."""
    row = form.get_by_role("group", name=f"Deltager {number}")
    row.get_by_label("Navn", exact=True).fill(name)
    row.get_by_label("E-mail").fill(email)


def fits(page: Page) -> bool:
    """Whether nothing of the page stands outside its width, once its style sheets are there."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
