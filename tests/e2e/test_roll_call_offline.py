"""Must show: with the network gone, marks survive reloads and closed pages, arrive once, and the history tells it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from demo.loader.users import ORGANISER
from enrolments.enums import EnrolmentStatus
from enrolments.models import Attendance, AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from tests import factories
from tests.e2e.roll_call import all_sent, mark, open_roll, ready, roll_url, row, unsent, wait_until


@pytest.fixture
def run():
    """A run of today with fifty participants."""
    run = factories.CourseRunFactory(first_day=timezone.localdate(), capacity=None)
    registration = factories.RegistrationFactory(run=run)
    for n in range(50):
        factories.EnrolmentFactory(registration=registration, name=f"Person {n:02}")
    return run


def test_forty_marks_offline_arrive_once(demo_site, run, open_page, sign_in):
    """Open, go offline, mark forty, reload, close, open again, come back: as the issue tells it."""
    url = roll_url(demo_site, run)
    page = open_page(width=390)
    sign_in(page, ORGANISER)
    context: BrowserContext = page.context
    open_roll(page, url)

    context.set_offline(True)
    for n in range(40):
        mark(page, f"Person {n:02}", "Fravær" if n % 10 == 9 else "Til stede")
    expect(page.locator("#roll-status-text")).to_contain_text("40 registreringer er gemt på denne enhed")
    unsent(page, 40)

    # A second device marks two of the same people meanwhile: one before, one after the first device did.
    other = factories.UserFactory(organiser=True, first_name="Anden", last_name="Enhed")
    people = {person.name: person for person in run.enrolments.all()}
    first_tap = page.evaluate("""() => new Promise(done => {
        const opened = indexedDB.open("fremmoede");
        opened.onsuccess = () => {
            const all = opened.result.transaction("queue").objectStore("queue").getAll();
            all.onsuccess = () => { opened.result.close(); done(Math.min(...all.result.map(item => item.at))); };
        };
    })""")
    early = timezone.datetime.fromtimestamp(first_tap / 1000, tz=timezone.get_current_timezone()) - timedelta(seconds=9)
    day = run.ordered_days()[0]
    attendance.mark(day=day, marks={people["Person 00"].pk: Mark("excused")}, by=other, at=early)
    attendance.mark(day=day, marks={people["Person 01"].pk: Mark("late", 5)}, by=other)
    attendance.mark(day=day, marks={people["Person 45"].pk: Mark("absent")}, by=other)

    page.reload()
    ready(page)
    unsent(page, 40)
    expect(row(page, "Person 39").get_by_role("button", name="Fravær")).to_have_attribute("aria-pressed", "true")
    page.close()

    page = context.new_page()
    page.goto(url)
    ready(page)
    unsent(page, 40)
    expect(page.locator("[data-count]")).to_have_text(["36", "0", "4", "0", "10"])

    context.set_offline(False)
    all_sent(page)
    expect(page.locator("#roll-status-text")).to_have_text("Alt er sendt.")
    # What the second device marked stands, where it was the later one.
    expect(row(page, "Person 01").locator(".roll-mark")).to_contain_text("Forsinket 5 min.")
    expect(row(page, "Person 01").locator(".roll-mark")).to_contain_text("Anden Enhed")
    expect(row(page, "Person 45").locator(".roll-mark")).to_contain_text("Fravær")
    expect(page.locator("[data-count]")).to_have_text(["35", "1", "5", "0", "9"])

    sent = AttendanceChange.objects.filter(attendance__day=day).exclude(device="")
    assert sent.count() == 40
    assert sent.values("mark_id").distinct().count() == 40
    assert sent.values("device").distinct().count() == 1
    stands = dict(Attendance.objects.filter(day=day).values_list("enrolment__name", "status"))
    assert stands.pop("Person 01") == "late"
    assert stands.pop("Person 45") == "absent"
    assert stands == {f"Person {n:02}": "absent" if n % 10 == 9 else "present" for n in range(40) if n != 1}

    # Sent again by a page that does not know: still forty.
    page.reload()
    ready(page)
    all_sent(page)
    assert AttendanceChange.objects.filter(attendance__day=day).exclude(device="").count() == 40

    page.goto(f"{url}historik/{people['Person 01'].pk}/")
    lines = page.locator("tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("Anden Enhed")
    expect(lines.nth(1)).to_contain_text("Til stede")
    expect(lines.nth(1)).to_contain_text("enhed")
    expect(lines.nth(1)).to_contain_text("ændrede intet")
    page.goto(f"{url}historik/{people['Person 00'].pk}/")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").nth(0)).to_contain_text("Til stede")
    expect(page.locator("tbody tr").nth(1)).to_contain_text("Undskyldt")


def test_a_walk_in_and_details_offline(demo_site, run, open_page, sign_in, check_accessibility):
    url = roll_url(demo_site, run)
    page = open_page(width=390)
    sign_in(page, ORGANISER)
    open_roll(page, url)
    page.context.set_offline(True)
    page.get_by_role("link", name="Tilføj person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Tilføj som til stede").click()
    expect(dialog.get_by_text("Skriv et navn.")).to_be_visible()
    dialog.get_by_role("textbox", name="Navn").fill("Dørgæst Ågård")
    dialog.get_by_label("Kommune eller arbejdsplads").fill("Aarhus Kommune")
    dialog.get_by_role("button", name="Tilføj som til stede").click()
    expect(dialog).to_be_hidden()
    new = row(page, "Dørgæst Ågård")
    expect(new.locator(".roll-sign")).to_be_visible()
    new.get_by_role("button", name="Undskyldt").click()
    new.get_by_label("Begrundelse").fill("Måtte køre igen")
    new.get_by_role("button", name="Gem").click()
    expect(new.locator(".roll-words")).to_have_text("Måtte køre igen")
    # Scrolled so that no row lies half under the bar that stays at the top.
    page.evaluate("scrollTo(0, 0)")
    check_accessibility(page)
    page.reload()
    ready(page)
    expect(row(page, "Dørgæst Ågård").locator(".roll-words")).to_have_text("Måtte køre igen")

    page.context.set_offline(False)
    all_sent(page)
    expect(row(page, "Dørgæst Ågård")).to_have_count(1)
    guest = Enrolment.objects.get(run=run, name="Dørgæst Ågård")
    assert (guest.organisation.name, guest.status) == ("Aarhus", EnrolmentStatus.CONFIRMED)
    stands = Attendance.objects.get(enrolment=guest)
    assert (stands.status, stands.reason) == ("excused", "Måtte køre igen")
    page.get_by_role("button", name="Fortryd").click()
    expect(row(page, "Dørgæst Ågård").locator(".roll-words")).to_be_hidden()
    all_sent(page)
    stands.refresh_from_db()
    assert (stands.status, stands.reason) == ("excused", "")


def test_a_session_that_ended_loses_nothing(demo_site, run, open_page, sign_in, check_accessibility):
    url = roll_url(demo_site, run)
    page = open_page(width=390)
    sign_in(page, ORGANISER)
    open_roll(page, url)
    page.context.set_offline(True)
    for n in range(12):
        mark(page, f"Person {n:02}", "Til stede")
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#roll-status-text")).to_have_text(
        "Log ind igen – dine 12 registreringer er gemt på denne enhed."
    )
    expect(page.locator("#roll-sign-in")).to_be_visible()
    check_accessibility(page)
    unsent(page, 12)
    assert not Attendance.objects.filter(enrolment__run=run).exists()

    # Somebody else signs in on the same device: the marks are not theirs to send.
    sign_in(page, factories.UserFactory(organiser=True).email)
    page.goto(url)
    ready(page)
    all_sent(page)
    assert not Attendance.objects.filter(enrolment__run=run).exists()

    sign_in(page, ORGANISER)
    page.goto(url)
    ready(page)
    all_sent(page)
    marks = Attendance.objects.filter(enrolment__run=run, status="present", marked_by__email=ORGANISER)
    assert marks.count() == 12


def test_a_clock_that_is_wrong_is_shown_and_corrected(demo_site, run, open_page, sign_in):
    page = open_page(width=390)
    sign_in(page, ORGANISER)
    # The device's clock is seven minutes slow, and runs.
    page.add_init_script("{ const now = Date.now; Date.now = () => now.call(Date) - 7 * 60_000; }")
    before = timezone.now()
    open_roll(page, roll_url(demo_site, run))
    expect(page.locator("#roll-clock")).to_contain_text("går 7 minutter bagud")
    mark(page, "Person 00", "Til stede")
    all_sent(page)
    change = AttendanceChange.objects.get(attendance__enrolment__run=run)
    assert change.clock_offset in range(415, 426)
    assert before - timedelta(seconds=5) < change.at <= change.received_at


def test_a_refused_mark_is_shown_with_what_to_do(demo_site, run, open_page, sign_in, check_accessibility):
    page = open_page(width=390)
    sign_in(page, ORGANISER)
    open_roll(page, roll_url(demo_site, run))
    page.context.set_offline(True)
    for name in ("Person 00", "Person 01"):
        mark(page, name, "Til stede")
    Enrolment.objects.filter(run=run, name="Person 00").update(
        status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now()
    )
    page.context.set_offline(False)
    all_sent(page)
    refusals = page.get_by_role("region", name="Det kunne ikke gemmes")
    expect(refusals).to_contain_text("Person 00")
    expect(refusals).to_contain_text("Ikke gemt: Til stede")
    assert list(Attendance.objects.filter(enrolment__run=run).values_list("enrolment__name", flat=True)) == [
        "Person 01"
    ]
    check_accessibility(page)
    page.reload()
    ready(page)
    expect(refusals).to_contain_text("Person 00")
    refusals.get_by_role("button", name="Forstået").click()
    expect(refusals).to_be_hidden()

    # The day is moved while we are away: its marks wait for somebody's decision.
    page.context.set_offline(True)
    mark(page, "Person 02", "Til stede")
    day = run.ordered_days()[0]
    type(day).objects.filter(pk=day.pk).update(date=day.date - timedelta(days=1))
    page.context.set_offline(False)
    all_sent(page)
    expect(refusals).to_contain_text("Person 02")
    refusals.get_by_role("button", name="Send den til dagens nye dato").click()
    expect(refusals).to_be_hidden()
    page.goto(f"{demo_site.url}/fremmoede/")
    ready(page)
    expect(page.locator("#roll-unsent")).to_be_hidden()
    assert Attendance.objects.get(enrolment__name="Person 02", enrolment__run=run).status == "present"


def test_signing_out_takes_the_pages_from_the_device(demo_site, run, open_page, sign_in):
    url = roll_url(demo_site, run)
    page = open_page()
    sign_in(page, ORGANISER)
    open_roll(page, url)
    page.get_by_role("button", name="Log ud").first.click()
    expect(page).to_have_url(re.compile(f"^{re.escape(demo_site.url)}/$"))
    wait_until(page, "path => caches.match(path).then(found => !found)", url)
    page.context.set_offline(True)
    page.goto(url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Siden er ikke på din enhed")
    expect(page.locator("main")).not_to_contain_text("Person 00")
