"""A whole course is evaluated, by the people who do it: the QR in the room, a telephone, mails, results, follow-up.

Time is moved in the database: what is due is said to be due, and the worker does it. The web has no private key.
"""

import re
from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from courses.models import CourseDay
from demo.loader.users import ORGANISER
from enrolments.check_in_codes import check_in_code
from enrolments.models import Attendance
from evaluations import tasks
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Ballot, Evaluation, QuestionResult, Voter
from tests import factories
from tests.e2e.conftest import Site
from tests.e2e.helpers import fits, mails_to

#: Open nearly around the clock, so that the test may run at any hour.
WHOLE_DAY = {"start_time": time(0, 1), "end_time": time(23, 59)}
PEOPLE = 8
TEXT = "Jeg inviterer foreningerne med, før dagsordenen ligger fast."
TABLET = {"width": 1280}
PHONE = {"width": 390, "height": 844, "has_touch": True}


@pytest.fixture
def course(site):
    """A run of today with eight participants, its presenter and an organiser."""
    factories.UserFactory(email=ORGANISER, organiser=True)
    presenter = factories.PresenterFactory(with_user=True, name="Pia Præsentør")
    run = factories.CourseRunFactory(
        first_day=timezone.localdate(),
        course__title="Frivillighed i praksis",
        day_fields=WHOLE_DAY | {"presenters": [presenter]},
    )
    people = [
        factories.EnrolmentFactory(run=run, name=f"Deltager {number}", email=f"evaluering{number}@example.dk")
        for number in range(PEOPLE)
    ]
    return site, run, people, presenter.user


def test_a_course_is_evaluated_from_the_room_to_the_follow_up(course, open_page, sign_in, check_accessibility):
    site, run, people, presenter = course

    def look(page: Page) -> None:
        check_accessibility(page)
        assert fits(page), page.url

    organiser = open_page(**TABLET)
    sign_in(organiser, ORGANISER)
    work(site, tasks.plan)
    end = Evaluation.objects.get(run=run, moment=Moment.END)
    it_is_time(end, "opens_at")
    work(site, tasks.open_and_close)
    address = read_off_the_screen(organiser, site, run, look)

    # In the room: one by e-mail, one by the code on the badge, a third without scripts.
    answer_in_the_room(open_page(**PHONE), address, people[0].email, look)
    answer_in_the_room(open_page(**PHONE), address, check_in_code(people[1]).lower())
    answer_in_the_room(open_page(**PHONE, javascript=False), address, people[2].email)
    who_has_answered_is_told_to_nobody(open_page(**PHONE), address, people[0].email)
    assert rate_shown(organiser, site, run, look) == "3 af 8 har svaret"

    # The same afternoon the others are written to, and one answers by the link in the mail, at a desk.
    it_is_time(end, "invites_at")
    work(site, tasks.ask)
    assert written_to(site, people, "Hvordan var") == {3, 4, 5, 6, 7}
    answer_by_mail(open_page(), site, people[3].email, look)

    # Later the rest are reminded, and one more answers.
    it_is_time(end, "first_reminder_at")
    work(site, tasks.ask)
    assert written_to(site, people, "Vi mangler dit svar") == {4, 5, 6, 7}
    answer_by_mail(open_page(**PHONE), site, people[4].email)
    assert rate_shown(organiser, site, run, look) == "5 af 8 har svaret"

    # Until it closes nobody has results. Then the worker counts, and nobody's answer is left.
    assert not QuestionResult.objects.exists()
    organiser.goto(f"{site.url}/admin/participants/run/{run.pk}/evaluation/{end.pk}/results/")
    expect(organiser.get_by_text("Der er ingen resultater endnu")).to_be_visible()
    close(site, end)
    late = open_page(**PHONE)
    late.goto(link_in_mail(site, people[5].email))
    expect(late.get_by_role("heading", level=1)).to_have_text("Evalueringen er lukket")
    look(late)

    read_results(organiser, site, run, end, look)
    read_own_results(open_page(**PHONE), sign_in, site, presenter, end, look)

    # Three months later those who attended are asked what became of it.
    for each in people[:7]:
        factories.AttendanceFactory(enrolment=each)
    months_pass(run, end)
    follow_up = Evaluation.objects.get(run=run, moment=Moment.FOLLOW_UP)
    it_is_time(follow_up, "opens_at", "invites_at")
    work(site, tasks.open_and_close)
    work(site, tasks.ask)
    assert written_to(site, people, "Hvad blev det til?") == {0, 1, 2, 3, 4, 5, 6}
    for number in range(5):
        page = open_page(**(PHONE if number % 2 else TABLET))
        use = "Ja, nogle gange" if number < 3 else "Ikke endnu"
        answer_follow_up(page, site, people[number].email, use, look if number < 2 else None)
    close(site, follow_up)
    compare_intention_with_use(organiser, site, look)


# --- time and the worker ------------------------------------------------------------------------


def work(site: Site, task) -> None:
    """Let the worker do a periodic job now, and whatever else waits: the same job may, of its own minute.

    So two may ask people at once. What the one has in hand the other passes by: in the end each is written to once.
    """
    task.configure(queueing_lock=uuid4().hex).defer(timestamp=0)
    site.run_worker()


def it_is_time(evaluation: Evaluation, *names: str) -> None:
    """Say that these times of the evaluation are over, as if an organiser had chosen them."""
    just_now = timezone.now() - timedelta(seconds=2)
    Evaluation.objects.filter(pk=evaluation.pk).update(is_by_hand=True, **dict.fromkeys(names, just_now))
    evaluation.refresh_from_db()


def close(site: Site, evaluation: Evaluation) -> None:
    it_is_time(evaluation, "closes_at")
    work(site, tasks.open_and_close)
    evaluation.refresh_from_db()
    assert evaluation.status == EvaluationStatus.CLOSED, evaluation.trouble
    assert not Ballot.objects.exists()
    assert set(Voter.objects.filter(evaluation=evaluation).values_list("has_answered", flat=True)) == {None}


def months_pass(run, end: Evaluation) -> None:
    """Move all that has happened ninety days back."""
    past = timedelta(days=90)
    CourseDay.objects.filter(run=run).update(date=timezone.localdate() - past)
    Attendance.objects.filter(day__run=run).update(
        planned_starts_at=F("planned_starts_at") - past, planned_ends_at=F("planned_ends_at") - past
    )
    times = ("opens_at", "closes_at", "closed_at")
    Evaluation.objects.filter(pk=end.pk).update(**{name: F(name) - past for name in times})


# --- what people do -----------------------------------------------------------------------------


def read_off_the_screen(page: Page, site: Site, run, look) -> str:
    """As organiser, put the QR code on the big screen; return the address in it."""
    page.goto(f"{site.url}/admin/participants/run/{run.pk}/evaluation/")
    look(page)
    page.get_by_role("link", name="Vis på skærmen").click()
    qr = page.get_by_role("img", name=re.compile("QR-kode med adressen"))
    expect(qr).to_be_visible()
    look(page)
    return f"{site.url}/" + qr.get_attribute("alt").split("/", 1)[1]


def answer_in_the_room(page: Page, address: str, who: str, look=None) -> None:
    page.goto(address)
    if look:
        look(page)
    page.get_by_label("Din e-mail eller koden på dit navneskilt").fill(who)
    page.get_by_role("button", name="Til spørgsmålene").click()
    answer_end(page, look)


def who_has_answered_is_told_to_nobody(page: Page, address: str, answered: str) -> None:
    """Somebody who tries a colleague's address learns no more than with one that nobody has."""
    told = []
    for typed in (answered, "ukendt@example.dk"):
        page.goto(address)
        page.get_by_label("Din e-mail eller koden på dit navneskilt").fill(typed)
        page.get_by_role("button", name="Til spørgsmålene").click()
        told.append(" ".join((page.get_by_role("alert").text_content() or "").split()))
    assert told[0] == told[1]


def answer_by_mail(page: Page, site: Site, email: str, look=None) -> None:
    page.goto(link_in_mail(site, email))
    answer_end(page, look)


def answer_end(page: Page, look=None) -> None:
    """Fill in the standard questionnaire at the end of a one-day course, and send it."""
    if look:
        look(page)
    choose(page, "I hvor høj grad kan du bruge det", "I høj grad")
    choose(page, "Hvor sikker er du lige nu", "8")
    choose(page, "Hvornår regner du med at bruge", "Inden for en uge")
    page.get_by_label(re.compile("Hvad vil du konkret gøre anderledes")).fill(TEXT)
    choose(page, "Hvor godt hjalp underviseren dig", "Godt")
    choose(page, "Hvor tilfreds er du alt i alt", "Tilfreds")
    send(page, look)


def answer_follow_up(page: Page, site: Site, email: str, use: str, look=None) -> None:
    page.goto(link_in_mail(site, email))
    if look:
        look(page)
    choose(page, "Har du brugt noget af det", use)
    choose(page, "Hvor sikker er du lige nu", "9")
    send(page, look)


def send(page: Page, look=None) -> None:
    page.locator("[data-send]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tak for dit svar")
    if look:
        look(page)


def choose(page: Page, question: str, answer: str) -> None:
    group: Locator = page.get_by_role("group", name=re.compile(question))
    group.get_by_role("radio", name=re.compile(f"^{answer}")).first.check()


def read_results(page: Page, site: Site, run, end: Evaluation, look) -> None:
    """As organiser: five answered, so figures and texts are there."""
    page.goto(f"{site.url}/admin/participants/run/{run.pk}/evaluation/")
    page.get_by_role("link", name="Se resultaterne").click()
    expect(page.get_by_text("5 af 8 har svaret")).to_be_visible()
    expect(page.get_by_role("heading", name="Hvor tilfreds er du alt i alt?")).to_be_visible()
    expect(page.get_by_text(TEXT)).to_have_count(5)
    look(page)
    page.set_viewport_size({"width": 390, "height": 844})
    look(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    assert QuestionResult.objects.get(evaluation=end, question="satisfaction").counts == [0, 0, 0, 5, 0]


def read_own_results(page: Page, sign_in, site: Site, presenter, end: Evaluation, look) -> None:
    """As presenter, from Min side: the course's, and what was said of themselves."""
    sign_in(page, presenter.email)
    page.goto(f"{site.url}/min-side/")
    page.locator(f'a[href="/evaluering/resultater/{end.pk}/"]').click()
    expect(page.get_by_text("Pia Præsentør").first).to_be_visible()
    expect(page.get_by_text(TEXT)).to_have_count(5)
    look(page)


def compare_intention_with_use(page: Page, site: Site, look) -> None:
    """As organiser: what they meant to do at the end, beside what they have done."""
    page.goto(f"{site.url}/admin/evaluations/across/effects/")
    expect(page.get_by_role("heading", name="Hensigt og brug")).to_be_visible()
    expect(page.locator(".across__totals dd strong")).to_have_text(["100 %", "60 %"])
    look(page)


# --- what is read -------------------------------------------------------------------------------


def rate_shown(page: Page, site: Site, run, look) -> str:
    page.goto(f"{site.url}/admin/participants/run/{run.pk}/evaluation/")
    look(page)
    return page.locator(".evaluation-rate span, .evaluation-rate").first.inner_text().split("%")[-1].strip()


def written_to(site: Site, people: list, subject: str) -> set[int]:
    """Return the numbers of those to whom a mail with this in its subject has gone."""
    return {
        number
        for number, person in enumerate(people)
        if any(subject in mail["Subject"] for mail in mails_to(site, person.email))
    }


def link_in_mail(site: Site, email: str) -> str:
    """Return the link in the newest mail that has one."""
    body = mails_to(site, email)[-1].get_body(("plain",)).get_content()
    return re.search(r"http\S+/evaluering/\S+", body).group()
