"""Reports that staff keep: saved, shared, copied, and sent on a schedule, each time once."""

import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from enrolments.emails import reports as mails
from enrolments.enums import Schedule
from enrolments.models import SavedReport
from enrolments.permissions import may_see_reports
from enrolments.reports.asked import Asked, UnknownReport
from enrolments.reports.delivering import FILE_JOB
from enrolments.reports.periods import month_of, quarter_of
from website.accounts.models import User
from website.core.danish import DanishOrder
from website.core.jobs import PASSING, start_job

logger = logging.getLogger(__name__)

#: Scheduled reports go in the morning, Danish time.
SENT_AT = time(7)


def save_report(*, owner: User, name: str, asked: Asked) -> SavedReport:
    """Keep what was asked for under a name."""
    return SavedReport.objects.create(owner=owner, name=name, kind=asked.kind.name, parameters=asked.to_json())


def change_choices(*, report: SavedReport, asked: Asked) -> SavedReport:
    """Let a saved report ask for something else from now on; its schedule stands."""
    with transaction.atomic():
        report = SavedReport.objects.select_for_update().get(pk=report.pk)
        paused = {name: report.parameters[name] for name in ("paused",) if name in report.parameters}
        report.kind, report.parameters = asked.kind.name, asked.to_json() | paused
        report.save(update_fields=["kind", "parameters", "updated_at"])
    return report


def change_report(
    *,
    report: SavedReport,
    name: str,
    is_shared: bool,
    schedule: Schedule,
    file_format: str,
    recipients: Sequence[int],
    at: datetime | None = None,
) -> SavedReport:
    """Change name, sharing and schedule. A new schedule begins at its next time; a pause is over."""
    with transaction.atomic():
        report = SavedReport.objects.select_for_update().get(pk=report.pk)
        if schedule == Schedule.NEVER:
            report.next_due_at = None
        elif schedule != report.schedule or report.next_due_at is None:
            report.next_due_at = next_due(schedule, at or timezone.now())
        report.name, report.is_shared, report.file_format = name, is_shared, file_format
        report.schedule, report.recipients = schedule, list(recipients)
        report.parameters = {key: value for key, value in report.parameters.items() if key != "paused"}
        report.save()
    return report


def copy_report(*, report: SavedReport, owner: User) -> SavedReport:
    """Return a copy that is the new owner's alone: not shared, and not sent to anybody."""
    name = _("Copy of %(name)s") % {"name": report.name}
    parameters = {key: value for key, value in report.parameters.items() if key != "paused"}
    return SavedReport.objects.create(
        owner=owner,
        name=name[: SavedReport._meta.get_field("name").max_length],
        kind=report.kind,
        parameters=parameters,
        file_format=report.file_format,
    )


# The schedule. Times are Danish clock times: 7.00 is 7.00 in summer and in winter.


def next_due(schedule: str, after: datetime) -> datetime:
    """Return the first time after `after` at which the schedule sends. Raises ValueError for one that never does."""
    day = timezone.localdate(after)
    for _attempt in range(2):
        day = _first_day_on_or_after(schedule, day)
        due = _at_seven(day)
        if due > after:
            return due
        day += timedelta(days=1)
    raise AssertionError("the second is always later")


def last_due(schedule: str, at: datetime) -> datetime:
    """Return the newest time, `at` included, at which the schedule sends."""
    day = timezone.localdate(at) - timedelta(days=100)
    due = next_due(schedule, _at_seven(day))
    while (following := next_due(schedule, due)) <= at:
        due = following
    return due


def _first_day_on_or_after(schedule: str, day: date) -> date:
    if schedule == Schedule.WEEKLY:
        return day + timedelta(days=-day.weekday() % 7)
    if schedule not in (Schedule.MONTHLY, Schedule.QUARTERLY):
        raise ValueError(schedule)
    first = quarter_of(day) if schedule == Schedule.QUARTERLY else month_of(day)
    return day if day == first else month_of(first, 3 if schedule == Schedule.QUARTERLY else 1)


def _at_seven(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, SENT_AT))


def send_due_reports(*, at: datetime | None = None) -> int:
    """Send every saved report whose time has come; return how many were sent.

    Each in a transaction of its own: the files' jobs, the mails and the next time stand together or not at all.
    After a pause of the worker a report goes once, for the newest time that has passed. Safe beside itself.
    One that fails is logged, stays due and holds back none of the others.
    """
    at = at or timezone.now()
    due = SavedReport.objects.filter(next_due_at__lte=at).exclude(schedule=Schedule.NEVER)
    sent = 0
    for pk in list(due.order_by("next_due_at", "pk").values_list("pk", flat=True)):
        try:
            sent += _send(pk, at)
        except PASSING:
            raise  # the database has gone away: nothing goes to anybody now
        except Exception as error:
            # Its own words may quote what somebody chose.
            logger.error("saved report %s could not be sent: %s", pk, type(error).__name__)
    return sent


def _send(pk: int, at: datetime) -> bool:
    with transaction.atomic(), translation.override(settings.LANGUAGE_CODE):
        report = (
            SavedReport.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("owner")
            .filter(pk=pk, next_due_at__lte=at)
            .exclude(schedule=Schedule.NEVER)
            .first()
        )
        if report is None:
            return False  # somebody else has sent it, changed it or deleted it
        recipients = recipients_of(report)
        try:
            if not report.owner.is_active or not may_see_reports(report.owner):
                raise Paused("owner")
            if not recipients:
                raise Paused("recipients")
            try:
                asked = Asked.from_json(report.kind, report.parameters)
            except (UnknownReport, ValueError, TypeError) as error:
                raise Paused("report") from error
        except Paused as paused:
            _pause(report, str(paused), recipients)
            return False
        # What it is of is fixed now: the same whenever its file is made, or made again.
        asked = asked.fixed(timezone.localdate(last_due(report.schedule, at)))
        jobs = []
        for user in recipients:
            job = order_file(
                asked=asked, user=user, owner=report.owner, file_format=report.file_format, title=report.name
            )
            jobs.append((user, job))
        mails.queue_report_mails(report, jobs, asked.choices)
        report.last_sent_at, report.next_due_at = at, next_due(report.schedule, at)
        report.save(update_fields=["last_sent_at", "next_due_at"])
    return True


class Paused(Exception):
    """The report is not sent any more, and why: one of `owner`, `recipients`, `report`."""


def recipients_of(report: SavedReport) -> list[User]:
    """Return those chosen who may get it today: active, and allowed to see reports themselves."""
    return list(_who_see_reports().filter(pk__in=report.recipients).order_by("pk"))


def possible_recipients() -> list[User]:
    """Return the staff who may see reports, by name: one query, however many there are."""
    return list(_who_see_reports().order_by(DanishOrder("first_name"), DanishOrder("last_name"), "pk"))


def _who_see_reports() -> QuerySet[User]:
    """Return the active users for whom `may_see_reports` says yes, in one query."""
    granted = Permission.objects.filter(content_type__app_label="enrolments", codename="view_enrolment")
    by_group, by_hand = Q(groups__permissions__in=granted), Q(user_permissions__in=granted)
    return User.objects.filter(Q(is_superuser=True) | by_group | by_hand, is_active=True).distinct()


def order_file(*, asked: Asked, user: User, file_format: str, title: str = "", owner: User | None = None) -> Any:
    """Order the report's file for `user`, of what `owner` (otherwise the user) may see when it is made."""
    return start_job(
        kind=FILE_JOB,
        user=user,
        title=title or str(asked.kind.title),
        parameters={
            "report": asked.kind.name,
            "choices": asked.to_json(),
            "format": file_format,
            "owner": (owner or user).pk,
        },
    )


def _pause(report: SavedReport, why: str, recipients: Iterable[User]) -> None:
    report.parameters = report.parameters | {"paused": {"why": why, "schedule": report.schedule}}
    report.schedule, report.next_due_at = Schedule.NEVER, None
    report.save(update_fields=["parameters", "schedule", "next_due_at", "updated_at"])
    told = {user.pk: user for user in recipients}
    if report.owner.is_active:
        told[report.owner.pk] = report.owner
    mails.queue_paused_mails(report, why, list(told.values()))
