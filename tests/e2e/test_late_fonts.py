"""Fonts that come late move nothing: whoever presses a button lets go of that button."""

import pytest
from playwright.sync_api import Route

from tests import factories


@pytest.fixture
def run(site):
    return factories.CourseRunFactory(terms=factories.CancellationTermsFactory())


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_a_button_stays_under_the_pointer_when_the_fonts_come(site, run, open_page, width, javascript):
    page = open_page(width=width, javascript=javascript)
    held: list[Route] = []
    page.route("**/*.woff*", lambda route: held.append(route))
    # The style sheets are there by then; the fonts, which are asked for ahead, are not.
    page.goto(f"{site.url}/tilmelding/{run.pk}/", wait_until="domcontentloaded")
    way = page.get_by_role("radio", name="E-faktura")
    way.scroll_into_view_if_needed()
    before = way.bounding_box()

    page.mouse.move(before["x"] + before["width"] / 2, before["y"] + before["height"] / 2)
    page.mouse.down()
    assert held, "no font was asked for"
    page.route("**/*.woff*", lambda route: route.continue_())  # those that are asked for from now on
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.mouse.up()

    assert way.bounding_box() == before
    assert way.is_checked()
