"""What the roll call's app sends and asks for: JSON. GET tells what is new; POST takes marks that devices have kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.models import CourseDay, CourseRun
from enrolments.enums import MarkSource
from enrolments.models import Attendance, AttendanceChange, RollEntry
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark, Taken, Tap, correct_at
from enrolments.views.roll_call.base import DayView, refused, roll_call_url, user_key
from enrolments.views.roll_call.forms import BadInput, read_instant
from enrolments.views.roll_call.state import after, news
from enrolments.views.roll_call.walk_ins import take_walk_ins

#: A page sends at most 200 at a time; more than this is no page of ours.
MOST = 500
SOURCES = (MarkSource.ROLL_CALL, MarkSource.SCAN)
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class SentTap:
    """A tap as a device sends it. `keeps`: the words it does not know, and leaves as they stand."""

    tap: Tap
    source: str
    is_rest: bool
    keeps: tuple[str, ...]


class SyncView(DayView):
    """State and marks of one day. Whatever a mark is refused for is told of that mark alone, in words."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        since = read_instant(request.GET.get("siden"))
        state = news(self.day, request.user, since=since, listed=request.GET.get("liste", ""))
        return JsonResponse(self.contact(request) | state)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            sent = _storable(json.loads(request.body))
            if not isinstance(sent, dict):
                raise BadInput
            taps, walk_ins = _list(sent, "taps"), _list(sent, "walk_ins")
            offset = _offset(sent.get("offset"))
            # All are read before anything is written: those of a walk-in get their number later.
            at_hand = [_read_tap(one, offset) for one in taps if not isinstance(one.get("enrolment"), str)]
            for one in taps:
                _read_tap(one | {"enrolment": 0}, offset)
        except (ValueError, RecursionError, BadInput):
            text = _("This page sent something that cannot be read. Reload it; your marks are kept.")
            return JsonResponse({"error": text, "code": "unreadable"}, status=400)
        if sent.get("day") not in (None, self.day.pk):
            text = _(
                "The course day that these marks belong to has been moved or removed, and another is on this date."
            )
            return refused(request, text, status=404, code="day_missing", url=self.moved_to(request, self.run))
        device = str(sent.get("device", ""))[:40]
        made, not_added = take_walk_ins(day=self.day, people=walk_ins, by=request.user, device=device, offset=offset)
        # Marks of somebody who had no number yet name the walk-in they were made with.
        for one in taps:
            if isinstance(submission := one.get("enrolment"), str):
                if submission in made:
                    at_hand.append(_read_tap(one | {"enrolment": made[submission]}, offset))
                else:
                    not_added.append(
                        {"id": str(one.get("id")), "code": "walk_in", "text": _("The person was not added.")}
                    )
        taken = take_all(self.day, at_hand, by=request.user, device=device, offset=offset)
        state = after(
            self.day,
            request.user,
            since=read_instant(sent.get("siden")),
            marked=[*made.values(), *(one.tap.enrolment for one in at_hand)],
        )
        turned_away = {one.mark_id for one in taken.refused}
        return JsonResponse(
            self.contact(request)
            | state
            | {
                "taken": [str(one.tap.mark_id) for one in at_hand if one.tap.mark_id not in turned_away],
                "walk_ins": [{"submission": submission, "enrolment": pk} for submission, pk in made.items()],
                "refused": [
                    *not_added,
                    *({"id": str(no.mark_id), "code": no.reason_code, "text": no.text} for no in taken.refused),
                ],
            }
        )

    def contact(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every contact gives: who is signed in, and a token for what is sent next."""
        return {"user": user_key(request.user), "csrf": get_token(request)}

    def moved_to(self, request: HttpRequest, run: CourseRun) -> str:
        wanted = request.GET.get("dag", "")
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 18):
            return ""
        day = CourseDay.objects.filter(pk=wanted, run=run).first()
        return roll_call_url(day) if day else ""


def take_all(day: CourseDay, sent: list[SentTap], *, by: Any, device: str, offset: int | None) -> Taken:
    """Take the taps of a device, those of each source together, in one transaction.

    Taps of "the rest" leave whoever is marked meanwhile as they are: they count as taken and write nothing.
    """
    together = Taken()
    with transaction.atomic():
        received_at = timezone.now()
        if any(one.is_rest or one.keeps for one in sent):
            sent = _resolved(day, sent)
        for source, its in groupby(sorted(sent, key=lambda one: one.source), key=lambda one: one.source):
            taken = attendance.take(
                day=day,
                taps=[one.tap for one in its],
                by=by,
                source=source,
                device=device,
                clock_offset=offset,
                received_at=received_at,
            )
            together.changes += taken.changes
            together.repeated += taken.repeated
            together.refused += taken.refused
    return together


def _resolved(day: CourseDay, sent: list[SentTap]) -> list[SentTap]:
    """Return the taps to take, under the roll's lock: without the rest's marked, with words that are kept filled in."""
    try:
        attendance.lock_roll(day)
    except attendance.DayRemoved:
        return sent  # `take` says it of each
    entries = RollEntry.objects.filter(day=day.pk, enrolment__in={one.tap.enrolment for one in sent})
    standing = {
        entry.enrolment_id: Mark.of(entry.attendance)
        for entry in entries.select_related("attendance")
        if isinstance(entry.attendance, Attendance)
    }
    unseen = {one.tap.enrolment for one in sent if "reason" in one.keeps and one.tap.mark.status == "excused"}
    unseen -= {pk for pk, mark in standing.items() if mark.status == "excused"}
    # Back to an excuse by an undo: its reason, which the device never saw, stands in the history alone.
    reasons = _last_reasons(day, unseen) if unseen else {}
    found = []
    for one in sent:
        stands = standing.get(one.tap.enrolment, attendance.NOT_TAKEN)
        if one.is_rest and stands.status:
            continue
        kept = {name: getattr(stands, name) for name in one.keeps}
        if "reason" in kept and one.tap.mark.status != "excused":
            kept["reason"] = ""
        elif "reason" in kept:
            kept["reason"] = reasons.get(one.tap.enrolment, stands.reason)
        found.append(replace(one, tap=replace(one.tap, mark=replace(one.tap.mark, **kept))))
    return found


def _last_reasons(day: CourseDay, enrolments: set[int]) -> dict[int, str]:
    """Return the reason of each one's newest excuse on the day."""
    excused = AttendanceChange.objects.filter(
        attendance__day=day, attendance__enrolment__in=enrolments, is_applied=True, new_status="excused"
    )
    newest = excused.order_by("attendance__enrolment_id", "-at", "-pk").distinct("attendance__enrolment_id")
    return dict(newest.values_list("attendance__enrolment_id", "new_reason"))


def _storable(value: Any) -> Any:
    """Return what was sent with signs that PostgreSQL cannot keep replaced: NUL, and half of a sign cut in two.

    One mark with such a note would else be answered with an error, and hold back all others of its device for good.
    """
    match value:
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case list():
            return [_storable(one) for one in value]
        case dict():
            return {name: _storable(one) for name, one in value.items()}
    return value


def _list(sent: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = sent.get(name, [])
    if not isinstance(found, list) or len(found) > MOST or not all(isinstance(one, dict) for one in found):
        raise BadInput
    return found


def _offset(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
        raise BadInput
    return value


def _read_tap(one: dict[str, Any], offset: int | None) -> SentTap:
    """Return a tap as it was sent. Raises BadInput or ValueError for what is none; `take` judges the mark itself."""
    at, enrolment = read_instant(one.get("at")), one.get("enrolment")
    if at is None or not isinstance(enrolment, int) or isinstance(enrolment, bool) or not 0 <= enrolment < 2**62:
        raise BadInput
    words = {name: one.get(name, "") for name in ("reason", "note")}
    minutes = {name: one.get(name) for name in ("minutes_late", "minutes_early")}
    if not _all(str, (word for word in words.values() if word is not None)):
        raise BadInput
    if not _all(int, (value for value in minutes.values() if value is not None)):
        raise BadInput
    mark = Mark(
        status=str(one.get("status", ""))[:20],
        **minutes,
        **{name: (word or "").strip() for name, word in words.items()},
    )
    source = one.get("source")
    return SentTap(
        tap=Tap(mark_id=UUID(str(one.get("id"))), enrolment=enrolment, mark=mark, at=correct_at(at, offset)),
        source=source if source in SOURCES else MarkSource.ROLL_CALL,
        is_rest=one.get("rest") is True,
        keeps=tuple(name for name, word in words.items() if word is None),
    )


def _all(kind: type, values: Iterable[object]) -> bool:
    return all(isinstance(value, kind) and not isinstance(value, bool) for value in values)
