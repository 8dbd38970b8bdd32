"""Evaluations of a run in a real browser: planned, shown on the big screen, opened by the worker, closed early."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations.planning import plan_evaluations
from tests.e2e.conftest import WIDTHS
from tests.evaluations.factories import questionnaire
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

ORGANISER = "arrangoer@kommune.dk"


@pytest.fixture
def run(site):
    for moment in COURSE_MOMENTS:
        if not Questionnaire.objects.standard_for(moment, ""):
            questionnaire(moment=moment, is_standard=True, title=f"Skema {moment}")
    presenter = PresenterFactory(with_user=True, email="underviser@kommune.dk")
    run = CourseRunFactory(course__title="Samskabelse i praksis", day_fields={"presenters": [presenter]})
    EnrolmentFactory.create_batch(6, run=run)
    UserFactory(email=ORGANISER, staff=True, organiser=True)
    plan_evaluations()
    return run


def card(page: Page, heading: str):
    return page.get_by_role("region", name=heading)


def test_an_organiser_plans_shows_and_closes_an_evaluation(site, run, sign_in, open_page, check_accessibility):
    page = open_page(width=1280)
    sign_in(page, ORGANISER)
    page.goto(f"{site.url}/admin/participants/run/{run.pk}/evaluation/")
    end, follow_up = card(page, "Ved kursets slutning"), card(page, "Opfølgning efter tre måneder")
    expect(end.get_by_text("Planlagt")).to_be_visible()
    check_accessibility(page)

    # Stop one, with a page that says what comes of it; plan it again by the keyboard.
    follow_up.get_by_role("link", name="Stop den").click()
    expect(page.get_by_text("ingen bliver spurgt")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Stop den").click()
    follow_up = card(page, "Opfølgning efter tre måneder")
    expect(follow_up.get_by_text("Stoppet")).to_be_visible()
    follow_up.get_by_role("link", name="Planlæg den").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Den åbner af sig selv")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Planlæg den").press("Enter")
    expect(card(page, "Opfølgning efter tre måneder").get_by_text("Planlagt")).to_be_visible()

    # It is time: the worker opens it. The web server has no key for that.
    asked = Evaluation.objects.get(run=run, moment=Moment.END)
    now = timezone.now()
    Evaluation.objects.filter(pk=asked.pk).update(
        opens_at=now - timedelta(minutes=5), closes_at=now + timedelta(days=3), is_by_hand=True
    )
    open_by_worker(site, asked)
    page.reload()
    end = card(page, "Ved kursets slutning")
    expect(end.get_by_text("0 af 6 har svaret")).to_be_visible()
    end.get_by_role("link", name="Vis på skærmen").click()
    asked.refresh_from_db()
    expect(page.get_by_text(f"/evaluering/rum/{asked.room_code}")).to_be_visible()
    check_accessibility(page)

    page.get_by_role("link", name="Tilbage").click()
    card(page, "Ved kursets slutning").get_by_role("link", name="Luk den nu").click()
    expect(page.get_by_text("kan ikke åbnes igen")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Luk den nu").click()
    expect(card(page, "Ved kursets slutning").get_by_text("Tælles op")).to_be_visible()


def open_by_worker(site, evaluation: Evaluation) -> None:
    """Order what the clock orders, and let a real worker do it: it alone has the key."""
    from evaluations.tasks import open_and_close

    open_and_close.defer(timestamp=int(timezone.now().timestamp()))
    site.run_worker()
    evaluation.refresh_from_db()
    assert evaluation.status == EvaluationStatus.OPEN


@pytest.mark.parametrize("width", WIDTHS)
def test_a_presenter_shows_the_way_in_from_the_roll_call(site, run, sign_in, open_page, check_accessibility, width):
    Evaluation.objects.filter(run=run, moment=Moment.END).update(is_by_hand=True)
    page = open_page(width=width)
    sign_in(page, "underviser@kommune.dk")
    page.goto(f"{site.url}/evaluering/skaerm/{run.pk}/")
    expect(page.get_by_role("heading", level=1, name=re.compile("Evalueringen åbner"))).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Tilbage").click()
    expect(page).to_have_url(re.compile(f"/fremmoede/hold/{run.pk}/"))


def test_the_screen_shows_the_code_without_javascript(site, run, sign_in, open_page):
    now = timezone.now()
    asked = Evaluation.objects.get(run=run, moment=Moment.END)
    Evaluation.objects.filter(pk=asked.pk).update(
        opens_at=now - timedelta(minutes=5), closes_at=now + timedelta(days=3), is_by_hand=True
    )
    open_by_worker(site, asked)
    page = open_page(width=1280, javascript=False)
    sign_in(page, ORGANISER)
    page.goto(f"{site.url}/evaluering/skaerm/{run.pk}/")

    expect(page.get_by_role("img", name=re.compile("QR-kode med adressen"))).to_be_visible()
