"""Days that are over and whose attendance is not taken, or only half of it."""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES
from courses.models import CourseDay, CourseRun
from enrolments.enums import ON_THE_ROLL
from enrolments.models import Attendance, Enrolment
from enrolments.permissions import may_take_all_roll_calls
from website.accounts.typing import AnyUser

#: Older days are in the reports; here is what somebody can still remember.
LOOK_BACK = timedelta(days=60)


def days_missing_attendance(user: AnyUser, *, own: bool = False, at: datetime | None = None) -> QuerySet[CourseDay]:
    """Return the days that are over and not wholly taken, of runs whose attendance `user` takes, the latest first.

    `own`: only runs the person hosts or presents on. Annotates `expected` and `taken` (of those expected).
    """
    at = at or timezone.now()
    on_the_roll = Enrolment.objects.filter(run=OuterRef("run"), status__in=ON_THE_ROLL)
    # Who came to the door on a later day was not expected on this one.
    on_the_roll = on_the_roll.exclude(registration__is_walk_in=True, created_at__gt=OuterRef("ends_at"))
    taken = Attendance.objects.taken().filter(day=OuterRef("pk"), enrolment__status__in=ON_THE_ROLL)
    taken = taken.exclude(enrolment__registration__is_walk_in=True, enrolment__created_at__gt=OuterRef("ends_at"))
    days = CourseDay.objects.filter(
        run__status__in=HELD_STATUSES, ends_at__lte=at, date__gte=timezone.localdate(at) - LOOK_BACK
    )
    if own or not may_take_all_roll_calls(user):
        days = days.filter(Exists(CourseRun.objects.presented_by(user).filter(pk=OuterRef("run"))))
    return (
        days.annotate(expected=_counted(on_the_roll, "run"), taken=_counted(taken, "day"))
        .filter(taken__lt=F("expected"))
        .select_related("run__course")
        .order_by("-date", "pk")
    )


def _counted(rows: QuerySet, by: str) -> Coalesce:
    per_row = rows.order_by().values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(per_row, output_field=IntegerField()), 0)


def missing_text(day: CourseDay) -> str:
    """Say what is missing of a day that `days_missing_attendance` found."""
    date = date_format(day.date, "MONTH_DAY_FORMAT")
    words = {"date": date, "missing": day.expected - day.taken, "expected": day.expected}  # type: ignore[attr-defined] # annotated
    text = (
        _("attendance of %(missing)s of %(expected)s is missing on %(date)s")
        if day.taken  # type: ignore[attr-defined] # annotated
        else _("attendance is not taken on %(date)s")
    )
    return text % words
