"""Saved reports by mail: once a period, at seven by the Danish clock, to those who may see them, and never the file."""

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from enrolments.enums import Schedule
from enrolments.models import SavedReport
from enrolments.operations import saved_reports
from enrolments.operations.saved_reports import (
    change_report,
    last_due,
    next_due,
    save_report,
    send_due_reports,
)
from enrolments.reports.asked import Asked
from enrolments.reports.kinds import Choices, report_kinds
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.core.jobs import run_job
from website.core.models import LongJob
from website.messaging.delivery import deliver_due
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

DANISH = ZoneInfo("Europe/Copenhagen")


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=DANISH)


def scheduled(owner, *recipients, schedule=Schedule.MONTHLY, due="2026-11-01T07:00", period="last_month", kind="facts"):
    asked = Asked(report_kinds.get(kind), Choices(), period)
    report = save_report(owner=owner, name="Udeblivelser", asked=asked)
    SavedReport.objects.filter(pk=report.pk).update(
        schedule=schedule,
        recipients=[user.pk for user in recipients],
        next_due_at=at(due),
        file_format="csv",
    )
    report.refresh_from_db()
    return report


# The clock


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        (Schedule.WEEKLY, "2026-11-20T12:00", "2026-11-23T07:00"),
        (Schedule.WEEKLY, "2026-11-23T06:59", "2026-11-23T07:00"),
        (Schedule.WEEKLY, "2026-11-23T07:00", "2026-11-30T07:00"),
        (Schedule.MONTHLY, "2026-12-01T08:00", "2027-01-01T07:00"),
        (Schedule.QUARTERLY, "2026-11-20T12:00", "2027-01-01T07:00"),
        (Schedule.QUARTERLY, "2027-01-01T07:00", "2027-04-01T07:00"),
        # Summer time begins on 28 March and ends on 31 October 2027: seven is seven.
        (Schedule.WEEKLY, "2027-03-22T07:00", "2027-03-29T07:00"),
        (Schedule.WEEKLY, "2027-10-25T07:00", "2027-11-01T07:00"),
    ],
)
def test_the_next_time_is_seven_by_the_danish_clock(schedule, after, due):
    assert next_due(schedule, at(after)) == at(due)


def test_across_summer_time_a_week_is_an_hour_shorter_by_the_stars():
    spring = next_due(Schedule.WEEKLY, at("2027-03-22T07:00"))

    assert spring.astimezone(ZoneInfo("UTC")) - at("2027-03-22T07:00").astimezone(ZoneInfo("UTC")) == timedelta(
        days=7, hours=-1
    )


def test_the_last_time_is_the_newest_that_has_passed():
    assert last_due(Schedule.MONTHLY, at("2026-11-22T12:00")) == at("2026-11-01T07:00")
    assert last_due(Schedule.WEEKLY, at("2026-11-23T07:00")) == at("2026-11-23T07:00")
    assert last_due(Schedule.QUARTERLY, at("2026-12-31T12:00")) == at("2026-10-01T07:00")


# Sending


def test_each_recipient_gets_a_link_to_a_file_of_their_own_and_no_attachment(mailoutbox):
    owner, other = UserFactory(organiser=True), UserFactory(organiser=True, first_name="Line")
    EnrolmentFactory(name="Hemmelig Hansen", run=CourseRunFactory(first_day=at("2026-10-07T09:00").date()))
    scheduled(owner, owner, other)

    assert send_due_reports(at=at("2026-11-01T07:02")) == 1

    jobs = LongJob.objects.order_by("requested_by")
    assert [job.requested_by for job in jobs] == [owner, other]
    deliver_due()
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([owner.email, other.email])
    for mail in mailoutbox:
        job = jobs.get(requested_by__email=mail.to[0])
        assert f"/filer/{job.pk}/" in mail.body
        assert "Hemmelig" not in mail.body
        assert "1. oktober 2026 – 31. oktober 2026" in mail.body
        assert mail.attachments == []
    run_job(jobs[1].pk)
    job = jobs.get(requested_by=other)
    assert (job.status, "Hemmelig Hansen" in job.file.read().decode()) == ("done", True)


def test_what_it_is_of_is_fixed_when_it_is_sent():
    owner = UserFactory(organiser=True)
    scheduled(owner, owner)

    send_due_reports(at=at("2026-11-01T07:02"))

    choices = LongJob.objects.get().parameters["choices"]
    assert choices == {"start": "2026-10-01", "end": "2026-10-31"}


def test_it_is_sent_once_a_period():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)

    sent = [send_due_reports(at=at("2026-11-01T07:02") + timedelta(minutes=5 * n)) for n in range(10)]

    assert sum(sent) == 1
    report.refresh_from_db()
    assert report.next_due_at == at("2026-12-01T07:00")
    assert report.last_sent_at == at("2026-11-01T07:02")


def test_nothing_goes_before_its_time():
    owner = UserFactory(organiser=True)
    scheduled(owner, owner)

    assert send_due_reports(at=at("2026-11-01T06:59")) == 0
    assert not OutboxMessage.objects.exists()


def test_after_a_long_pause_of_the_worker_it_goes_once_for_the_newest_period():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner, due="2026-06-01T07:00")

    send_due_reports(at=at("2026-11-22T12:00"))
    send_due_reports(at=at("2026-11-22T12:05"))

    job = LongJob.objects.get()
    assert job.parameters["choices"] == {"start": "2026-10-01", "end": "2026-10-31"}
    report.refresh_from_db()
    assert report.next_due_at == at("2026-12-01T07:00")


def test_a_mail_that_cannot_be_queued_leaves_no_job_and_no_new_time(monkeypatch):
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)

    def refuse(*given):
        raise RuntimeError

    monkeypatch.setattr(saved_reports.mails, "queue_report_mails", refuse)
    assert send_due_reports(at=at("2026-11-01T07:02")) == 0

    report.refresh_from_db()
    assert report.next_due_at == at("2026-11-01T07:00")
    assert not LongJob.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="core.run_long_job").exists()


def test_one_that_fails_holds_back_no_other_and_stays_due(monkeypatch, caplog):
    owner = UserFactory(organiser=True)
    broken, sound = (scheduled(owner, owner, due=due) for due in ("2026-11-01T06:00", "2026-11-01T07:00"))
    queue = saved_reports.mails.queue_report_mails

    def refuse_one(report, *given):
        if report.pk == broken.pk:
            raise RuntimeError("Hemmelig Hansen")
        queue(report, *given)

    monkeypatch.setattr(saved_reports.mails, "queue_report_mails", refuse_one)
    assert send_due_reports(at=at("2026-11-01T07:02")) == 1
    monkeypatch.undo()
    assert "Hemmelig" not in caplog.text
    assert send_due_reports(at=at("2026-11-01T07:07")) == 1
    for report in (broken, sound):
        report.refresh_from_db()
        assert report.next_due_at == at("2026-12-01T07:00")


def test_one_whose_choices_make_no_sense_any_more_is_paused():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)
    SavedReport.objects.filter(pk=report.pk).update(parameters={"courses": 7})

    assert send_due_reports(at=at("2026-11-01T07:02")) == 0

    report.refresh_from_db()
    assert (report.schedule, report.parameters["paused"]["why"]) == (Schedule.NEVER, "report")


def test_a_new_schedule_begins_at_its_next_time():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)

    changed = change_report(
        report=report,
        name="Ny",
        is_shared=False,
        schedule=Schedule.WEEKLY,
        file_format="pdf",
        recipients=[owner.pk],
        at=at("2026-11-20T12:00"),
    )

    assert changed.next_due_at == at("2026-11-23T07:00")


def test_a_change_of_the_name_alone_moves_nothing():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)
    same = {"is_shared": True, "schedule": Schedule.MONTHLY, "file_format": "csv", "recipients": [owner.pk]}

    changed = change_report(report=report, name="Ny", at=at("2026-11-20T12:00"), **same)

    assert changed.next_due_at == at("2026-11-01T07:00")


# Who may see it


def test_a_recipient_without_access_any_more_gets_nothing_and_the_others_do():
    owner, left, closed = (UserFactory(organiser=True) for _ in range(3))
    scheduled(owner, owner, left, closed)
    left.groups.clear()
    closed.is_active = False
    closed.save()

    send_due_reports(at=at("2026-11-01T07:02"))

    assert list(OutboxMessage.objects.values_list("to", flat=True)) == [owner.email]


@pytest.mark.parametrize("how", ["closed", "without_role"])
def test_when_its_owner_may_see_nothing_it_is_paused_and_those_concerned_are_told(how, mailoutbox):
    owner, other = UserFactory(organiser=True), UserFactory(organiser=True)
    report = scheduled(owner, owner, other)
    if how == "closed":
        owner.is_active = False
        owner.save()
    else:
        owner.groups.clear()

    assert send_due_reports(at=at("2026-11-01T07:02")) == 0
    assert send_due_reports(at=at("2026-12-01T07:02")) == 0

    report.refresh_from_db()
    assert (report.schedule, report.next_due_at) == (Schedule.NEVER, None)
    assert report.parameters["paused"] == {"why": "owner", "schedule": "monthly"}
    assert not LongJob.objects.exists()
    deliver_due()
    told = {other.email} | ({owner.email} if how == "without_role" else set())
    assert {mail.to[0] for mail in mailoutbox} == told
    assert all("ikke længere adgang til rapporter" in mail.body for mail in mailoutbox)


def test_when_nobody_may_get_it_its_owner_is_told(mailoutbox):
    owner, other = UserFactory(organiser=True), UserFactory(organiser=True)
    scheduled(owner, other)
    other.groups.clear()

    send_due_reports(at=at("2026-11-01T07:02"))

    deliver_due()
    assert [mail.to[0] for mail in mailoutbox] == [owner.email]
    assert "Ingen af dem, den blev sendt til" in mailoutbox[0].body


def test_a_report_that_is_no_more_is_paused_too():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)
    SavedReport.objects.update(kind="noget")

    send_due_reports(at=at("2026-11-01T07:02"))

    report.refresh_from_db()
    assert report.parameters["paused"]["why"] == "report"


def test_a_new_schedule_ends_the_pause():
    owner = UserFactory(organiser=True)
    report = scheduled(owner, owner)
    SavedReport.objects.update(parameters={"period": "last_month", "paused": {"why": "owner", "schedule": "monthly"}})

    changed = change_report(
        report=report,
        name=report.name,
        is_shared=False,
        schedule=Schedule.MONTHLY,
        file_format="csv",
        recipients=[owner.pk],
    )

    assert changed.parameters == {"period": "last_month"}
    assert changed.next_due_at > timezone.now() or changed.next_due_at == report.next_due_at


# Two workers


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once():
    owner = UserFactory(organiser=True)
    scheduled(owner, owner)
    together = threading.Barrier(4)
    sent = []

    def work():
        together.wait()
        sent.append(send_due_reports(at=at("2026-11-01T07:02")))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 1
    assert OutboxMessage.objects.count() == LongJob.objects.count() == 1
