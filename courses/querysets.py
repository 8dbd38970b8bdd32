"""Sets of runs and days, as verbs."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import BooleanField, Case, Count, DurationField, F, Max, Min, Prefetch, Q, When
from django.utils import timezone

from courses.enums import HELD_STATUSES, RunStatus
from website.accounts.typing import AnyUser

#: What registration and mails say of a course.
COURSE_IN_SHORT = frozenset(
    ["id", "title", "url_path", "live", "price", "vat_code", "contact_name", "contact_email", "contact_phone"]
)


class CourseRunQuerySet(models.QuerySet):
    def with_period(self) -> Self:
        """Annotate `first_starts_at` and `last_ends_at`, the run's first and last instant."""
        return self.annotate(first_starts_at=Min("days__starts_at"), last_ends_at=Max("days__ends_at"))

    def public(self) -> Self:
        """Runs the public may know of: open, closed or cancelled ones on a live course page."""
        return self.exclude(status=RunStatus.DRAFT).filter(course__live=True)

    def listed(self) -> Self:
        """Public runs of courses that anybody may read: what lists, feeds and the API start from."""
        from courses.models import CoursePage

        return self.public().filter(course__in=CoursePage.objects.live().public())

    def upcoming(self, at: datetime | None = None) -> Self:
        """Runs that are held and not over at `at` (default: now), the earliest first."""
        at = at or timezone.now()
        return (
            self.with_period().filter(status__in=HELD_STATUSES, last_ends_at__gt=at).order_by("first_starts_at", "pk")
        )

    def past(self, at: datetime | None = None) -> Self:
        """Runs that were held and are over at `at` (default: now), the latest first."""
        at = at or timezone.now()
        return (
            self.with_period().filter(status__in=HELD_STATUSES, last_ends_at__lte=at).order_by("-first_starts_at", "pk")
        )

    def taking_registrations(self, at: datetime | None = None) -> Self:
        """Runs whose public form is open at `at`: within the window and not begun. Full ones included."""
        at = at or timezone.now()
        return self.upcoming(at).filter(
            Q(registration_opens_at__isnull=True) | Q(registration_opens_at__lte=at),
            Q(registration_deadline__isnull=True) | Q(registration_deadline__gt=at),
            status=RunStatus.OPEN,
            first_starts_at__gt=at,
        )

    def for_display(self) -> Self:
        """Fetch, in a constant number of queries, what lists and pages show of a run."""
        from courses.models import CourseDay

        return self.select_related("course", "venue", "seats", "terms").prefetch_related(
            Prefetch("days", CourseDay.objects.select_related("venue"))
        )

    def with_course_in_short(self) -> Self:
        """Fetch of the course page only what a registration and its mails say of it: a page is 50 columns wide."""
        from courses.models import CoursePage

        fields = [field for field in CoursePage._meta.concrete_fields if not field.primary_key]
        return self.defer(*(f"course__{field.name}" for field in fields if field.name not in COURSE_IN_SHORT))

    def for_list(self, at: datetime | None = None) -> Self:
        """Annotate and order for the staff's lists: without days first, then what is to come, then what was.

        Annotates `first_starts_at`, `last_ends_at`, `day_count` and `is_past` (at `at`, default: now).
        """
        at = at or timezone.now()
        return (
            self.with_period()
            .annotate(
                day_count=Count("days", distinct=True),
                is_past=Case(When(last_ends_at__lte=at, then=True), default=False, output_field=BooleanField()),
                nearness=Case(
                    When(last_ends_at__lte=at, then=at - F("first_starts_at")),
                    default=F("first_starts_at") - at,
                    output_field=DurationField(),
                ),
            )
            .select_related("course", "venue", "seats")
            .order_by("is_past", F("nearness").asc(nulls_first=True), "pk")
        )

    def presented_by(self, user: AnyUser) -> Self:
        """Runs on which `user` hosts or presents a day; none for somebody who has not signed in."""
        if not user.is_authenticated:
            return self.none()
        from courses.models import CourseDay

        # Two short look-ups: joined into one they take PostgreSQL longer to plan than to read.
        presented = CourseDay.objects.filter(presenters__user=user)
        hosted = CourseDay.objects.filter(hosts__user=user)
        return self.filter(Q(pk__in=presented.values("run")) | Q(pk__in=hosted.values("run")))


class CourseDayQuerySet(models.QuerySet):
    def from_today(self, at: datetime | None = None) -> Self:
        """Days that end after `at` (default: now), the earliest first."""
        return self.filter(ends_at__gt=at or timezone.now()).order_by("starts_at")
