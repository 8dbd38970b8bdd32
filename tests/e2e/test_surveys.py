"""Surveys in a real browser: staff invite by list, people answer on a telephone, and everyone reads the results."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from evaluations.enums import Audience
from evaluations.models import Ballot, SurveyInvitation
from tests.e2e.helpers import fits
from tests.evaluations.survey_helpers import MUNICIPALITY, USE, asked, survey
from tests.factories import UserFactory

RESULTS = "/ledelse-af-frivillige/kortlaegning-af-frivillighed/"


@pytest.fixture
def organiser(site):
    return UserFactory(organiser=True, staff=True, email="organiser@example.dk")


def test_a_list_is_pasted_mended_at_its_row_and_undone(site, organiser, page, width, sign_in, check_accessibility):
    made = survey(is_open=False, opens_at=timezone.now() + timedelta(days=7))
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/admin/evaluations/surveys/")
    check_accessibility(page)
    page.get_by_role("link", name="Frivillighed 2026").click()
    expect(page.get_by_role("heading", name="Ingen er inviteret endnu")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("link", name="Inviter", exact=True).click()
    expect(page.get_by_role("heading", name="Inviter med en liste")).to_be_visible()
    check_accessibility(page)

    page.get_by_label("Indsæt listen").fill("Navn;E-mail;Kommune\nAnna;anna@x.dk;Ahrus\nBo;bo@x.dk;Odense")
    page.get_by_role("button", name="Læs listen").click()
    expect(page.get_by_text("Mener du Aarhus Kommune?")).to_be_visible()
    assert fits(page)
    check_accessibility(page)
    page.get_by_role("group", name="Række 2").get_by_label("Kommune").fill("Aarhus")
    page.get_by_role("button", name="Tjek igen").click()
    page.get_by_role("button", name="Inviter 2 personer").click()
    expect(page.get_by_text("2 personer er inviteret.")).to_be_visible()
    page.reload(wait_until="load")  # Wagtail's own message fades, and axe measures it on its way
    check_accessibility(page)

    page.get_by_role("link", name=re.compile("^Fortryd")).click()
    expect(page.get_by_role("button", name="Tag dem af listen")).to_be_visible()
    check_accessibility(page)
    page.get_by_role("button", name="Tag dem af listen").click()
    expect(page.get_by_text("2 invitationer er fjernet.")).to_be_visible()
    assert not SurveyInvitation.objects.filter(survey=made).exists()


def test_a_survey_is_planned_with_what_is_wrong_at_its_field(
    site, organiser, page, width, sign_in, check_accessibility
):
    asked()
    sign_in(page, organiser.email)
    page.goto(f"{site.url}/admin/evaluations/surveys/new/")
    page.get_by_role("button", name="Planlæg undersøgelsen").click()
    expect(page.get_by_text("Noget mangler eller er forkert. Se felterne herunder.")).to_be_visible()
    check_accessibility(page)
    page.get_by_label("Titel på dansk").fill("Frivillige på biblioteket")
    page.get_by_label("Spørgeskema", exact=False).first.select_option("Om frivillige")
    page.get_by_label("Alle med linket").check()
    page.get_by_role("button", name="Planlæg undersøgelsen").click()
    expect(page.get_by_text("“Frivillige på biblioteket” er planlagt.")).to_be_visible()
    expect(page.get_by_role("link", name="/evaluering/undersoegelse/frivillige-paa-biblioteket/")).to_be_visible()
    assert fits(page)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_an_open_survey_is_answered_on_a_telephone(site, open_page, javascript, check_accessibility):
    survey(slug="aaben", audience=Audience.OPEN, questionnaire=asked(MUNICIPALITY, USE))
    page = open_page(width=390, javascript=javascript)
    page.goto(f"{site.url}/evaluering/undersoegelse/aaben/")
    if javascript:
        check_accessibility(page)
    page.get_by_label("Hvilken kommune svarer du for?").select_option("0751")
    page.get_by_text("Det er vi på vej til").click()
    page.get_by_role("button", name="Send mine svar").click()
    expect(page.get_by_role("heading", level=1, name="Tak for dit svar")).to_be_visible()

    page.goto(f"{site.url}/evaluering/undersoegelse/aaben/")
    expect(page.get_by_role("heading", level=1, name="Der er svaret fra denne browser")).to_be_visible()
    if javascript:
        check_accessibility(page)
    page.get_by_role("link", name="Svar som en anden").click()
    expect(page.get_by_label("Hvilken kommune svarer du for?")).to_be_visible()
    assert Ballot.objects.count() == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without"])
def test_everyone_finds_the_results_and_their_own_municipality(
    demo_site, open_page, width, javascript, check_accessibility
):
    page = open_page(width=width, javascript=javascript)
    page.goto(f"{demo_site.url}/ledelse-af-frivillige/")
    page.get_by_role("link", name="Se svarene, også for din egen kommune").click()
    expect(page.get_by_role("heading", level=1, name="Kortlægning af frivillighed, 2015")).to_be_visible()
    assert fits(page)
    if javascript:
        check_accessibility(page)

    choice = page.get_by_label("Se din kommune ved siden af alle")
    assert "Læsø Kommune" not in choice.inner_text()
    choice.select_option("Aarhus Kommune")
    choice.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Du ser Aarhus Kommune ved siden af alle kommuner.")).to_be_visible()
    assert page.url.startswith(f"{demo_site.url}{RESULTS}?kommune=0751")
    assert fits(page)
    if javascript:
        check_accessibility(page)
