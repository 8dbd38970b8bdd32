"""What reports count: views of PostgreSQL, never written to. Minutes, requirement and no-shows are decided there.

The definitions are those of `enrolments.reports.results` and `attendance_state`; tests hold the two together. No
view has a reason, a note or dietary needs.
"""

from django.db import models

from enrolments.querysets import RollEntryQuerySet


class Fact(models.Model):
    """One participant (in whatever status) on one day of their run: what was planned, marked and attended.

    `starts_at` and `ends_at` are the times the mark was taken under, else the day's own. `corrections` counts the
    times a mark that stood was changed. `status` is an `AttendanceStatus`, or "" when not taken.
    """

    pk = models.CompositePrimaryKey("enrolment_id", "day_id")
    enrolment = models.ForeignKey("enrolments.Enrolment", on_delete=models.DO_NOTHING, related_name="+")
    day = models.ForeignKey("courses.CourseDay", on_delete=models.DO_NOTHING, related_name="+")
    attendance = models.ForeignKey("enrolments.Attendance", on_delete=models.DO_NOTHING, null=True, related_name="+")
    status = models.CharField(max_length=10, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    minutes_planned = models.IntegerField()
    minutes_present = models.IntegerField()
    arrived_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    corrections = models.IntegerField()
    presenters = models.TextField()

    objects = RollEntryQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "enrolments_fact"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.day_id}"


class Booking(models.Model):
    """How an enrolment stands to its run, whatever was marked. None for a run without days.

    `spend` is what it costs whoever pays (DKK excl. VAT): the price of a seat that stands, else the fee.
    """

    enrolment = models.OneToOneField(
        "enrolments.Enrolment", on_delete=models.DO_NOTHING, primary_key=True, related_name="booking"
    )
    first_date = models.DateField()
    last_date = models.DateField()
    days = models.IntegerField()
    is_held = models.BooleanField()
    is_over = models.BooleanField()
    is_booked = models.BooleanField()
    is_late_cancellation = models.BooleanField()
    is_cancelled_in_time = models.BooleanField()
    spend = models.DecimalField(max_digits=9, decimal_places=2)
    minimum_percent = models.IntegerField()

    class Meta:
        managed = False
        db_table = "enrolments_booking"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)


class EnrolmentResult(models.Model):
    """What a participant's days come to; `requirement` is a `Requirement`. None for a run without days.

    For many at once, see `reports/sums.py`.
    """

    enrolment = models.OneToOneField(
        "enrolments.Enrolment", on_delete=models.DO_NOTHING, primary_key=True, related_name="result"
    )
    days_planned = models.IntegerField()
    days_taken = models.IntegerField()
    days_attended = models.IntegerField()
    minutes_planned = models.IntegerField()
    minutes_attended = models.IntegerField()
    minutes_open = models.IntegerField()
    percent = models.DecimalField(max_digits=5, decimal_places=1)
    requirement = models.CharField(max_length=12)
    is_no_show = models.BooleanField()

    class Meta:
        managed = False
        db_table = "enrolments_result"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
