"""Races about offers on real connections to a real PostgreSQL.

The lock of the run decides them. Where a constraint of PostgreSQL refuses first, they prove the constraint.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from courses.models import CourseRun, RunSeats
from enrolments.enums import ActorKind, OfferStatus
from enrolments.exceptions import AlreadyHeld, HoldReleased, NotEnoughSeats, OfferClosed
from enrolments.models import Enrolment, EnrolmentEvent, Offer, SeatHold
from enrolments.operations.cancelling import cancel
from enrolments.operations.holds import hold_for_group, hold_seats, release_hold
from enrolments.operations.offers import accept_offer, decline_offer, expire_offers, withdraw_offer
from enrolments.operations.seating import move_entry, seat_from_line
from tests.enrolments.test_offers import full_run, join, offered
from tests.enrolments.test_races import at_once, one
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def accept(offer: Offer, **fields: Any) -> Callable[[], Any]:
    return lambda: accept_offer(offer_pk=offer.pk, **fields)


def decline(offer: Offer) -> Callable[[], Any]:
    return lambda: decline_offer(offer_pk=offer.pk)


def histories(name: str) -> list[str]:
    """Return what came of the person's offer, by their history."""
    answers = ["offer_accepted", "offer_declined", "offer_expired", "offer_withdrawn", "seated"]
    return list(EnrolmentEvent.objects.filter(enrolment__name=name, kind__in=answers).values_list("kind", flat=True))


def counts_are_right(run: CourseRun) -> bool:
    """Whether what PostgreSQL has counted is what is there, and nobody is beyond capacity."""
    seats = RunSeats.objects.get(pk=run.pk)
    status = Counter(run.enrolments.values_list("status", flat=True))
    holds = sum(SeatHold.objects.filter(run=run, released_at=None).values_list("seats", flat=True))
    return (seats.taken, seats.held, seats.waiting) == (
        status["confirmed"],
        status["offered"] + holds,
        status["waiting"],
    ) and (seats.capacity is None or seats.taken + seats.held <= seats.capacity)


def test_an_offer_accepted_by_several_at_once_is_accepted_once():
    offer = offered("Bo", "Carl")

    results = at_once(*(accept(offer) for _ in range(5)))

    assert sum(isinstance(result, list) for result in results) == 1
    assert {r.status for r in results if isinstance(r, OfferClosed)} == {OfferStatus.ACCEPTED}
    assert histories("Bo") == histories("Carl") == ["offer_accepted"]
    assert OutboxMessage.objects.filter(kind="enrolments.seated").count() == 1
    assert counts_are_right(offer.run)


def test_different_seats_of_an_offer_accepted_by_two_at_once_follow_who_came_first():
    offer = offered("Bo", "Carl")
    bo, carl = Enrolment.objects.get(name="Bo"), Enrolment.objects.get(name="Carl")

    results = at_once(accept(offer, enrolment_pks=[bo.pk]), accept(offer, enrolment_pks=[carl.pk]))

    assert sum(isinstance(result, OfferClosed) for result in results) == 1
    assert sorted(histories("Bo") + histories("Carl")) == ["offer_accepted", "offer_declined"]
    assert counts_are_right(offer.run)


def test_an_offer_accepted_and_declined_at_once_has_one_outcome():
    for at in range(4):
        offer = offered(f"Bo{at}")
        join(offer.run, f"Dorte{at}")

        results = at_once(accept(offer), decline(offer))

        assert sum(isinstance(result, OfferClosed) for result in results) == 1
        [outcome] = histories(f"Bo{at}")
        offer.refresh_from_db()
        next_in_line = Enrolment.objects.get(name=f"Dorte{at}").status
        assert (outcome, offer.status, next_in_line) in {
            ("offer_accepted", "accepted", "waiting"),
            ("offer_declined", "declined", "offered"),
        }
        assert counts_are_right(offer.run)


def test_an_offer_accepted_in_the_second_it_ends_has_one_outcome():
    for at in range(4):
        offer = offered(f"Bo{at}")
        just_before, just_after = (offer.expires_at + timedelta(milliseconds=ms) for ms in (-1, 1))

        at_once(accept(offer, at=just_before), lambda late=just_after: expire_offers(at=late))

        assert len(histories(f"Bo{at}")) == 1
        assert counts_are_right(offer.run)


def test_an_offer_accepted_and_withdrawn_or_seated_by_hand_at_once_has_one_outcome():
    user = UserFactory()
    offer = offered("Bo")
    pk, run_pk = Enrolment.objects.get(name="Bo").pk, offer.run_id

    at_once(
        accept(offer),
        lambda: withdraw_offer(offer_pk=offer.pk, user=user, reason="Fejl"),
        lambda: seat_from_line(run_pk=run_pk, enrolment_pks=[pk], user=user, reason="Ringede"),
    )

    seated_last = Enrolment.objects.get(pk=pk).status == "confirmed"
    assert histories("Bo") in (
        [["offer_accepted"], ["seated"], ["offer_withdrawn", "seated"]] if seated_last else [["offer_withdrawn"]]
    )
    assert counts_are_right(offer.run)


def test_two_workers_that_end_offers_at_once_end_each_once():
    offers = [offered(f"Bo{at}", f"Carl{at}") for at in range(3)]
    late = max(offer.expires_at for offer in offers)

    ended = at_once(*(lambda: expire_offers(at=late) for _ in range(3)))

    assert sum(ended) == 3
    assert OutboxMessage.objects.filter(kind="enrolments.offer_expired").count() == 3


def test_seats_freed_at_once_are_offered_to_as_many_and_each_once():
    names = [f"Anna{at}" for at in range(5)]
    run = full_run(names)
    for at in range(7):
        join(run, f"Bo{at}")
    seated = list(run.enrolments.confirmed().select_related("registration"))

    at_once(*(lambda e=e: cancel(registration=e.registration, actor=ActorKind.STAFF) for e in seated))

    status = Counter(run.enrolments.values_list("status", flat=True))
    assert (status["offered"], status["waiting"], Offer.objects.count()) == (5, 2, 5)
    assert set(run.enrolments.waiting().values_list("name", flat=True)) == {"Bo5", "Bo6"}
    assert counts_are_right(run)


def test_newcomers_get_no_seat_that_is_freed_while_they_register():
    run = full_run(["Anna0", "Anna1"])
    join(run, "Bo")
    join(run, "Carl")
    seated = list(run.enrolments.confirmed().select_related("registration"))

    at_once(
        *(lambda e=e: cancel(registration=e.registration, actor=ActorKind.STAFF) for e in seated),
        *(one(run, f"new{n}", accepts_line=True) for n in range(4)),
    )

    assert not run.enrolments.filter(name__startswith="new", status="confirmed").exists()
    assert set(Enrolment.objects.filter(status="offered").values_list("name", flat=True)) == {"Bo", "Carl"}
    assert counts_are_right(run)


def test_capacity_is_not_lowered_below_the_seats_that_are_out_on_offer():
    offer = offered("Bo", "Carl")

    def lower() -> int:
        return CourseRun.objects.filter(pk=offer.run_id).update(capacity=1)

    results = at_once(lower, accept(offer), lower)

    assert [type(results[0]), type(results[2])] == [IntegrityError, IntegrityError]
    assert counts_are_right(offer.run)


def test_seats_held_and_taken_at_once_are_not_both():
    run, user = CourseRunFactory(capacity=1), UserFactory()

    results = at_once(
        *(lambda: hold_seats(run_pk=run.pk, seats=1, user=user, reason="Oplægsholder") for _ in range(3)),
        *(one(run, f"new{n}") for n in range(3)),
    )

    assert sum(not isinstance(result, NotEnoughSeats) for result in results) == 1
    assert counts_are_right(run)


def test_a_hold_released_twice_at_once_is_released_once():
    run, user = CourseRunFactory(capacity=3), UserFactory()
    hold = hold_seats(run_pk=run.pk, seats=2, user=user, reason="Oplægsholder")

    results = at_once(*(lambda: release_hold(hold_pk=hold.pk) for _ in range(4)))

    assert sum(isinstance(result, HoldReleased) for result in results) == 3
    assert counts_are_right(run)


def test_a_group_is_held_for_once_however_often_it_is_asked_for_at_once():
    run, user = full_run(["Anna"]), UserFactory()
    group = join(run, "Bo", "Carl", keep_together=True)

    results = at_once(
        *(lambda: hold_for_group(run_pk=run.pk, registration_pk=group.pk, user=user, reason="Lovet") for _ in range(4))
    )

    assert sum(isinstance(result, AlreadyHeld) for result in results) == 3


def test_entries_moved_at_once_keep_everybody_in_the_line_with_a_place_of_their_own():
    run, user = full_run(["Anna"]), UserFactory()
    for at in range(5):
        join(run, f"Bo{at}")
    pks = list(run.enrolments.waiting().values_list("pk", flat=True))

    at_once(
        *(lambda pk=pk: move_entry(run_pk=run.pk, enrolment_pk=pk, position=1, user=user, reason="Lovet") for pk in pks)
    )

    places = list(run.enrolments.waiting().values_list("line_order", flat=True))
    assert len(set(places)) == len(places) == 5


def test_much_at_once_never_overbooks_and_loses_no_seat():
    run, user = full_run([f"Anna{at}" for at in range(4)]), UserFactory()
    for at in range(3):
        join(run, f"Bo{at}")
    join(run, "Eva", "Erik", keep_together=True)
    cancel(registration=Enrolment.objects.get(name="Anna0").registration, actor=ActorKind.STAFF)
    first = Offer.objects.get()
    extra = EnrolmentFactory(run=CourseRunFactory())

    results = at_once(
        accept(first),
        decline(first),
        lambda: cancel(registration=Enrolment.objects.get(name="Anna1").registration, actor=ActorKind.STAFF),
        lambda: cancel(registration=Enrolment.objects.get(name="Anna2").registration, actor=ActorKind.STAFF),
        lambda: expire_offers(at=first.expires_at + timedelta(hours=1)),
        lambda: hold_seats(run_pk=run.pk, seats=1, user=user, reason="Oplægsholder"),
        one(run, "new", accepts_line=True),
        lambda: cancel(registration=extra.registration, actor=ActorKind.STAFF),
    )

    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, OfferClosed | NotEnoughSeats)]
    assert counts_are_right(run)
    seats = RunSeats.objects.get(pk=run.pk)
    singles = run.enrolments.waiting().filter(registration__keep_together=False)
    assert seats.free == 0 or not singles.exists()
