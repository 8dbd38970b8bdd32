"""The roll: who is expected on which day, and what is marked. A view of PostgreSQL, never written to."""

from django.db import models

from enrolments.querysets import RollEntryQuerySet


class RollEntry(models.Model):
    """One participant and one day of their run, whether or not a mark has been taken.

    Rows of `enrolments_rollentry`, a database view: every enrolment (in every status) with every
    day of its run. Roll call, reports and API read one definition of "expected".
    """

    pk = models.CompositePrimaryKey("enrolment_id", "day_id")
    enrolment = models.ForeignKey("enrolments.Enrolment", on_delete=models.DO_NOTHING, related_name="+")
    day = models.ForeignKey("courses.CourseDay", on_delete=models.DO_NOTHING, related_name="+")
    attendance = models.ForeignKey("enrolments.Attendance", on_delete=models.DO_NOTHING, null=True, related_name="+")

    objects = RollEntryQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "enrolments_rollentry"
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.enrolment_id}/{self.day_id}"
