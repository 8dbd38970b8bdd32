"""Who was there. A missing row, or a row without status, means *not taken*: that is not absent."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus, MarkSource
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
    minutes_early = models.PositiveSmallIntegerField(
        _("left early (minutes)"), null=True, blank=True, help_text=_("Minutes before the planned end")
    )
    reason = models.CharField(
        _("reason"), max_length=200, blank=True, help_text=_("Why somebody is excused. Never leaves the house.")
    )
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("Only staff see it"))
    planned_starts_at = models.DateTimeField(_("planned start"))
    planned_ends_at = models.DateTimeField(_("planned end"))
    marked_at = models.DateTimeField(
        _("marked at"), default=timezone.now, help_text="When the device was tapped, corrected for its clock"
    )
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
            models.CheckConstraint(
                condition=models.Q(minutes_late__isnull=True) | models.Q(status=AttendanceStatus.LATE),
                name="attendance_minutes_late_of_late",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes_early__isnull=True) | models.Q(status__in=ATTENDED_STATUSES),
                name="attendance_minutes_early_of_attended",
            ),
            models.CheckConstraint(
                condition=models.Q(reason="") | models.Q(status=AttendanceStatus.EXCUSED),
                name="attendance_reason_of_excused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.day_id}: {self.status or 'not taken'}"


class AttendanceChange(models.Model):
    """Every mark ever taken: what it was, what it became, who did it and when. Never edited.

    A mark that reaches us after a later one was taken (from a device that was offline) is kept with
    `is_applied` False: it tells what was tapped, and changed nothing.
    """

    attendance = models.ForeignKey(Attendance, on_delete=models.PROTECT, related_name="changes")
    old_status = models.CharField(_("before"), max_length=10, choices=AttendanceStatus, blank=True)
    new_status = models.CharField(_("after"), max_length=10, choices=AttendanceStatus, blank=True)
    old_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    new_minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)
    old_minutes_early = models.PositiveSmallIntegerField(null=True, blank=True)
    new_minutes_early = models.PositiveSmallIntegerField(null=True, blank=True)
    old_reason = models.CharField(max_length=200, blank=True)
    new_reason = models.CharField(max_length=200, blank=True)
    old_note = models.CharField(max_length=300, blank=True)
    new_note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(
        _("when"), default=timezone.now, help_text="When the device was tapped, corrected for its clock"
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    is_applied = models.BooleanField(_("became the mark"), default=True)
    mark_id = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text="Given by the device: sent twice is one mark"
    )
    device = models.CharField(_("device"), max_length=40, blank=True, help_text="A random name the device gave itself")
    clock_offset = models.IntegerField(
        _("seconds the device's clock was behind"), null=True, blank=True, help_text="As measured at the last contact"
    )
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
        indexes = [
            models.Index(
                fields=["attendance"],
                condition=models.Q(is_applied=True) & ~models.Q(old_status=""),
                name="attendance_corrections",
            )
        ]

    def __str__(self) -> str:
        return f"{self.old_status or '–'} → {self.new_status or '–'}"
