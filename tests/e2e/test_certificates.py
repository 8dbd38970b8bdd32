"""A certificate's whole life in a browser: issued, mailed, on Min side, checked, revoked, checked again."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from enrolments.models import Certificate
from enrolments.operations.certificates import reissue, revoke
from tests.e2e.conftest import Site
from tests.e2e.helpers import fits, mails_to, sign_in_by_code
from tests.enrolments.certificate_helpers import attendee, certified, held_run
from tests.factories import UserFactory

EMAIL = "anna@kommune.dk"
NAME = "Anna Bjergsø"


def test_issued_mailed_fetched_checked_revoked_and_checked_again(
    site: Site, open_page: Callable[..., Page], sign_in, check_accessibility
):
    run = held_run(days=2, last=timezone.localdate())
    run.days.update(start_time="00:00", end_time="00:01")
    attendee(run, NAME, email=EMAIL)
    attendee(run, "Bo Dam", "present", "absent")
    organiser = UserFactory(organiser=True, staff=True)

    staff = open_page()
    sign_in(staff, organiser.email)
    staff.goto(f"{site.url}/admin/participants/run/{run.pk}/certificates/")
    check_accessibility(staff)
    staff.get_by_role("button", name="Udsted til 1, der opfylder kravet").click()
    expect(staff.get_by_role("heading", name="1 får et kursusbevis")).to_be_visible()
    check_accessibility(staff)
    staff.locator(".participants-form").get_by_role("button", name="Udsted kursusbeviser").click()
    expect(staff.get_by_text("1 kursusbevis er udstedt.")).to_be_visible()

    site.run_worker()
    [mail] = mails_to(site, EMAIL)
    [document] = mail.iter_attachments()
    assert document.get_content().startswith(b"%PDF")
    code = Certificate.objects.get().code
    assert code in document.get_filename()

    anna = open_page(width=390)
    sign_in_by_code(anna, site, EMAIL)
    mine = anna.get_by_role("region", name="Dine kursusbeviser")
    with anna.expect_download() as download:
        mine.get_by_role("link", name="Hent beviset").click()
    assert download.value.suggested_filename.endswith(f"{code}.pdf")

    # Somebody who is shown the document has no JavaScript, and types the code with small letters.
    stranger = open_page(width=390, javascript=False)
    stranger.goto(f"{site.url}/bevis/")
    stranger.get_by_label("Bevisets kode").fill(code.lower().replace("-", " "))
    stranger.get_by_role("button", name="Kontrollér beviset").click()
    expect(stranger).to_have_url(f"{site.url}/bevis/{code}/")
    expect(stranger.get_by_role("heading", level=1, name="Beviset er ægte")).to_be_visible()
    expect(stranger.get_by_text(NAME)).to_have_count(0)
    stranger.get_by_label("Navnet på beviset").fill(NAME)
    stranger.get_by_role("button", name="Sammenlign navnet").click()
    expect(stranger.get_by_text("Ja: Det er det navn, beviset er udstedt til.")).to_be_visible()

    staff.get_by_role("link", name=re.compile("Tilbagekald")).click()
    expect(staff.get_by_role("heading", level=2, name=re.compile("Tilbagekald beviset"))).to_be_visible()
    check_accessibility(staff)
    staff.get_by_label("Begrundelse").fill("Udstedt ved en fejl")
    staff.get_by_role("button", name="Ja, tilbagekald det").click()
    expect(staff.get_by_text("Beviset er tilbagekaldt.")).to_be_visible()

    stranger.goto(f"{site.url}/bevis/{code}/")
    expect(stranger.get_by_role("heading", level=1, name="Beviset er tilbagekaldt")).to_be_visible()
    expect(stranger.get_by_text("Udstedt ved en fejl")).to_be_visible()
    site.run_worker()
    assert "Udstedt ved en fejl" in mails_to(site, EMAIL)[-1].get_body(("plain",)).get_content()


@pytest.mark.parametrize("state", ["valid", "revoked", "replaced", "unknown", "form"])
def test_what_others_see_is_accessible_and_fits(site: Site, page: Page, width: int, check_accessibility, state):
    address = "/bevis/"
    if state != "form":
        certificate = certified(NAME)
        address = f"/bevis/{certificate.code}/" if state != "unknown" else "/bevis/0000-0000-0000/"
        if state == "revoked":
            revoke(certificate_pk=certificate.pk, reason="Udstedt ved en fejl", by=None)
        if state == "replaced":
            reissue(certificate_pk=certificate.pk, reason="Erstattet af en rettet udgave", by=None)
    page.goto(f"{site.url}{address}")
    check_accessibility(page)
    assert fits(page)
    if state in ("valid", "form"):
        page.get_by_role("button").last.click()
        check_accessibility(page)


def test_a_certificate_is_checked_by_keyboard_alone(site: Site, page: Page):
    certificate = certified(NAME)
    page.goto(f"{site.url}/bevis/")
    page.get_by_label("Bevisets kode").focus()
    page.keyboard.type(certificate.code)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Beviset er ægte")).to_be_visible()
    page.get_by_label("Navnet på beviset").focus()
    page.keyboard.type("En anden")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nej: Beviset er udstedt til et andet navn")).to_be_visible()
