"""Groups in a real browser: a list pasted, put right at its cell and registered; drafts, payers, names to follow."""

import re

import pytest
from playwright.sync_api import Page, expect

from enrolments.models import Enrolment, GroupDraft
from tests import factories
from tests.e2e.helpers import EAN, fill_in_contact, fill_in_participant, fits

LIST = "Navn;E-mail;Stilling\nAnna Ågård;anna@kommune.dk;leder\nBo Bæk;bo@kommune;konsulent\n;carl@kommune.dk;"


@pytest.fixture
def run(site):
    return factories.CourseRunFactory(capacity=40, terms=factories.CancellationTermsFactory())


def register_from_list(page: Page, address: str, check=lambda page: None) -> None:
    """Paste a list, put it right, and register: the same steps with and without JavaScript."""
    page.goto(f"{address}liste/")
    check(page)
    page.get_by_label("Indsæt listen").fill(LIST)
    page.get_by_role("button", name="Læs listen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tjek listen")
    expect(page.get_by_role("alert")).to_contain_text("Række 2: Skriv en e-mailadresse")
    check(page)

    page.get_by_role("alert").get_by_role("link", name=re.compile("Række 2")).click()
    cell = page.get_by_role("textbox", name="E-mail 2")
    expect(cell).to_be_focused()
    cell.fill("bo@kommune.dk")
    page.get_by_role("button", name=re.compile("Reservér 1 plads uden navn")).click()
    expect(page.get_by_text("3 rækker er klar.")).to_be_visible()
    page.get_by_role("button", name="Fortsæt til kontakt og betaling").last.click()

    expect(page.get_by_text("Du er ved at tilmelde 3 kolleger.")).to_be_visible()
    check(page)
    fill_in_contact(page)
    page.get_by_role("radio", name="E-faktura").check()
    page.get_by_label("EAN-nummer", exact=True).fill(EAN)
    page.get_by_role("checkbox", name="Jeg accepterer").check()
    page.get_by_role("button", name="Tilmeld 3 kolleger").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I har 3 pladser")


def test_a_list_is_pasted_put_right_and_registered(site, run, page, width, check_accessibility):
    def check(page: Page) -> None:
        check_accessibility(page)
        assert fits(page)

    register_from_list(page, f"{site.url}/tilmelding/{run.pk}/", check)

    assert sorted(run.enrolments.values_list("name", flat=True)) == ["", "Anna Ågård", "Bo Bæk"]


def test_so_it_is_without_javascript(site, run, open_page):
    register_from_list(open_page(javascript=False), f"{site.url}/tilmelding/{run.pk}/")

    assert run.enrolments.confirmed().count() == 3


def test_a_group_with_payers_of_its_own_is_put_aside_and_sent_later(site, run, page, width, check_accessibility):
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    fill_in_contact(page)
    fill_in_participant(page, 1, "Anna Ågård", "anna@kommune.dk")
    page.get_by_role("group", name="Deltager 1").get_by_label("Stilling").fill("leder")
    page.get_by_role("button", name="Tilføj en deltager").click()
    second = page.get_by_role("group", name="Deltager 2")
    second.get_by_role("button", name="Kopiér fra deltager 1").press("Enter")
    expect(second.get_by_label("Stilling")).to_have_value("leder")
    expect(page.locator("[data-participants-status]")).to_have_text("Deltager 2 er udfyldt fra deltager 1")
    second.get_by_label("Navn følger").check()
    expect(second.get_by_label("Navn", exact=True)).to_be_hidden()

    page.get_by_label("Forskellige betalere").check()
    second.get_by_label("Betaler").select_option("ean")
    second.get_by_label("EAN-nummer").fill("5798000000001")
    check_accessibility(page)
    assert fits(page)
    page.get_by_role("button", name="Gem og fortsæt senere").click()

    expect(page.get_by_role("heading", name="Det her er din kladde")).to_be_visible()
    check_accessibility(page)
    page.goto(page.get_by_label("Linket til kladden").input_value())
    expect(page.get_by_role("group", name="Deltager 2").get_by_label("EAN-nummer")).to_have_value("5798000000001")
    page.get_by_role("radio", name="E-faktura").check()
    page.get_by_label("EAN-nummer", exact=True).last.fill(EAN)
    page.get_by_role("checkbox", name="Jeg accepterer").check()
    page.get_by_role("button", name="Send tilmelding").last.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("I har 2 pladser")
    assert set(Enrolment.objects.values_list("payer__ean", flat=True)) == {EAN, "5798000000001"}
    assert GroupDraft.objects.get().data == {}


def test_a_draft_is_deleted_after_a_confirming_step(site, run, page, check_accessibility):
    page.goto(f"{site.url}/tilmelding/{run.pk}/")
    page.get_by_role("button", name="Gem og fortsæt senere").click()
    page.get_by_role("link", name="Slet kladden").click()
    check_accessibility(page)
    page.get_by_role("button", name="Ja, slet kladden").click()

    expect(page.locator(".messages")).to_contain_text("Kladden er slettet")
    assert not GroupDraft.objects.exists()
