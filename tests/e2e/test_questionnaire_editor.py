"""An organiser builds a questionnaire in Wagtail's editor: questions, an error where it is, and the preview."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from evaluations.models import Questionnaire
from evaluations.operations import questionnaires as operations
from evaluations.questions import parse
from tests.e2e.helpers import fits
from tests.factories import UserFactory

LIST = "/admin/evaluations/questionnaires/"


def insert(page: Page, kind: str) -> None:
    """Add a question of that kind after the others."""
    page.get_by_role("button", name="Indsæt en blok").last.click()
    page.get_by_role("option", name=kind).click()


def check_editor(page: Page) -> None:
    """Fail when what we put in the editor has a violation. Its frame, and that blocks are landmarks, are Wagtail's."""
    options = {"rules": {"landmark-unique": {"enabled": False}}}
    results = Axe().run(page, context={"include": [["#panel-questions-section"]]}, options=options)
    assert results.violations_count == 0, results.generate_report()


def field(page: Page, place: int, name: str) -> Locator:
    return page.locator(f'[name="questions-{place}-value-{name}"]')


def test_an_organiser_builds_a_questionnaire_and_sees_it_as_people_will(site, open_page, sign_in):
    page = open_page(width=1280)
    sign_in(page, UserFactory(organiser=True, is_staff=True).email)
    page.goto(f"{site.url}{LIST}add/")
    page.get_by_label("Navn").first.fill("Efter temadagen")
    insert(page, "Ét svar af flere")
    field(page, 0, "da").fill("Har du brugt det?")
    field(page, 0, "options-0-value-da").fill("Ja")
    field(page, 0, "options-1-value-da").fill("Nej")
    field(page, 0, "name").fill("used")
    insert(page, "Tekst")
    field(page, 1, "da").fill("Hvad kom der ud af det?")
    field(page, 1, "name").fill("used")
    page.get_by_role("button", name="Indstillinger").last.click()
    field(page, 1, "show_if-question").fill("used")
    field(page, 1, "show_if-answers").focus()
    expect(page.get_by_text("1 = Ja · 2 = Nej")).to_be_visible()
    field(page, 1, "show_if-answers").fill("1")
    check_editor(page)

    page.get_by_role("button", name="Gem", exact=True).click()

    expect(page.get_by_text("Et andet spørgsmål hedder også “used”")).to_be_visible()
    assert not Questionnaire.objects.filter(title="Efter temadagen").exists()
    check_editor(page)

    field(page, 1, "name").fill("result_text")
    page.get_by_role("button", name=re.compile("forhåndsvisning", re.I)).first.click()
    shown = page.frame_locator('iframe[title*="orhåndsvisning"]').first
    expect(shown.get_by_text("Hvad kom der ud af det?")).to_be_visible()
    expect(shown.get_by_text("Kun hvis du svarer “Ja”")).to_be_visible()
    page.get_by_role("button", name="Gem", exact=True).click()

    expect(page.get_by_text("tekster mangler på engelsk")).to_be_visible()
    made = Questionnaire.objects.get(title="Efter temadagen")
    asked = parse(made.questions)
    assert [each.name for each in asked] == ["used", "result_text"]
    assert asked[1].condition.values == {0}


def test_a_used_questionnaire_is_shown_on_a_phone_and_leads_to_a_new_version(
    site, open_page, sign_in, check_accessibility
):
    used = operations.lock(pk=Questionnaire.objects.get(course_kind="one_day").pk)
    page = open_page(width=1280)
    sign_in(page, UserFactory(organiser=True, is_staff=True).email)
    page.goto(f"{site.url}{LIST}")
    check_accessibility(page)

    page.get_by_role("link", name=used.title).click()

    phone = page.frame_locator("iframe").first
    expect(phone.get_by_text("I hvor høj grad kan du bruge det i dit arbejde?")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="På engelsk").click()
    expect(
        page.frame_locator("iframe").first.get_by_text("To what degree can you use it in your work?")
    ).to_be_visible()

    page.get_by_role("button", name="Ny udgave").click()

    expect(page.get_by_text("er klar til at blive redigeret")).to_be_visible()
    fresh = Questionnaire.objects.get(family=used.family, version=2)
    raw = [dict(block) for block in fresh.questions.raw_data]
    fresh.questions = Questionnaire._meta.get_field("questions").to_python(raw[:-1])
    fresh.save()
    page.goto(f"{site.url}{LIST}compare/{used.pk}/{fresh.pk}/")
    expect(page.get_by_text("Fjernet")).to_be_visible()
    check_accessibility(page)


def test_the_pages_of_questionnaires_fit_a_phone(site, open_page, sign_in):
    used = operations.lock(pk=Questionnaire.objects.get(course_kind="programme").pk)
    page = open_page(width=390)
    sign_in(page, UserFactory(organiser=True, is_staff=True).email)

    for address in (LIST, f"{LIST}inspect/{used.pk}/"):
        page.goto(f"{site.url}{address}")
        assert fits(page), address
