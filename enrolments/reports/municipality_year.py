"""A municipality's training year: who came to what, what is booked, hours, spend and no-shows, by department.

A run belongs to the year of its first day. A seat counts while it is booked (design: `attendance_state.had_seat`).
Every figure is a sum of the lines shown: the total is that of the departments, and theirs that of the people's.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from courses.models import Organisation
from enrolments.models import Enrolment
from enrolments.reports.peers import PeerChoices, chosen_by_peers
from enrolments.reports.standings import Standing, in_hours, in_year, standings, years_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import snapshot


@dataclass
class Figures:
    """What some lines come to. `people` are counted once, however many courses they have been on."""

    seats: int = 0
    ahead: int = 0
    attended: int = 0
    no_shows: int = 0
    late_cancellations: int = 0
    minutes: int = 0
    spend: Decimal = Decimal(0)
    who: set[Any] = field(default_factory=set)

    @classmethod
    def of(cls, lines: Iterable[Standing]) -> "Figures":
        figures = cls()
        for line in lines:
            figures.add(line)
        return figures

    def add(self, line: Standing) -> None:
        self.spend += line.spend
        self.minutes += line.minutes
        self.attended += line.has_attended
        self.no_shows += line.state.is_no_show
        self.late_cancellations += line.state.is_late_cancellation
        if line.has_seat:
            self.seats += 1
            self.ahead += line.is_ahead
            self.who.add(line.who)

    @property
    def people(self) -> int:
        return len(self.who)

    @property
    def hours(self) -> Decimal:
        return in_hours(self.minutes)

    @property
    def held(self) -> int:
        """Seats on runs that are over."""
        return self.seats - self.ahead


@dataclass
class Department:
    """A department as people wrote it (whatever the case), and what its people come to."""

    name: str
    figures: Figures
    lines: list[Standing] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A short name for an address: what people wrote stands in none."""
        return department_key(self.name)


def department_key(name: str) -> str:
    return hashlib.sha256(" ".join(name.split()).casefold().encode()).hexdigest()[:12]


@dataclass
class TrainingYear:
    """One municipality's year. Each line stands once, by date: in `ahead`, `waiting`, `past` or `gone` (cancelled)."""

    organisation: Organisation
    year: int
    years: list[int]
    lines: list[Standing]
    peers: PeerChoices | None = None

    def __post_init__(self) -> None:
        self.total = Figures.of(self.lines)
        self.ahead = [each for each in self.lines if each.is_ahead]
        self.waiting = [each for each in self.lines if each.is_in_line]
        self.past = [each for each in self.lines if each.is_over and (each.has_seat or each.has_attended)]
        shown = {each.enrolment.pk for each in (*self.ahead, *self.waiting, *self.past)}
        self.gone = [each for each in self.lines if each.enrolment.pk not in shown]
        self.departments = departments(self.lines)

    @property
    def most_minutes(self) -> int:
        """The longest bar of the departments' chart."""
        return max((each.figures.minutes for each in self.departments), default=0)

    @property
    def people_in_several(self) -> bool:
        """Whether somebody stands in two departments, so that the total counts fewer people than its rows."""
        return sum(each.figures.people for each in self.departments) > self.total.people

    @property
    def is_empty(self) -> bool:
        return not self.lines

    def department(self, key: str) -> Department | None:
        return next((each for each in self.departments if each.key == key), None)


def departments(lines: Iterable[Standing]) -> list[Department]:
    """Return the departments in Danish order, those who wrote none last."""
    found: dict[str, Department] = {}
    for line in lines:
        key = line.department.casefold()
        if key not in found:
            found[key] = Department(line.department, Figures())
        found[key].figures.add(line)
        found[key].lines.append(line)
    return sorted(found.values(), key=lambda each: (not each.name, danish_key(each.name)))


def enrolments_of(user: AnyUser, organisation: Organisation) -> QuerySet[Enrolment]:
    """Return the municipality's people's enrolments that `user` may see."""
    return Enrolment.objects.visible_to(user).of_municipality(organisation.pk)


def training_year(
    *, user: AnyUser, organisation: Organisation, year: int, at: datetime | None = None, with_peers: bool = True
) -> TrainingYear:
    """Return the year as `user` may see it, all of it read from one moment, in a constant number of queries."""
    at = at or timezone.now()
    with snapshot():
        rows = enrolments_of(user, organisation)
        this_year = timezone.localdate(at).year
        years = sorted({*years_of(rows), this_year}, reverse=True)
        lines = [line for line in standings(in_year(rows, year), at=at) if _counts(line)]
        peers = chosen_by_peers(organisation=organisation, year=year, at=at) if with_peers else None
        return TrainingYear(organisation, year, years, lines, peers)


def _counts(line: Standing) -> bool:
    """Whether a line belongs to the year: a seat had, a place in line that may still become one, or a fee to pay."""
    return line.is_booked or line.is_in_line or line.has_attended or line.spend > 0
