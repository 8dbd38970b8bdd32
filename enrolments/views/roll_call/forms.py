"""What the plain forms of the roll call send, read; and refusals in words."""

from collections.abc import Collection
from datetime import datetime
from typing import NoReturn

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus
from enrolments.operations import attendance
from enrolments.operations.attendance import MAX_MINUTES, Mark


class BadInput(Exception):
    """What was sent makes no sense; the message says why."""


class NotAllowed(Exception):
    """The day cannot be marked now; the message says why."""


def number(text: str | None) -> int:
    """Return a row's number from a form. Raises BadInput when it is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput(_("The form was not filled in right. Reload the page. Nothing was saved."))
    return int(text)


def marked_pk(request: HttpRequest) -> str:
    """Return the participant's number as it stands in the form: `mark` is "<number>:<status>"."""
    return request.POST.get("mark", "").partition(":")[0]


def marked_status(request: HttpRequest) -> str:
    return request.POST.get("mark", "").partition(":")[2]


def read_details(request: HttpRequest, status: str, standing: Mark, *, unseen: Collection[str] = ()) -> Mark:
    """Return the mark of that status with what the form says beside it; what it says nothing of stays if it can.

    `unseen`: words ("reason", "note") that the form's reader was not shown: an empty field does not delete them.

    Raises BadInput for minutes that are no number of minutes.
    """
    late = standing.minutes_late if "minutter" not in request.POST else _minutes(request, "minutter")
    early = standing.minutes_early if "gik" not in request.POST else _minutes(request, "gik")
    words = {"reason": standing.reason, "note": standing.note}
    for name, field in (("reason", "grund"), ("note", "note")):
        written = request.POST.get(field, "").strip()
        if field in request.POST and (written or name not in unseen):
            words[name] = written
    return Mark(
        status,
        minutes_late=late if status == AttendanceStatus.LATE else None,
        minutes_early=early if status in ATTENDED_STATUSES else None,
        reason=words["reason"] if status == AttendanceStatus.EXCUSED else "",
        note=words["note"] if status else "",
    )


def _minutes(request: HttpRequest, field: str) -> int | None:
    """Return the minutes of a field, None when it is empty."""
    written = request.POST.get(field, "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= MAX_MINUTES):
        raise BadInput(
            _("Write the minutes as a whole number from 1 to %(most)s. You wrote “%(written)s”.")
            % {"most": MAX_MINUTES, "written": written[:40]}
        )
    return int(written)


def read_instant(text: object) -> datetime | None:
    """Return the instant a page says, or None when it says none that can be."""
    try:
        instant = parse_datetime(text.replace(" ", "+") if isinstance(text, str) else "")
    except ValueError:
        return None
    # Years at the calendar's ends cannot be reckoned with.
    return instant if instant and timezone.is_aware(instant) and 2 < instant.year < 9990 else None


def explain(error: Exception) -> str:
    """Return a refusal in words."""
    match error:
        case BadInput() | NotAllowed():
            return str(error)
        case attendance.DayRemoved():
            return _("The day has been removed or moved. Nothing was saved.")
        case attendance.UnknownMark() if error.refusal != attendance.Refusal.UNKNOWN_STATUS:
            return f"{error.refusal.label} {_('Nothing was saved.')}"
        case attendance.UnknownMark():
            return _("There is no such mark: “%(mark)s”. Reload the page. Nothing was saved.") % {"mark": error}
        case attendance.NotOnTheRoll() if error.names:
            return _("%(names)s is not on the roll any more (cancelled or moved). Nothing was saved.") % {
                "names": ", ".join(error.names)
            }
        case attendance.NotOnTheRoll():
            return _("This participant is not on this run. Reload the page. Nothing was saved.")
        case attendance.ChangedSince():
            return _("%(names)s has been marked again since, so there is nothing to undo.") % {
                "names": ", ".join(error.names)
            }
        case attendance.NothingToUndo():
            return _("There is nothing to undo.")
    return _unknown(error)


def _unknown(error: Exception) -> NoReturn:
    raise error
