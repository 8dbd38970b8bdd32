"""Freed seats become offers to the waiting line, in the transaction that freed them; and what comes of an offer.

Everything here happens under the run's lock, so that an offer has exactly one outcome: whoever comes
second is told in words what it was. Whoever declines, or does not answer in time, leaves the line.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from courses.enums import HELD_STATUSES, LineRule
from courses.models import CourseDay, CourseRun, RunSeats
from courses.watchers import RunWatcher, run_watchers
from enrolments.emails import offers as mails
from enrolments.emails.registrations import queue_seated
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind, OfferStatus
from enrolments.exceptions import GroupStaysTogether, NoLimit, NotInOffer, OfferClosed, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Offer, SeatHold
from enrolments.operations.line import LineEntry, entries_of, served
from enrolments.operations.seats import lock_run
from website.accounts.models import User

#: Somebody who had less time than this to answer gets no reminder.
SHORTEST_REMINDED = timedelta(hours=6)
#: Nobody has to answer at night: a time to answer by lies from EARLIEST to LATEST, in the provider's own time.
EARLIEST, LATEST = time(8), time(22)
#: What the mails tell of a registration.
ABOUT = ("registration__organisation", "registration__terms")

# --- making offers --------------------------------------------------------------------------


def serve_line(run: CourseRun, *, at: datetime | None = None) -> list[Offer]:
    """Offer the run's free seats to its line by the rule, and queue the mails; return the offers made.

    Call it under the run's lock (`lock_run`), in the transaction of whatever may have freed a seat or
    shortened an entry; an organiser's edit of a run holds the same lock. Its own tidying comes first: an offer
    whose participants have all gone another way is closed, and seats held for a group that no longer waits
    are let go.
    """
    at = at or timezone.now()
    run.seats = RunSeats.objects.select_for_update().get(pk=run.pk)
    close_emptied(run, OfferStatus.DECLINED, at)
    holds = list(SeatHold.objects.filter(run=run, released_at=None, registration__isnull=False))
    if not holds and not (run.seats.waiting and run.seats.free != 0):
        return []
    entries = entries_of(run.enrolments.waiting().select_related(*ABOUT))
    expires_at = answer_by(run, at)
    if expires_at is None:
        _fill_holds(holds, entries, run, at, offers_go_out=False)
        return []
    groups = _fill_holds(holds, entries, run, at, offers_go_out=True)
    kept_for = {hold.registration_id for hold in holds}
    others = [entry for entry in entries if entry.enrolments[0].registration_id not in kept_for]
    chosen = served(others, free=run.seats.free, rule=LineRule(run.line_rule))
    groups.extend(entry.enrolments for entry in chosen)
    return _offer(run, groups, expires_at) if groups else []


def answer_by(run: CourseRun, at: datetime) -> datetime | None:
    """Return until when an offer made at `at` can be answered, or None when none is made by itself.

    Nearer the start people get less time (settings.OFFER_WINDOWS); on the last day the organiser decides. The
    time is a whole hour of the day, a little later rather than sooner, and never past the start.
    """
    if run.status not in HELD_STATUSES:
        return None
    starts_at = run.starts_at
    for days_before, hours in settings.OFFER_WINDOWS:
        if starts_at is None or starts_at - at >= timedelta(days=days_before):
            answer = _whole_hour(at + timedelta(hours=hours))
            by_day = _by_day(answer)
            return by_day if starts_at is None or by_day < starts_at else min(answer, starts_at)
    return None


def _whole_hour(at: datetime) -> datetime:
    """Return `at` or the next whole hour after it."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return hour if hour == at else hour + timedelta(hours=1)


def _by_day(at: datetime) -> datetime:
    """Return `at`, or the next EARLIEST when it is at night."""
    local = timezone.localtime(at)
    if EARLIEST <= local.time() <= LATEST:
        return at
    morning = local.date() + timedelta(days=local.time() > LATEST)
    return timezone.make_aware(datetime.combine(morning, EARLIEST))


def close_emptied(run: CourseRun, status: OfferStatus, at: datetime) -> None:
    """Close the open offers of the run whose participants have all been settled in another way."""
    still_offered = Enrolment.objects.filter(offer=OuterRef("pk"), status=EnrolmentStatus.OFFERED)
    Offer.objects.filter(~Exists(still_offered), run=run, status=OfferStatus.OPEN).update(status=status, answered_at=at)


def _serve_after_change(run: CourseRun, _before: None, _user: User) -> None:
    """Serve the line after an organiser has changed a run: more seats, another rule, or a start further away."""
    serve_line(run)


run_watchers.add("waiting-line", RunWatcher(before=lambda _run: None, after=_serve_after_change), order=60)


def _fill_holds(
    holds: Sequence[SeatHold], entries: Sequence[LineEntry], run: CourseRun, at: datetime, *, offers_go_out: bool
) -> list[Sequence[Enrolment]]:
    """Put free seats into what is held for groups, the oldest first; return the groups that fit now.

    Their holds are released, and so are those of groups that no longer wait. `run.seats` follows.
    """
    fitting: list[Sequence[Enrolment]] = []
    for hold in holds:
        group = [e for entry in entries for e in entry.enrolments if e.registration_id == hold.registration_id]
        had, free = hold.seats, run.seats.free
        room = len(group) if free is None else min(len(group), had + free)
        fits = bool(group) and room == len(group) and offers_go_out
        if fits:
            fitting.append(group)
        if fits or not group:
            hold.released_at = at
            hold.save(update_fields=["released_at"])
            # What the group is offered is counted as held again when its status changes.
            run.seats.held -= had
        elif room != had:
            hold.seats = room
            hold.save(update_fields=["seats"])
            run.seats.held += room - had
        if fits:
            run.seats.held += len(group)
    return fitting


def _offer(run: CourseRun, chosen: Iterable[Sequence[Enrolment]], expires_at: datetime) -> list[Offer]:
    """Write the offers with history and mails. What one registration is offered at once is one offer."""
    by_registration: dict[int, list[Enrolment]] = {}
    for enrolments in chosen:
        by_registration.setdefault(enrolments[0].registration_id, []).extend(enrolments)
    offers = Offer.objects.bulk_create(
        Offer(run=run, registration=members[0].registration, seats=len(members), expires_at=expires_at)
        for members in by_registration.values()
    )
    offered = []
    for offer, members in zip(offers, by_registration.values(), strict=True):
        for enrolment in members:
            enrolment.status, enrolment.offer = EnrolmentStatus.OFFERED, offer
            offered.append(enrolment)
    Enrolment.objects.bulk_update(offered, ["status", "offer"])
    _record(offered, EventKind.OFFERED, actor=ActorKind.SYSTEM)
    mails.queue_offered(run, list(zip(offers, by_registration.values(), strict=True)))
    return offers


# --- answering ------------------------------------------------------------------------------


def accept_offer(
    *,
    offer_pk: int,
    enrolment_pks: Collection[int] | None = None,
    actor: ActorKind = ActorKind.CONTACT,
    at: datetime | None = None,
) -> list[Enrolment]:
    """Seat these participants of an offer (default: all) and tell them; return those seated.

    Those left out leave the line, and their seats go on by the rule. Raises OfferClosed (answered, expired
    or withdrawn: `status` says which), RunCancelled, NotInOffer, or GroupStaysTogether when a part of a
    group that stays together is chosen. Nothing has changed then.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run, offer, offered = _open_offer(offer_pk, at)
        wanted = {e.pk for e in offered} if enrolment_pks is None else set(enrolment_pks)
        if not wanted or not wanted <= {e.pk for e in offered}:
            raise NotInOffer
        seated = [e for e in offered if e.pk in wanted]
        left_out = [e for e in offered if e.pk not in wanted]
        if left_out and offer.registration.keep_together:
            raise GroupStaysTogether
        _settle(offer, OfferStatus.ACCEPTED, at)
        Enrolment.objects.filter(pk__in=wanted).update(status=EnrolmentStatus.CONFIRMED)
        for enrolment in seated:
            enrolment.status = EnrolmentStatus.CONFIRMED
        _record(seated, EventKind.OFFER_ACCEPTED, actor=actor)
        queue_seated(offer.registration, run, seated)
        if left_out:
            _leave_line(run, offer, left_out, EventKind.OFFER_DECLINED, actor=actor, at=at)
            serve_line(run, at=at)
        return seated


def decline_offer(
    *, offer_pk: int, actor: ActorKind = ActorKind.CONTACT, at: datetime | None = None
) -> list[Enrolment]:
    """Give back an offer's seats, which go on by the rule; return those who have left the line.

    Raises OfferClosed and RunCancelled as `accept_offer` does.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run, offer, offered = _open_offer(offer_pk, at)
        _settle(offer, OfferStatus.DECLINED, at)
        _leave_line(run, offer, offered, EventKind.OFFER_DECLINED, actor=actor, at=at)
        serve_line(run, at=at)
        return offered


def withdraw_offer(
    *, offer_pk: int, user: User, reason: str, remove_seats: bool = False, at: datetime | None = None
) -> list[Enrolment]:
    """Take an open offer back: its participants wait again at the place they had, and the contact is told.

    The seats are held for the organiser, who decides what becomes of them; with `remove_seats` the run gets
    that many fewer instead. Raises ReasonNeeded, OfferClosed, and NoLimit on a run that has room for everybody.
    """
    if not reason.strip():
        raise ReasonNeeded
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(_run_of(offer_pk))
        offer, offered = _read(offer_pk)
        if offer.status != OfferStatus.OPEN:
            raise OfferClosed(OfferStatus(offer.status))
        if run.capacity is None:
            raise NoLimit
        _settle(offer, OfferStatus.WITHDRAWN, at)
        Enrolment.objects.filter(pk__in=[e.pk for e in offered]).update(status=EnrolmentStatus.WAITING, offer=None)
        for enrolment in offered:
            enrolment.status, enrolment.offer = EnrolmentStatus.WAITING, None
        _record(offered, EventKind.OFFER_WITHDRAWN, actor=ActorKind.STAFF, user=user, reason=reason)
        mails.queue_withdrawn(run, offer, offered)
        if remove_seats:
            CourseRun.objects.filter(pk=run.pk).update(capacity=F("capacity") - len(offered))
        else:
            SeatHold.objects.create(run=run, seats=len(offered), reason=reason, created_by=user)
        return offered


# --- time -----------------------------------------------------------------------------------


def expire_offers(*, at: datetime | None = None) -> int:
    """End the offers whose time is up, and offer their seats to the next; return how many ended.

    Each run in a transaction of its own, under its lock. An offer also ends when its run begins.
    """
    at = at or timezone.now()
    ended = 0
    for run_pk in _over(at).order_by("run").values_list("run", flat=True).distinct():
        with transaction.atomic():
            run = lock_run(run_pk)
            offers = list(_over(at).filter(run=run).select_related(*ABOUT).order_by("pk"))
            members = _offered_of(offers)
            for offer in offers:
                _settle(offer, OfferStatus.EXPIRED, at)
                _leave_line(run, offer, members[offer.pk], EventKind.OFFER_EXPIRED, actor=ActorKind.SYSTEM, at=at)
            ended += len(offers)
            serve_line(run, at=at)
    return ended


def remind_of_offers(*, at: datetime | None = None) -> int:
    """Remind once of each open offer of which a third of the time is left; return how many.

    Who had less than SHORTEST_REMINDED to answer is not reminded: the offer itself is recent enough.
    """
    at = at or timezone.now()
    left = ExpressionWrapper(3 * (F("expires_at") - Value(at)), output_field=DurationField())
    given = ExpressionWrapper(F("expires_at") - F("created_at"), output_field=DurationField())
    due = Offer.objects.annotate(thrice_left=left, given=given).filter(
        status=OfferStatus.OPEN,
        reminded_at=None,
        expires_at__gt=at,
        given__gte=SHORTEST_REMINDED,
        thrice_left__lte=F("given"),
    )
    with transaction.atomic():
        # Whoever answers in this moment holds the row, and needs no reminder.
        offers = list(due.select_for_update(skip_locked=True, of=("self",)).select_related(*ABOUT))
        if not offers:
            return 0
        Offer.objects.filter(pk__in=[offer.pk for offer in offers]).update(reminded_at=at)
        runs = CourseRun.objects.for_display().with_course_in_short().in_bulk({offer.run_id for offer in offers})
        members = _offered_of(offers)
        for run_pk, run in runs.items():
            mails.queue_reminders(run, [(o, members[o.pk]) for o in offers if o.run_id == run_pk])
        return len(offers)


def _over(at: datetime) -> QuerySet[Offer]:
    begun = CourseDay.objects.filter(run=OuterRef("run"), starts_at__lte=at)
    return Offer.objects.filter(Q(expires_at__lte=at) | Exists(begun), status=OfferStatus.OPEN)


# --- what they share ------------------------------------------------------------------------


def _open_offer(offer_pk: int, at: datetime) -> tuple[CourseRun, Offer, list[Enrolment]]:
    """Lock the offer's run and return it, the offer and who it is to; raise why it cannot be answered any more."""
    run = lock_run(_run_of(offer_pk))
    offer, offered = _read(offer_pk)
    if offer.status != OfferStatus.OPEN:
        raise OfferClosed(OfferStatus(offer.status))
    if run.status not in HELD_STATUSES:
        raise RunCancelled
    if not offer.is_open(at) or (run.starts_at and run.starts_at <= at):
        raise OfferClosed(OfferStatus.EXPIRED)
    return run, offer, offered


def _run_of(offer_pk: int) -> int:
    """Return the pk of the offer's run, which never changes. Raises Offer.DoesNotExist."""
    return Offer.objects.values_list("run", flat=True).get(pk=offer_pk)


def _read(offer_pk: int) -> tuple[Offer, list[Enrolment]]:
    """Read the offer and who it is to. Call it under the run's lock."""
    offer = Offer.objects.select_related(*ABOUT).get(pk=offer_pk)
    return offer, _offered_of([offer])[offer.pk]


def _offered_of(offers: Iterable[Offer]) -> dict[int, list[Enrolment]]:
    """Return those whom each open offer is to, in the form's order, by the offer's pk."""
    members: dict[int, list[Enrolment]] = {offer.pk: [] for offer in offers}
    offered = Enrolment.objects.filter(offer__in=list(members), status=EnrolmentStatus.OFFERED)
    for enrolment in offered.order_by("form_order", "pk"):
        if enrolment.offer_id is not None:
            members[enrolment.offer_id].append(enrolment)
    return members


def _settle(offer: Offer, status: OfferStatus, at: datetime) -> None:
    offer.status, offer.answered_at = status, at
    offer.save(update_fields=["status", "answered_at"])


def _leave_line(
    run: CourseRun,
    offer: Offer,
    enrolments: Sequence[Enrolment],
    kind: EventKind,
    *,
    actor: ActorKind,
    at: datetime,
) -> None:
    """Take these out of the line, with history, and tell the contact and each of them."""
    Enrolment.objects.filter(pk__in=[e.pk for e in enrolments]).update(
        status=EnrolmentStatus.CANCELLED, cancelled_at=at
    )
    for enrolment in enrolments:
        enrolment.status, enrolment.cancelled_at = EnrolmentStatus.CANCELLED, at
    _record(enrolments, kind, actor=actor)
    mails.queue_left(run, offer, enrolments, expired=kind == EventKind.OFFER_EXPIRED)


def _record(
    enrolments: Iterable[Enrolment],
    kind: EventKind,
    *,
    actor: ActorKind,
    user: User | None = None,
    reason: str = "",
) -> None:
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(enrolment=e, kind=kind, actor=actor, user=user, reason=reason) for e in enrolments
    )
