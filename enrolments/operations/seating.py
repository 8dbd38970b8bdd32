"""What an organiser does to the waiting line by hand: give a seat, and move an entry. Both are logged with a reason."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments import emails
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, OfferStatus
from enrolments.exceptions import GroupStaysTogether, NotEnoughSeats, NotWaiting, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, SeatHold
from enrolments.operations.line import LineEntry, whole_line
from enrolments.operations.offers import close_emptied, serve_line
from enrolments.operations.seats import lock_run
from website.accounts.models import User


def seat_from_line(
    *, run_pk: int, enrolment_pks: Iterable[int], user: User, reason: str = "", at: datetime | None = None
) -> list[Enrolment]:
    """Give seats to one entry of the line by an organiser's hand, and queue the mails.

    Who has been offered a seat gets the one that is held for them. Where free seats do not suffice, those an
    organiser holds (for this group, or for nobody yet) are used.

    Raises NotWaiting (no longer in line), GroupStaysTogether (part of a group that is not split),
    NotEnoughSeats, RunCancelled, or ReasonNeeded (another entry is next by the rule and no reason is given).
    """
    at = at or timezone.now()
    wanted = frozenset(enrolment_pks)
    with transaction.atomic():
        run = lock_run(run_pk)
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        touched = _touched(whole_line(run), wanted)
        seated = [enrolment for entry in touched for enrolment in entry.enrolments]
        new = [enrolment for entry in touched if not entry.is_offered for enrolment in entry.enrolments]
        if not reason and not all(entry.is_next or entry.is_offered for entry in touched):
            raise ReasonNeeded
        _make_room(run, new, at)
        for enrolment in seated:
            enrolment.status = EnrolmentStatus.CONFIRMED
        Enrolment.objects.bulk_update(seated, ["status"])
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment=e, kind=EventKind.SEATED, actor=ActorKind.STAFF, user=user, reason=reason)
            for e in seated
        )
        for registration, members in groupby(seated, key=lambda enrolment: enrolment.registration):
            emails.queue_seated(registration, run, list(members))
        close_emptied(run, OfferStatus.ACCEPTED, at)
        serve_line(run, at=at)
        return seated


def seats_at_hand(run: CourseRun, registration_pks: Collection[int]) -> int | None:
    """Return how many seats an organiser could give these registrations now, or None without a limit.

    The free ones, and those held for them or for nobody yet.
    """
    free = run.seats.free
    if free is None:
        return None
    return free + sum(hold.seats for hold in _usable(run, registration_pks))


def move_entry(
    *, run_pk: int, enrolment_pk: int, position: int, user: User, reason: str, at: datetime | None = None
) -> LineEntry:
    """Move an entry, named by one of its participants, to a place in the line; return it as it stands then.

    `position` counts from 1 in the whole line; one past the end is the end. Raises ReasonNeeded, and NotWaiting
    when the entry no longer waits.
    """
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic():
        run = lock_run(run_pk)
        line = whole_line(run)
        entry = next((e for e in line if enrolment_pk in e.pks and not e.is_offered), None)
        if entry is None:
            raise NotWaiting
        others = [e for e in line if e is not entry]
        to = min(max(position, 1), len(line))
        order = [*others[: to - 1], entry, *others[to - 1 :]]
        changed = []
        for place, enrolment in enumerate((e for each in order for e in each.enrolments), start=1):
            if enrolment.line_order != place:
                enrolment.line_order = place
                changed.append(enrolment)
        Enrolment.objects.bulk_update(changed, ["line_order"])
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(
                enrolment=e,
                kind=EventKind.LINE_MOVED,
                actor=ActorKind.STAFF,
                user=user,
                reason=reason,
                data={"from": entry.position, "to": to},
            )
            for e in entry.enrolments
        )
        # In strict order another entry may stand first now.
        serve_line(run, at=at)
        return replace(entry, position=to)


def _touched(line: Iterable[LineEntry], wanted: frozenset[int]) -> list[LineEntry]:
    """Return the entries that `wanted` are. Raises NotWaiting for a stranger, GroupStaysTogether for a part."""
    touched = [entry for entry in line if entry.pks & wanted]
    if not wanted or not wanted <= frozenset().union(*(entry.pks for entry in touched)):
        raise NotWaiting
    if not all(entry.pks <= wanted for entry in touched):
        raise GroupStaysTogether
    return touched


def _make_room(run: CourseRun, newcomers: list[Enrolment], at: datetime) -> None:
    """Let go of as many held seats as the free ones fall short of. Raises NotEnoughSeats."""
    free, wanted = run.seats.free, len(newcomers)
    if free is None or wanted <= free:
        return
    missing = wanted - free
    holds = _usable(run, {enrolment.registration_id for enrolment in newcomers})
    if missing > (held := sum(hold.seats for hold in holds)):
        raise NotEnoughSeats(left=free + held, wanted=wanted, has_line=True)
    for hold in holds:
        used = min(missing, hold.seats)
        missing -= used
        if used < hold.seats:
            hold.seats -= used
        else:
            hold.released_at = at
        hold.save(update_fields=["seats", "released_at"])
        if not missing:
            return


def _usable(run: CourseRun, registration_pks: Collection[int]) -> list[SeatHold]:
    """Return the open holds an organiser may draw on for these registrations: their own first."""
    holds = SeatHold.objects.filter(
        Q(registration__in=registration_pks) | Q(registration=None), run=run, released_at=None, seats__gt=0
    )
    return sorted(holds, key=lambda hold: hold.registration_id is None)
