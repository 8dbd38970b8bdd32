"""Import marks of a run from a list: all of them, or none."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from courses.models import CourseDay
from enrolments.enums import MarkSource
from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.attendance import AttendanceError
from enrolments.operations.typing_marks import TypedMark, type_in
from website.accounts.models import User


class ImportStopped(AttendanceError):
    """Something has changed since the list was looked at; nothing is imported.

    `conflicts` are marks that stand now, `refused` why a mark cannot be taken: both by (enrolment, day).
    """

    def __init__(
        self, conflicts: dict[tuple[int, int], Attendance | None], refused: dict[tuple[int, int], str]
    ) -> None:
        super().__init__(f"{len(conflicts)} in conflict, {len(refused)} refused")
        self.conflicts, self.refused = conflicts, refused


@transaction.atomic
def import_marks(*, marks: Mapping[CourseDay, Sequence[TypedMark]], by: User) -> list[AttendanceChange]:
    """Take all these marks, and return what really changed. Constant in queries for each day.

    Raises ImportStopped when one cannot be taken, or would replace a mark that was taken since; and DayRemoved.
    """
    changes: list[AttendanceChange] = []
    conflicts: dict[tuple[int, int], Attendance | None] = {}
    refused: dict[tuple[int, int], str] = {}
    # In one order of days, so that two imports cannot wait for each other.
    for day in sorted(marks, key=lambda day: day.pk):
        typed = type_in(day=day, marks=marks[day], by=by, source=MarkSource.IMPORT)
        changes += typed.changes
        conflicts |= {(pk, day.pk): mark for pk, mark in typed.conflicts.items()}
        refused |= {(pk, day.pk): text for pk, text in typed.refused.items()}
    if conflicts or refused:
        raise ImportStopped(conflicts, refused)
    return changes
