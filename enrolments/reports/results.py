"""How a participant stands to what counts as having attended: the one definition of minutes and requirement.

Minutes are real minutes between the planned instants the mark was taken under (else the day's own), so a day
across a clock change counts as long as it lasts. A mark *present* is worth them all; *late* loses the minutes
late, *left early* the minutes before the end; *late* beyond the rule's `absent_after` is worth none, and so are
*absent* and *excused*. A day whose attendance is not taken is *open*: neither won nor lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from courses.models import AttendanceRule
from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus, Requirement


@dataclass(frozen=True, slots=True)
class DayMark:
    """One participant's day: planned minutes, and the mark if one is taken ("" when not)."""

    minutes_planned: int
    status: str = ""
    minutes_late: int | None = None
    minutes_early: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a participant's days come to. Minutes are whole minutes; `percent` of the planned, one decimal."""

    days_planned: int
    days_taken: int
    days_attended: int
    minutes_planned: int
    minutes_attended: int
    minutes_open: int
    percent: Decimal
    requirement: Requirement

    @property
    def is_met(self) -> bool:
        return self.requirement == Requirement.MET


def minutes_present(mark: DayMark, *, absent_after: int | None = None) -> int:
    """Return the minutes somebody was there, as the rule counts them: 0 for whom it counts as absent."""
    if mark.status not in ATTENDED_STATUSES:
        return 0
    late = mark.minutes_late or 0
    if mark.status == AttendanceStatus.LATE and absent_after is not None and late > absent_after:
        return 0
    return max(0, mark.minutes_planned - late - (mark.minutes_early or 0))


def result_of(marks: Iterable[DayMark], rule: AttendanceRule) -> Result:
    """Return what these days come to under the rule.

    *Met*: the minutes attended reach the rule's share of the planned. *Out of reach*: they could not even if
    every open day were attended in full. *At risk*: missing the longest open day would put it out of reach.
    """
    marks = list(marks)
    planned = sum(mark.minutes_planned for mark in marks)
    worth = [minutes_present(mark, absent_after=rule.absent_after) for mark in marks]
    attended = sum(worth)
    open_days = [mark.minutes_planned for mark in marks if not mark.status]
    still_open = sum(open_days)
    return Result(
        days_planned=len(marks),
        days_taken=len(marks) - len(open_days),
        days_attended=sum(1 for minutes in worth if minutes),
        minutes_planned=planned,
        minutes_attended=attended,
        minutes_open=still_open,
        percent=(Decimal(100 * attended) / planned).quantize(Decimal("0.1"), ROUND_HALF_UP) if planned else Decimal(0),
        requirement=requirement(
            planned=planned,
            attended=attended,
            still_open=still_open,
            longest_open=max(open_days, default=0),
            minimum_percent=rule.minimum_percent,
        ),
    )


def requirement(
    *, planned: int, attended: int, still_open: int, longest_open: int, minimum_percent: int
) -> Requirement:
    """Return how somebody stands, from whole minutes: no rounding can tip it."""
    needed = planned * minimum_percent
    if planned and attended * 100 >= needed:
        return Requirement.MET
    if (attended + still_open) * 100 < needed or not planned:
        return Requirement.OUT_OF_REACH
    if (attended + still_open - longest_open) * 100 < needed:
        return Requirement.AT_RISK
    return Requirement.ON_TRACK
