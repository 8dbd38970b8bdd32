"""Results in a real browser: charts whose tables say the same, moderation by keyboard, and a summary for everyone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from demo.loader.users import ORGANISER, PRESENTER
from evaluations.models import Evaluation, TextAnswer
from tests import factories
from tests.e2e.helpers import fits
from tests.evaluations.factories import LEARNED, TEACHING, closed_evaluation, question, questionnaire
from tests.evaluations.factories import PRESENTER as ABOUT_PRESENTERS
from tests.evaluations.results import release, release_texts
from tests.evaluations.test_figures import GOALS
from website.accounts.models import User

DAYS = question("number", "day_gain", "Hvor meget fik du ud af dagen?", about="day", low_da="Intet", high_da="Meget")
ASKED = (TEACHING, GOALS, ABOUT_PRESENTERS, DAYS, LEARNED)
WITHHELD = "Færre end fem har svaret, så svarene er slettet, uden at nogen har set dem."


@pytest.fixture
def course(demo_site):
    return factories.CoursePageFactory()


@pytest.fixture
def evaluation(course) -> Evaluation:
    """A closed evaluation of which all but one row of the matrix was released, with many texts, and one before it."""
    presenter = User.objects.get(email=PRESENTER).presenter
    asked = questionnaire(*ASKED)

    def held() -> Evaluation:
        run = factories.CourseRunFactory(
            course=course, capacity=None, past=True, with_days=1, day_fields={"presenters": [presenter]}
        )
        return closed_evaluation(run=run, people=20, answered=18, asked=asked)

    release(held(), "teaching", [9, 6, 3, 0, 0])
    made = held()
    release(made, "teaching", [0, 0, 2, 6, 10], no_opinion=1)
    for row in (0, 2):
        release(made, "goals", [1, 5, 12], row=row)
    release(made, "presenter", [0, 4, 14], subject=f"p{presenter.pk}")
    release(made, "day_gain", [0, 0, 0, 0, 0, 1, 2, 4, 5, 4, 2], subject=made.subjects[-1]["key"])
    release_texts(made, "learned", *(f"At lytte, før jeg taler ({n})" for n in range(20)))
    return made


def admin_page(evaluation: Evaluation) -> str:
    return f"/admin/participants/run/{evaluation.run_id}/evaluation/{evaluation.pk}/results/"


def test_results_are_accessible_and_fit(
    demo_site, page: Page, width: int, evaluation, sign_in: Callable, check_accessibility: Callable
):
    empty = closed_evaluation(run=factories.CourseRunFactory(past=True, with_days=1), people=3, answered=3)
    for who, addresses in (
        (ORGANISER, [admin_page(evaluation), admin_page(empty)]),
        (PRESENTER, [f"/evaluering/resultater/{evaluation.pk}/"]),
    ):
        sign_in(page, who)
        for address in addresses:
            page.goto(f"{demo_site.url}{address}")
            expect(page.get_by_text("Lukket", exact=False).first).to_be_visible()
            page.eval_on_selector_all("main details", "all => all.forEach(each => { each.open = true; })")
            check_accessibility(page)
            assert fits(page), address


def test_every_chart_has_its_numbers_in_a_table(demo_site, page: Page, evaluation, sign_in: Callable):
    sign_in(page, PRESENTER)
    page.goto(f"{demo_site.url}/evaluering/resultater/{evaluation.pk}/")

    teaching = page.get_by_role("table", name="Hvor tilfreds er du med undervisningen?")
    expect(teaching.get_by_role("row", name="Meget tilfreds 56 % 10")).to_be_visible()
    goals = page.get_by_role("table", name="Hvor godt nåede I målene?")
    expect(goals.get_by_role("row", name="At bruge").get_by_text(WITHHELD)).to_be_visible()
    for drawing in page.locator("main svg").all():
        assert drawing.evaluate("each => !!each.closest('[aria-hidden=true]')"), "what is drawn repeats the table"


def test_without_javascript_a_presenter_reads_everything(
    demo_site, open_page: Callable[..., Page], evaluation, sign_in: Callable
):
    page = open_page(width=390, javascript=False)
    sign_in(page, PRESENTER)
    page.goto(f"{demo_site.url}/evaluering/resultater/{evaluation.pk}/")

    expect(page.get_by_text("Gennemsnit 4,4 af 5")).to_be_visible()
    page.get_by_text("Vis 8 flere").click()
    expect(page.get_by_text("At lytte, før jeg taler")).to_have_count(20)


def test_organiser_moderates_by_keyboard_tells_what_was_changed_and_publishes(
    demo_site, page: Page, course, evaluation, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}{admin_page(evaluation)}")

    expect(page.get_by_role("cell", name="Højere").first).to_have_text("↑ Højere")
    first = page.locator(".texts__one").first
    first.get_by_role("button", name="Skjul").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Teksten er skjult for underviserne.")).to_be_visible()
    assert TextAnswer.objects.filter(result__evaluation=evaluation, is_hidden=True).count() == 1

    page.get_by_label("Hvad har I ændret eller besluttet at ændre?").fill("Vi holder flere pauser.")
    page.get_by_role("button", name="Gem, og fortæl det").click()
    expect(page.get_by_text("20 personer får det her på mail")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Send mailen").click()
    expect(page.get_by_text("20 personer får besked på mail.")).to_be_visible()
    page.get_by_role("button", name="Vis den på kursussiden").click()
    expect(page.get_by_text("Evalueringen tæller nu med på kursussiden.")).to_be_visible()


def test_everyone_reads_the_summary_on_the_course_page(
    demo_site, page: Page, width: int, course, evaluation, check_accessibility: Callable
):
    Evaluation.objects.filter(pk=evaluation.pk).update(is_public=True, changes_made="Vi holder flere pauser.")

    page.goto(f"{demo_site.url}{course.get_url()}")

    summary = page.get_by_role("region", name="Det siger deltagerne")
    expect(summary.get_by_text("Gennemsnit 4,4 af 5").first).to_be_visible()
    expect(summary.get_by_text("Vi holder flere pauser.")).to_be_visible()
    expect(page.get_by_text("At lytte")).to_have_count(0)
    summary.get_by_text("Se fordelingen af svar").click()
    check_accessibility(page)
    assert fits(page)


def test_answers_from_0_to_10_are_columns_that_fit_and_open_as_numbers_by_keyboard(
    demo_site, page: Page, width: int, evaluation, sign_in: Callable, check_accessibility: Callable
):
    sign_in(page, PRESENTER)
    page.goto(f"{demo_site.url}/evaluering/resultater/{evaluation.pk}/")

    drawn = page.locator(".columns")
    expect(drawn).to_have_count(1)
    place = drawn.bounding_box()
    assert place["height"] < 260, "low enough to be seen with its question on a telephone"
    assert place["x"] + place["width"] <= width
    numbers = page.locator(".chart__numbers > summary")
    numbers.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Hvor meget fik du ud af dagen?")
    expect(table.get_by_role("row", name="8 28 % 5")).to_be_visible()
    check_accessibility(page)
    assert fits(page)
