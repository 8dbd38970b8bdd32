"""Evaluations across courses in a real browser: readable at both widths, with every chart in words too."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from demo.loader.users import ORGANISER
from tests.e2e.helpers import fits

ACROSS = "/admin/evaluations/across/"


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("", "Kursus for kursus"),
        ("trends/", "Svar over tid"),
        ("effects/", "Hensigt og brug"),
        ("attendance/", "Efter hvor mange der kom"),
        ("words/", "Ord i teksterne"),
    ],
)
def test_every_page_across_courses_can_be_read(
    demo_site, page: Page, width: int, place: str, shown: str, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}{ACROSS}{place}")
    expect(page.get_by_role("heading", name=shown, exact=True)).to_be_visible()
    assert fits(page)
    check_accessibility(page)


def test_an_organiser_narrows_goes_on_with_the_same_choice_and_reads_the_texts_of_a_word(
    demo_site, page: Page, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}{ACROSS}")
    page.get_by_label("Kursus", exact=True).select_option(label="Samskabelse i praksis")
    page.get_by_role("button", name="Vis", exact=True).click()
    expect(page).to_have_url(re.compile(r"kursus=\d+"))
    page.get_by_role("link", name="Ord i teksterne").click()
    expect(page).to_have_url(re.compile(r"words/\?.*kursus=\d+"))
    page.get_by_role("row", name=re.compile("frivillige")).get_by_role("link").click()
    expect(page.get_by_role("heading", name=re.compile(r"“frivillige?” i \d+ tekster"))).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()
    check_accessibility(page)


@pytest.mark.parametrize("address", ["all/", "anonymity/"])
def test_the_list_and_the_page_on_anonymity_can_be_read(
    demo_site, page: Page, width: int, address: str, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/admin/evaluations/{address}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert fits(page)
    check_accessibility(page)
