"""Every kind of public page, and the roll call: no violation that axe knows, at both widths, with nothing outside."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from courses.enums import RunStatus
from demo.loader.users import ORGANISER
from enrolments.links import registration_link
from tests import factories
from tests.e2e.conftest import WIDTHS
from tests.e2e.helpers import demo_run, fits
from website.accounts.operations import settle_user

#: Every finger hits it: what is tapped with one thumb, standing, in front of thirty people.
THUMB = 44


@pytest.fixture
def check(check_accessibility: Callable[[Page], None]) -> Callable[[Page], None]:
    """Return a function that checks a page as it stands, at both widths."""

    def check(page: Page) -> None:
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            check_accessibility(page)
            assert fits(page), f"{page.url} is wider than {width} px"

    return check


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", None),
        ("/kurser/", "Kurser"),
        ("/kurser/?q=samskabelse&sted=Herlev&fra=1.1.2020", "Kurser"),
        ("/kurser/?q=findesikke", "Kurser"),
        ("/kurser/?fra=31.2.2027&emne=ukendt", "Kurser"),
        ("/kurser/samskabelse-i-praksis/", None),
        ("/kurser/playmakeren-og-faelles-skaberen/", None),
        ("/kurser/forhandling-som-ledelsesredskab/", None),
        ("/kurser/ledelse-af-og-samarbejde-med-frivillige/", None),
        ("/ledelse-af-frivillige/", None),
        ("/tilgaengelighed/", None),
        ("/privatliv/", None),
        ("/kontakt/", None),
        ("/soeg/", None),
        ("/soeg/?q=frivillige", None),
        ("/soeg/?q=findesikke", None),
        ("/tilmelding/min/1-forkert/", None),
        ("/findes-ikke/", None),
        ("/konto/login/", "Log ind"),
        ("/api/v1/docs", None),
    ],
)
def test_public_pages(demo_site, page, check, path, heading):
    page.goto(demo_site.url + path)

    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    if heading:
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    for details in page.locator("main details").all():
        details.evaluate("it => it.open = true")
    check(page)


def test_a_course_without_runs_and_the_open_menu(demo_site, page, check, check_accessibility):
    course = factories.CoursePageFactory(title="Kursus uden hold")
    page.goto(demo_site.url + course.url)
    check(page)

    page.locator("details.menu summary").click()
    expect(page.get_by_role("navigation", name="Hovedmenu")).to_be_visible()
    check_accessibility(page)
    assert fits(page)


def test_pages_that_say_no(demo_site, page, check):
    request = RequestFactory().get("/")
    for name in ("400", "403", "403_csrf", "404", "429", "500"):
        html = render_to_string(f"{name}.html", request=request if name != "500" else None)
        page.route(f"**/svar-{name}/", partial(answer, html))
        page.goto(f"{demo_site.url}/svar-{name}/")
        check(page)


def answer(html: str, route: Route) -> None:
    route.fulfill(body=html, content_type="text/html; charset=utf-8")


def test_the_registration_form(demo_site, page, check):
    asks_all = demo_run("samskabelse-i-praksis", "Aalborg", status=RunStatus.OPEN)
    with_line = demo_run("playmakeren-og-faelles-skaberen", "Aarhus", status=RunStatus.OPEN)
    free = demo_run("morgenmoede-frivillige-og-regler", "Online", status=RunStatus.OPEN)
    closed = demo_run("samskabelse-i-praksis", "Aarhus", status=RunStatus.CLOSED)
    not_yet = demo_run("ledelse-af-og-samarbejde-med-frivillige", "Herlev")
    full = factories.CourseRunFactory(capacity=1, waiting_list=False)
    factories.EnrolmentFactory(run=full)

    for run in (asks_all, with_line, free, closed, not_yet, full):
        page.goto(f"{demo_site.url}/tilmelding/{run.pk}/")
        check(page)

    page.goto(f"{demo_site.url}/tilmelding/{asks_all.pk}/")
    page.get_by_role("button", name="Tilføj en deltager").click()
    page.get_by_label("Faktura på e-mail").check()
    check(page)
    page.locator(".registration__send").get_by_role("button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)


def test_the_receipt_and_cancelling(demo_site, page, check):
    run = factories.CourseRunFactory(terms=factories.CancellationTermsFactory())
    registration = factories.RegistrationFactory(run=run, participants=2)
    factories.EnrolmentFactory(registration=registration, waiting=True, form_order=2)
    factories.EnrolmentFactory(registration=registration, cancelled=True, form_order=3)
    waiting = factories.EnrolmentFactory(waiting=True).registration
    cancelled = factories.EnrolmentFactory(cancelled=True).registration

    for each in (registration, waiting, cancelled):
        page.goto(f"{demo_site.url}/tilmelding/min/{registration_link.token(each)}/")
        check(page)
    page.goto(f"{demo_site.url}/tilmelding/min/{registration_link.token(registration)}/afbestil/")
    check(page)
    page.get_by_role("link", name="Nej").click()
    page.get_by_role("link", name=re.compile("^Afbestil")).first.click()
    check(page)
    page.get_by_role("button", name="Afbestil –").click()
    expect(page.locator(".messages")).to_be_visible()
    check(page)


def test_signing_in_by_code(demo_site, page, check):
    page.goto(f"{demo_site.url}/konto/login/")
    page.get_by_role("textbox", name="E-mail").last.fill("ukendt@example.dk")
    page.get_by_label("Adgangskode").fill("forkert")
    page.get_by_role("button", name="Log ind").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)

    user = factories.UserFactory()
    settle_user(user)
    page.goto(f"{demo_site.url}/konto/login/")
    page.get_by_role("textbox", name="E-mail").first.fill(user.email)
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.get_by_role("textbox", name="Kode")).to_be_visible()
    check(page)
    page.get_by_role("textbox", name="Kode").fill("forkert")
    page.get_by_role("button", name="Log ind").click()
    expect(page.get_by_role("alert")).to_be_visible()
    check(page)
    page.goto(f"{demo_site.url}/konto/password/reset/")
    check(page)


def test_the_roll_call(demo_site, page, check, sign_in):
    sign_in(page, ORGANISER)
    today = timezone.localdate()
    full = demo_run("led-samskabelsen", "Herlev")
    empty = factories.CourseRunFactory(first_day=today)
    past = demo_run("den-nye-kommunale-ledelsesform", "23. april 2015")
    many = factories.CourseRunFactory(first_day=today - timedelta(weeks=4), with_days=9)
    factories.EnrolmentFactory(run=many, name="Åse " + "Langtefternavn-" * 7)

    page.goto(f"{demo_site.url}/fremmoede/")
    check(page)
    for run in (full, empty, past, many):
        page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")
        check(page)
        assert too_small(page) == []
    page.get_by_role("button", name="Forsinket").click()
    expect(page.get_by_label("Minutter forsinket")).to_be_visible()
    check(page)
    assert too_small(page) == []
    page.get_by_role("link", name=re.compile("Historik")).last.click()
    check(page)

    page.goto(f"{demo_site.url}/fremmoede/hold/{full.pk}/?alle=1")
    page.goto(f"{demo_site.url}/fremmoede/hold/{many.pk}/{today}/?alle=1")
    check(page)


def test_the_roll_call_refuses_in_words(demo_site, page, check, sign_in):
    stranger = factories.UserFactory()
    sign_in(page, stranger.email)
    page.goto(f"{demo_site.url}/fremmoede/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fremmøde")
    check(page)


def too_small(page: Page) -> list[str]:
    """Return what can be tapped in the roll call at 390 px and is lower or narrower than a thumb."""
    page.set_viewport_size({"width": 390, "height": 900})
    return page.evaluate(
        """(least) => [...document.querySelectorAll("main a, main button, main input:not([type=hidden])")]
            .filter(it => it.checkVisibility())
            .map(it => [it, it.getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < least || box.height < least))
            .map(([it, box]) => `${it.className} “${it.textContent.trim()}”: ${box.width} × ${box.height}`)""",
        THUMB,
    )
