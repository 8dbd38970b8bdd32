"""The whole life of a place, as hypothesis lives it: any order of what people, organisers and time can do.

After every step, on a real PostgreSQL: nobody beyond capacity, one active enrolment for an address on a run,
every change of status with its history and its mail, no group that stays together split (invariants 1–4 of
the design); no seat lost while somebody who fits waits; and the line served by its rule, in both settings.
A step that is refused, or that breaks half-way, has changed nothing.

LIFE_EXAMPLES=500 pytest tests/enrolments/test_life_of_a_place.py    lives longer
"""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from courses.enums import LineRule, RunStatus
from courses.models import CourseRun, RunSeats
from courses.watchers import run_watchers
from enrolments.enums import ACTIVE_STATUSES, ActorKind, EnrolmentStatus, OfferStatus
from enrolments.exceptions import EnrolmentError
from enrolments.models import Enrolment, EnrolmentEvent, Offer, Registration, SeatHold
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails, ParticipantDetails
from enrolments.operations.holds import hold_for_group, hold_seats, release_hold
from enrolments.operations.line import LineEntry, entries_of
from enrolments.operations.moving import move
from enrolments.operations.offers import (
    accept_offer,
    answer_by,
    decline_offer,
    expire_offers,
    remind_of_offers,
    withdraw_offer,
)
from enrolments.operations.replacing import replace
from enrolments.operations.run_decisions import cancel_run, reopen_run
from enrolments.operations.seating import move_entry, seat_from_line
from enrolments.operations.seats import lock_run
from tests.enrolments.helpers import sign_up
from tests.factories import CoursePageFactory, CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage

CONFIRMED, OFFERED, WAITING = EnrolmentStatus.CONFIRMED, EnrolmentStatus.OFFERED, EnrolmentStatus.WAITING
#: Few people, so that they meet themselves.
ADDRESSES = [f"person{number}@example.dk" for number in range(30)]
#: Any number: it is taken modulo how many there are to choose among.
any_one = st.integers(0, 10**6)
which_run = st.integers(0, 1)


@dataclass(frozen=True)
class State:
    """Everything there is, as it stands after a step."""

    enrolments: dict[int, Enrolment]
    seats: dict[int, RunSeats]
    runs: dict[int, CourseRun]
    holds: list[SeatHold]
    offers: list[Offer]
    last_event: int
    last_mail: int

    @classmethod
    def now(cls) -> "State":
        people = Enrolment.objects.select_related("registration").order_by("line_order", "pk")
        return cls(
            enrolments={enrolment.pk: enrolment for enrolment in people},
            seats={seats.pk: seats for seats in RunSeats.objects.all()},
            runs={run.pk: run for run in CourseRun.objects.for_display()},
            holds=list(SeatHold.objects.filter(released_at=None).order_by("pk")),
            offers=list(Offer.objects.order_by("pk")),
            last_event=EnrolmentEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
            last_mail=OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        )

    def essence(self) -> Any:
        """What a step that is refused must leave as it was."""
        return (
            {pk: (e.status, e.line_order, e.offer_id, e.email) for pk, e in self.enrolments.items()},
            {pk: (s.capacity, s.taken, s.held, s.waiting) for pk, s in self.seats.items()},
            {pk: (run.status, run.line_rule) for pk, run in self.runs.items()},
            [(hold.pk, hold.seats) for hold in self.holds],
            [(offer.pk, offer.status) for offer in self.offers],
            self.last_event,
            self.last_mail,
        )

    def waiting(self, run_pk: int) -> list[LineEntry]:
        return entries_of(e for e in self.enrolments.values() if e.run_id == run_pk and e.status == WAITING)

    def held_for(self, run_pk: int) -> set[int]:
        return {hold.registration_id for hold in self.holds if hold.run_id == run_pk and hold.registration_id}


class LifeOfAPlace(RuleBasedStateMachine):
    course: Any = None
    organiser: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.clock = timezone.now()
        self.count = 0

    def teardown(self) -> None:
        connection.check_constraints()
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(
        capacities=st.tuples(st.integers(1, 5), st.integers(1, 4)), strict=st.tuples(st.booleans(), st.booleans())
    )
    def begin(self, capacities: tuple[int, int], strict: tuple[bool, bool]) -> None:
        self.runs = [
            CourseRunFactory(
                course=self.course,
                capacity=capacity,
                line_rule=LineRule.STRICT if is_strict else LineRule.FIRST_FIT,
            )
            for capacity, is_strict in zip(capacities, strict, strict=True)
        ]
        for run, capacity in zip(self.runs, capacities, strict=True):
            self.arrive(run, ADDRESSES[:capacity], keep_together=False)
            self.arrive(run, ADDRESSES[10:12], keep_together=True)
            self.arrive(run, ADDRESSES[12:14], keep_together=False)
        self.before = self.state = State.now()

    # --- steps ------------------------------------------------------------------------------

    def step(self, act: Callable[[], Any]) -> None:
        """Do it; what is refused must have changed nothing. Check what the step did."""
        self.before = State.now()
        refused = None
        try:
            act()
        except EnrolmentError as error:
            refused = error
        self.state = State.now()
        if refused is not None:
            assert self.state.essence() == self.before.essence(), f"{refused!r} has left something behind"
        self.check_history_and_mails()
        for run in self.runs:
            self.check_rule(run.pk)

    def arrive(self, run: CourseRun, people: list[str], **fields: Any) -> Registration:
        """Register people through a contact of their own."""
        self.count += 1
        return sign_up(
            run,
            submission=f"{self.count}",
            contact=ContactDetails(f"Kontakt {self.count}", f"kontakt{self.count}@example.dk"),
            participants=[ParticipantDetails(address.split("@")[0], address) for address in people],
            at=self.clock,
            **({"accepts_line": True} | fields),
        )

    def pick(self, rows: Sequence[Any], number: int) -> Any:
        return rows[number % len(rows)]

    def those(self, *statuses: str) -> list[Enrolment]:
        return [e for e in self.state.enrolments.values() if e.status in statuses]

    def open_offers(self) -> list[Offer]:
        return [offer for offer in self.state.offers if offer.status == OfferStatus.OPEN]

    # --- what people do -----------------------------------------------------------------------

    @rule(
        run=which_run,
        people=st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=4, unique=True),
        accepts_line=st.sampled_from([True, True, True, False]),
        keep_together=st.booleans(),
    )
    def register(self, run: int, people: list[str], accepts_line: bool, keep_together: bool) -> None:
        self.step(lambda: self.arrive(self.runs[run], people, accepts_line=accepts_line, keep_together=keep_together))

    @precondition(lambda self: self.those(*ACTIVE_STATUSES))
    @rule(number=any_one, everybody=st.booleans())
    def cancel(self, number: int, everybody: bool) -> None:
        one = self.pick(self.those(*ACTIVE_STATUSES), number)
        pks = None if everybody else [one.pk]
        self.step(
            lambda: cancel(registration=one.registration, enrolment_pks=pks, actor=ActorKind.STAFF, at=self.clock)
        )

    @precondition(lambda self: self.those(*ACTIVE_STATUSES))
    @rule(number=any_one, colleague=st.sampled_from(ADDRESSES))
    def replace(self, number: int, colleague: str) -> None:
        one = self.pick(self.those(*ACTIVE_STATUSES), number)
        details = ParticipantDetails(colleague.split("@")[0], colleague)
        self.step(lambda: replace(enrolment=one, details=details, actor=ActorKind.CONTACT, at=self.clock))

    @precondition(lambda self: self.those(*ACTIVE_STATUSES))
    @rule(number=any_one, with_group=st.booleans())
    def move(self, number: int, with_group: bool) -> None:
        one = self.pick(self.those(*ACTIVE_STATUSES), number)
        leaving = [e for e in self.those(*ACTIVE_STATUSES) if with_group and e.registration_id == one.registration_id]
        to_run = next(run for run in self.runs if run.pk != one.run_id)
        self.step(lambda: move(enrolments=leaving or [one], to_run=to_run, actor=ActorKind.STAFF, at=self.clock))

    @precondition(lambda self: self.open_offers())
    @rule(number=any_one, some=st.integers(0, 3))
    def accept(self, number: int, some: int) -> None:
        offer = self.pick(self.open_offers(), number)
        offered = [e.pk for e in self.those(OFFERED) if e.offer_id == offer.pk]
        chosen = offered[:some] if some else None
        self.step(lambda: accept_offer(offer_pk=offer.pk, enrolment_pks=chosen, at=self.clock))

    @precondition(lambda self: self.open_offers())
    @rule(number=any_one)
    def decline(self, number: int) -> None:
        offer = self.pick(self.open_offers(), number)
        self.step(lambda: decline_offer(offer_pk=offer.pk, at=self.clock))

    @precondition(lambda self: self.state.offers)
    @rule(number=any_one, yes=st.booleans())
    def answer_again(self, number: int, yes: bool) -> None:
        offer = self.pick(self.state.offers, number)
        answer = accept_offer if yes else decline_offer
        self.step(lambda: answer(offer_pk=offer.pk, at=self.clock))

    # --- what time does -------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 7, 20, 84, 84]))
    def time_passes(self, hours: int) -> None:
        self.clock += timedelta(hours=hours)
        self.step(lambda: (remind_of_offers(at=self.clock), expire_offers(at=self.clock)))

    @precondition(lambda self: self.open_offers())
    @rule()
    def nobody_answers(self) -> None:
        self.clock = max(self.clock, *(offer.expires_at for offer in self.open_offers()))
        self.step(lambda: expire_offers(at=self.clock))

    # --- what organisers do ---------------------------------------------------------------------

    @rule(run=which_run, seats=st.integers(1, 2))
    def hold(self, run: int, seats: int) -> None:
        self.step(lambda: hold_seats(run_pk=self.runs[run].pk, seats=seats, user=self.organiser, reason="Oplægsholder"))

    @precondition(lambda self: self.those(WAITING))
    @rule(number=any_one)
    def hold_for_group(self, number: int) -> None:
        one = self.pick(self.those(WAITING), number)
        self.step(
            lambda: hold_for_group(
                run_pk=one.run_id,
                registration_pk=one.registration_id,
                user=self.organiser,
                reason="Lovet",
                at=self.clock,
            )
        )

    @precondition(lambda self: self.state.holds)
    @rule(number=any_one, remove=st.sampled_from([False, False, True]))
    def release(self, number: int, remove: bool) -> None:
        hold = self.pick(self.state.holds, number)
        self.step(lambda: release_hold(hold_pk=hold.pk, remove_seats=remove, at=self.clock))

    @precondition(lambda self: self.open_offers())
    @rule(number=any_one, remove=st.booleans())
    def withdraw(self, number: int, remove: bool) -> None:
        offer = self.pick(self.open_offers(), number)
        self.step(
            lambda: withdraw_offer(
                offer_pk=offer.pk, user=self.organiser, reason="Fejl", remove_seats=remove, at=self.clock
            )
        )

    @precondition(lambda self: self.those(WAITING, OFFERED))
    @rule(number=any_one)
    def seat_by_hand(self, number: int) -> None:
        one = self.pick(self.those(WAITING, OFFERED), number)
        together = [
            e.pk
            for e in self.those(one.status)
            if e.pk == one.pk or (one.registration.keep_together and e.registration_id == one.registration_id)
        ]
        self.step(
            lambda: seat_from_line(
                run_pk=one.run_id, enrolment_pks=together, user=self.organiser, reason="Ringede", at=self.clock
            )
        )

    @precondition(lambda self: self.those(WAITING))
    @rule(number=any_one, position=st.integers(1, 6))
    def move_in_line(self, number: int, position: int) -> None:
        one = self.pick(self.those(WAITING), number)
        self.step(
            lambda: move_entry(
                run_pk=one.run_id,
                enrolment_pk=one.pk,
                position=position,
                user=self.organiser,
                reason="Lovet",
                at=self.clock,
            )
        )

    @rule(run=which_run, seats=st.sampled_from([-2, -1, 1, 2, None]))
    def change_capacity(self, run: int, seats: int | None) -> None:
        state = self.state.seats[self.runs[run].pk]
        capacity = None if seats is None else max(1, (state.capacity or state.occupied) + seats)
        self.step(lambda: self.change_run(self.runs[run].pk, capacity=capacity))

    @rule(run=which_run)
    def change_rule(self, run: int) -> None:
        strict = self.state.runs[self.runs[run].pk].line_rule == LineRule.STRICT
        self.step(
            lambda: self.change_run(self.runs[run].pk, line_rule=LineRule.FIRST_FIT if strict else LineRule.STRICT)
        )

    @rule(run=which_run, sure=st.sampled_from([False, False, True]))
    def cancel_or_reopen_run(self, run: int, sure: bool) -> None:
        pk = self.runs[run].pk
        if self.state.runs[pk].status == RunStatus.CANCELLED:
            self.step(lambda: reopen_run(run_pk=pk, user=self.organiser, message="", at=self.clock))
        elif sure:
            self.step(lambda: cancel_run(run_pk=pk, user=self.organiser, message="", at=self.clock))

    def change_run(self, pk: int, **values: Any) -> None:
        """Change a run as the organiser's form does: refused by its own clean(), told to those who watch."""
        with transaction.atomic():
            old = lock_run(pk)
            if (capacity := values.get("capacity")) is not None and capacity < old.seats.occupied:
                return
            known = [(watcher, watcher.before(old)) for watcher in run_watchers]
            CourseRun.objects.filter(pk=pk).update(**values)
            with mock.patch("enrolments.operations.offers.timezone.now", return_value=self.clock):
                changed = CourseRun.objects.for_display().get(pk=pk)
                for watcher, before in known:
                    watcher.after(changed, before, self.organiser)

    # --- what breaks ------------------------------------------------------------------------------

    @precondition(lambda self: self.those(*ACTIVE_STATUSES))
    @rule(number=any_one)
    def something_breaks(self, number: int) -> None:
        """The outbox fails at the end of a step: nothing of the step is left."""
        one = self.pick(self.those(*ACTIVE_STATUSES), number)
        before = State.now()

        def act() -> Any:
            if one.status == OFFERED:
                return accept_offer(offer_pk=one.offer_id, at=self.clock)
            return cancel(registration=one.registration, actor=ActorKind.STAFF, at=self.clock)

        with mock.patch.object(type(OutboxMessage.objects), "bulk_create", side_effect=ZeroDivisionError):
            try:
                act()
            except (ZeroDivisionError, EnrolmentError):
                pass
            else:
                raise AssertionError("a mail was due")
        assert State.now().essence() == before.essence()

    # --- what must always hold ----------------------------------------------------------------

    @invariant()
    def nobody_is_beyond_capacity_and_the_counts_are_right(self) -> None:
        counted: dict[int, Counter] = defaultdict(Counter)
        for enrolment in self.state.enrolments.values():
            counted[enrolment.run_id][enrolment.status] += 1
        for hold in self.state.holds:
            counted[hold.run_id]["holds"] += hold.seats
        for pk, seats in self.state.seats.items():
            people = counted[pk]
            assert (seats.taken, seats.held, seats.waiting) == (
                people[CONFIRMED],
                people[OFFERED] + people["holds"],
                people[WAITING],
            )
            assert seats.capacity is None or seats.occupied <= seats.capacity

    @invariant()
    def an_address_has_one_active_enrolment_on_a_run(self) -> None:
        active = Counter((e.run_id, e.email) for e in self.those(*ACTIVE_STATUSES))
        assert not [pair for pair, count in active.items() if count > 1]

    @invariant()
    def a_group_that_stays_together_is_never_split(self) -> None:
        groups: dict[Registration, set[str]] = defaultdict(set)
        for enrolment in self.those(*ACTIVE_STATUSES):
            if enrolment.registration.keep_together:
                groups[enrolment.registration].add(enrolment.status)
        assert not [statuses for statuses in groups.values() if len(statuses) > 1]

    @invariant()
    def offers_and_holds_are_about_somebody(self) -> None:
        about: dict[int, list[Enrolment]] = defaultdict(list)
        for enrolment in self.those(OFFERED):
            about[enrolment.offer_id].append(enrolment)
        for offer in self.state.offers:
            members = about.pop(offer.pk, [])
            assert bool(members) == (offer.status == OfferStatus.OPEN)
            assert {(e.run_id, e.registration_id) for e in members} <= {(offer.run_id, offer.registration_id)}
        assert not about
        for hold in self.state.holds:
            if hold.registration_id:
                group = [e for e in self.those(WAITING) if e.registration_id == hold.registration_id]
                assert group and hold.seats <= len(group)

    @invariant()
    def no_seat_is_lost(self) -> None:
        """Free seats and an entry that fits are never there together, unless the organiser is to decide."""
        for run in self.state.runs.values():
            if answer_by(run, self.clock) is None:
                continue
            free, held_for = run.seats.free, self.state.held_for(run.pk)
            entries = self.state.waiting(run.pk)
            if held_for:
                assert free == 0, "a seat is free while seats are gathered for a group"
            head = entries[:1] if run.line_rule == LineRule.STRICT else entries
            fitting = [entry for entry in head if free is None or entry.size <= free]
            assert not [e for e in fitting if e.enrolments[0].registration_id not in held_for]

    def check_history_and_mails(self) -> None:
        """Every change of status in the step has its line of history and a mail about the registration."""
        events = Counter(
            EnrolmentEvent.objects.filter(pk__gt=self.before.last_event).values_list("enrolment", flat=True)
        )
        told = set(OutboxMessage.objects.filter(pk__gt=self.before.last_mail).values_list("reference", flat=True))
        # One mail tells of both ends of a move: it is filed under the registration they came to.
        came_to = {e.moved_from_id: e.registration_id for e in self.state.enrolments.values() if e.moved_from_id}
        for pk, enrolment in self.state.enrolments.items():
            former = self.before.enrolments.get(pk)
            if former is None or former.status != enrolment.status:
                was = former.status if former else "nobody"
                assert events[pk], f"{was} → {enrolment.status} has no history"
                about = came_to.get(pk, enrolment.registration_id)
                assert f"registration:{about}" in told, f"{was} → {enrolment.status}: no mail"

    def check_rule(self, run_pk: int) -> None:
        """Whoever was offered a seat in the step passed nobody whom the rule puts first; no newcomer did."""
        seats = self.state.seats[run_pk]
        strict = self.state.runs[run_pk].line_rule == LineRule.STRICT
        held_for = self.before.held_for(run_pk) | self.state.held_for(run_pk)
        new = [
            e
            for e in self.those(OFFERED)
            if e.run_id == run_pk and e.registration_id not in held_for and self.status_before(e) != OFFERED
        ]
        for waiting in self.state.waiting(run_pk):
            first = waiting.enrolments[0]
            if first.registration_id in held_for:
                continue
            passing = [e for e in new if (e.line_order, e.pk) > (first.line_order, first.pk)]
            assert not (strict and passing), "somebody passed in strict order"
            if passing:
                assert seats.free is not None and waiting.size > seats.free + len(passing), (
                    "an entry that fits was passed"
                )
        if self.before.seats[run_pk].waiting:
            for pk, enrolment in self.state.enrolments.items():
                if enrolment.run_id == run_pk and pk not in self.before.enrolments and not enrolment.replaces_id:
                    assert enrolment.status != CONFIRMED, "a newcomer passed the line"

    def status_before(self, enrolment: Enrolment) -> str | None:
        """Return the status the participant had; for a colleague who took over, that of whom they replaced."""
        former = self.before.enrolments.get(enrolment.pk) or self.before.enrolments.get(enrolment.replaces_id)
        return former.status if former else None


@pytest.mark.django_db
def test_the_life_of_a_place_keeps_every_promise() -> None:
    LifeOfAPlace.course, LifeOfAPlace.organiser = CoursePageFactory(), UserFactory()
    run_state_machine_as_test(
        LifeOfAPlace,
        settings=settings(
            max_examples=int(os.environ.get("LIFE_EXAMPLES", 12)),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
