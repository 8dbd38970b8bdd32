"""With JavaScript off: read, filter, register, cancel, sign in and call the roll, as plain pages and posts."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.enums import RunStatus
from demo.loader.users import ORGANISER, PRESENTER
from enrolments.enums import EnrolmentStatus
from enrolments.models import Attendance, Enrolment
from tests import factories
from tests.e2e.helpers import EAN, demo_run, fill_in_contact, fill_in_participant
from website.messaging.operations import deliver, due_pks


@pytest.fixture
def plain(open_page) -> Page:
    """A page whose visitor has no JavaScript."""
    return open_page(javascript=False)


def test_reading_and_filtering(demo_site, plain):
    page = plain
    page.goto(f"{demo_site.url}/kurser/")
    page.get_by_role("combobox", name="Sted").select_option("Aalborg")
    page.get_by_role("button", name="Vis kurser").click()
    expect(page).to_have_url(re.compile("sted=Aalborg"))
    expect(page.get_by_role("heading", name="1 kursus")).to_be_visible()

    page.get_by_role("link", name="Samskabelse i praksis").click()
    details = page.locator(".run__days").first
    expect(details.locator("ol")).to_be_hidden()
    details.locator("summary").click()
    expect(details.locator("ol")).to_be_visible()
    expect(page.get_by_role("button", name="Udskriv")).to_have_count(0)

    page.goto(f"{demo_site.url}/ledelse-af-frivillige/")
    video = page.get_by_role("link", name=re.compile("^Afspil"))
    expect(video).to_have_attribute("href", re.compile(r"^https://"))
    page.get_by_text("Læs, hvad der bliver sagt").or_(page.locator(".b-video summary")).first.click()
    expect(page.get_by_text("Videoen handler om")).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("details.menu summary").click()
    menu = page.locator(".menu__panel")
    menu.get_by_role("searchbox").fill("frivillige")
    menu.get_by_role("button", name="Søg").click()
    expect(page.locator("main").get_by_role("link", name=re.compile("Ledelse af")).first).to_be_visible()


def test_registering_and_cancelling(demo_site, plain):
    page, run = plain, demo_run("samskabelse-i-praksis", "Herlev", status=RunStatus.OPEN)
    page.goto(f"{demo_site.url}/tilmelding/{run.pk}/")
    fill_in_contact(page)
    page.get_by_role("button", name="Jeg deltager selv").click()
    for number, name in ((2, "Ida Uden"), (3, "Bo Fortrudt"), (4, "Åse Uden")):
        page.get_by_role("button", name="Tilføj en deltager").click()
        fill_in_participant(page, number, name, f"uden{number}@example.dk")
    page.get_by_role("button", name="Fjern deltager 3").click()
    expect(page.get_by_role("group", name=re.compile("^Deltager"))).to_have_count(3)

    page.locator(".registration__send").get_by_role("button").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Vælg, hvordan I vil betale")
    page.get_by_role("radio", name="E-faktura").check()
    page.get_by_label("EAN-nummer", exact=True).fill(EAN)
    page.get_by_role("checkbox", name="Jeg accepterer").check()
    page.locator(".registration__send").get_by_role("button").first.click()

    expect(page.get_by_role("heading", level=1)).to_have_text("I har 3 pladser")
    expect(page.locator(".people__who strong")).to_have_text(["Bente Holm", "Ida Uden", "Åse Uden"])
    page.get_by_role("link", name=re.compile("^Afbestil.*Ida Uden")).click()
    page.get_by_role("button", name="Afbestil –").click()
    expect(page.locator(".messages")).to_contain_text("Pladsen til Ida Uden er afbestilt")
    page.get_by_role("link", name=re.compile("alle")).click()
    page.get_by_role("button", name="Afbestil –").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tilmeldingen er afbestilt")
    mine = Enrolment.objects.filter(registration__contact_email="bente.holm@example.dk", run=run)
    assert set(mine.values_list("status", flat=True)) == {EnrolmentStatus.CANCELLED}


def test_signing_in_by_code(demo_site, plain):
    page = plain
    page.goto(f"{demo_site.url}/fremmoede/")
    page.get_by_role("textbox", name="E-mail").first.fill(PRESENTER)
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.get_by_role("textbox", name="Kode")).to_be_visible()
    deliver(due_pks())
    body = next(sent.body for sent in reversed(mail.outbox) if sent.to == [PRESENTER])
    code = re.search(r"(?m)^\s*([A-Z0-9-]{6,9})\s*$", body)[1]
    page.get_by_role("textbox", name="Kode").fill(code)
    page.get_by_role("button", name="Log ind").click()

    expect(page).to_have_url(f"{demo_site.url}/fremmoede/")
    page.get_by_role("region", name="I dag").get_by_role("link").first.click()
    expect(page.locator(".roll-row").first).to_be_visible()


def test_the_roll_call(demo_site, plain, sign_in):
    page, run = plain, factories.CourseRunFactory(first_day=timezone.localdate())
    for name in ("Bo", "Åse", "Ida"):
        factories.EnrolmentFactory(run=run, name=name)
    sign_in(page, ORGANISER)
    page.goto(f"{demo_site.url}/fremmoede/hold/{run.pk}/")

    page.locator(".roll-row", has_text="Bo").get_by_role("button", name="Forsinket").click()
    page.get_by_label("Minutter forsinket").fill("15")
    page.get_by_role("button", name="Gem").click()
    expect(page.get_by_role("status")).to_have_text("Bo: Forsinket 15 min.")
    expect(page.get_by_role("status")).to_be_in_viewport(ratio=1)
    page.locator(".roll-row", has_text="Åse").get_by_role("button", name="Fravær").click()
    expect(page.locator("[data-count]")).to_have_text(["0", "1", "1", "0", "1"])
    page.get_by_role("button", name="Fortryd").click()
    expect(page.locator("[data-count]")).to_have_text(["0", "1", "0", "0", "2"])
    page.get_by_role("link", name="Alle er til stede").click()
    page.get_by_role("button", name="Ja").click()
    expect(page.locator("[data-count]")).to_have_text(["2", "1", "0", "0", "0"])
    marks = Attendance.objects.filter(enrolment__run=run).order_by("enrolment__name")
    assert list(marks.values_list("enrolment__name", "status", "minutes_late")) == [
        ("Bo", "late", 15),
        ("Ida", "present", None),
        ("Åse", "present", None),
    ]
