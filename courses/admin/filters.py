"""Filters of the staff's lists."""

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import DateRangePickerWidget, WagtailFilterSet

from courses.enums import RunStatus
from courses.models import CoursePage, CourseRun, Topic, Venue
from website.core.danish import DanishOrder

UPCOMING, PAST, WITHOUT_DAYS = "upcoming", "past", "without_days"


def towns() -> list[tuple[str, str]]:
    """Towns that have a venue, in Danish order."""
    names = Venue.objects.order_by(DanishOrder("city")).values_list("city", flat=True).distinct()
    return [(name, name) for name in dict.fromkeys(names)]


def courses_in_order(request: HttpRequest | None = None) -> QuerySet[CoursePage]:
    return CoursePage.objects.order_by(DanishOrder("title"))


class RunFilterSet(WagtailFilterSet):
    period = django_filters.ChoiceFilter(
        label=_("Period"),
        method="filter_period",
        choices=[(UPCOMING, _("To come")), (PAST, _("Held")), (WITHOUT_DAYS, _("Without days"))],
        empty_label=_("All"),
        widget=forms.RadioSelect,
    )
    dates = django_filters.DateFromToRangeFilter(
        label=_("Days between"), method="filter_dates", widget=DateRangePickerWidget
    )
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=RunStatus.choices, widget=forms.CheckboxSelectMultiple
    )
    course = django_filters.ModelChoiceFilter(label=_("Course"), queryset=courses_in_order, empty_label=_("All"))
    town = django_filters.ChoiceFilter(label=_("Town"), method="filter_town", choices=towns, empty_label=_("All"))
    venue = django_filters.ModelChoiceFilter(
        label=_("Venue"), queryset=Venue.objects.all(), method="filter_venue", empty_label=_("All")
    )
    topic = django_filters.ModelChoiceFilter(
        label=_("Topic"),
        field_name="course__topics",
        queryset=Topic.objects.all(),
        empty_label=_("All"),
    )

    class Meta:
        model = CourseRun
        fields = []

    def filter_period(self, runs: QuerySet[CourseRun], name: str, value: str) -> QuerySet[CourseRun]:
        now = timezone.now()
        if value == UPCOMING:
            return runs.filter(last_ends_at__gt=now)
        if value == PAST:
            return runs.filter(last_ends_at__lte=now)
        return runs.filter(first_starts_at__isnull=True)

    def filter_dates(self, runs: QuerySet[CourseRun], name: str, value: slice) -> QuerySet[CourseRun]:
        days = {}
        if value.start:
            days["days__date__gte"] = value.start.date()
        if value.stop:
            days["days__date__lte"] = value.stop.date()
        # As a subquery: a join would narrow the days that the list counts.
        return runs.filter(pk__in=CourseRun.objects.filter(**days).values("pk"))

    def filter_town(self, runs: QuerySet[CourseRun], name: str, value: str) -> QuerySet[CourseRun]:
        held = CourseRun.objects.filter(venue__city=value) | CourseRun.objects.filter(days__venue__city=value)
        return runs.filter(pk__in=held.values("pk"))

    def filter_venue(self, runs: QuerySet[CourseRun], name: str, value: Venue) -> QuerySet[CourseRun]:
        held = CourseRun.objects.filter(venue=value) | CourseRun.objects.filter(days__venue=value)
        return runs.filter(pk__in=held.values("pk"))
