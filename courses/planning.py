"""The plan: days by ISO week, with what collides. Pure reckoning over rows that were fetched once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from courses.models import CourseDay, CourseRun, Presenter

WEEKDAYS = 7


@dataclass
class Entry:
    """One day of a run in the plan."""

    day: CourseDay
    conflicts: list[str] = field(default_factory=list)

    @property
    def run(self) -> CourseRun:
        return self.day.run

    @property
    def people(self) -> list[Presenter]:
        """Presenters, then hosts, each once."""
        return list(dict.fromkeys([*self.day.presenters.all(), *self.day.hosts.all()]))

    @property
    def town(self) -> str:
        venue = self.day.effective_venue
        return venue.city if venue else self.run.place


@dataclass
class Week:
    monday: date
    entries: list[Entry]

    @property
    def number(self) -> int:
        return self.monday.isocalendar().week

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=WEEKDAYS - 1)

    @property
    def days(self) -> list[tuple[date, list[Entry]]]:
        return [(day, list(entries)) for day, entries in groupby(self.entries, key=lambda entry: entry.day.date)]

    @property
    def conflicts(self) -> int:
        return sum(bool(entry.conflicts) for entry in self.entries)


@dataclass
class Gap:
    """Weeks in a row without a day."""

    first: Week
    last: Week

    @property
    def length(self) -> int:
        return (self.last.monday - self.first.monday).days // WEEKDAYS + 1


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def days_in_period(first: date, last: date) -> QuerySet[CourseDay]:
    """Days from `first` to `last`, both included, with all a plan shows.

    Annotates `number` and `of`: which day of how many it is in its run.
    """
    others = CourseDay.objects.filter(run=OuterRef("run")).order_by().values("run").annotate(n=Count("pk")).values("n")
    earlier = (
        CourseDay.objects.filter(run=OuterRef("run"), date__lte=OuterRef("date"))
        .order_by()
        .values("run")
        .annotate(n=Count("pk"))
        .values("n")
    )
    return (
        CourseDay.objects.filter(date__gte=first, date__lte=last)
        .select_related("run__course", "run__venue", "run__seats", "venue")
        .prefetch_related("presenters", "hosts")
        .annotate(
            number=Coalesce(Subquery(earlier, output_field=IntegerField()), 1),
            of=Coalesce(Subquery(others, output_field=IntegerField()), 1),
        )
        .order_by("date", "start_time", "run_id")
    )


def entries_with_conflicts(days: Iterable[CourseDay]) -> list[Entry]:
    """Return an entry per day, each told who or what another run needs on the same day too.

    Cancelled runs collide with none.
    """
    entries = [Entry(day) for day in days]
    booked: dict[tuple, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.run.status == RunStatus.CANCELLED:
            continue
        for person in entry.people:
            booked[entry.day.date, "person", person.pk, person.name].append(entry)
        if venue := entry.day.effective_venue:
            booked[entry.day.date, "venue", venue.pk, venue.name].append(entry)
    for (_date, kind, _pk, name), together in booked.items():
        for entry in together:
            for other in together:
                if other.run.pk == entry.run.pk:
                    continue
                text = _("%(name)s is also on “%(run)s”") if kind == "person" else _("%(name)s also has “%(run)s”")
                entry.conflicts.append(text % {"name": name, "run": other.run})
    return entries


def weeks_of(entries: list[Entry], *, first: date, weeks: int) -> list[Week]:
    """Return `weeks` weeks from the Monday of `first`, each with its entries in order of time."""
    start = monday_of(first)
    by_week: dict[date, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_week[monday_of(entry.day.date)].append(entry)
    return [Week(monday, by_week[monday]) for monday in (start + timedelta(weeks=n) for n in range(weeks))]


def folded(weeks: list[Week]) -> Iterator[Week | Gap]:
    """Yield the weeks, empty ones in a row as one gap."""
    for is_empty, group in groupby(weeks, key=lambda week: not week.entries):
        together = list(group)
        if is_empty:
            yield Gap(together[0], together[-1])
        else:
            yield from together
