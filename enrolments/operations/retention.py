"""What is deleted when it is no longer needed."""

from datetime import date

from django.db.models import Max
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment


def forget_needs(*, today: date | None = None) -> int:
    """Delete dietary and access needs (health data) on runs whose last day is past; return how many.

    Cancelled participants' needs go at once, and so do those on cancelled runs: nobody cooks for them.
    """
    today = today or timezone.localdate()
    over = CourseRun.objects.annotate(last=Max("days__date")).filter(last__lt=today).values("pk")
    written = Enrolment.objects.exclude(dietary="")
    deleted = written.filter(run__in=over).update(dietary="")
    deleted += written.filter(status=EnrolmentStatus.CANCELLED).update(dietary="")
    return deleted + written.filter(run__status=RunStatus.CANCELLED).update(dietary="")
