"""What municipalities like this one chose and this one has not: counts only, of at least five municipalities.

Alike is who books about as many seats: the nearest by the number of seats in the two years that end with the one
shown. Which municipalities they are is told nobody, and no figure rests on fewer than `AT_LEAST` of them.
"""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count

from courses.enums import HELD_STATUSES, OrganisationKind
from courses.models import CoursePage, CourseRun, Organisation
from enrolments.enums import ACTIVE_STATUSES, ON_THE_ROLL
from enrolments.models import Enrolment
from enrolments.reports.standings import runs_beginning_in
from website.core.danish import danish_key

#: As few municipalities as a figure may rest on.
AT_LEAST: Final = 5
#: So many municipalities are alike at most.
NEAREST: Final = 15
SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class PeerChoice:
    """A course that `count` of the like have chosen; `run` is the next one that takes registrations."""

    course: CoursePage
    count: int
    run: CourseRun | None = None


@dataclass(frozen=True, slots=True)
class PeerChoices:
    """`of` municipalities are alike; none are named."""

    of: int
    choices: list[PeerChoice]


def chosen_by_peers(*, organisation: Organisation, year: int, at: datetime | None = None) -> PeerChoices | None:
    """Return the courses most of the like chose and this one did not; None where too few are alike. Four queries."""
    seats = Enrolment.objects.filter(
        run__in=runs_beginning_in(year - 1, year),
        run__status__in=HELD_STATUSES,
        organisation__kind=OrganisationKind.MUNICIPALITY,
    ).order_by()
    booked: dict[int, Counter[int]] = {}
    counted = seats.filter(status__in=ON_THE_ROLL).values_list("organisation", "run__course").annotate(Count("pk"))
    for municipality, course, count in counted:
        booked.setdefault(municipality, Counter())[course] += count
    own = Counter(booked.pop(organisation.pk, {}))
    alike = nearest({pk: sum(courses.values()) for pk, courses in booked.items()}, sum(own.values()))
    if len(alike) < AT_LEAST:
        return None
    # Also what one waits for or has asked for is chosen.
    wanted = seats.filter(organisation=organisation, status__in=ACTIVE_STATUSES).values_list("run__course", flat=True)
    theirs = {*own, *wanted}
    counts = Counter(course for pk in alike for course in booked[pk] if course not in theirs)
    top = {course: count for course, count in counts.items() if count >= AT_LEAST}
    return PeerChoices(len(alike), _choices(top, at))


def nearest(seats: dict[int, int], own: int) -> list[int]:
    """Return the municipalities with about as many seats as `own`; all that have any where it has none."""
    if not own:
        return sorted(seats)
    return sorted(seats, key=lambda pk: (abs(math.log(seats[pk] / own)), pk))[:NEAREST]


def _choices(counts: dict[int, int], at: datetime | None) -> list[PeerChoice]:
    courses = CoursePage.objects.live().public().filter(pk__in=counts).only("title", "url_path", "live")
    shown = sorted(courses, key=lambda course: (-counts[course.pk], danish_key(course.title)))[:SHOWN]
    coming: dict[int, CourseRun] = {}
    runs = CourseRun.objects.taking_registrations(at).filter(course__in=[course.pk for course in shown])
    for run in runs.prefetch_related("days"):
        coming.setdefault(run.course_id, run)
    return [PeerChoice(course, counts[course.pk], coming.get(course.pk)) for course in shown]
