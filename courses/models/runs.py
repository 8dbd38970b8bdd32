"""Holdings of a course: runs, their days and their seats.

A run is no part of a page's revision: publishing or reverting a page never touches rows that
registrations hang on (plain FK, no RevisionMixin).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.search import index

from courses.enums import (
    HELD_STATUSES,
    TAKES_REGISTRATIONS,
    LineRule,
    RegistrationState,
    RunStatus,
)
from courses.models.catalogue import AttendanceRule
from courses.querysets import CourseDayQuerySet, CourseRunQuerySet
from website.core.constraints import choices_check
from website.core.database import LocalInstant

#: From this many seats down the public page says "few seats left".
FEW_SEATS = 5


class CourseRun(index.Indexed, ClusterableModel):
    """One holding of a course (Danish *hold*): its days, place, seats, price and terms."""

    course = models.ForeignKey(
        "courses.CoursePage", verbose_name=_("course"), on_delete=models.PROTECT, related_name="runs"
    )
    label = models.CharField(
        pgettext_lazy("run", "label"),
        max_length=80,
        blank=True,
        help_text=_("Tells runs of one course apart, such as “Herlev” or “Run 2”"),
    )
    status = models.CharField(_("status"), max_length=12, choices=RunStatus, default=RunStatus.DRAFT)
    venue = models.ForeignKey(
        "courses.Venue", verbose_name=_("venue"), on_delete=models.PROTECT, null=True, blank=True, related_name="runs"
    )
    online_link = models.URLField(
        _("online link"), blank=True, help_text=_("For a run held online. Sent to participants, never shown in public.")
    )
    capacity = models.PositiveIntegerField(
        _("seats"), null=True, blank=True, validators=[MinValueValidator(1)], help_text=_("Empty means no limit")
    )
    minimum = models.PositiveIntegerField(
        _("minimum"), null=True, blank=True, help_text=_("Participants needed for the run to be held")
    )
    decision_date = models.DateField(
        _("decision date"), null=True, blank=True, help_text=_("When you decide whether the run is held")
    )
    registration_opens_at = models.DateTimeField(
        _("registration opens"), null=True, blank=True, help_text=_("Empty means at once")
    )
    registration_deadline = models.DateTimeField(
        _("registration deadline"), null=True, blank=True, help_text=_("Empty means until the first day begins")
    )
    price = models.DecimalField(
        _("price (DKK, excl. VAT)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Per participant. Empty means the course's price, 0 means free."),
    )
    terms = models.ForeignKey(
        "courses.CancellationTerms",
        verbose_name=_("terms of cancellation"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="runs",
    )
    waiting_list = models.BooleanField(_("waiting list when full"), default=True)
    line_rule = models.CharField(
        _("order of the waiting list"), max_length=12, choices=LineRule, default=LineRule.FIRST_FIT
    )
    asks_dietary = models.BooleanField(
        _("ask for dietary and access needs"), default=False, help_text=_("Health data: ask only when you need it")
    )
    practical = models.TextField(
        _("practical information"), blank=True, help_text=_("Sent to participants with the confirmation")
    )
    notes = models.TextField(_("internal notes"), blank=True, help_text=_("Only staff see these"))
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("responsible organiser"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Gets the reminders about the run. Without one they go to the course's contact."),
    )
    fixed_costs = models.DecimalField(
        _("fixed costs (DKK)"),
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Venue and presenters: what the run costs whoever comes. For the break-even."),
    )
    cost_per_participant = models.DecimalField(
        _("cost per participant (DKK)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Catering and material"),
    )
    confirmed_at = models.DateTimeField(
        _("confirmed at"), null=True, blank=True, editable=False, help_text=_("When it was decided to hold the run")
    )

    objects = CourseRunQuerySet.as_manager()

    search_fields = [
        index.SearchField("label"),
        index.AutocompleteField("label"),
        index.FilterField("status"),
        index.FilterField("course_id"),
        index.FilterField("venue_id"),
        index.RelatedFields("course", [index.SearchField("title"), index.AutocompleteField("title")]),
    ]

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-pk"]
        constraints = [
            choices_check("status", RunStatus, name="run_status_known"),
            choices_check("line_rule", LineRule, name="run_line_rule_known"),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gte=0), name="run_price_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(registration_opens_at__isnull=True)
                | models.Q(registration_deadline__isnull=True)
                | models.Q(registration_opens_at__lt=models.F("registration_deadline")),
                name="run_registration_opens_before_deadline",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course.title} · {self.label}" if self.label else self.course.title

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        if self.capacity and self.minimum and self.minimum > self.capacity:
            errors["minimum"] = _("The minimum (%(minimum)s) is above the number of seats (%(capacity)s).") % {
                "minimum": self.minimum,
                "capacity": self.capacity,
            }
        if (
            self.registration_opens_at
            and self.registration_deadline
            and self.registration_opens_at >= self.registration_deadline
        ):
            errors["registration_deadline"] = _("The deadline must come after registration opens.")
        if self.pk and self.capacity is not None:
            taken = self.seats.occupied if hasattr(self, "seats") else 0
            if self.capacity < taken:
                errors["capacity"] = _(
                    "%(taken)s seats are taken, so there cannot be %(capacity)s seats. Cancel participants first."
                ) % {"taken": taken, "capacity": self.capacity}
        if errors:
            raise ValidationError(errors)

    @property
    def effective_price(self) -> Decimal:
        """Price per participant in DKK excluding VAT: the run's own, else the course's, else 0."""
        if self.price is not None:
            return self.price
        return self.course.price if self.course.price is not None else Decimal(0)

    @property
    def is_free(self) -> bool:
        return self.effective_price == 0

    @property
    def attendance_rule(self) -> AttendanceRule:
        """What counts as having attended: the course's rule, else the one for all courses (one query)."""
        return self.course.attendance_rule or AttendanceRule.default()

    def ordered_days(self) -> list["CourseDay"]:
        """Return the days in time order, from what is prefetched if it is."""
        return sorted(self.days.all(), key=lambda day: (day.date, day.start_time))

    @property
    def starts_at(self) -> datetime | None:
        days = self.ordered_days()
        return days[0].starts_at if days else None

    @property
    def ends_at(self) -> datetime | None:
        days = self.ordered_days()
        return days[-1].ends_at if days else None

    @property
    def place(self) -> str:
        """Return the town, or that the run is held online, for lists."""
        if self.venue:
            return self.venue.city
        return str(_("Online")) if self.online_link else ""

    @property
    def closes_at(self) -> datetime | None:
        """When the public form closes: the deadline, else when the first day begins."""
        return self.registration_deadline or self.starts_at

    def registration_state(self, at: datetime | None = None) -> RegistrationState:
        """Return what a newcomer meets at the registration form at `at` (default: now)."""
        at = at or timezone.now()
        if self.status == RunStatus.CANCELLED:
            return RegistrationState.CANCELLED
        starts_at, ends_at = self.starts_at, self.ends_at
        if ends_at and ends_at <= at:
            return RegistrationState.PAST
        if self.status != RunStatus.OPEN or not starts_at:
            return RegistrationState.CLOSED
        if self.registration_opens_at and at < self.registration_opens_at:
            return RegistrationState.NOT_YET
        if at >= (self.registration_deadline or starts_at) or at >= starts_at:
            return RegistrationState.CLOSED
        seats_left = self.seats.left
        if seats_left is None or seats_left > FEW_SEATS:
            return RegistrationState.OPEN
        if seats_left > 0:
            return RegistrationState.FEW_SEATS
        return RegistrationState.LINE if self.waiting_list else RegistrationState.FULL

    def takes_registrations(self, at: datetime | None = None) -> bool:
        """Whether the public form takes registrations (for a seat or for the line)."""
        return self.registration_state(at) in TAKES_REGISTRATIONS

    @property
    def is_held(self) -> bool:
        return self.status in HELD_STATUSES


class CourseDay(ClusterableModel):
    """One day of a run: a date and local clock times. The instants are derived by PostgreSQL."""

    run = ParentalKey(CourseRun, on_delete=models.CASCADE, related_name="days", verbose_name=_("run"))
    date = models.DateField(_("date"))
    start_time = models.TimeField(_("from"))
    end_time = models.TimeField(_("to"))
    starts_at = models.GeneratedField(
        expression=LocalInstant("date", "start_time"), output_field=models.DateTimeField(), db_persist=True
    )
    ends_at = models.GeneratedField(
        expression=LocalInstant("date", "end_time"), output_field=models.DateTimeField(), db_persist=True
    )
    title = models.CharField(_("heading"), max_length=120, blank=True)
    programme = models.TextField(_("programme"), blank=True, help_text=_("One line per item, such as “9.00 Welcome”"))
    venue = models.ForeignKey(
        "courses.Venue",
        verbose_name=_("another venue"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="days",
        help_text=_("Only when this day is held elsewhere than the run"),
    )
    hosts = ParentalManyToManyField(
        "courses.Presenter", verbose_name=_("hosts"), blank=True, related_name="hosted_days"
    )
    presenters = ParentalManyToManyField(
        "courses.Presenter", verbose_name=_("presenters"), blank=True, related_name="presented_days"
    )

    objects = CourseDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("day")
        verbose_name_plural = _("days")
        ordering = ["date", "start_time"]
        indexes = [models.Index(fields=["starts_at"], name="day_starts_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_time__gt=models.F("start_time")), name="day_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["run", "date"],
                name="day_once_per_run",
                # Deferrable: a form may move all days a week on, or swap two, row by row.
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message=_("The run already has this date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        # Django 5.2 keeps a changed row's old derived instants in memory.
        self.refresh_from_db(fields=["starts_at", "ends_at"])

    def clean(self) -> None:
        super().clean()
        if self.start_time and self.end_time and self.end_time <= self.start_time:
            raise ValidationError({"end_time": _("The day must end after it begins.")})

    @property
    def effective_venue(self):
        return self.venue or self.run.venue

    @property
    def planned_minutes(self) -> int:
        """Planned length in minutes of real time (a day across a clock change included)."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def is_today(self) -> bool:
        return self.date == today()


class RunSeats(models.Model):
    """How a run's seats stand. Only PostgreSQL writes here, by triggers; a CHECK refuses overbooking.

    `version` rises whenever capacity, seats, line or the run itself change, so that a cached page
    can tell by one number whether it is still true. `run_version` rises only when the run or one of
    its days changes.
    """

    run = models.OneToOneField(CourseRun, on_delete=models.CASCADE, primary_key=True, related_name="seats")
    capacity = models.PositiveIntegerField(null=True)
    taken = models.PositiveIntegerField(default=0, db_default=0)
    held = models.PositiveIntegerField(default=0, db_default=0)
    waiting = models.PositiveIntegerField(default=0, db_default=0)
    version = models.BigIntegerField(default=1, db_default=1)
    run_version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=True)
                | models.Q(capacity__gte=models.F("taken") + models.F("held")),
                name="run_not_overbooked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.occupied}/{'∞' if self.capacity is None else self.capacity}"

    @property
    def occupied(self) -> int:
        """Seats that are confirmed or held for someone."""
        return self.taken + self.held

    @property
    def free(self) -> int | None:
        """Seats that nobody has, or None without a limit."""
        return None if self.capacity is None else self.capacity - self.occupied

    @property
    def left(self) -> int | None:
        """Seats a newcomer can take now: 0 while anybody is in line. None without a limit."""
        return 0 if self.waiting else self.free


def today() -> date:
    """Today's date in Denmark."""
    return timezone.localdate()
