"""A run's workspace in a real browser: accessible at both widths, and choosing by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from demo.loader.users import ORGANISER
from tests import factories
from tests.e2e.helpers import fits


@pytest.fixture
def run(demo_site):
    run = factories.CourseRunFactory(capacity=4, asks_dietary=True, minimum=2)
    factories.RegistrationFactory(run=run, participants=3)
    factories.EnrolmentFactory(run=run, name="Østen Ågård", dietary="vegetar", notes="Ringer selv")
    factories.EnrolmentFactory(run=run, waiting=True)
    return run


PAGES = ["", "participants/", "participants/?status=cancelled", "history/", "add/", "undelivered/"]
ON_A_PARTICIPANT = ["participant/{pk}/", "participant/{pk}/correct/", "participant/{pk}/move/", "cancel/{pk}/"]


def test_every_page_is_accessible_and_fits(
    demo_site, page: Page, width: int, run, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, ORGANISER)
    pk = run.enrolments.get(name="Østen Ågård").pk

    for address in [*PAGES, *(each.format(pk=pk) for each in ON_A_PARTICIPANT)]:
        page.goto(f"{demo_site.url}/admin/participants/run/{run.pk}/{address}")
        expect(page.get_by_role("navigation", name="Holdets sider")).to_be_visible()
        check_accessibility(page)
        assert fits(page), address


def test_participants_are_chosen_and_cancelled_by_keyboard_alone(demo_site, page: Page, run, sign_in: Callable):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/admin/participants/run/{run.pk}/participants/?status=confirmed")

    page.get_by_label("Vælg alle på denne side").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("4 valgt")).to_be_visible()
    page.get_by_label("Vælg Østen Ågård").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("3 valgt")).to_be_visible()
    action = page.get_by_label("Med de valgte")
    action.focus()
    action.select_option("cancel")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Afmeld deltagere: 3 deltagere")).to_be_visible()
    assert run.enrolments.confirmed().count() == 4
    page.get_by_role("button", name="Ja, afmeld").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_text("3 deltagere er afmeldt.")).to_be_visible()
    assert run.enrolments.get(name="Østen Ågård").status == "confirmed"


def test_searching_leaves_no_name_in_the_address(demo_site, page: Page, run, sign_in: Callable):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/admin/participants/run/{run.pk}/participants/")

    page.get_by_label("Søg", exact=True).fill("østen")
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="Østen Ågård")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 deltager")).to_be_visible()
    assert "sten" not in page.url
    expect(page.get_by_label("Søg", exact=True)).to_have_value("østen")
