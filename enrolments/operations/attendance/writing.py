"""Write marks: per participant the latest tap becomes the mark, and every tap becomes history."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from enrolments.models import AttendanceChange
from enrolments.operations.attendance.lines import Line
from enrolments.operations.attendance.marks import FIELDS, Mark, Tap
from website.accounts.models import User

#: Marks and their history in one statement, written by hand, for this is done for each tap. `stands` is the last
#: applied change of a participant: the mark as it is from now on.
WRITE = """
    WITH change AS (
        SELECT * FROM json_to_recordset(%(changes)s) AS change (
            enrolment_id bigint, attendance_id bigint, planned_starts_at timestamptz, planned_ends_at timestamptz,
            stands boolean, at timestamptz, mark_id uuid, is_applied boolean,
            old_status text, old_minutes_late smallint, old_minutes_early smallint, old_reason text, old_note text,
            new_status text, new_minutes_late smallint, new_minutes_early smallint, new_reason text, new_note text
        )
    ), mark AS (
        INSERT INTO enrolments_attendance AS mark (
            enrolment_id, day_id, planned_starts_at, planned_ends_at, marked_at, marked_by_id, source,
            status, minutes_late, minutes_early, reason, note
        )
        SELECT enrolment_id, %(day)s, planned_starts_at, planned_ends_at, at, %(by)s, %(source)s,
            new_status, new_minutes_late, new_minutes_early, new_reason, new_note
        FROM change WHERE stands
        ON CONFLICT (enrolment_id, day_id) DO UPDATE SET
            planned_starts_at = excluded.planned_starts_at, planned_ends_at = excluded.planned_ends_at,
            marked_at = excluded.marked_at, marked_by_id = excluded.marked_by_id, source = excluded.source,
            status = excluded.status, minutes_late = excluded.minutes_late, minutes_early = excluded.minutes_early,
            reason = excluded.reason, note = excluded.note
        RETURNING id, enrolment_id
    )
    INSERT INTO enrolments_attendancechange (
        attendance_id, at, received_at, mark_id, is_applied, device, clock_offset, by_id, source,
        old_status, old_minutes_late, old_minutes_early, old_reason, old_note,
        new_status, new_minutes_late, new_minutes_early, new_reason, new_note
    )
    SELECT COALESCE(mark.id, attendance_id), at, %(received_at)s, mark_id, is_applied, %(device)s, %(clock_offset)s,
        %(by)s, %(source)s,
        old_status, old_minutes_late, old_minutes_early, old_reason, old_note,
        new_status, new_minutes_late, new_minutes_early, new_reason, new_note
    FROM change LEFT JOIN mark USING (enrolment_id)
    RETURNING mark_id, id, attendance_id
"""

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
    """Write each participant's mark as their last applied change says, and all changes: one query."""
    changes = [change for _, its in merged for change in its]
    if not changes:
        return []
    rows = []
    for line, its in merged:
        stands = next((change for change in reversed(its) if change.is_applied), None)
        rows += [_row(line, change, stands=change is stands) for change in its]
    one = changes[0]
    values: dict[str, Any] = {
        "changes": json.dumps(rows),
        "day": merged[0][0].day_id,
        "by": one.by_id,
        "source": one.source,
    }
    values |= {name: getattr(one, name) for name in ("received_at", "device", "clock_offset")}
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        keys = {mark_id: (pk, attendance_id) for mark_id, pk, attendance_id in cursor}
    for change in changes:
        change.pk, change.attendance_id = keys[change.mark_id]
    return changes


def _row(line: Line, change: AttendanceChange, *, stands: bool) -> dict[str, object]:
    """Return what WRITE needs of one change; what all changes of one act share, it is told once."""
    row = {f"{when}_{name}": getattr(change, f"{when}_{name}") for when in ("old", "new") for name in FIELDS}
    return row | {
        "enrolment_id": line.enrolment_id,
        # One that changes nothing comes after a mark that stands.
        "attendance_id": line.attendance_id,
        "planned_starts_at": line.starts_at.isoformat(),
        "planned_ends_at": line.ends_at.isoformat(),
        "stands": stands,
        "at": change.at.isoformat(),
        "mark_id": str(change.mark_id),
        "is_applied": change.is_applied,
    }
