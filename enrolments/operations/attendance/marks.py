"""What a mark and a tap are, and all that can be wrong with them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus
from enrolments.exceptions import EnrolmentError
from enrolments.models import Attendance, AttendanceChange

#: Nobody comes or goes a whole day beside the plan.
MAX_MINUTES = 600
MAX_MINUTES_LATE = MAX_MINUTES
#: How long after the window of correction a mark may still reach us that was tapped within it.
LATE_ARRIVAL = timedelta(days=14)
#: No clock shows less: before this there was no roll call to take.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


class AttendanceError(EnrolmentError):
    """Base of all refusals of a mark. Nothing has been changed when one is raised."""


class DayRemoved(AttendanceError):
    """The day is no longer there."""


class Refusal(models.TextChoices):
    """Why one tap of several was not taken; the label says it to people."""

    UNKNOWN_STATUS = "unknown_status", _("There is no such mark.")
    MINUTES = "minutes", _("Minutes are a whole number from 1 to 600, late of late, early of those who were there.")
    WORDS = "words", _("A reason belongs to excused and has at most 200 characters, a note at most 300.")
    UNKNOWN = "unknown", _("There is no such participant.")
    OTHER_RUN = "other_run", _("The participant is on another run.")
    IN_LINE = "in_line", _("The participant is on the waiting list.")
    CANCELLED = "cancelled", pgettext_lazy("refused mark", "The participant has cancelled.")
    REPLACED = "replaced", _("A colleague has taken the participant's place.")
    MOVED = "moved", _("The participant has moved to another run.")
    DAY_REMOVED = "day_removed", _("The day is no longer there.")
    TOO_EARLY = "too_early", _("Before the day, only “excused” can be marked.")
    TOO_LATE = "too_late", _("Marks of this day can no longer be corrected. Ask an organiser.")
    ID_REUSED = "id_reused", _("The mark's id stands for another mark already.")


class UnknownMark(AttendanceError):
    """The status is none of present, late, absent, excused; or minutes, reason or note do not belong to it.

    `refusal` says which.
    """

    def __init__(self, what: str, refusal: Refusal = Refusal.UNKNOWN_STATUS) -> None:
        super().__init__(what)
        self.refusal = refusal


class NotMarked(AttendanceError):
    """The mark cannot be taken; `refusal` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class NotOnTheRoll(AttendanceError):
    """These enrolments are not on the roll of the day's run; `names` of those who are known at all."""

    def __init__(self, enrolment_pks: Collection[int], names: Collection[str] = ()) -> None:
        super().__init__(f"{len(enrolment_pks)} not on the roll")
        self.enrolment_pks, self.names = list(enrolment_pks), list(names)


class NothingToUndo(AttendanceError):
    """There is no such change, or it has been undone already."""


class ChangedSince(AttendanceError):
    """Someone else has marked `names` after the change that was to be undone."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__(f"{len(names)} changed since")
        self.names = list(names)


@dataclass(frozen=True)
class Mark:
    """What is marked, as a whole: a later mark stands for itself, with its own minutes and words.

    An empty status is *not taken*. Minutes late belong to `late`, minutes early (before the planned end) to
    those who were there, a reason to `excused`; a note (for staff) to any.
    """

    status: str
    minutes_late: int | None = None
    minutes_early: int | None = None
    reason: str = ""
    note: str = ""

    def check(self) -> None:
        """Raise UnknownMark unless this is a mark one can take."""
        if self.status and self.status not in AttendanceStatus.values:
            raise UnknownMark(self.status)
        for minutes, statuses in (
            (self.minutes_late, (AttendanceStatus.LATE,)),
            (self.minutes_early, ATTENDED_STATUSES),
        ):
            if minutes is not None and (self.status not in statuses or not 1 <= minutes <= MAX_MINUTES):
                raise UnknownMark(f"{minutes} minutes", Refusal.MINUTES)
        if self.reason and self.status != AttendanceStatus.EXCUSED:
            raise UnknownMark("a reason", Refusal.WORDS)
        # PostgreSQL stores no NUL.
        if len(self.reason) > 200 or len(self.note) > 300 or "\0" in self.reason + self.note:
            raise UnknownMark("too many words", Refusal.WORDS)

    @classmethod
    def of(cls, attendance: Attendance | None) -> "Mark":
        """Return the mark that stands."""
        if attendance is None:
            return NOT_TAKEN
        return cls(*(getattr(attendance, name) for name in FIELDS))

    @classmethod
    def before(cls, change: AttendanceChange) -> "Mark":
        """Return what stood before the change."""
        return cls(*(getattr(change, f"old_{name}") for name in FIELDS))

    @classmethod
    def after(cls, change: AttendanceChange) -> "Mark":
        """Return what was tapped."""
        return cls(*(getattr(change, f"new_{name}") for name in FIELDS))


#: The fields of a mark, by the names they have on `Attendance` (and with old_ and new_ on its changes).
FIELDS = ("status", "minutes_late", "minutes_early", "reason", "note")
NOT_TAKEN = Mark("")


@dataclass(frozen=True)
class Tap:
    """One mark as a device took it. `mark_id` is the device's own: sent twice is one mark.

    `at` is the instant of the tap, corrected for the device's clock (`correct_at`).
    """

    mark_id: UUID
    enrolment: int
    mark: Mark
    at: datetime


@dataclass(frozen=True)
class Refused:
    """A tap that was not taken: why, as a `Refusal` and in words."""

    mark_id: UUID
    reason_code: str
    text: str


@dataclass
class Taken:
    """What became of taps: those written, those known before, those refused."""

    changes: list[AttendanceChange] = field(default_factory=list)
    repeated: list[UUID] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def refuse(self, mark_id: UUID, refusal: Refusal) -> None:
        self.refused.append(Refused(mark_id, refusal.value, str(refusal.label)))


def correct_at(instant: datetime, offset: int | None) -> datetime:
    """Return the instant of a tap by our clock: `offset` seconds is how far behind the device's clock was.

    `instant` is aware. What no clock shows is brought back to the calendar we reckon with. `take` lets no tap
    stand after it was received, and keeps the order of those that claim to: a clock a year off still sorts.
    """
    try:
        corrected = instant.astimezone(UTC) + timedelta(seconds=offset or 0)
    except OverflowError:
        corrected = instant.replace(tzinfo=UTC)
    return min(max(corrected, EARLIEST), EARLIEST.replace(year=2999))
