"""Who was there. A missing row, or a row without status, means *not taken*: that is not absent."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrolments.enums import AttendanceStatus, MarkSource
from enrolments.querysets import AttendanceQuerySet
from website.core.constraints import choices_check


class Attendance(models.Model):
    """One participant on one day, with the planned times the mark was taken under."""

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", verbose_name=_("participant"), on_delete=models.PROTECT, related_name="attendance"
    )
    day = models.ForeignKey(
        "courses.CourseDay", verbose_name=_("day"), on_delete=models.PROTECT, related_name="attendance"
    )
    status = models.CharField(_("mark"), max_length=10, choices=AttendanceStatus, blank=True)
    minutes_late = models.PositiveSmallIntegerField(_("minutes late"), null=True, blank=True)
    planned_starts_at = models.DateTimeField(_("planned start"))
    planned_ends_at = models.DateTimeField(_("planned end"))
    marked_at = models.DateTimeField(_("marked at"), default=timezone.now)
    marked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("marked by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    source = models.CharField(_("source"), max_length=12, choices=MarkSource, default=MarkSource.ROLL_CALL)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        ordering = ["day", "enrolment"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "day"], name="attendance_once_per_participant_and_day"),
            models.CheckConstraint(
                condition=models.Q(status__in=["", *AttendanceStatus.values]), name="attendance_status_known"
            ),
            choices_check("source", MarkSource, name="attendance_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.day_id}: {self.status or 'not taken'}"


class AttendanceChange(models.Model):
    """Every change of a mark: what it was, what it became, who did it and when. Never edited."""

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="changes")
    old_status = models.CharField(_("before"), max_length=10, choices=AttendanceStatus, blank=True)
    new_status = models.CharField(_("after"), max_length=10, choices=AttendanceStatus, blank=True)
    old_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    new_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    source = models.CharField(_("source"), max_length=12, choices=MarkSource, default=MarkSource.ROLL_CALL)

    class Meta:
        verbose_name = _("change of attendance")
        verbose_name_plural = _("changes of attendance")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(old_status__in=["", *AttendanceStatus.values])
                & models.Q(new_status__in=["", *AttendanceStatus.values]),
                name="attendance_change_statuses_known",
            ),
            choices_check("source", MarkSource, name="attendance_change_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.old_status or '–'} → {self.new_status or '–'}"
