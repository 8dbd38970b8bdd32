"""How enrolments across runs stand, and what they cost: what training years and transcripts are made of.

The marks, minutes, requirement and no-shows are those of `attendance_state`. Never read here, so that no page and
no file can show them: reasons of the excused, dietary needs and notes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Min, OuterRef, QuerySet
from django.db.models.functions import ExtractYear
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES
from courses.models import AttendanceRule, CourseDay, CoursePage, CourseRun
from enrolments.enums import IN_LINE_STATUSES, ON_THE_ROLL, EnrolmentStatus
from enrolments.models import Attendance, Certificate, Enrolment
from enrolments.reports.attendance_state import ParticipantState, had_seat, participant_state
from website.core.danish import dates

#: What is fetched of an enrolment. Whatever is not named here is not read.
FIELDS = (
    *("name", "email", "job_title", "department", "organisation_name", "status", "fee", "line_order", "cancelled_at"),
    *("person", "organisation", "registration__price", "anonymised_at"),
)
#: What is fetched of a course.
COURSE_FIELDS = {"title", "url_path", "live", "attendance_rule", "page_ptr"}


@dataclass
class Standing:
    """One participant on one run, with what they attended and what it costs whoever pays."""

    state: ParticipantState
    run: CourseRun
    at: datetime
    certificate: Certificate | None = None

    @property
    def enrolment(self) -> Enrolment:
        return self.state.enrolment

    @cached_property
    def first_day(self) -> date:
        return self.run.ordered_days()[0].date

    @property
    def dates(self) -> str:
        """Every day in words: "4. marts, 18. marts og 8. april 2027"."""
        return dates(day.date for day in self.run.ordered_days())

    @cached_property
    def is_over(self) -> bool:
        return self.run.ordered_days()[-1].ends_at <= self.at

    @property
    def is_booked(self) -> bool:
        """Whether they have a seat, or had one when they were cancelled."""
        return self.state.is_booked

    @property
    def has_seat(self) -> bool:
        """Whether the seat stands, on a run that is held."""
        return self.enrolment.status in ON_THE_ROLL and self.run.status in HELD_STATUSES

    @property
    def is_ahead(self) -> bool:
        """Whether it is booked and not over."""
        return self.has_seat and not self.is_over

    @property
    def is_in_line(self) -> bool:
        return self.enrolment.status in IN_LINE_STATUSES and not self.is_over and self.run.status in HELD_STATUSES

    @property
    def has_attended(self) -> bool:
        return self.state.result.minutes_attended > 0

    @property
    def minutes(self) -> int:
        return self.state.result.minutes_attended

    @property
    def hours(self) -> Decimal:
        return in_hours(self.minutes)

    @property
    def percent(self) -> Decimal | None:
        """Attended of the planned minutes; nothing while no day is taken, for not taken is not absent."""
        return self.state.result.percent if self.state.result.days_taken else None

    @property
    def spend(self) -> Decimal:
        """What it costs: the price agreed for a seat that stands, the fee for one that was cancelled or moved."""
        if self.has_seat:
            return self.enrolment.registration.price
        return self.enrolment.fee or Decimal(0)

    @property
    def department(self) -> str:
        return " ".join(self.enrolment.department.split())

    @property
    def who(self) -> Any:
        """What is the same for two rows of one person: person, else address, else the row itself."""
        enrolment = self.enrolment
        return enrolment.person_id or enrolment.email or f"#{enrolment.pk}"

    @property
    def status_text(self) -> str:
        """Return in a word or two how it went, or stands."""
        if self.run.status not in HELD_STATUSES:
            return _("The run was cancelled")
        if self.enrolment.status == EnrolmentStatus.CANCELLED:
            return _("Cancelled late") if self.state.is_late_cancellation else self.enrolment.get_status_display()
        if self.enrolment.status not in ON_THE_ROLL:
            return self.enrolment.get_status_display()
        if self.state.is_no_show:
            return _("Did not come")
        if not self.is_over:
            return _("Booked")
        if not self.state.result.days_taken:
            return _("Attendance not taken")
        return _("Attended") if self.has_attended else _("Did not attend")


def in_hours(minutes: int) -> Decimal:
    """Return minutes as hours with one decimal."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.1"))


def in_year(enrolments: QuerySet[Enrolment], year: int) -> QuerySet[Enrolment]:
    """Return those on runs whose first day is in the year."""
    return enrolments.filter(run__in=runs_beginning_in(year))


def runs_beginning_in(*years: int) -> QuerySet[CourseRun]:
    """Return, as a subquery, the runs whose first day is in one of these years."""
    return CourseRun.objects.annotate(first_date=Min("days__date")).filter(first_date__year__in=years).values("pk")


def years_of(enrolments: QuerySet[Enrolment]) -> list[int]:
    """Return the years in which runs of these enrolments begin, the newest first. One query."""
    runs = CourseRun.objects.filter(Exists(enrolments.filter(run=OuterRef("pk"))))
    years = runs.annotate(year=ExtractYear(Min("days__date"))).exclude(year=None).values_list("year", flat=True)
    return sorted(set(years), reverse=True)


def standings(enrolments: QuerySet[Enrolment], *, at: datetime | None = None) -> list[Standing]:
    """Return how these enrolments stand at `at` (now), by first day, course and name. Constant queries.

    Those on runs without days are left out: nothing has been held, and no year is theirs.
    """
    at = at or timezone.now()
    rows = list(
        enrolments.filter(Exists(CourseDay.objects.filter(run=OuterRef("run"))))
        .select_related("organisation", "registration")
        .only(*FIELDS, "form_order", "registration_id", "run_id")
        .order_by("pk")
    )
    runs = _runs({row.run_id for row in rows})
    marks: dict[int, dict[int, Attendance]] = {}
    taken = Attendance.objects.taken().filter(enrolment__in=[row.pk for row in rows])
    for mark in taken.defer("reason", "note").order_by():
        marks.setdefault(mark.enrolment_id, {})[mark.day_id] = mark
    # Of a certificate only that it is valid, and where it is verified.
    valid = Certificate.objects.filter(enrolment__in=[row.pk for row in rows], revoked_at=None, anonymised_at=None)
    certificates = {each.enrolment_id: each for each in valid.only("enrolment", "code", "issued_at")}
    default = AttendanceRule.default()
    found = []
    for row in rows:
        run = runs[row.run_id]
        rule = run.course.attendance_rule or default
        days = run.ordered_days()
        is_held = run.status in HELD_STATUSES
        state = participant_state(
            row,
            marks.get(row.pk, {}),
            days,
            rule,
            is_booked=had_seat(status=row.status, fee=row.fee, line_order=row.line_order),
            is_held=is_held,
            is_over=is_held and days[-1].ends_at <= at,
        )
        found.append(Standing(state, run, at, certificates.get(row.pk)))
    return sorted(found, key=lambda each: (each.first_day, each.run.pk, each.enrolment.pk))


def _runs(pks: Iterable[int]) -> dict[int, CourseRun]:
    """Return the runs with what a list shows of them, in two queries."""
    rows = CourseRun.objects.filter(pk__in=set(pks)).select_related("venue", "course__attendance_rule")
    # A page is some fifty columns wide.
    fields = {field.name for field in CoursePage._meta.concrete_fields if not field.primary_key}
    rows = rows.defer(*(f"course__{name}" for name in fields - COURSE_FIELDS))
    return {run.pk: run for run in rows.prefetch_related("days")}
