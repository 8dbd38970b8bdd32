"""The roll call's page where its script comes late, and where its day is closed."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from demo.loader.users import ORGANISER
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from tests import factories
from tests.e2e.roll_call import ready, roll_url, row
from website.accounts.models import User

SCRIPT = re.compile(r"/static/js/roll-call\.")


@pytest.fixture
def bo():
    return factories.EnrolmentFactory(run=factories.CourseRunFactory(first_day=timezone.localdate()), name="Bo Bæk")


def test_who_taps_before_the_script_is_there_is_told_what_was_recorded(
    demo_site, bo, page, width, sign_in, check_accessibility
):
    sign_in(page, ORGANISER)
    page.route(SCRIPT, lambda route: route.abort())
    page.goto(roll_url(demo_site, bo.run))
    page.unroute(SCRIPT)
    row(page, "Bo Bæk").get_by_role("button", name="Til stede").click()

    ready(page)
    said = page.locator("#roll-said")
    expect(said).to_have_text("Bo Bæk: Til stede")
    expect(said).to_be_in_viewport(ratio=1)
    check_accessibility(page)

    row(page, "Bo Bæk").get_by_role("button", name="Fravær").click()
    expect(said).to_have_text("Bo Bæk: Fravær")
    expect(said).to_have_class("sr-only")


def test_a_closed_day_offers_nothing_to_undo(demo_site, page, sign_in):
    by, then = User.objects.get(email=ORGANISER), timezone.now() - timedelta(days=400)
    run = factories.CourseRunFactory(first_day=then.date())
    bo = factories.EnrolmentFactory(run=run, name="Bo Bæk")
    attendance.mark(day=run.ordered_days()[0], marks={bo.pk: Mark("present")}, by=by, at=then)
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/{then.date()}/")
    ready(page)
    expect(page.get_by_text("Registreringer på denne dag kunne rettes til og med")).to_be_visible()
    expect(row(page, "Bo Bæk").get_by_role("button", name="Til stede")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".roll-undo")).to_be_hidden()
