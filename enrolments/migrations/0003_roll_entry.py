"""The roll as a view: every enrolment with every day of its run, and the mark if one is taken."""

import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE VIEW enrolments_rollentry AS
SELECT enrolment.id AS enrolment_id, day.id AS day_id, attendance.id AS attendance_id
FROM enrolments_enrolment AS enrolment
JOIN courses_courseday AS day ON day.run_id = enrolment.run_id
LEFT JOIN enrolments_attendance AS attendance
    ON attendance.enrolment_id = enrolment.id AND attendance.day_id = day.id
"""


class Migration(migrations.Migration):
    dependencies = [("enrolments", "0002_seats"), ("courses", "0003_seats")]

    operations = [
        migrations.RunSQL(CREATE, "DROP VIEW enrolments_rollentry"),
        migrations.CreateModel(
            name="RollEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "enrolment_id", "day_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={"db_table": "enrolments_rollentry", "managed": False, "default_permissions": ()},
        ),
    ]
