"""The whole way, once, by the people who go it: publish, plan, register, attend, export."""

import email
import email.policy
import re
from datetime import date, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
from django.utils import timezone
from playwright.sync_api import Page, expect

from demo.loader.users import EDITOR, ORGANISER
from tests.e2e import roll_call
from tests.e2e.helpers import EAN, fill_in_contact, fill_in_participant, sign_in_by_password

TITLE = "Borgere som medskabere"
INTRODUCTION = "En dag om at begynde sammen med borgerne og blive ved."
PURPOSE = "Du lærer at invitere borgere ind, før løsningen ligger fast."
PROGRAMME = "Vi arbejder med en opgave, du selv tager med."
LEADER = "leder@example.dk"
COLLEAGUES = {
    "Åse Ågård": "aase@example.dk",
    "Bo Bæk": "bo@example.dk",
    "Çelik Østergård": "celik@example.dk",
}


def test_a_course_goes_from_the_editor_to_the_attendance_report(demo_site, open_page):
    editor, organiser, leader = open_page(), open_page(), open_page()
    phone = open_page(width=390, height=844, has_touch=True)

    publish_course(editor, demo_site.url)
    open_run(organiser, demo_site.url)

    receipt = register_three(leader, demo_site.url)
    demo_site.run_worker()
    mails = read_mails(demo_site.mail)
    assert mails.keys() >= {LEADER, *COLLEAGUES.values()}
    assert_each_colleague_is_invited(mails)
    assert open_link_in_mail(open_page(), mails[LEADER]) == receipt

    take_attendance(phone, demo_site.url)
    read_report(organiser, demo_site.url)


def publish_course(page: Page, url: str) -> None:
    """As editor: write a course in Wagtail's editor, and publish it."""
    sign_in_by_password(page, url, EDITOR, to="/admin/")
    page.get_by_role("button", name="Sider").click()
    page.get_by_role("link", name="Forside").first.click()
    page.get_by_role("link", name="Se undersider af 'Kurser'").click()
    page.get_by_role("link", name="Tilføj en underside").click()
    page.get_by_role("link", name=re.compile("^Kursus")).click()

    page.get_by_role("textbox", name="Titel").fill(TITLE)
    page.get_by_role("textbox", name="Indledning").fill(INTRODUCTION)
    write_rich_text(page.locator("[data-contentpath=purpose] [role=textbox]"), PURPOSE)
    page.get_by_role("region", name="Indhold").get_by_role("button", name="Indsæt en blok").click()
    page.get_by_role("option", name="Tekst").click()
    write_rich_text(page.get_by_role("region", name=re.compile("^Tekst")).get_by_role("textbox"), PROGRAMME)
    page.get_by_role("tab", name="Fakta og pris").click()
    page.get_by_label("Form").select_option(label="Temadag")
    page.get_by_role("button", name="Flere handlinger").click()
    page.get_by_role("button", name="Udgiv").click()
    expect(page.get_by_text(f"“{TITLE}”").or_(page.get_by_text(f"'{TITLE}'")).first).to_be_visible()


def course_day() -> date:
    """The day of the course: today; near midnight, when today's has begun, tomorrow."""
    now = timezone.localtime()
    return now.date() + timedelta(days=now.hour >= 22)


def write_rich_text(box, text: str) -> None:
    """Type in one of Wagtail's text editors, and wait until it has handed the text to its form."""
    box.click()
    box.press_sequentially(text)
    expect(box).to_contain_text(text)
    handed_over = "text => [...document.querySelectorAll('form input')].some(field => field.value.includes(text))"
    box.page.wait_for_function(handed_over, arg=text)


def open_run(page: Page, url: str) -> None:
    """As organiser: make a run of the course for today, and open it."""
    sign_in_by_password(page, url, ORGANISER, to="/admin/")
    page.get_by_role("button", name="Kurser").click()
    page.get_by_role("link", name="Hold", exact=True).click()
    page.get_by_role("link", name="Tilføj hold").first.click()

    page.get_by_role("button", name="Vælg en side (Kursus)").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Søgeord").fill(TITLE)
    dialog.get_by_role("link", name=TITLE).click()
    expect(dialog).to_be_hidden()
    page.get_by_label("Navn på holdet").fill("Herlev")
    page.get_by_role("combobox", name="Status").select_option(label="Åbent for tilmelding")
    page.get_by_role("textbox", name="Dato").fill(f"{course_day():%d.%m.%Y}")
    page.get_by_role("textbox", name="Fra").fill("23:00")
    page.get_by_role("textbox", name=re.compile(r"^Til\b")).fill("23:59")
    page.get_by_role("button", name="Vælg sted").last.click()
    dialog.get_by_role("link", name=re.compile("Herlev|Kursushus")).first.click()
    expect(dialog).to_be_hidden()

    page.get_by_role("tab", name="Pladser og tilmelding").click()
    page.get_by_role("spinbutton", name="Pladser").fill("12")
    page.get_by_role("tab", name="Pris og vilkår").click()
    page.get_by_role("spinbutton", name="Pris").or_(page.get_by_role("textbox", name="Pris")).fill("1895")
    page.get_by_role("button", name="Gem").click()
    expect(page.get_by_text("oprettet").first).to_be_visible()


def register_three(page: Page, url: str) -> str:
    """As a leader nobody knows: find the course, sign three colleagues up, and return the receipt's address."""
    page.goto(f"{url}/")
    page.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Kurser", exact=True).click()
    page.get_by_label("Hvad leder du efter?").fill("medskabere")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=TITLE).click()
    for text in (INTRODUCTION, PURPOSE, PROGRAMME, "12 ledige pladser", "1.895 kr."):
        expect(page.get_by_text(text).first).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Tilmeld").first.click()

    fill_in_contact(page, LEADER)
    for number, (name, address) in enumerate(COLLEAGUES.items(), 1):
        if number > 1:
            page.get_by_role("button", name="Tilføj en deltager").click()
        fill_in_participant(page, number, name, address)
    page.get_by_label("E-faktura til et EAN-nummer").check()
    page.get_by_label("EAN-nummer", exact=True).fill(EAN)
    page.get_by_label("Jeg accepterer").check()
    page.locator(".registration__send").get_by_role("button").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I har 3 pladser")
    return page.url


def read_mails(folder: Path) -> dict[str, EmailMessage]:
    """Return the newest mail that the worker sent to each address."""
    mails = (
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(folder.iterdir())
    )
    return {str(mail["To"]): mail for mail in mails}


def assert_each_colleague_is_invited(mails: dict[str, EmailMessage]) -> None:
    """Every participant has a mail on this course with a day for the calendar."""
    for address in COLLEAGUES.values():
        kinds = [part.get_content_type() for part in mails[address].walk()]
        assert kinds.count("text/calendar") == 1, kinds
        assert TITLE in mails[address].get_body(("plain",)).get_content()


def open_link_in_mail(page: Page, mail: EmailMessage) -> str:
    """Open the secret link as it stands in the contact's mail, see everybody there, and return its address."""
    link = re.search(r"http\S+/tilmelding/min/\S+/", mail.get_body(("plain",)).get_content())[0]
    page.goto(link)
    for name in COLLEAGUES:
        expect(page.locator(".people__person", has_text=name)).to_be_visible()
    return page.url


def take_attendance(page: Page, url: str) -> None:
    """As organiser with a phone: mark in one tap each, undo, mark the rest, and see the count."""
    sign_in_by_password(page, url, ORGANISER, to="/fremmoede/")
    page.get_by_role("main").get_by_role("link", name=re.compile(f"^{TITLE}")).tap()
    roll_call.ready(page)
    expect(page.locator(".roll-name")).to_have_text(["Bo Bæk", "Çelik Østergård", "Åse Ågård"])

    mark(page, "Bo Bæk", "Til stede")
    mark(page, "Çelik Østergård", "Forsinket")
    mark(page, "Åse Ågård", "Fravær")
    expect(counts(page)).to_have_text(["1", "1", "1", "0", "0"])
    page.get_by_role("button", name="Fortryd").tap()
    expect(counts(page)).to_have_text(["1", "1", "0", "0", "1"])
    mark(page, "Åse Ågård", "Fravær")
    mark(page, "Bo Bæk", "Ryd")
    page.get_by_role("link", name="Alle er til stede").tap()
    page.get_by_role("dialog").get_by_role("button", name="Ja").tap()
    expect(counts(page)).to_have_text(["1", "1", "1", "0", "0"])
    page.reload()
    roll_call.ready(page)
    expect(counts(page)).to_have_text(["1", "1", "1", "0", "0"])
    # The report is read from the server: nothing may wait on the telephone any more.
    roll_call.all_sent(page)


def mark(page: Page, name: str, choice: str) -> None:
    """Tap once, and wait until the server has said that it is kept."""
    row = page.locator(".roll-row", has_text=name)
    row.get_by_role("button", name=choice).tap()
    expect(page.locator("#roll-said")).to_contain_text(name)
    if choice != "Ryd":
        expect(row.get_by_role("button", name=choice)).to_have_attribute("aria-pressed", "true")


def counts(page: Page):
    """The numbers present, late, absent, excused and not taken."""
    return page.locator("[data-count]")


def read_report(page: Page, url: str) -> None:
    """As organiser: choose the course in the report, see it, and read both files with other programs."""
    page.goto(f"{url}/admin/")
    page.get_by_role("button", name="Rapporter").click()
    page.get_by_role("link", name="Fremmøde", exact=True).click()
    page.get_by_role("button", name="Vis filtre").click()
    page.get_by_role("tooltip").get_by_role("button", name="Kurser").click()
    page.get_by_role("checkbox", name=TITLE, exact=True).check()
    expect(page.get_by_role("link", name="Hent CSV")).to_have_attribute("href", re.compile("kursus="))
    table = page.locator("table", has_text="Åse Ågård").first
    for name in COLLEAGUES:
        expect(table).to_contain_text(name)

    marks = {"Bo Bæk": "Til stede", "Çelik Østergård": "Forsinket", "Åse Ågård": "Fravær"}
    workbook = openpyxl.load_workbook(BytesIO(download(page, "XLSX")))
    head, *lines = workbook.worksheets[0].iter_rows(values_only=True)
    rows = [dict(zip(head, line, strict=True)) for line in lines if line[0]]
    assert {row["Deltager"]: row["Fremmøde"] for row in rows} == marks
    assert {row["Dato"].date() for row in rows} == {course_day()}
    assert {row["EAN-nummer"] for row in rows} == {EAN}

    frame = pd.read_csv(BytesIO(download(page, "CSV")), sep=";", encoding="utf-8-sig", dtype=str)
    assert dict(zip(frame["Deltager"], frame["Fremmøde"], strict=True)) == marks
    assert set(frame["EAN-nummer"].str.strip('="')) == {EAN}, "the number is text: no digit is lost in Excel"


def download(page: Page, kind: str) -> bytes:
    """Press the report's button for that kind of file, and return what comes."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=re.compile(f"Hent.*{kind}")).click()
    return Path(coming.value.path()).read_bytes()
