"""Write marks: per participant the latest tap becomes the mark, and every tap becomes history."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID, uuid4

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from courses.models import CourseDay
from enrolments.models import Attendance, AttendanceChange, RollEntry
from enrolments.operations.attendance.marks import FIELDS, Mark, Tap
from website.accounts.models import User

#: Two taps of the same instant are told apart by their ids; a mark from before there were ids comes first.
NO_ID = UUID(int=0)
MICROSECOND = timedelta(microseconds=1)


def entries(day: CourseDay) -> QuerySet[RollEntry]:
    """Return the day's roll with what marking reads, and no more: a roll may be long."""
    return (
        RollEntry.objects.filter(day=day.pk)
        .select_related("enrolment", "day", "attendance")
        .only(
            "enrolment__name",
            "enrolment__status",
            "day__run_id",
            "day__date",
            "day__starts_at",
            "day__ends_at",
            "attendance__marked_at",
            *(f"attendance__{name}" for name in FIELDS),
        )
    )


def newest_id() -> Subquery:
    """The id of the tap that stands, which decides between two of the same instant."""
    return Subquery(
        AttendanceChange.objects.filter(
            attendance=OuterRef("attendance_id"), at=OuterRef("attendance__marked_at"), is_applied=True
        )
        .order_by(F("mark_id").desc(nulls_last=True))
        .values("mark_id")[:1]
    )


def known_ids(mark_ids: Iterable[UUID]) -> ArraySubquery:
    """Those of these ids that stand in the participant's history already."""
    return ArraySubquery(
        AttendanceChange.objects.filter(attendance=OuterRef("attendance_id"), mark_id__in=list(mark_ids))
        .order_by()
        .values("mark_id")
    )


def current(entry: RollEntry) -> Mark:
    return Mark.of(entry.attendance)


def write_now(
    wanted: Iterable[tuple[RollEntry, Mark]], *, by: User | None, source: str, at: datetime | None
) -> list[AttendanceChange]:
    """Write the marks that change something, as one act after everything that stands, and their history."""
    pairs = [(entry, new) for entry, new in wanted if current(entry) != new]
    if not pairs:
        return []
    now = timezone.now()
    stood = [entry.attendance.marked_at + MICROSECOND for entry, _ in pairs if entry.attendance]
    at = max([at or now, *stood])
    changes = [
        _change(current(entry), new, at=at, mark_id=uuid4(), by=by, source=source, received_at=now)
        for entry, new in pairs
    ]
    return _save([(entry, [change]) for (entry, _), change in zip(pairs, changes, strict=True)])


def merge(
    taps: Sequence[Tap],
    roll: Mapping[int, RollEntry],
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
        "device": device[:40],
        "clock_offset": None if clock_offset is None else max(min(clock_offset, 2**31 - 1), -(2**31)),
        "received_at": received_at,
    }
    merged = []
    in_order = sorted(taps, key=lambda tap: (tap.enrolment, tap.at, tap.mark_id))
    for pk, its in groupby(in_order, key=lambda tap: tap.enrolment):
        entry = roll[pk]
        stands = current(entry)
        newest = (entry.attendance.marked_at, entry.newest_id or NO_ID) if entry.attendance else None  # type: ignore[attr-defined] # annotated
        changes = []
        for tap in its:
            is_later = newest is None or (tap.at, tap.mark_id) > newest
            changes.append(_change(stands, tap.mark, at=tap.at, mark_id=tap.mark_id, is_applied=is_later, **told))
            if is_later:
                stands, newest = tap.mark, (tap.at, tap.mark_id)
        merged.append((entry, changes))
    return _save(merged)


def _change(old: Mark, new: Mark, **fields: object) -> AttendanceChange:
    marks = {f"{when}_{name}": getattr(mark, name) for when, mark in (("old", old), ("new", new)) for name in FIELDS}
    return AttendanceChange(**marks, **fields)


def _save(merged: Sequence[tuple[RollEntry, list[AttendanceChange]]]) -> list[AttendanceChange]:
    """Write each participant's mark as their last applied change says, and all changes: two queries."""
    standing = []
    for entry, changes in merged:
        applied = [change for change in changes if change.is_applied]
        if applied:
            last = applied[-1]
            standing.append(
                Attendance(
                    enrolment_id=entry.enrolment_id,
                    day_id=entry.day_id,
                    planned_starts_at=entry.day.starts_at,
                    planned_ends_at=entry.day.ends_at,
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
    for entry, changes in merged:
        for change in changes:
            # One that changes nothing comes after a mark that stands.
            change.attendance = written.get(entry.enrolment_id, entry.attendance)  # type: ignore[assignment]
    return AttendanceChange.objects.bulk_create([change for _, changes in merged for change in changes])
