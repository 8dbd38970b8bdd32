"""How a run stands in figures: one query for its participants, whatever their number."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from courses.models import CourseRun, RunSeats
from enrolments.enums import ACTIVE_STATUSES, EnrolmentStatus
from enrolments.models import SeatHold


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the bar: what it is and how many seats wide."""

    kind: str
    label: Any
    count: int
    start: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Seats and people of one run. `held` are seats an organiser keeps; nobody sits on them yet."""

    confirmed: int
    offered: int
    waiting: int
    held: int
    capacity: int | None
    minimum: int | None
    unnamed: int
    noted: int
    walk_ins: int

    @property
    def free(self) -> int | None:
        return None if self.capacity is None else max(0, self.capacity - self.confirmed - self.offered - self.held)

    @property
    def occupied(self) -> int:
        return self.confirmed + self.offered + self.held

    @property
    def width(self) -> int:
        """How many seats the whole bar is: never 0, and never less than the minimum wants."""
        return max(1, self.capacity or 0, self.occupied, self.minimum or 0)

    @property
    def hair(self) -> str:
        """How wide the mark of the minimum is, in seats: the same on every bar."""
        return f"{self.width / 250:.3f}"


def figures(run: CourseRun) -> Figures:
    """Count a run's participants and seats (three queries)."""
    active = Q(status__in=ACTIVE_STATUSES)
    counts = run.enrolments.order_by().aggregate(
        confirmed=Count("pk", Q(status=EnrolmentStatus.CONFIRMED)),
        offered=Count("pk", Q(status=EnrolmentStatus.OFFERED)),
        waiting=Count("pk", Q(status=EnrolmentStatus.WAITING)),
        unnamed=Count("pk", active & Q(name="")),
        walk_ins=Count("pk", Q(status=EnrolmentStatus.WALK_IN)),
        noted=Count("pk", active & ~Q(notes="")),
    )
    held = SeatHold.objects.filter(run=run, released_at=None).aggregate(seats=Sum("seats"))["seats"] or 0
    capacity = RunSeats.objects.values_list("capacity", flat=True).get(pk=run.pk)
    return Figures(**counts, held=held, capacity=capacity, minimum=run.minimum)


def needs(run: CourseRun) -> list[tuple[str, int]]:
    """Return each dietary or access need of the confirmed with how many have it, the commonest first: no names."""
    counts: dict[str, int] = {}
    written = run.enrolments.confirmed().exclude(dietary="").values_list("dietary", flat=True)
    for text in written:
        need = " ".join(text.split()).capitalize()
        counts[need] = counts.get(need, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
