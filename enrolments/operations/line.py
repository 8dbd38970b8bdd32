"""The waiting line: its entries in order, the one rule that says whom freed seats go to, and people's places.

The rule: entries are served in the order they came. With *first fit* a freed seat goes to the first
entry that fits, so a smaller entry may pass a group that stays together and does not fit yet; in
*strict order* nobody passes. An entry is a group that stays together, or else one participant.
Who has been offered a seat and has not answered is still in line: those seats are held for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from courses.enums import LineRule
from courses.models import CourseRun
from enrolments.enums import IN_LINE_STATUSES, EnrolmentStatus
from enrolments.models import Enrolment, Offer


@dataclass(frozen=True, slots=True)
class LineEntry:
    """What is served as one: a group that stays together, or a participant. `position` counts from 1."""

    position: int
    enrolments: tuple[Enrolment, ...]
    is_next: bool = False

    @property
    def size(self) -> int:
        return len(self.enrolments)

    @property
    def pks(self) -> frozenset[int]:
        return frozenset(enrolment.pk for enrolment in self.enrolments)

    @property
    def is_offered(self) -> bool:
        return self.enrolments[0].status == EnrolmentStatus.OFFERED

    @property
    def offer(self) -> Offer | None:
        """The open offer to the entry, if one is out."""
        return self.enrolments[0].offer if self.is_offered else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a participant stands in line. `ahead` entries are served before theirs; `offer` is out to them."""

    position: int
    length: int
    offer: Offer | None = None

    @property
    def ahead(self) -> int:
        return self.position - 1


def served(entries: Iterable[LineEntry], *, free: int | None, rule: LineRule) -> list[LineEntry]:
    """Return the entries that `free` seats go to now: the rule of the line, in one place.

    The entries are those that wait, in order. `free` is None without a limit.
    """
    chosen = []
    for entry in entries:
        if free is None or entry.size <= free:
            chosen.append(entry)
            free = None if free is None else free - entry.size
        elif rule == LineRule.STRICT:
            break
    return chosen


def whole_line(run: CourseRun) -> list[LineEntry]:
    """Return everybody in the run's line in order, offers out included; the next by the rule is marked."""
    in_line = run.enrolments.in_line().select_related("registration", "organisation", "offer")
    return mark_next(entries_of(in_line), free=run.seats.free, rule=LineRule(run.line_rule))


def outlined_line(run: CourseRun) -> list[LineEntry]:
    """Return the same as `whole_line`, with no more read of people than their places hang on (one query).

    For showing one page of a line of hundreds: `filled` reads the rest of the entries on it.
    """
    in_line = run.enrolments.in_line().select_related("registration")
    in_line = in_line.only("run", "status", "registration", "registration__keep_together")
    return mark_next(entries_of(in_line), free=run.seats.free, rule=LineRule(run.line_rule))


def filled(entries: Iterable[LineEntry]) -> list[LineEntry]:
    """Return the entries of an outlined line with everything of their participants, as it is now (one query)."""
    entries = list(entries)
    known = Enrolment.objects.select_related("registration", "organisation", "offer").in_bulk(
        [enrolment.pk for entry in entries for enrolment in entry.enrolments]
    )
    return [
        replace(entry, enrolments=tuple(known[enrolment.pk] for enrolment in entry.enrolments)) for entry in entries
    ]


def waiting_line(run: CourseRun) -> list[LineEntry]:
    """Return those of the run's line who wait for a seat, with their places in the whole line (one query)."""
    return [entry for entry in whole_line(run) if not entry.is_offered]


def entries_of(in_line: Iterable[Enrolment]) -> list[LineEntry]:
    """Group enrolments, given in line order with their registrations, into entries.

    A group that stays together stands where its first member stands. What is offered and what waits are
    entries of their own, also when somebody was added to the group after the offer.
    """
    groups: dict[tuple[int, str] | int, list[Enrolment]] = {}
    for enrolment in in_line:
        together = enrolment.registration.keep_together
        key = (enrolment.registration_id, enrolment.status) if together else enrolment.pk
        groups.setdefault(key, []).append(enrolment)
    return [LineEntry(position=at, enrolments=tuple(group)) for at, group in enumerate(groups.values(), start=1)]


def mark_next(entries: list[LineEntry], *, free: int | None, rule: LineRule) -> list[LineEntry]:
    """Return the entries with the one marked that the rule would serve first with `free` seats."""
    first = next(iter(served((e for e in entries if not e.is_offered), free=free, rule=rule)), None)
    return [replace(entry, is_next=entry is first) for entry in entries]


def positions(run: CourseRun, enrolments: Iterable[Enrolment]) -> dict[int, Place]:
    """Return the place in the run's line of those of `enrolments` who are in line, by primary key.

    No query when none of them is in line, else one.
    """
    enrolments = list(enrolments)
    if not any(enrolment.status in IN_LINE_STATUSES for enrolment in enrolments):
        return {}
    wanted = {enrolment.pk for enrolment in enrolments}
    entries = entries_of(run.enrolments.in_line().select_related("registration", "offer"))
    return {
        enrolment.pk: Place(position=entry.position, length=len(entries), offer=entry.offer)
        for entry in entries
        for enrolment in entry.enrolments
        if enrolment.pk in wanted
    }
