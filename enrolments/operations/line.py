"""The waiting line: who is next by the rule, and seating by an organiser's hand.

The rule: entries are served in the order they came. With *first fit* a freed seat goes to the first
entry that fits, so a smaller entry may pass a group that stays together and does not fit yet; in
*strict order* nobody passes. An entry is a group that stays together, or else one participant.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction

from courses.enums import LineRule, RunStatus
from courses.models import CourseRun
from enrolments import emails
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.exceptions import GroupStaysTogether, NotEnoughSeats, NotWaiting, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.seats import lock_run
from website.accounts.models import User


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


def waiting_line(run: CourseRun) -> list[LineEntry]:
    """Return the run's line in order, the entry that the rule would seat now marked as next (one query)."""
    waiting = run.enrolments.waiting().select_related("registration", "organisation")
    return mark_next(entries_of(waiting), free=run.seats.free, rule=LineRule(run.line_rule))


def entries_of(waiting: Iterable[Enrolment]) -> list[LineEntry]:
    """Group waiting enrolments, given in line order with their registrations, into entries."""
    groups: list[tuple[Enrolment, ...]] = []
    for _, members in groupby(waiting, key=lambda enrolment: enrolment.registration_id):
        group = tuple(members)
        if group[0].registration.keep_together:
            groups.append(group)
        else:
            groups.extend((member,) for member in group)
    return [LineEntry(position=at, enrolments=group) for at, group in enumerate(groups, start=1)]


def mark_next(entries: list[LineEntry], *, free: int | None, rule: LineRule) -> list[LineEntry]:
    """Return the entries with the one that the rule seats now marked: the rule of the line, in one place."""
    candidates = entries[:1] if rule == LineRule.STRICT else entries
    chosen = next((entry for entry in candidates if free is None or entry.size <= free), None)
    return [
        LineEntry(position=entry.position, enrolments=entry.enrolments, is_next=entry is chosen) for entry in entries
    ]


def seat_from_line(*, run_pk: int, enrolment_pks: Iterable[int], user: User, reason: str = "") -> list[Enrolment]:
    """Give seats to one entry of the line by an organiser's hand, and queue the mails.

    Raises NotWaiting (no longer in line), GroupStaysTogether (part of a group that is not split),
    NotEnoughSeats, RunCancelled, or ReasonNeeded (another entry is next by the rule and no reason is given).
    """
    wanted = frozenset(enrolment_pks)
    with transaction.atomic():
        run = lock_run(run_pk)
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        entries = waiting_line(run)
        touched = [entry for entry in entries if entry.pks & wanted]
        if not wanted or not wanted <= frozenset().union(*(entry.pks for entry in touched)):
            raise NotWaiting
        seated = [enrolment for entry in touched for enrolment in entry.enrolments if enrolment.pk in wanted]
        if len(seated) < sum(entry.size for entry in touched):
            raise GroupStaysTogether
        free = run.seats.free
        if free is not None and free < len(seated):
            raise NotEnoughSeats(left=free, wanted=len(seated), has_line=True)
        if not reason and not all(entry.is_next for entry in touched):
            raise ReasonNeeded
        for enrolment in seated:
            enrolment.status = EnrolmentStatus.CONFIRMED
        Enrolment.objects.bulk_update(seated, ["status"])
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment=e, kind=EventKind.SEATED, actor=ActorKind.STAFF, user=user, reason=reason)
            for e in seated
        )
        for registration, members in groupby(seated, key=lambda enrolment: enrolment.registration):
            emails.queue_seated(registration, run, list(members))
        return seated
