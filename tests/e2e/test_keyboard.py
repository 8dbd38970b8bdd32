"""By keyboard alone: everything is reached with Tab, seen when it is reached, and done with Space or Enter."""

import re

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from courses.enums import RunStatus
from demo.loader.users import ORGANISER
from tests import factories
from tests.e2e.helpers import EAN, demo_run

#: No page needs more steps than this from one end to the other.
STEPS = 200


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus; every stop on the way must show that it has it."""
    expect(target).to_be_attached()
    passed = []
    for _ in range(STEPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        passed.append(stop["name"])
        assert stop["shown"], f"{page.url}: nobody sees that “{stop['name']}” has the focus"
        if target.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"{page.url}: Tab does not reach {target}; it passed {passed}")


#: What has the focus, and whether an outline or shadow shows it inside the window. Radio buttons and
#: checkboxes of the design system draw theirs on the label's own box, a card's link on the whole card.
FOCUS = """() => {
    const it = document.activeElement;
    const name = `${it.tagName} ${it.id || it.textContent.trim().slice(0, 40)}`;
    if (it === document.body) return {name, shown: true};
    const marks = (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
        || style.boxShadow !== "none";
    const label = it.labels?.[0];
    const card = it.closest(".teaser");
    const drawn = marks(getComputedStyle(it))
        || (card && getComputedStyle(card).outlineStyle !== "none")
        || (label && ["::before", "::after"].some((part) => marks(getComputedStyle(label, part))));
    const box = (["radio", "checkbox"].includes(it.type) && label ? label : it).getBoundingClientRect();
    const inside = box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight
        && box.right > 0 && box.left < innerWidth;
    return {name, shown: drawn && inside};
}"""


def type_in(page: Page, field: Locator, text: str) -> None:
    tab_to(page, field)
    page.keyboard.type(text)


def test_reading_finding_and_filtering(demo_site, page):
    page.goto(f"{demo_site.url}/")
    skip = page.get_by_role("link", name="Gå til indhold")
    tab_to(page, skip)
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.goto(f"{demo_site.url}/")
    type_in(page, page.get_by_role("searchbox", name="Søg på siden").first, "playmaker")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/soeg/"))
    tab_to(page, page.locator("main").get_by_role("link", name=re.compile("Playmakeren")).first)

    page.goto(f"{demo_site.url}/")
    tab_to(page, page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Kurser", exact=True))
    page.keyboard.press("Enter")
    type_in(page, page.get_by_role("combobox", name="Sted"), "Aalb")
    tab_to(page, page.get_by_role("button", name="Vis kurser"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 kursus")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Samskabelse i praksis"))
    page.keyboard.press("Enter")
    summary = page.locator(".run__days summary").first
    tab_to(page, summary)
    page.keyboard.press("Enter")
    expect(page.locator(".run__days ol").first).to_be_visible()


def test_the_menu_on_a_phone(demo_site, open_page):
    page = open_page(width=390)
    page.goto(f"{demo_site.url}/kontakt/")
    menu = page.locator("details.menu summary")
    tab_to(page, menu)
    page.keyboard.press("Space")
    link = page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Kurser", exact=True)
    tab_to(page, link)
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{demo_site.url}/kurser/")


def test_registering_and_cancelling(demo_site, page):
    run = demo_run("samskabelse-i-praksis", "Herlev", status=RunStatus.OPEN)
    page.goto(f"{demo_site.url}/tilmelding/{run.pk}/")
    name = page.get_by_role("textbox", name="Dit navn")
    type_in(page, name, "Tove Taster")
    page.keyboard.press("Enter")

    # Enter sends: what is missing is listed, and no participant was added.
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    expect(name).to_have_value("Tove Taster")
    expect(page.locator("[data-participant]")).to_have_count(1)
    for text in ("Skriv din e-mailadresse", "Deltager 1"):
        link = summary.get_by_role("link", name=re.compile(text)).first
        tab_to(page, link)
        target = link.get_attribute("href")
        page.keyboard.press("Enter")
        expect(page.locator(target)).to_be_focused()
        summary.focus()

    type_in(page, page.get_by_role("textbox", name="Din e-mail"), "tove.taster@example.dk")
    type_in(page, page.get_by_role("combobox", name="Kommune"), "Odense")
    tab_to(page, page.get_by_role("button", name="Jeg deltager selv"))
    page.keyboard.press("Enter")
    first = page.get_by_role("group", name="Deltager 1")
    expect(first.get_by_role("textbox", name="Navn")).to_have_value("Tove Taster")
    for number in (2, 3):
        tab_to(page, page.get_by_role("button", name="Tilføj en deltager"))
        page.keyboard.press("Space")
        row = page.get_by_role("group", name=f"Deltager {number}")
        expect(row.get_by_role("textbox", name="Navn")).to_be_focused()
        page.keyboard.type(f"Taster {number}")
        type_in(page, row.get_by_role("textbox", name="E-mail"), f"taster{number}@example.dk")
    tab_to(page, page.get_by_role("button", name="Fjern deltager 3"))
    page.keyboard.press("Enter")
    expect(page.locator("[data-participant]")).to_have_count(2)
    expect(page.get_by_role("button", name="Tilføj en deltager")).to_be_focused()

    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("Space")
    type_in(page, page.get_by_role("textbox", name="EAN-nummer"), EAN)
    tab_to(page, page.get_by_role("checkbox", name="Jeg accepterer"))
    page.keyboard.press("Space")
    tab_to(page, page.locator(".registration__send").get_by_role("button").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("I har 2 pladser")

    tab_to(page, page.get_by_role("link", name=re.compile("^Afbestil.*Taster 2")))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Afbestil –"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har en plads")


def test_the_roll_call(demo_site, page, sign_in):
    run = factories.CourseRunFactory(first_day=timezone.localdate())
    for name in ("Bo", "Åse"):
        factories.EnrolmentFactory(run=run, name=name)
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")
    counts = page.locator("[data-count]")

    row = page.locator(".roll-row", has_text="Bo")
    tab_to(page, row.get_by_role("button", name="Fravær"))
    page.keyboard.press("Space")
    expect(counts).to_have_text(["0", "0", "1", "0", "1"])
    expect(row.get_by_role("button", name="Fravær")).to_be_focused()
    page.locator("main").focus()
    tab_to(page, page.get_by_role("button", name="Fortryd"))
    page.keyboard.press("Enter")
    expect(counts).to_have_text(["0", "0", "0", "0", "2"])

    page.locator("main").focus()
    tab_to(page, page.get_by_role("link", name="Alle er til stede"))
    page.keyboard.press("Enter")
    yes = page.get_by_role("dialog").get_by_role("button", name="Ja")
    expect(yes).to_be_focused()
    page.keyboard.press("Escape")
    expect(counts).to_have_text(["0", "0", "0", "0", "2"])
    expect(page.get_by_role("link", name="Alle er til stede")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(counts).to_have_text(["2", "0", "0", "0", "0"])


def test_the_roll_call_by_letters(demo_site, page, sign_in):
    """Arrows go from person to person, a letter marks, and whoever types in a field marks nobody."""
    run = factories.CourseRunFactory(first_day=timezone.localdate())
    for name in ("Bo", "Ida", "Åse"):
        factories.EnrolmentFactory(run=run, name=name)
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")
    expect(page.locator("html[data-roll-call=ready]")).to_be_attached()
    counts = page.locator("[data-count]")

    page.get_by_label("Find en deltager").fill("aase")
    expect(page.locator(".roll-row[data-id]:visible")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("t")
    expect(counts).to_have_text(["1", "0", "0", "0", "2"])
    page.keyboard.press("/")
    expect(page.get_by_label("Find en deltager")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("vuft")
    expect(counts).to_have_text(["1", "0", "0", "0", "2"])
    page.get_by_label("Find en deltager").fill("")

    page.keyboard.press("ArrowDown")
    expect(page.locator(".roll-row", has_text="Bo").get_by_role("button", name="Til stede")).to_be_focused()
    page.keyboard.press("v")
    expect(counts).to_have_text(["1", "0", "1", "0", "1"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("u")
    expect(counts).to_have_text(["1", "0", "1", "1", "0"])
    page.keyboard.press("d")
    ida = page.locator(".roll-row", has_text="Ida")
    expect(ida.get_by_label("Begrundelse")).to_be_focused()
    page.keyboard.type("Tv-avisen ringede")
    page.keyboard.press("Enter")
    expect(ida.locator(".roll-words")).to_have_text("Tv-avisen ringede")
    page.keyboard.press("z")
    expect(ida.locator(".roll-words")).to_be_hidden()
    page.keyboard.press("z")
    expect(counts).to_have_text(["1", "0", "1", "0", "1"])
