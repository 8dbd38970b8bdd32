"""How the participants of a run came: in groups, at times that fit the run."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import EnrolmentStatus

#: Size of a group and how often it comes.
SIZES = {1: 34, 2: 24, 3: 16, 4: 10, 5: 7, 6: 5, 8: 4}
SALES_DAYS = 100
LATEST = timedelta(hours=3)


@dataclass
class Group:
    """One registration to be: its participants' statuses in form order, and when it was made."""

    statuses: list[EnrolmentStatus]
    keep_together: bool = False
    created_at: datetime | None = None
    seated_from_line: bool = False


def compose(entry: dict[str, Any], run: CourseRun, *, now: datetime, random: Random) -> list[Group]:
    """Return the groups of a run in the order they came. The line came last, when the run was full."""
    seated = _seated(entry, random)
    line = [
        Group(statuses=[EnrolmentStatus.WAITING] * abs(size), keep_together=size < 0) for size in entry.get("line", [])
    ]
    if line and entry.get("cancelled") and seated:
        # Somebody waited and got the seat of somebody who cancelled.
        seated.append(Group(statuses=[EnrolmentStatus.CONFIRMED], seated_from_line=True))
        _give_up_one_seat(seated)
    groups = [*seated, *line]
    for group, created_at in zip(groups, _moments(run, len(groups), now, random), strict=True):
        group.created_at = created_at
    return groups


def _seated(entry: dict[str, Any], random: Random) -> list[Group]:
    largest = entry.get("max_group", 8)
    sizes, weights = zip(*((size, weight) for size, weight in SIZES.items() if size <= largest), strict=True)
    confirmed, cancelled = entry.get("confirmed", 0), entry.get("cancelled", 0)
    groups = []
    while confirmed:
        size = min(random.choices(sizes, weights)[0], confirmed)
        groups.append(Group(statuses=[EnrolmentStatus.CONFIRMED] * size))
        confirmed -= size
    for number in range(cancelled):
        room = [group for group in groups if 1 < len(group.statuses) < largest]
        if room and number % 2 == 0:
            random.choice(room).statuses.append(EnrolmentStatus.CANCELLED)
        else:
            groups.insert(random.randint(0, len(groups)), Group(statuses=[EnrolmentStatus.CANCELLED]))
    return groups


def _give_up_one_seat(groups: list[Group]) -> None:
    """Make the number of confirmed what it was before one more was seated from the line."""
    largest = max(groups, key=lambda group: group.statuses.count(EnrolmentStatus.CONFIRMED))
    largest.statuses.remove(EnrolmentStatus.CONFIRMED)


def _moments(run: CourseRun, count: int, now: datetime, random: Random) -> list[datetime]:
    """Return `count` instants in order, at hours when people register, before the form closed and before now."""
    closes = min(run.closes_at - timedelta(days=1), now - LATEST)
    opened = min(run.starts_at - timedelta(days=SALES_DAYS), now - timedelta(days=40))
    seconds = int((closes - opened).total_seconds())
    moments = []
    for _ in range(count):
        moment = timezone.localtime(opened + timedelta(seconds=random.randrange(seconds)))
        moment = moment.replace(hour=random.randint(7, 17), minute=random.randint(0, 59))
        moments.append(moment if moment < closes else moment - timedelta(days=2))
    return sorted(moments)
