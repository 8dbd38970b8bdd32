"""What is different about a run for those who come to it: days, place, online link, hosts and presenters.

Seats, deadlines, price and notes are not: they change nothing for somebody who has a seat.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from django.utils.translation import gettext as _

from courses.models import CourseDay, CourseRun, Venue
from enrolments.snapshots import snapshot_run
from website.core.danish import clock, listed, written

#: What participants of a run know of it, as JSON types: a run's snapshot with the people of each day.
Known = dict[str, Any]

ONLINE_LINK = "online_link"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as people know it. Texts are in the language in use; empty ones are left out.

    `changed_days` and `removed_days` are the days whose entry in the calendar it concerns.
    """

    key: str
    what: str
    before: str = ""
    after: str = ""
    changed_days: frozenset[int] = frozenset()
    removed_days: frozenset[int] = frozenset()

    @property
    def is_secret(self) -> bool:
        """Whether only those with a seat may hear of it."""
        return self.key == ONLINE_LINK

    def as_json(self) -> dict[str, str]:
        return {"what": self.what, "before": self.before, "after": self.after}


def knowledge_of(run: CourseRun) -> Known:
    """Return what participants know of `run` as it stands (two queries for the people of its days)."""
    known = snapshot_run(run)
    people = _people([day["pk"] for day in known["days"]])
    for day in known["days"]:
        day["people"] = people.get(day["pk"], [])
    return known


def differences(before: Known, after: Known) -> list[Difference]:
    """Return what differs between two states of a run, in the order of its days and then the rest."""
    return [*_days(before, after), *_place(before, after), *_online(before, after), *_teachers(before, after)]


@dataclass(slots=True)
class _Pairs:
    """The days of two states by number: those of both, gone and come."""

    before: dict[int, Any]
    after: dict[int, Any]
    both: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.both = [pk for pk in self.after if pk in self.before]


def _pairs(before: Known, after: Known) -> _Pairs:
    return _Pairs({day["pk"]: day for day in before["days"]}, {day["pk"]: day for day in after["days"]})


def _days(before: Known, after: Known) -> Iterator[Difference]:
    pairs = _pairs(before, after)
    for pk, old in pairs.before.items():
        if pk not in pairs.after:
            yield Difference(f"removed:{pk}", _("A day is taken out"), before=_when(old), removed_days=frozenset({pk}))
    for pk, new in pairs.after.items():
        if pk not in pairs.before:
            yield Difference(f"added:{pk}", _("A new day"), after=_when(new), changed_days=frozenset({pk}))
            continue
        old = pairs.before[pk]
        if _when(old) != _when(new):
            what = _("New time") if old["date"] == new["date"] else _("New date")
            yield Difference(f"day:{pk}", what, _when(old), _when(new), changed_days=frozenset({pk}))
        if old["venue"] != new["venue"]:
            yield Difference(
                f"venue:{pk}",
                _("New place on %(date)s") % {"date": _date(new)},
                _address(old["venue"] or before["venue"]),
                _address(new["venue"] or after["venue"]),
                changed_days=frozenset({pk}),
            )


def _place(before: Known, after: Known) -> Iterator[Difference]:
    if before["venue"] == after["venue"]:
        return
    pairs = _pairs(before, after)
    moved = frozenset(pk for pk in pairs.both if not pairs.after[pk]["venue"])
    if _address(before["venue"]) == _address(after["venue"]):
        # The same address with a new way to find it.
        yield Difference("venue", _("New directions"), after=after["venue"]["directions"])
        return
    yield Difference("venue", _("New place"), _address(before["venue"]), _address(after["venue"]), changed_days=moved)


def _online(before: Known, after: Known) -> Iterator[Difference]:
    if before["online_link"] == after["online_link"]:
        return
    pairs = _pairs(before, after)
    online = frozenset(pk for pk in pairs.both if not (pairs.after[pk]["venue"] or after["venue"]))
    what = _("New online link") if after["online_link"] else _("The online link no longer works")
    yield Difference(ONLINE_LINK, what, after=after["online_link"], changed_days=online)


def _teachers(before: Known, after: Known) -> Iterator[Difference]:
    """One difference for the whole run where it is the same on every day, else one a day."""
    pairs = _pairs(before, after)
    changes = {
        pk: (tuple(pairs.before[pk]["people"]), tuple(pairs.after[pk]["people"]))
        for pk in pairs.both
        if sorted(pairs.before[pk]["people"]) != sorted(pairs.after[pk]["people"])
    }
    whole = len(changes) == len(pairs.both) and len(set(changes.values())) == 1
    for pk, (old, new) in list(changes.items())[: 1 if whole else None]:
        what = _("New people") if whole else _("New people on %(date)s") % {"date": _date(pairs.after[pk])}
        yield Difference("people" if whole else f"people:{pk}", what, listed(old), listed(new))


def _people(day_pks: list[int]) -> dict[int, list[str]]:
    """Return the bylines of hosts and presenters by day, presenters first, each once."""
    found: dict[int, list[str]] = {}
    for through in (CourseDay.presenters.through, CourseDay.hosts.through):
        for row in through.objects.filter(courseday__in=day_pks).select_related("presenter").order_by("presenter_id"):
            names = found.setdefault(row.courseday_id, [])
            if row.presenter.byline not in names:
                names.append(row.presenter.byline)
    return found


def _date(day: dict[str, Any]) -> str:
    return written(date.fromisoformat(day["date"]), "l j. F Y")


def _when(day: dict[str, Any]) -> str:
    start, end = (clock(time.fromisoformat(day[name])) for name in ("start", "end"))
    return _("%(date)s at %(start)s–%(end)s") % {"date": _date(day), "start": start, "end": end}


def _address(venue: dict[str, str] | None) -> str:
    if not venue:
        return _("Online")
    return Venue(**venue).one_line_address


def days_touched(found: Iterable[Difference]) -> tuple[frozenset[int], frozenset[int]]:
    """Return the days whose calendar entries change, and those whose entries go."""
    found = list(found)
    changed = frozenset().union(*(each.changed_days for each in found))
    removed = frozenset().union(*(each.removed_days for each in found))
    return changed, removed
