"""A question that is only meant after another answer: with and without JavaScript, at both widths."""

import pytest
from playwright.sync_api import expect

from courses.models import CourseRun
from enrolments.enums import QuestionKind
from enrolments.links import participant_link
from enrolments.models import Answer, Enrolment
from tests.e2e.helpers import fill_in_contact, fill_in_participant, fits
from tests.factories import CoursePageFactory, CourseRunFactory, QuestionFactory


@pytest.fixture
def run() -> CourseRun:
    run = CourseRunFactory(course=CoursePageFactory(free=True))
    drives = QuestionFactory(run=run, text="Kommer du i bil?", kind=QuestionKind.YES_NO, sort_order=1)
    QuestionFactory(
        run=run, text="Hvor mange kan køre med?", shown_if=drives, shown_if_answer="yes", required=True, sort_order=2
    )
    return run


def test_a_question_stands_there_only_while_it_is_meant(site, run, page, width, check_accessibility):
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    seats = page.get_by_label("Hvor mange kan køre med?")
    drives = page.get_by_role("group", name="Kommer du i bil?")
    expect(seats).to_be_hidden()

    drives.get_by_label("Ja").focus()
    page.keyboard.press("Space")
    expect(seats).to_be_visible()
    expect(page.get_by_text("Kun hvis du svarer")).to_be_hidden()
    check_accessibility(page)
    assert fits(page)

    fill_in_contact(page)
    fill_in_participant(page, 1, "Anna Ågård", "anna@example.dk")
    page.get_by_role("button", name="Send tilmelding").last.click()
    expect(page.get_by_role("link", name="Deltager 1: Skriv et svar.")).to_be_visible()
    expect(seats).to_be_visible()
    check_accessibility(page)

    drives.get_by_label("Nej").check()
    expect(seats).to_be_hidden()
    page.get_by_role("button", name="Send tilmelding").last.click()

    expect(page.get_by_role("heading", name="Svar på vores spørgsmål")).to_be_visible()
    assert [answer.value for answer in Answer.objects.all()] == ["no"]


def test_each_participant_has_questions_of_their_own(site, run, page):
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    page.get_by_role("button", name="Tilføj en deltager").click()
    rows = [page.get_by_role("group", name=f"Deltager {number}") for number in (1, 2)]

    rows[1].get_by_label("Ja").check()

    expect(rows[0].get_by_label("Hvor mange kan køre med?")).to_be_hidden()
    expect(rows[1].get_by_label("Hvor mange kan køre med?")).to_be_visible()


def test_without_javascript_the_page_says_when_a_question_is_meant(site, run, open_page, width):
    page = open_page(width=width, javascript=False)
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    expect(page.get_by_label("Hvor mange kan køre med?")).to_be_visible()
    expect(page.get_by_text("Kun hvis du svarer “Ja” til “Kommer du i bil?”.")).to_be_visible()

    fill_in_contact(page)
    fill_in_participant(page, 1, "Anna Ågård", "anna@example.dk")
    page.get_by_role("group", name="Kommer du i bil?").get_by_label("Nej").check()
    page.get_by_label("Hvor mange kan køre med?").fill("dropped")
    page.get_by_role("button", name="Send tilmelding").last.click()

    expect(page.get_by_role("heading", name="Svar på vores spørgsmål")).to_be_visible()
    assert [answer.value for answer in Answer.objects.all()] == ["no"]


def test_a_participant_changes_their_answers_by_their_link(site, run, page, width, check_accessibility):
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    fill_in_contact(page)
    fill_in_participant(page, 1, "Anna Ågård", "anna@example.dk")
    page.get_by_role("button", name="Send tilmelding").last.click()
    expect(page.get_by_role("heading", name="Svar på vores spørgsmål")).to_be_visible()

    page.goto(f"{site.url}/tilmelding/deltager/{participant_link.token(Enrolment.objects.get())}/")
    page.get_by_role("link", name="Svar på spørgsmålene").click()
    check_accessibility(page)
    assert fits(page)
    page.get_by_label("Ja").check()
    page.get_by_label("Hvor mange kan køre med?").fill("To")
    page.get_by_role("button", name="Gem svarene").click()

    expect(page.get_by_text("Svarene er gemt.")).to_be_visible()
    assert {answer.value for answer in Answer.objects.all()} == {"yes", "To"}
    check_accessibility(page)
