"""Personal data goes when nobody needs it any more: what, when, by whose law, and what stays."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from procrastinate.contrib.django.models import ProcrastinateJob

from courses.models import CourseRun
from enrolments.links import participant_link, registration_link
from enrolments.models import Enrolment, Person
from enrolments.operations.people import settle_person
from enrolments.operations.retention import forget_needs
from enrolments.reports.facts import entries
from enrolments.reports.files import attendance_csv
from enrolments.reports.summaries import counted
from tests.factories import (
    AnswerFactory,
    AttendanceFactory,
    CourseRunFactory,
    EnrolmentFactory,
    RegistrationFactory,
    UserFactory,
)
from website.accounts.models import User
from website.core.contributions import retention_categories
from website.core.models import RetentionRun
from website.core.retention import Period
from website.core.tasks import nightly_retention as nightly
from website.core.tasks import retention_now
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def kept() -> set[str]:
    return set(Enrolment.objects.exclude(dietary="").values_list("name", flat=True))


def test_needs_are_kept_until_the_last_day_is_past():
    EnrolmentFactory(name="Før", run=CourseRunFactory(), dietary="vegetar")
    EnrolmentFactory(name="I dag", run=CourseRunFactory(today=True), dietary="vegetar")
    EnrolmentFactory(name="Efter", run=CourseRunFactory(past=True), dietary="vegetar")

    assert forget_needs() == 1
    assert kept() == {"Før", "I dag"}


def test_the_needs_of_those_who_do_not_come_go_at_once():
    EnrolmentFactory(name="Afmeldt", cancelled=True, dietary="vegetar")
    EnrolmentFactory(name="Aflyst", run=CourseRunFactory(cancelled=True), dietary="vegetar")

    nightly(timestamp=0)

    assert kept() == set()


# The table of categories


TODAY = date(2031, 6, 1)


def due(name: str, today: date = TODAY) -> int:
    category = retention_categories.get(name)
    return category.due(Period.of(category.period).cutoff(today))


def forget(name: str, today: date = TODAY) -> int:
    category = retention_categories.get(name)
    return sum(category.forget(Period.of(category.period).cutoff(today)))


def ended(days_ago: int, **fields) -> CourseRun:
    return CourseRunFactory(first_day=TODAY - timedelta(days=days_ago), **fields)


@pytest.mark.parametrize(
    ("period", "trigger", "kept"),
    [
        (Period(days=0), date(2031, 3, 1), date(2031, 3, 1)),
        (Period(days=90), date(2031, 3, 1), date(2031, 5, 30)),
        (Period(years=30), date(2032, 2, 29), date(2062, 2, 28)),
        (Period(years=5, from_financial_year=True), date(2031, 3, 1), date(2036, 12, 31)),
        (Period(years=5, from_financial_year=True), date(2031, 12, 31), date(2036, 12, 31)),
    ],
)
def test_a_period_ends_on_its_last_day_and_is_over_the_day_after(period, trigger, kept):
    assert period.ends(trigger) == kept
    assert trigger > period.cutoff(kept)
    assert trigger <= period.cutoff(kept + timedelta(days=1))


def test_a_financial_year_may_end_in_june(settings):
    settings.FINANCIAL_YEAR_ENDS = (6, 30)
    period = Period(years=5, from_financial_year=True)
    assert period.ends(date(2031, 7, 1)) == date(2037, 6, 30)
    assert period.cutoff(date(2037, 6, 30)) == date(2031, 6, 30)
    assert period.cutoff(date(2037, 7, 1)) == date(2032, 6, 30)


def test_contact_data_goes_when_its_days_are_over_and_not_before():
    over = EnrolmentFactory(run=ended(121), notes="ringet op")
    not_yet = EnrolmentFactory(run=ended(120), notes="ringet op")
    forget("contact")
    over.refresh_from_db()
    not_yet.refresh_from_db()
    assert (over.email, over.notes) == ("", "")
    assert not_yet.email and not_yet.notes


def test_the_periods_are_settings(settings):
    settings.RETENTION = {**settings.RETENTION, "contact": {"days": 10}}
    EnrolmentFactory(run=ended(11))
    assert due("contact") > 0


def test_who_was_to_pay_is_kept_five_years_from_the_end_of_the_financial_year():
    paid = RegistrationFactory(run=ended(121), participants=1)
    forget("contact")
    paid.refresh_from_db()
    assert paid.contact_name and paid.contact_email and not paid.contact_phone
    forget("payment", date(2036, 12, 31))
    paid.refresh_from_db()
    assert paid.contact_name
    forget("payment", date(2037, 1, 1))
    paid.refresh_from_db()
    payer = paid.payers.get()
    assert (paid.contact_name, paid.contact_email, payer.person_reference, payer.order_reference) == ("", "", "", "")
    assert payer.ean and paid.organisation


def test_the_contact_of_what_cost_nothing_goes_with_the_contact_data():
    free = RegistrationFactory(run=ended(121, free=True), participants=1)
    cancelled = RegistrationFactory(run=ended(121))
    EnrolmentFactory(registration=cancelled, cancelled=True)
    forget("contact")
    for registration in (free, cancelled):
        registration.refresh_from_db()
        assert registration.contact_name == "" and registration.anonymised_at
    assert not cancelled.payers.exclude(person_reference="").exists()


def test_a_fee_for_cancelling_is_a_payment_too():
    registration = RegistrationFactory(run=ended(121))
    EnrolmentFactory(registration=registration, cancelled=True, fee=500)
    forget("contact")
    registration.refresh_from_db()
    assert registration.contact_name


def test_a_payer_by_mail_keeps_a_form_that_the_database_takes():
    registration = RegistrationFactory(run=ended(121), payer__by_email=True, participants=1)
    forget("payment", date(2040, 1, 1))
    assert registration.payers.get().invoice_email == "slettet@invalid"


def test_names_become_pseudonyms_and_municipality_status_and_attendance_stay():
    enrolment = EnrolmentFactory(run=ended(121), name="Anna Berg")
    AttendanceFactory(enrolment=enrolment)
    forget("course")
    enrolment.refresh_from_db()
    assert (enrolment.name, enrolment.job_title, enrolment.department) == (f"Deltager {enrolment.pk}", "", "")
    assert enrolment.organisation and enrolment.status == "confirmed" and enrolment.anonymised_at
    assert enrolment.attendance.get().status == "present"
    event = enrolment.events.get()
    assert (event.kind, event.actor, event.reason, event.data) == ("anonymised", "system", "", {})


def test_the_attendance_report_still_adds_up_afterwards():
    run = ended(150)
    for status in ("present", "absent", "late"):
        AttendanceFactory(enrolment=EnrolmentFactory(run=run), status=status)
    organiser = UserFactory(organiser=True)

    def sums() -> list:
        return counted(entries(organiser)).drop(columns=["participant"], errors="ignore").to_dict("records")

    before = sums()
    assert before
    for name in ("needs", "contact", "course"):
        forget(name)
    forget("payment", date(2040, 1, 1))
    assert sums() == before
    assert b"Deltager " in b"".join(attendance_csv(entries(organiser)))


def test_forgetting_twice_does_it_once():
    EnrolmentFactory(run=ended(121), dietary="nødder")
    assert [forget("course"), forget("course")] == [1, 0]
    assert Enrolment.objects.get().events.count() == 1


def test_a_job_that_is_killed_midway_keeps_its_batches_and_is_taken_up_again(monkeypatch):
    monkeypatch.setattr("enrolments.operations.retention.BATCH", 2)
    run = ended(121)
    for _ in range(5):
        EnrolmentFactory(run=run)
    category = retention_categories.get("course")
    batches = category.forget(Period.of("course").cutoff(TODAY))
    assert next(batches) == 2
    batches.close()
    assert Enrolment.objects.filter(anonymised_at=None).count() == 3
    assert forget("course") == 3


def test_a_cancelled_run_that_never_got_days_counts_from_the_registration():
    enrolment = EnrolmentFactory(run=CourseRunFactory(cancelled=True, with_days=0))
    assert due("contact", timezone.localdate() + timedelta(days=120)) == 0
    forget("contact", timezone.localdate() + timedelta(days=121))
    enrolment.refresh_from_db()
    assert enrolment.email == ""


def test_somebody_who_stands_nowhere_any_more_loses_the_sign_in():
    user = User.objects.create_user("anna@kommune.dk", last_login=timezone.now())
    settle_person(user)
    staff = UserFactory(organiser=True, last_login=timezone.now())
    settle_person(staff)
    busy = User.objects.create_user("bo@kommune.dk", last_login=timezone.now())
    settle_person(busy)
    EnrolmentFactory(email=busy.email)
    later = timezone.localdate() + timedelta(days=91)
    assert due("sign_ins", later) == 1
    assert forget("sign_ins", later) == 1
    assert set(User.objects.all()) == {staff, busy}
    assert set(Person.objects.values_list("user", flat=True)) == {staff.pk, busy.pk}


def test_copies_of_mails_go_but_those_that_are_still_to_leave_stay():
    for status in ("sent", "failed", "queued"):
        OutboxMessage.objects.create(message_id=f"<{status}>", kind="x", to="anna@kommune.dk", status=status)
    assert forget("mails", timezone.localdate() + timedelta(days=91)) == 2
    assert OutboxMessage.objects.get().status == "queued"


def test_the_receipt_for_being_forgotten_goes_the_same_night():
    OutboxMessage.objects.create(message_id="<1>", kind="accounts.forgotten", to="anna@kommune.dk", status="sent")
    nightly(timestamp=0)
    assert not OutboxMessage.objects.exists()


# The log and the page


def test_every_category_logs_how_many_rows_went():
    EnrolmentFactory(run=CourseRunFactory(past=True), dietary="nødder")
    nightly(timestamp=0)
    assert set(RetentionRun.objects.values_list("category", flat=True)) == {c.name for c in retention_categories}
    needs = RetentionRun.objects.get(category="needs")
    assert needs.rows == 1 and needs.finished_at and not needs.failed and needs.by is None


def test_a_category_that_fails_does_not_keep_the_others(monkeypatch, caplog):
    enrolment = EnrolmentFactory(run=CourseRunFactory(past=True), dietary="nødder")

    def fail(pks):
        raise ValueError("Anna Berg anna@kommune.dk")

    broken = replace(retention_categories.get("contact"), forget=lambda cutoff: fail([]))
    monkeypatch.setitem(retention_categories._entries, "contact", (5, broken))
    with pytest.raises(RuntimeError, match="contact"):
        nightly(timestamp=0)
    enrolment.refresh_from_db()
    assert enrolment.dietary == ""
    assert RetentionRun.objects.get(category="contact").failed
    assert "Anna" not in caplog.text and "ValueError" in caplog.text


def test_the_page_shows_what_why_when_and_what_is_due(client):
    EnrolmentFactory(run=CourseRunFactory(first_day=timezone.localdate() - timedelta(days=200)), name="Anna Berg")
    coming = CourseRunFactory()
    EnrolmentFactory(run=coming)
    client.force_login(UserFactory(organiser=True, staff=True))
    page = client.get("/admin/retention/").content.decode()
    for word in ("Kontaktoplysninger", "Bogføringsloven", "120 dage", "5 år fra regnskabsårets udgang", "30 år"):
        assert word in page
    assert "Anna" not in page
    next_on = coming.ordered_days()[0].date + timedelta(days=121)
    assert date_format(next_on, "j. F Y") in page


def test_an_administrator_starts_it_by_a_confirming_step_and_organisers_cannot(client):
    EnrolmentFactory(run=CourseRunFactory(past=True), dietary="nødder")
    client.force_login(UserFactory(organiser=True, staff=True))
    assert client.get("/admin/retention/now/").status_code == 302
    administrator = UserFactory(administrator=True, staff=True)
    client.force_login(administrator)
    assert "Kost og særlige behov" in client.get("/admin/retention/now/").content.decode()
    assert Enrolment.objects.exclude(dietary="").exists()
    client.post("/admin/retention/now/")
    [job] = ProcrastinateJob.objects.filter(task_name="core.retention_now")
    retention_now(**job.args)
    assert not Enrolment.objects.exclude(dietary="").exists()
    assert RetentionRun.objects.get(category="needs").by == administrator
    page = client.get("/admin/retention/").content.decode()
    assert str(administrator) in page


def test_the_page_costs_the_same_however_much_is_due(client):
    def load() -> None:
        EnrolmentFactory(run=CourseRunFactory(first_day=timezone.localdate() - timedelta(days=200)), dietary="x")
        AnswerFactory()
        RetentionRun.objects.create(category="needs", rows=3)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/retention/")
        return len(captured)

    client.force_login(UserFactory(administrator=True, staff=True))
    load()
    cost()
    before = cost()
    for _ in range(5):
        load()
    assert cost() == before


# What stands behind old links


def test_the_links_to_a_forgotten_registration_and_seat_say_so(client):
    registration = RegistrationFactory(run=CourseRunFactory(past=True, free=True), participants=1)
    enrolment = registration.enrolments.get()
    contact, seat = registration_link.url(registration), participant_link.url(enrolment)
    forget("course", timezone.localdate() + timedelta(days=100))
    assert client.get(contact).status_code == 200  # the contact is known still
    for address in (seat,):
        answer = client.get(address)
        assert answer.status_code == 410 and "er slettet" in answer.content.decode()
    forget("contact", timezone.localdate() + timedelta(days=100))
    answer = client.get(contact)
    assert answer.status_code == 410 and "er slettet" in answer.content.decode()


def test_the_staffs_pages_of_a_forgotten_run_still_open(client):
    run = CourseRunFactory(past=True)
    registration = RegistrationFactory(run=run, participants=2)
    for name in ("contact", "course"):
        forget(name, timezone.localdate() + timedelta(days=100))
    forget("payment", timezone.localdate() + timedelta(days=365 * 7))
    client.force_login(UserFactory(organiser=True, staff=True))
    pk = registration.enrolments.first().pk
    for address in (
        f"/admin/participants/run/{run.pk}/",
        "/admin/participants/",
        "/admin/reports/attendance/",
        "/fremmoede/",
        f"/fremmoede/hold/{run.pk}/{run.ordered_days()[0].date:%Y-%m-%d}/",
    ):
        answer = client.get(address)
        assert answer.status_code == 200, address
    assert f"Deltager {pk}" in client.get("/admin/participants/").content.decode()
