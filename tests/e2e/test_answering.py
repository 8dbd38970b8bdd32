"""Answering in a real browser: on a phone, by keyboard, without JavaScript, without a connection."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from evaluations.models import Ballot, Evaluation, Voter
from tests.e2e.helpers import fits
from tests.evaluations.answer_helpers import open_ballots, url_of, values_of, voters_of
from tests.evaluations.factories import CONFIDENCE, LEARNED, TEACHING, open_evaluation, options, question, questionnaire

USE = question("single", "use", "Vil du bruge det?", en="Will you use it?", options=options("Ja", "Nej"), required=True)
WHY_NOT = question("text", "why_not", "Hvad står i vejen?", show_if={"question": "use", "answers": "2"}, required=True)
TOOLS = question("multiple", "tools", "Hvilke redskaber?", options=options("Samtaler", "Gitteret"))
GOALS = question(
    "matrix", "goals", "Blev målene nået?", rows=options("Viden", "Mod"), options=options("Nej", "Lidt", "Ja")
)
STORED = """async () => [
    localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, document.cookie,
]"""


@pytest.fixture
def evaluation(site) -> Evaluation:
    return open_evaluation(people=2, asked=questionnaire(USE, WHY_NOT, TEACHING, CONFIDENCE, TOOLS, GOALS, LEARNED))


@pytest.fixture
def voter(evaluation) -> Voter:
    return voters_of(evaluation)[0]


def go(page: Page, site, voter: Voter, query: str = "") -> None:
    page.goto(site.url + url_of(voter) + query)


def group(page: Page, name: str):
    return page.get_by_role("group", name=re.compile(re.escape(name)))


def ballots(evaluation: Evaluation) -> list[dict]:
    return [values_of(each) for each in open_ballots(evaluation)]


def test_from_the_room_to_thanks(site, page, evaluation, voter, width, check_accessibility):
    page.goto(f"{site.url}/evaluering/rum/{evaluation.room_code}/")
    check_accessibility(page)
    page.get_by_label("Din e-mail eller koden på dit navneskilt").fill("ingen@example.dk")
    page.get_by_role("button", name="Til spørgsmålene").click()
    expect(page.get_by_role("alert")).to_contain_text("Der er ikke noget at svare på")
    check_accessibility(page)
    page.get_by_label("Din e-mail eller koden på dit navneskilt").fill(voter.enrolment.email)
    page.get_by_role("button", name="Til spørgsmålene").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Hvad fik du ud af kurset?")
    page.get_by_text("Sådan er du anonym").click()
    check_accessibility(page)
    assert fits(page)
    expect(page.get_by_text("0 af 6 besvaret")).to_be_visible()
    expect(page.get_by_label("Hvad står i vejen?")).to_be_hidden()
    group(page, "Vil du bruge det?").get_by_label("Nej").check()
    expect(page.get_by_text("1 af 7 besvaret")).to_be_visible()
    expect(page.get_by_text("Spørgsmål 2 af 7")).to_be_visible()
    group(page, "Hvor sikker er du på").get_by_label("8", exact=True).check()
    page.get_by_role("radiogroup", name="Mod").get_by_label("Ja").check()
    page.get_by_label("Hvad tager du med hjem?").fill("Lyt – først & sidst <3")
    page.get_by_role("button", name="Send mine svar").click()

    summary = page.get_by_role("alert").filter(has_text="Der er noget, du skal rette")
    expect(summary).to_be_focused()
    check_accessibility(page)
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_value("Lyt – først & sidst <3")
    summary.get_by_role("link", name="Skriv et svar til “Hvad står i vejen?”.").click()
    expect(page.get_by_label("Hvad står i vejen?")).to_be_focused()
    page.keyboard.type("Tid")
    assert fits(page)
    page.get_by_role("button", name="Send mine svar").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for dit svar")
    assert "?om=" in page.url
    check_accessibility(page)
    assert fits(page)
    assert ballots(evaluation) == [
        {"use": 1, "why_not": "Tid", "confidence": 8, "goals#1": 2, "learned": "Lyt – først & sidst <3"}
    ]
    assert page.evaluate(STORED) == [0, 0, 0, ""]
    assert page.context.cookies() == []
    page.go_back()
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_count(0)
    go(page, site, voter)
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har svaret")
    check_accessibility(page)


def test_back_never_meets_something_that_was_refused(site, page, evaluation, voter):
    """Such a page the browser could only show by sending the form once more."""
    before = f"{site.url}/healthz/"
    page.goto(before)
    page.goto(f"{site.url}/evaluering/rum/{evaluation.room_code}/")
    who = page.get_by_label("Din e-mail eller koden på dit navneskilt")
    who.fill("ingen@example.dk")
    page.get_by_role("button", name="Til spørgsmålene").click()
    expect(page.get_by_role("alert")).to_contain_text("Der er ikke noget at svare på")
    expect(who).to_be_focused()
    expect(who).to_have_value("ingen@example.dk")
    who.fill(voter.enrolment.email)
    page.get_by_role("button", name="Til spørgsmålene").click()
    expect(page).to_have_url(re.compile(re.escape(url_of(voter))))
    expect(page.get_by_text("0 af 6 besvaret")).to_be_visible()
    page.get_by_role("button", name="Send mine svar").click()
    expect(page.get_by_role("alert").filter(has_text="Der er noget, du skal rette")).to_be_focused()

    page.go_back()

    expect(page).to_have_url(before)
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hvad fik du ud af kurset?")


def test_a_lost_connection_in_the_room_keeps_what_was_typed(site, page, evaluation, voter):
    page.goto(f"{site.url}/evaluering/rum/{evaluation.room_code}/")
    who = page.get_by_label("Din e-mail eller koden på dit navneskilt")
    who.fill(voter.enrolment.email)
    page.context.set_offline(True)
    page.get_by_role("button", name="Til spørgsmålene").click()

    expect(page.get_by_role("alert")).to_contain_text("Der er ingen forbindelse")
    expect(who).to_have_value(voter.enrolment.email)

    page.context.set_offline(False)
    page.get_by_role("button", name="Til spørgsmålene").click()
    expect(page.get_by_text("0 af 6 besvaret")).to_be_visible()


def test_a_lost_connection_keeps_everything_and_the_next_press_sends_it_once(site, page, evaluation, voter):
    go(page, site, voter)
    group(page, "Vil du bruge det?").get_by_label("Ja").check()
    page.get_by_label("Hvad tager du med hjem?").fill("At lytte")
    page.context.set_offline(True)
    page.get_by_role("button", name="Send mine svar").click()

    expect(page.get_by_role("alert")).to_contain_text("Dine svar er ikke sendt")
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_value("At lytte")
    assert not Ballot.objects.exists()

    page.context.set_offline(False)
    page.get_by_role("button", name="Send mine svar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for dit svar")
    assert ballots(evaluation) == [{"use": 0, "learned": "At lytte"}]


def test_two_quick_presses_send_once(site, page, evaluation, voter):
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    go(page, site, voter)
    group(page, "Vil du bruge det?").get_by_label("Ja").check()
    page.get_by_role("button", name="Send mine svar").dblclick()

    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for dit svar")
    assert len(sent) == 1
    assert len(ballots(evaluation)) == 1


def test_leaving_half_way_is_warned_of_and_leaving_an_empty_page_is_not(site, page, voter):
    asked = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    go(page, site, voter)
    page.reload()
    assert asked == []

    page.get_by_label("Hvad tager du med hjem?").fill("Halvt")
    page.locator("header a.logo").click(no_wait_after=True)
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_value("Halvt")


def test_the_other_language_keeps_what_has_been_filled_in(site, page, evaluation, voter, check_accessibility):
    go(page, site, voter)
    group(page, "Vil du bruge det?").get_by_label("Ja").check()
    page.get_by_label("Hvad tager du med hjem?").fill("At lytte")
    page.get_by_role("button", name="In English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(group(page, "Will you use it?").get_by_label("Ja")).to_be_checked()
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_value("At lytte")
    expect(page.get_by_text("2 of 6 answered")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Send my answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for answering")
    assert ballots(evaluation) == [{"use": 0, "learned": "At lytte"}]


def test_an_answer_can_be_taken_back_and_a_condition_with_it(site, page, voter):
    go(page, site, voter)
    group(page, "Hvor tilfreds er du").get_by_label("Tilfreds", exact=True).check()
    group(page, "Hvor tilfreds er du").get_by_role("button", name="Fjern mit svar").click()

    expect(group(page, "Hvor tilfreds er du").locator("input:checked")).to_have_count(0)
    expect(page.get_by_role("button", name="Fjern mit svar")).to_have_count(0)


def test_how_much_room_a_text_has_left(site, page, voter):
    go(page, site, voter)
    text = page.get_by_label("Hvad tager du med hjem?")
    text.fill("æøå👍")
    expect(page.get_by_text("1996 tegn tilbage")).to_be_visible()
    text.fill("a" * 2003)
    expect(page.get_by_text("3 tegn for mange")).to_be_visible()
    group(page, "Vil du bruge det?").get_by_label("Ja").check()
    page.get_by_role("button", name="Send mine svar").click()
    expect(page.get_by_role("link", name="Skriv højst 2000 tegn. Der er 3 for mange.")).to_be_visible()
    expect(text).to_have_value("a" * 2003)


def test_by_keyboard_alone_and_enter_on_a_choice_does_not_send(site, page, evaluation, voter):
    go(page, site, voter)
    page.get_by_label("Ja").first.focus()
    page.keyboard.press("ArrowDown")
    expect(group(page, "Vil du bruge det?").get_by_label("Nej")).to_be_checked()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(group(page, "Hvor tilfreds er du").locator("input:checked")).to_have_count(1)
    assert not Ballot.objects.exists()
    page.get_by_role("button", name="Send mine svar").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for dit svar")


def test_closed_while_somebody_wrote_keeps_the_text_to_be_copied(site, page, evaluation, voter, check_accessibility):
    go(page, site, voter)
    group(page, "Vil du bruge det?").get_by_label("Ja").check()
    page.get_by_label("Hvad tager du med hjem?").fill("Alt det,\nder virkede")
    Evaluation.objects.filter(pk=evaluation.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    page.get_by_role("button", name="Send mine svar").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Dit svar kom for sent")
    expect(page.get_by_text(re.compile(r"Alt det,\s*der virkede"))).to_be_visible()
    check_accessibility(page)
    assert not Ballot.objects.exists()


def test_without_javascript(site, open_page, evaluation, voter):
    page = open_page(width=390, javascript=False)
    go(page, site, voter)
    expect(page.get_by_text("Kun hvis du svarer “Nej” til “Vil du bruge det?”")).to_be_visible()
    page.get_by_label("Hvad tager du med hjem?").fill("At lytte")
    page.get_by_role("button", name="Send mine svar").click()
    expect(page.get_by_role("link", name="Vælg et svar til “Vil du bruge det?”.")).to_be_visible()
    expect(page.get_by_label("Hvad tager du med hjem?")).to_have_value("At lytte")
    page.get_by_role("button", name="In English").click()
    group(page, "Will you use it?").get_by_label("Ja").check()
    page.get_by_role("button", name="Send my answers").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for answering")
    assert ballots(evaluation) == [{"use": 0, "learned": "At lytte"}]
