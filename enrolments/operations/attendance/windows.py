"""When a day may be marked: from the day itself, and by the rule of its course for some days after.

Before the day only *excused* (and taking it back) can be marked: who calls off is known ahead, who comes is not.
A mark that was tapped within the window and reaches us within LATE_ARRIVAL after it is taken: a telephone may
have been without a network. All by Danish midnights, so a clock change moves nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from courses.models import CourseDay, CourseRun
from enrolments.enums import AttendanceStatus
from enrolments.operations.attendance.marks import LATE_ARRIVAL, Refusal, Tap
from website.accounts.models import User
from website.accounts.typing import AnyUser

#: What may be marked ahead of the day.
AHEAD = (AttendanceStatus.EXCUSED, "")
TAKES_ALL = "enrolments.change_attendance"


@dataclass(frozen=True)
class Window:
    """From `opens` to before `closes` (None: always) marks may be taken and corrected."""

    opens: datetime
    closes: datetime | None


def midnight(day: date) -> datetime:
    """Return the first instant of a date in Denmark."""
    return timezone.make_aware(datetime.combine(day, time.min))


def window(user: AnyUser, run: CourseRun, day: date) -> Window:
    """Return when `user` may mark a day of the run: organisers as long as the rule gives them, others as presenters."""
    rule = run.attendance_rule
    days = rule.organisers_correct_days if user.has_perm(TAKES_ALL) else rule.presenters_correct_days
    return Window(midnight(day), None if days is None else midnight(day + timedelta(days=days + 1)))


class Clock:
    """Judges the taps of `by` on a day by the time they come; reads the rule only when it decides, and once."""

    def __init__(self, day: CourseDay, by: User | None, received_at: datetime) -> None:
        self.day, self.by, self.received_at = day, by, received_at
        self._window: Window | None = None

    def refusal(self, tap: Tap, on: date) -> Refusal | None:
        """Return whether a tap comes too early or too late for the day, which is `on` by now; or None."""
        if self.by is None or timezone.localdate(self.received_at) == on:
            return None
        if self.received_at < midnight(on):
            return None if tap.mark.status in AHEAD else Refusal.TOO_EARLY
        closes = self._closes(on)
        if closes is not None and (tap.at >= closes or self.received_at >= closes + LATE_ARRIVAL):
            return Refusal.TOO_LATE
        return None

    def _closes(self, on: date) -> datetime | None:
        if self._window is None:
            self._window = window(self.by or AnonymousUser(), self.day.run, on)
        return self._window.closes
