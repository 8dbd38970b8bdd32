"""What tests of certificates share: a run that is over, and who attended how much of it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from courses.models import AttendanceRule, CourseRun
from enrolments.enums import AttendanceStatus
from enrolments.models import Certificate, Enrolment
from enrolments.operations.certificates import issue
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory

OUTCOMES = "<p>Efter kurset kan du:</p><ul><li>lede frivillige</li><li>forhandle på Ærø</li></ul>"
LAST_DAY = date(2026, 3, 12)
#: Ten in the morning, Danish time, when the days of grace are over.
DUE = timezone.make_aware(datetime.combine(LAST_DAY + timedelta(days=4), time(10)))


def held_run(*, days: int = 1, last: date = LAST_DAY, **fields: Any) -> CourseRun:
    """Return a run whose last day was `last`, of days of seven hours a week apart."""
    fields = {"course__title": "Led samskabelsen", "course__outcomes": OUTCOMES, "label": "Herlev"} | fields
    return CourseRunFactory(with_days=days, first_day=last - timedelta(weeks=days - 1), **fields)


def attendee(run: CourseRun, name: str = "Anna Berg", *marks: str, **fields: Any) -> Enrolment:
    """Return a participant with these marks on the run's days (default: present on all)."""
    enrolment = EnrolmentFactory(run=run, name=name, **fields)
    days = run.ordered_days()
    for day, status in zip(days, marks or [AttendanceStatus.PRESENT] * len(days), strict=False):
        if status:
            AttendanceFactory(enrolment=enrolment, day=day, status=status)
    return enrolment


def rule(**fields: Any) -> AttendanceRule:
    """Return the rule of courses without one of their own, changed."""
    standing = AttendanceRule.objects.filter(is_default=True).first() or AttendanceRule(name="Fælles", is_default=True)
    for name, value in fields.items():
        setattr(standing, name, value)
    standing.save()
    return standing


def certified(name: str = "Anna Berg", *marks: str, at: datetime = DUE, **fields: Any) -> Certificate:
    """Return a certificate issued by the rule to somebody who attended a run of their own."""
    run = fields.pop("run", None) or held_run(days=fields.pop("days", 1))
    enrolment = attendee(run, name, *marks, **fields)
    [certificate] = issue(run_pk=run.pk, enrolment_pks=[enrolment.pk], at=at).certificates
    return certificate
