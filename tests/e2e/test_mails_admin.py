"""Mailtekster and Udgående mails in a browser: what is written is shown at once, and everybody can use the pages."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.e2e.helpers import fits
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from website.accounts.operations import create_staff
from website.accounts.roles import ORGANISER
from website.messaging.enums import MailStatus
from website.messaging.models import MailText, OutboxMessage

ADDRESS = "arrangoer@example.dk"
KIND = "enrolments.registered"


@pytest.fixture
def organisers_page(page: Page, site, sign_in) -> Page:
    create_staff(email=ADDRESS, role=ORGANISER, password="en-lang-adgangskode")
    sign_up(CourseRunFactory(course__title="Samskabelse i praksis"), "Anna")
    OutboxMessage.objects.filter(to="anna@example.dk").update(
        status=MailStatus.FAILED,
        attempts=7,
        undeliverable_at=timezone.now(),
        last_error="SMTPRecipientsRefused: 550 5.1.1 no such user",
    )
    sign_in(page, ADDRESS)
    return page


def test_what_is_written_is_shown_at_once_and_a_placeholder_is_put_in_by_keyboard(organisers_page: Page, site):
    page = organisers_page
    page.goto(f"{site.url}/admin/mail-texts/{KIND}/")
    frame = page.frame_locator("iframe[title='Mailen, som den ser ud']")
    expect(frame.get_by_text("Kære Bente Holm")).to_be_visible()

    page.get_by_label("Tekst").fill("Hej ")
    page.get_by_role("button", name="{name}", exact=True).focus()
    page.keyboard.press("Enter")

    expect(page.get_by_label("Tekst")).to_have_value("Hej {name}")
    expect(page.get_by_label("Tekst")).to_be_focused()
    expect(frame.get_by_text("Hej Bente Holm")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Teksten skal indeholde {link}")).to_be_visible()

    page.get_by_role("button", name="{link}", exact=True).click()
    expect(page.get_by_label("Tekst")).to_have_value("Hej {name}\n\n{link}")
    page.get_by_role("button", name="Gem").click()
    expect(page.get_by_text("“Tilmelding bekræftet” er gemt.")).to_be_visible()
    assert MailText.objects.get().body == "Hej {name}\n\n{link}"


def test_the_pages_are_accessible_and_fit(organisers_page: Page, site, width, check_accessibility):
    page, message = organisers_page, OutboxMessage.objects.get(to="anna@example.dk")
    for path in (
        "mails/", f"mails/{message.pk}/", f"mails/{message.pk}/resend/", "mails/resend-failed/", "mail-texts/",
        f"mail-texts/{KIND}/", f"mail-texts/{KIND}/reset/",
    ):  # fmt: skip
        page.goto(f"{site.url}/admin/{path}")
        check_accessibility(page)
        assert fits(page), path
