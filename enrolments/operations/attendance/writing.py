"""Write marks: per participant the latest tap becomes the mark, and every tap becomes history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID, uuid4

from django.utils import timezone

from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.attendance.lines import Line
from enrolments.operations.attendance.marks import FIELDS, Mark, Tap
from website.accounts.models import User

#: Two taps of the same instant are told apart by their ids; a mark from before there were ids comes first.
NO_ID = UUID(int=0)
MICROSECOND = timedelta(microseconds=1)


def write_now(
    wanted: Iterable[tuple[Line, Mark]], *, by: User | None, source: str, at: datetime | None
) -> list[AttendanceChange]:
    """Write the marks that change something, as one act after everything that stands, and their history."""
    pairs = [(line, new) for line, new in wanted if line.mark != new]
    if not pairs:
        return []
    now = timezone.now()
    stood = [line.marked_at + MICROSECOND for line, _ in pairs if line.marked_at]
    at = max([at or now, *stood])
    changes = [
        _change(line.mark, new, at=at, mark_id=uuid4(), by=by, source=source, received_at=now) for line, new in pairs
    ]
    return _save([(line, [change]) for (line, _), change in zip(pairs, changes, strict=True)])


def merge(
    taps: Sequence[Tap],
    roll: Mapping[int, Line],
    *,
    by: User | None,
    source: str,
    device: str,
    clock_offset: int | None,
    received_at: datetime,
) -> list[AttendanceChange]:
    """Write taps into what stands: per participant the latest becomes the mark, all become history."""
    told = {
        "by": by,
        "source": source,
        "device": device.replace("\0", "")[:40],
        "clock_offset": None if clock_offset is None else max(min(clock_offset, 2**31 - 1), -(2**31)),
        "received_at": received_at,
    }
    merged = []
    in_order = sorted(taps, key=lambda tap: (tap.enrolment, tap.at, tap.mark_id))
    for pk, its in groupby(in_order, key=lambda tap: tap.enrolment):
        line = roll[pk]
        stands = line.mark
        newest = (line.marked_at, line.newest_id or NO_ID) if line.marked_at else None
        changes = []
        for tap in its:
            is_later = newest is None or (tap.at, tap.mark_id) > newest
            changes.append(_change(stands, tap.mark, at=tap.at, mark_id=tap.mark_id, is_applied=is_later, **told))
            if is_later:
                stands, newest = tap.mark, (tap.at, tap.mark_id)
        merged.append((line, changes))
    return _save(merged)


def _change(old: Mark, new: Mark, **fields: object) -> AttendanceChange:
    marks = {f"{when}_{name}": getattr(mark, name) for when, mark in (("old", old), ("new", new)) for name in FIELDS}
    return AttendanceChange(**marks, **fields)


def _save(merged: Sequence[tuple[Line, list[AttendanceChange]]]) -> list[AttendanceChange]:
    """Write each participant's mark as their last applied change says, and all changes: two queries."""
    standing = []
    for line, changes in merged:
        applied = [change for change in changes if change.is_applied]
        if applied:
            last = applied[-1]
            standing.append(
                Attendance(
                    enrolment_id=line.enrolment_id,
                    day_id=line.day_id,
                    planned_starts_at=line.starts_at,
                    planned_ends_at=line.ends_at,
                    marked_at=last.at,
                    marked_by=last.by,
                    source=last.source,
                    **{name: getattr(last, f"new_{name}") for name in FIELDS},
                )
            )
    written = {}
    if standing:
        rows = Attendance.objects.bulk_create(
            standing,
            update_conflicts=True,
            unique_fields=["enrolment", "day"],
            update_fields=[*FIELDS, "planned_starts_at", "planned_ends_at", "marked_at", "marked_by", "source"],
        )
        written = {row.enrolment_id: row for row in rows}
    for line, changes in merged:
        for change in changes:
            if row := written.get(line.enrolment_id):
                change.attendance = row
            elif line.attendance_id:
                # One that changes nothing comes after a mark that stands.
                change.attendance_id = line.attendance_id
    return AttendanceChange.objects.bulk_create([change for _, changes in merged for change in changes])
