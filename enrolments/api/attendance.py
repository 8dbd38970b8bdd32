"""Who was there: each participant and day of a run, and what has changed since."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.pagination import paginate
from pydantic import AwareDatetime

from enrolments.api.registrations import RunId, readable_run
from enrolments.models import AttendanceChange, RollEntry
from website.core.api import PROBLEMS, Pages, token_auth

router = Router(auth=token_auth, tags=["attendance"])

#: Marks are told again that were received this long before `changed_since`: clocks and commits cross.
OVERLAP = timedelta(seconds=60)
#: Nothing was received before; the calendar's own beginning cannot be reckoned with.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class AttendanceOut(Schema):
    """One participant on one day."""

    enrolment: int = Field(description="The participant: `id` of a registration")
    day: date
    status: str | None = Field(description="present, late, absent, excused; null while it is not taken")
    minutes_late: int | None
    minutes_early: int | None = Field(description="Left so many minutes before the planned end")
    planned_start: datetime = Field(description="As planned when the mark was taken")
    planned_end: datetime
    marked_at: datetime | None = Field(description="When it was tapped")
    source: str | None = Field(description="roll_call, scan, self, paper, import or api")
    changed_at: datetime | None = Field(description="When we last received a mark: give it as changed_since")

    @staticmethod
    def resolve_enrolment(entry: RollEntry) -> int:
        return entry.enrolment_id

    @staticmethod
    def resolve_day(entry: RollEntry) -> date:
        return entry.day.date

    @staticmethod
    def resolve_status(entry: RollEntry) -> str | None:
        return (entry.attendance and entry.attendance.status) or None

    @staticmethod
    def resolve_minutes_late(entry: RollEntry) -> int | None:
        return entry.attendance and entry.attendance.minutes_late

    @staticmethod
    def resolve_minutes_early(entry: RollEntry) -> int | None:
        return entry.attendance and entry.attendance.minutes_early

    @staticmethod
    def resolve_planned_start(entry: RollEntry) -> datetime:
        return timezone.localtime(entry.attendance.planned_starts_at if entry.attendance else entry.day.starts_at)

    @staticmethod
    def resolve_planned_end(entry: RollEntry) -> datetime:
        return timezone.localtime(entry.attendance.planned_ends_at if entry.attendance else entry.day.ends_at)

    @staticmethod
    def resolve_marked_at(entry: RollEntry) -> datetime | None:
        return timezone.localtime(entry.attendance.marked_at) if entry.attendance else None

    @staticmethod
    def resolve_source(entry: RollEntry) -> str | None:
        return entry.attendance.source if entry.attendance else None

    @staticmethod
    def resolve_changed_at(entry: RollEntry) -> datetime | None:
        changed: datetime | None = getattr(entry, "changed_at", None)
        return changed and timezone.localtime(changed)


@router.get("/runs/{run_id}/attendance", response={200: list[AttendanceOut], **PROBLEMS}, summary="Attendance of a run")
@paginate(Pages)
def list_attendance(
    request: HttpRequest,
    run_id: RunId,
    day: Annotated[date | None, Query(description="Only this day")] = None,
    changed_since: Annotated[
        AwareDatetime | None, Query(description="Only marks received since: ISO 8601 with an offset")
    ] = None,
) -> QuerySet[RollEntry]:
    """Each participant expected and each day, whether taken yet or not. Not taken is not absent.

    With `changed_since` those with a mark received since then; marks of the last minute before it come again.
    """
    run = readable_run(request, run_id)
    found = RollEntry.objects.visible_to(request.user).filter(day__run=run.pk).expected()
    newest = AttendanceChange.objects.filter(attendance=OuterRef("attendance_id")).order_by("-received_at")
    found = found.select_related("day", "attendance").annotate(changed_at=Subquery(newest.values("received_at")[:1]))
    if day:
        found = found.filter(day__date=day)
    if changed_since:
        found = found.filter(changed_at__gte=max(changed_since, EARLIEST) - OVERLAP)
    return found.order_by("day__date", "enrolment_id")
