"""The front page in a real browser: the frame that every page shares."""

from tests import factories


def test_the_front_page_is_accessible_at_both_widths(site, page, width, check_accessibility):
    factories.HomePageFactory()

    page.goto(f"{site.url}/")

    assert page.locator("h1").count() == 1
    check_accessibility(page)


def test_the_front_page_can_be_read_without_javascript(site, open_page):
    factories.HomePageFactory()

    page = open_page(javascript=False)
    page.goto(f"{site.url}/")

    assert page.locator("main").is_visible()
