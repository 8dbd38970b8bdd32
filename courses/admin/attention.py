"""What needs attention on the staff's start page, and what courses have to say there."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin.ui.components import Component

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import CourseDay, CourseRun
from website.core.contributions import AttentionItem, attention_items

#: How long before its decision date, or before it begins, a run is looked at.
LOOK_AHEAD = timedelta(weeks=3)
SHOWN = 20


class AttentionPanel(Component):
    name = "attention"
    template_name = "courses/admin/attention.html"
    order = 50

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def items(self) -> list[AttentionItem]:
        """What every app has to say to this user, the urgent first."""
        found = [item for contribute in attention_items for item in contribute(self.request.user)]
        return sorted(found, key=lambda item: not item.urgent)

    def get_context_data(self, parent_context: dict[str, Any]) -> dict[str, Any]:
        return {"items": self.items[:SHOWN], "more": max(0, len(self.items) - SHOWN)}


@attention_items.register("courses", order=10)
def runs_needing_attention(user: Any, at: datetime | None = None) -> Iterator[AttentionItem]:
    """Yield runs to come that miss days or a place, are below their minimum, or are full with a line."""
    if not user.has_perm("courses.change_courserun"):
        return
    at = at or timezone.now()
    today = timezone.localdate(at)
    runs = CourseRun.objects.for_list(at).filter(Q(last_ends_at__gt=at) | Q(first_starts_at__isnull=True))
    placeless = CourseDay.objects.filter(run=OuterRef("pk"), venue__isnull=True)
    runs = runs.exclude(status=RunStatus.CANCELLED).annotate(has_placeless_day=Exists(placeless))
    for run in runs.filter(
        Q(first_starts_at__isnull=True)
        | Q(venue__isnull=True, online_link="", has_placeless_day=True)
        | Q(seats__waiting__gt=0)
        | Q(minimum__gt=F("seats__taken"), status__in=HELD_STATUSES)
    ):
        url = reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])
        if run.first_starts_at is None:
            yield AttentionItem(str(run), url, _("has no days"), urgent=run.status == RunStatus.OPEN)
            continue
        starts = timezone.localdate(run.first_starts_at)
        if run.venue_id is None and not run.online_link and run.has_placeless_day:
            yield AttentionItem(
                str(run),
                url,
                _("has no place; it begins on %(date)s") % {"date": _day(starts)},
                urgent=_is_near(starts, today),
            )
        if run.status in HELD_STATUSES and run.minimum and run.seats.taken < run.minimum and not run.confirmed_at:
            decided = run.decision_date or starts
            # From the decision date on, the decision itself asks for attention (enrolments).
            if today <= decided <= today + LOOK_AHEAD and run.decision_date != today:
                yield AttentionItem(
                    str(run),
                    url,
                    _("has %(taken)s of at least %(minimum)s; decide by %(date)s")
                    % {"taken": run.seats.taken, "minimum": run.minimum, "date": _day(decided)},
                    urgent=True,
                )
        if run.seats.waiting:
            yield _line(run, url)


def _line(run: CourseRun, url: str) -> AttentionItem:
    waiting = run.seats.waiting
    if run.seats.free:
        text = ngettext("has free seats and %(count)s in line", "has free seats and %(count)s in line", waiting)
    else:
        text = ngettext("is full with %(count)s in line", "is full with %(count)s in line", waiting)
    return AttentionItem(str(run), url, text % {"count": waiting}, urgent=bool(run.seats.free))


def _is_near(day: date, today: date) -> bool:
    return day <= today + LOOK_AHEAD


def _day(day: date) -> str:
    return date_format(day, "MONTH_DAY_FORMAT")
