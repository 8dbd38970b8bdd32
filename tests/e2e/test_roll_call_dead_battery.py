"""The device dies in the middle of a roll call: what was tapped is there when it starts again, network or not."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo.loader.users import ORGANISER
from enrolments.models import AttendanceChange
from tests import factories
from tests.e2e.conftest import TIMEOUT
from tests.e2e.roll_call import all_sent, mark, open_roll, ready, roll_url, unsent
from tools import chromium
from website.accounts.models import User


def start(browser: Browser, profile: Path) -> BrowserContext:
    """Start a browser of its own on that profile, as the telephone's does."""
    context = browser.browser_type.launch_persistent_context(
        str(profile), executable_path=chromium.find(), args=chromium.ARGUMENTS, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(TIMEOUT)
    return context


def pull_the_plug(profile: Path) -> None:
    """Kill the browser on that profile as a dead battery does: nothing is asked, nothing is tidied."""
    found = subprocess.run(["pgrep", "-f", f"user-data-dir={profile}"], capture_output=True, text=True, check=True)
    for pid in found.stdout.split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            continue


def sign_in(context: BrowserContext, url: str) -> None:
    client = Client()
    user = User.objects.get(email=ORGANISER)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])


@pytest.fixture
def run():
    run = factories.CourseRunFactory(first_day=timezone.localdate(), capacity=None)
    registration = factories.RegistrationFactory(run=run)
    for n in range(12):
        factories.EnrolmentFactory(registration=registration, name=f"Person {n:02}")
    return run


def test_marks_outlive_a_dead_battery(demo_site, run, browser, tmp_path):
    url, profile = roll_url(demo_site, run), tmp_path / "profile"
    context = start(browser, profile)
    sign_in(context, demo_site.url)
    page: Page = context.pages[0]
    open_roll(page, url)
    context.set_offline(True)
    for n in range(10):
        mark(page, f"Person {n:02}", "Til stede")
    unsent(page, 10)
    pull_the_plug(profile)

    context = start(browser, profile)
    try:
        context.set_offline(True)
        page = context.pages[0]
        page.goto(url)
        ready(page)
        unsent(page, 10)
        expect(page.locator("#roll-status-text")).to_contain_text("10 registreringer er gemt på denne enhed")
        # The session's cookie may have died with the device: then the marks wait for who signs in again.
        sign_in(context, demo_site.url)
        context.set_offline(False)
        all_sent(page)
    finally:
        context.close()
    changes = AttendanceChange.objects.filter(attendance__enrolment__run=run)
    assert changes.count() == changes.values("mark_id").distinct().count() == 10
    assert set(changes.values_list("new_status", flat=True)) == {"present"}
