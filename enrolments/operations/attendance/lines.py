"""The lines of a day's roll as marking reads them: one query, written by hand, for this is done for each tap."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from courses.models import CourseDay
from enrolments.operations.attendance.marks import NOT_TAKEN, Mark

#: The same as the view behind RollEntry, which PostgreSQL takes twice as long to plan with the tables joined again.
READ = """
    SELECT enrolment.id, enrolment.name, enrolment.status, day.date, day.starts_at, day.ends_at, mark.id,
        mark.marked_at, mark.status, mark.minutes_late, mark.minutes_early, mark.reason, mark.note,
        (SELECT mark_id FROM enrolments_attendancechange WHERE attendance_id = mark.id AND at = mark.marked_at
            AND is_applied ORDER BY mark_id DESC NULLS LAST LIMIT 1),
        ARRAY(SELECT mark_id FROM enrolments_attendancechange WHERE attendance_id = mark.id AND mark_id = ANY(%s))
    FROM courses_courseday AS day
    JOIN enrolments_enrolment AS enrolment ON enrolment.run_id = day.run_id
    LEFT JOIN enrolments_attendance AS mark ON mark.enrolment_id = enrolment.id AND mark.day_id = day.id
    WHERE day.id = %s
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One participant on the day: how they stand, the day as it is now, and the mark that stands.

    `newest_id` is the id of the tap that stands, which decides between two of the same instant; `known_ids` those of
    the ids asked for that stand in the participant's history already.
    """

    day_id: int
    enrolment_id: int
    name: str
    standing: str
    date: date
    starts_at: datetime
    ends_at: datetime
    attendance_id: int | None
    marked_at: datetime | None
    mark: Mark
    newest_id: UUID | None
    known_ids: Collection[UUID]


def lines(
    day: CourseDay, *, enrolments: Collection[int] | None = None, mark_ids: Collection[UUID] = ()
) -> dict[int, Line]:
    """Return the day's roll by enrolment, in any status; of `enrolments` only where given (one query)."""
    sql, values = READ, [list(mark_ids), day.pk]
    if enrolments is not None:
        sql += " AND enrolment.id = ANY(%s)"
        values.append(list(enrolments))
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {
            pk: Line(
                day.pk, pk, name, standing, on, starts_at, ends_at, mark_pk, marked_at,
                NOT_TAKEN if mark_pk is None else Mark(*mark), newest_id, known_ids,
            )
            for pk, name, standing, on, starts_at, ends_at, mark_pk, marked_at, *mark, newest_id, known_ids in cursor
        }  # fmt: skip
