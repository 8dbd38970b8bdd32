"""The roll call's camera reads participants' codes from a film, with and without a network; no camera is no end."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
import segno
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from demo.loader.users import ORGANISER
from enrolments.check_in_codes import check_in_code, code_url
from enrolments.door_codes import door_code
from enrolments.enums import MarkSource
from enrolments.models import Attendance
from tests import factories
from tests.e2e.test_roll_call_offline import open_roll, roll_url
from tools import chromium

FRAMES_A_SECOND = 30


@pytest.fixture
def run(site):
    factories.UserFactory(email=ORGANISER, organiser=True)
    run = factories.CourseRunFactory(first_day=timezone.localdate(), course__title="Frivillighed i praksis")
    factories.EnrolmentFactory(run=run, name="Bo Bæk")
    return run


@pytest.fixture
def anna(run):
    return factories.EnrolmentFactory(run=run, name="Anna And")


@pytest.fixture
def elsewhere():
    return factories.EnrolmentFactory(name="Eva Ebbesen", run__course__title="Et andet kursus")


def picture(content: str = "") -> bytes:
    """Return one frame: the code on a table, or the table alone."""
    table = Image.new("RGB", (640, 480), "#8a7f70")
    if content:
        code = BytesIO()
        segno.make(content, error="m", micro=False).save(code, kind="png", scale=7, border=4)
        paper = Image.open(code).convert("RGB").rotate(4, expand=True, fillcolor="#8a7f70")
        table.paste(paper, ((640 - paper.width) // 2, (480 - paper.height) // 2))
    frame = BytesIO()
    table.save(frame, "JPEG", quality=80)
    return frame.getvalue()


@pytest.fixture
def film(tmp_path: Path, run, anna, elsewhere) -> Path:
    """What the camera sees, over and over: Anna's code, a forged one, one of another run, the door's own."""
    code = code_url(anna)
    forged = code[:-2] + ("0" if code[-2] != "0" else "1") + "/"
    door = f"http://localhost/fremmoede/tjek-ind/{run.days.get().pk}/{door_code(run.days.get()).token}/"
    path = tmp_path / "codes.mjpeg"
    with path.open("wb") as out:
        for content in (code, forged, code_url(elsewhere), door):
            out.write(picture(content) * (2 * FRAMES_A_SECOND))
            out.write(picture() * (3 * FRAMES_A_SECOND))
    return path


@pytest.fixture
def with_camera(browser: Browser, film: Path) -> Iterator[Browser]:
    camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
    launched = browser.browser_type.launch(executable_path=chromium.find(), args=[*chromium.ARGUMENTS, *camera])
    yield launched
    launched.close()


@pytest.fixture
def film_page(with_camera: Browser, sign_in, run) -> Page:
    """A page of a telephone whose camera sees the film."""
    context = with_camera.new_context(
        viewport={"width": 390, "height": 844}, permissions=["camera"], locale="da-DK", has_touch=True
    )
    page = context.new_page()
    sign_in(page, ORGANISER)
    return page


def scan(page: Page) -> None:
    page.get_by_role("button", name="Scan kode").click()
    page.evaluate(
        """() => {
            window.shown = [];
            const box = document.querySelector("[data-result]");
            const note = () => box.dataset.state && window.shown.push([box.dataset.state, box.innerText.trim()]);
            new MutationObserver(note).observe(box, { attributes: true, childList: true, subtree: true });
        }"""
    )


def shown(page: Page, *wanted: str) -> list[tuple[str, str]]:
    """Return all that was shown, in order, once each of the wanted words has been."""
    return page.evaluate(
        """async (wanted) => {
            const until = Date.now() + 45_000;
            const all = () => wanted.every((words) => window.shown.some(([, text]) => text.includes(words)));
            while (!all() && Date.now() < until) await new Promise((done) => setTimeout(done, 50));
            return window.shown;
        }""",
        list(wanted),
    )


def test_each_code_gets_its_own_answer_and_a_second_scan_changes_nothing(site, run, anna, film_page):
    page = film_page
    open_roll(page, roll_url(site, run))
    scan(page)

    seen = shown(page, "gælder ikke", "Eva Ebbesen står på et andet hold", "skærmen ved døren", "allerede registreret")

    of_anna = [state for state, text in seen if "Anna And" in text]
    assert of_anna[0] == "marked"
    assert set(of_anna) == {"marked", "already"}
    words = " ".join(text for _state, text in seen)
    for answer in ("gælder ikke", "Eva Ebbesen står på et andet hold", "skærmen ved døren", "allerede registreret"):
        assert answer in words
    page.get_by_role("button", name="Luk").click()
    expect(page.get_by_role("button", name="Scan kode")).to_be_focused()
    expect(page.locator("#roll-status")).not_to_contain_text("ikke sendt")
    mark = Attendance.objects.get()
    assert (mark.enrolment, mark.source) == (anna, MarkSource.SCAN)
    page.context.close()


def test_it_reads_with_the_network_gone_and_the_mark_arrives_later(site, run, anna, film_page):
    page = film_page
    open_roll(page, roll_url(site, run))
    page.context.set_offline(True)
    page.reload()
    expect(page.locator("html[data-roll-call=ready]")).to_be_attached()
    scan(page)

    assert any("Anna And" in text for _state, text in shown(page, "Anna And"))
    assert not Attendance.objects.exists()

    with page.expect_response(lambda response: response.request.method == "POST" and response.ok):
        page.context.set_offline(False)
    assert Attendance.objects.get().source == MarkSource.SCAN
    page.context.close()


def test_without_leave_to_use_the_camera_the_code_is_typed(site, run, anna, with_camera, sign_in, check_accessibility):
    page = with_camera.new_context(viewport={"width": 390, "height": 844}, locale="da-DK").new_page()
    sign_in(page, ORGANISER)
    open_roll(page, roll_url(site, run))
    page.context.grant_permissions([])  # all others are refused
    scan(page)

    expect(page.get_by_text("Kameraet er ikke tilladt her")).to_be_visible()
    page.get_by_label("Eller skriv koden på navneskiltet").fill(check_in_code(anna).lower())
    page.keyboard.press("Enter")
    expect(page.locator("[data-result]")).to_contain_text("Anna And")
    expect(page.locator("[data-result]")).to_contain_text("Registreret som")
    check_accessibility(page)
    page.context.close()


def test_without_a_camera_the_code_is_typed(site, run, open_page, sign_in, check_accessibility):
    page = open_page(width=1280)
    sign_in(page, ORGANISER)
    open_roll(page, roll_url(site, run))
    scan(page)

    expect(page.get_by_text("Der er ikke noget kamera her")).to_be_visible()
    page.get_by_label("Eller skriv koden på navneskiltet").fill("Anna And")
    page.get_by_role("button", name="Registrer", exact=True).click()
    expect(page.locator("[data-result]")).to_contain_text("Det er ikke en kode til døren")
    check_accessibility(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Scan kode")).to_be_focused()
