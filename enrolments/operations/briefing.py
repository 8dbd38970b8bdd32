"""Brief presenters and hosts some days before each of their days, once for the same date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.utils import timezone

from courses.enums import HELD_STATUSES
from courses.models import CourseDay, CourseRun, Presenter
from enrolments.emails import presenters as mails
from enrolments.models import Notice
from enrolments.operations.notices import claim, is_hour_to_send
from enrolments.reports.brief import Audience, audiences

KIND = "presenter_brief"
#: Days briefed in one transaction.
BATCH = 100


@dataclass(frozen=True, slots=True)
class Brief:
    """A day, one of those who host or present on it, and what is known of who comes."""

    day: CourseDay
    presenter: Presenter

    @property
    def about(self) -> str:
        return f"day:{self.day.pk}:{self.day.date.isoformat()}:{self.presenter.pk}"


def send_briefs(*, at: datetime | None = None) -> int:
    """Queue the briefs that are due at `at` (default: now); return how many. Nothing before 8.00 in Denmark."""
    at = at or timezone.now()
    if not is_hour_to_send(at):
        return 0
    pks = list(_due_days(timezone.localdate(at)).values_list("pk", flat=True))
    return sum(_send(_days(pks[n : n + BATCH]), again=False) for n in range(0, len(pks), BATCH))


def send_brief_again(*, day: CourseDay) -> int:
    """Queue a day's brief to all its presenters and hosts, sent before or not; return to how many."""
    return _send(_days([day.pk]), again=True)


def people_of(day: CourseDay) -> list[Presenter]:
    """Return who presents or hosts on the day and has an address, each once, from what is prefetched."""
    found = {person.pk: person for person in (*day.presenters.all(), *day.hosts.all())}
    return [person for person in found.values() if person.email]


def briefed_at(days: Iterable[CourseDay]) -> dict[int, datetime]:
    """Return when each of these days was first briefed of, at the date it has now."""
    names = {Brief(day, person).about: day.pk for day in days for person in people_of(day)}
    found: dict[int, datetime] = {}
    for about, at in Notice.objects.filter(kind=KIND, about__in=names).values_list("about", "sent_at"):
        found[names[about]] = min(at, found.get(names[about], at))
    return found


def _due_days(today: date) -> Any:
    span = (today + timedelta(days=1), today + timedelta(days=settings.PRESENTER_BRIEF_DAYS))
    return CourseDay.objects.filter(date__range=span, run__status__in=HELD_STATUSES).order_by("date", "pk")


def _days(pks: Iterable[int]) -> list[CourseDay]:
    """Return days with all that a brief says of them, in a constant number of queries."""
    runs = CourseRun.objects.select_related("course", "venue").prefetch_related(Prefetch("days"))
    days = CourseDay.objects.filter(pk__in=pks).select_related("venue")
    return list(days.prefetch_related(Prefetch("run", runs), "presenters", "hosts").order_by("date", "pk"))


def _send(days: list[CourseDay], *, again: bool) -> int:
    with transaction.atomic():
        briefs = {brief.about: brief for day in days for person in people_of(day) if (brief := Brief(day, person))}
        ours = claim(KIND, briefs)
        chosen = [brief for about, brief in briefs.items() if again or about in ours]
        if chosen:
            known: dict[int, Audience] = audiences({brief.day.run_id for brief in chosen})
            mails.queue_briefs([(brief.day, brief.presenter) for brief in chosen], known)
        return len(chosen)
