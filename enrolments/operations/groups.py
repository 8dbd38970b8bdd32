"""What the clock does for groups: reminders of names that are still missing."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from courses.models import CourseRun
from enrolments.emails.groups import queue_names_missing
from enrolments.models import Enrolment, Notice, Registration

NAMES_MISSING = "names_missing"
#: Whoever registered so recently has just been told.
JUST_TOLD = timedelta(days=1)


def remind_of_names(*, at: datetime | None = None) -> int:
    """Remind contacts, and colleagues who have their link, of names missing some days before they must be known.

    That is NAME_REMINDER_DAYS before registration closes, or else before the first day. Once for each
    registration; returns how many were reminded.
    """
    at = at or timezone.now()
    nameless = (
        Enrolment.objects.confirmed()
        .filter(name="", anonymised_at=None, run__in=_soon(at), registration__created_at__lt=at - JUST_TOLD)
        .order_by("registration_id", "form_order", "pk")
    )
    seats: dict[int, list[Enrolment]] = defaultdict(list)
    for enrolment in nameless:
        seats[enrolment.registration_id].append(enrolment)
    told = set(Notice.objects.filter(kind=NAMES_MISSING).values_list("about", flat=True))
    waiting = Registration.objects.filter(pk__in=[pk for pk in seats if _about(pk) not in told])
    return sum(_remind(registration, seats[registration.pk]) for registration in waiting)


def _soon(at: datetime) -> list[int]:
    """Return the runs whose names must be known soon."""
    until = at + timedelta(days=settings.NAME_REMINDER_DAYS)
    runs = CourseRun.objects.upcoming(at).filter(first_starts_at__gt=at)
    soon = runs.filter(Q(registration_deadline__lte=until) | Q(first_starts_at__lte=until))
    return [run.pk for run in soon]


def _remind(registration: Registration, enrolments: list[Enrolment]) -> bool:
    """Queue the mails with the notice that they were sent; return whether nobody else had."""
    with transaction.atomic():
        _notice, is_first = Notice.objects.get_or_create(kind=NAMES_MISSING, about=_about(registration.pk))
        if is_first:
            run = CourseRun.objects.for_display().with_course_in_short().get(pk=registration.run_id)
            queue_names_missing(registration, run, enrolments)
        return is_first


def _about(registration_pk: int) -> str:
    return f"registration:{registration_pk}"
