"""Offers of freed seats: whom they go to, how they are answered, and what time does to them."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import LineRule, RunStatus
from courses.models import CourseRun
from enrolments.enums import ActorKind, EnrolmentStatus, OfferStatus
from enrolments.exceptions import GroupStaysTogether, NoLimit, NotInOffer, OfferClosed, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Offer, SeatHold
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails
from enrolments.operations.offers import (
    accept_offer,
    answer_by,
    decline_offer,
    expire_offers,
    remind_of_offers,
    withdraw_offer,
)
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseDayFactory, CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def join(run: CourseRun, *names: str, **fields):
    """Put people on the run's waiting list through a contact of their own."""
    contact = ContactDetails(f"Kontakt {names[0]}", f"kontakt-{names[0].lower()}@example.dk")
    fields = {"submission": f"{run.pk}: {names[0]} and others"} | fields
    return sign_up(run, *names, contact=contact, accepts_line=True, **fields)


def full_run(seated: Iterable[str] = ("Anna",), **fields) -> CourseRun:
    names = list(seated)
    run = CourseRunFactory(capacity=len(names), **fields)
    for name in names:
        EnrolmentFactory(run=run, name=name, email=f"{name.lower()}@example.dk")
    return run


def let_go(name: str, **fields) -> list[Enrolment]:
    """Cancel a participant as an organiser; nothing of what was queued before is left in the outbox."""
    OutboxMessage.objects.all().delete()
    enrolment = Enrolment.objects.active().get(name=name)
    return cancel(registration=enrolment.registration, enrolment_pks=[enrolment.pk], actor=ActorKind.STAFF, **fields)


def mails() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("kind", "to"))


def one_offer() -> Offer:
    return Offer.objects.get(status=OfferStatus.OPEN)


def begins_in(run: CourseRun, **delta) -> CourseRun:
    """Let the run begin that long from now."""
    starts_at = timezone.localtime(timezone.now() + timedelta(**delta))
    run.days.all().delete()
    end = (starts_at + timedelta(minutes=1)).time()
    CourseDayFactory(run=run, date=starts_at.date(), start_time=starts_at.time(), end_time=max(end, starts_at.time()))
    return CourseRun.objects.get(pk=run.pk)


def clock(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time in a January that is over, as clocks in Denmark show it."""
    return datetime(2026, 1, day, hour, minute, tzinfo=timezone.get_default_timezone())


class TestAFreedSeat:
    def test_is_offered_to_the_first_in_line_in_the_transaction_that_freed_it(self):
        run = full_run()
        join(run, "Bo")
        join(run, "Dorte")

        let_go("Anna")

        assert statuses(run) == {"Anna": "cancelled", "Bo": "offered", "Dorte": "waiting"}
        assert ("enrolments.offer", "kontakt-bo@example.dk") in mails()
        assert EnrolmentEvent.objects.filter(enrolment__name="Bo", kind="offered", actor="system").exists()

    def test_is_not_offered_when_what_frees_it_is_undone(self, monkeypatch):
        run = full_run()
        join(run, "Bo")
        monkeypatch.setattr(
            "enrolments.operations.offers.mails.queue_offered", lambda *args: (_ for _ in ()).throw(RuntimeError)
        )

        with pytest.raises(RuntimeError):
            let_go("Anna")

        assert statuses(run) == {"Anna": "confirmed", "Bo": "waiting"}
        assert not EnrolmentEvent.objects.filter(kind__in=["offered", "cancelled"]).exists()

    def test_passes_a_group_that_stays_together_and_does_not_fit(self):
        run = full_run(["Anna", "Anders"])
        join(run, "Bo", "Carl", keep_together=True)
        join(run, "Dorte")

        let_go("Anna")

        assert statuses(run) | {"Anna": ""} == {
            "Anna": "",
            "Anders": "confirmed",
            "Bo": "waiting",
            "Carl": "waiting",
            "Dorte": "offered",
        }

    def test_waits_for_the_group_in_strict_order_and_then_goes_to_all_of_it_at_once(self):
        run = full_run(["Anna", "Anders"], line_rule=LineRule.STRICT)
        join(run, "Bo", "Carl", keep_together=True)
        join(run, "Dorte")

        let_go("Anna")
        assert not Offer.objects.exists()
        let_go("Anders")

        assert one_offer().seats == 2
        assert {name: statuses(run)[name] for name in ("Bo", "Carl", "Dorte")} == {
            "Bo": "offered",
            "Carl": "offered",
            "Dorte": "waiting",
        }

    def test_goes_to_a_group_that_has_become_small_enough(self):
        run = full_run(["Anna", "Anders"])
        join(run, "Bo", "Carl", keep_together=True)
        let_go("Anna")

        let_go("Carl")

        assert statuses(run)["Bo"] == "offered"

    def test_seats_served_to_one_contact_at_once_are_one_offer_and_one_mail(self):
        run = full_run(["Anna"])
        bo = join(run, "Bo", "Carl")
        join(run, "Dorte")
        CourseRun.objects.filter(pk=run.pk).update(capacity=2)

        let_go("Anna")

        assert (one_offer().registration, one_offer().seats) == (bo, 2)
        assert sum(kind == "enrolments.offer" for kind, _to in mails()) == 1

    def test_that_a_group_leaves_is_offered_to_a_newcomer_who_fits(self):
        run = CourseRunFactory(capacity=1)
        join(run, "Bo", "Carl", keep_together=True)
        assert not Offer.objects.exists()

        join(run, "Dorte")

        assert statuses(run) == {"Bo": "waiting", "Carl": "waiting", "Dorte": "offered"}

    def test_is_offered_to_nobody_on_a_cancelled_run_or_one_that_has_begun(self):
        cancelled, begun = full_run(["Anna"]), full_run(["Anders"])
        join(cancelled, "Bo")
        join(begun, "Carl")
        CourseRun.objects.filter(pk=cancelled.pk).update(status=RunStatus.CANCELLED)
        begins_in(begun, minutes=-5)

        let_go("Anna")
        let_go("Anders")

        assert not Offer.objects.exists()

    @pytest.mark.parametrize(
        ("days", "hours"), [(30, 72), (14.1, 72), (13.9, 24), (3.1, 24), (2.9, 6), (1.1, 6), (0.9, None), (0.1, None)]
    )
    def test_waits_shorter_for_an_answer_nearer_the_start_and_on_the_last_day_for_the_organiser(self, days, hours):
        run = full_run()
        join(run, "Bo")
        run = begins_in(run, days=days)
        now = timezone.now()

        let_go("Anna", at=now)

        if hours is None:
            assert not Offer.objects.exists()
        else:
            # A whole hour of the day: see the next test.
            assert timedelta(hours=hours) <= one_offer().expires_at - now < timedelta(hours=hours + 11)

    @pytest.mark.parametrize(
        ("made", "answer"),
        [
            ((13, 10, 20), (13, 17, 0)),  # the minute nobody remembers becomes a whole hour
            ((13, 10, 0), (13, 16, 0)),
            ((13, 16, 0), (13, 22, 0)),
            ((13, 16, 1), (14, 8, 0)),  # nobody has to answer at night
            ((13, 23, 30), (14, 8, 0)),
            ((14, 1, 59), (14, 8, 0)),
            ((14, 2, 1), (14, 9, 0)),
        ],
    )
    def test_is_to_be_answered_at_a_whole_hour_of_the_day(self, settings, made, answer):
        settings.OFFER_WINDOWS = [(0, 6)]

        assert answer_by(full_run(), clock(*made)) == clock(*answer)

    def test_is_to_be_answered_at_night_rather_than_past_the_start(self, settings):
        settings.OFFER_WINDOWS = [(0, 6)]
        run = full_run()
        run.days.all().delete()
        CourseDayFactory(run=run, date=clock(14).date(), start_time=time(7, 30), end_time=time(15))
        run = CourseRun.objects.get(pk=run.pk)

        assert answer_by(run, clock(13, 23, 30)) == clock(14, 6)

    def test_never_waits_past_the_start(self, settings):
        settings.OFFER_WINDOWS = [(0, 72)]
        run = full_run()
        join(run, "Bo")
        run = begins_in(run, hours=5)

        let_go("Anna")

        assert one_offer().expires_at == run.starts_at


def test_a_cancellation_that_triggers_an_offer_costs_the_same_however_long_the_line_is():
    def cost(length: int) -> int:
        run = full_run(["Anna"])
        for at in range(length):
            join(run, f"P{run.pk}-{at}", f"Q{run.pk}-{at}", keep_together=True)
        join(run, f"Bo{run.pk}")
        enrolment = run.enrolments.select_related("registration").get(name="Anna")
        with CaptureQueriesContext(connection) as queries:
            cancel(registration=enrolment.registration, enrolment_pks=[enrolment.pk], actor=ActorKind.CONTACT)
        assert statuses(run)[f"Bo{run.pk}"] == "offered"
        return len(queries)

    cost(0)
    assert cost(1) == cost(12) <= 25


def offered(*names: str, run: CourseRun | None = None, keep_together: bool = False, **fields) -> Offer:
    """Return the open offer to people of these names, of the seats that Anna and others have let go."""
    seated = [f"Anna{n}" for n in range(len(names))]
    run = run or full_run(seated, **fields)
    join(run, *names, keep_together=keep_together)
    registrations = {e.registration for e in run.enrolments.confirmed().select_related("registration")}
    for name in seated[1:]:
        Enrolment.objects.filter(name=name).update(registration=next(iter(registrations)))
    kept = next(iter(registrations))
    Enrolment.objects.filter(name__in=seated).update(registration=kept)
    cancel(registration=kept, actor=ActorKind.STAFF)
    OutboxMessage.objects.all().delete()
    return Offer.objects.get(registration__contact_name=f"Kontakt {names[0]}", status=OfferStatus.OPEN)


class TestAccepting:
    def test_gives_the_seat_and_tells_contact_and_participant(self):
        offer = offered("Bo")

        accept_offer(offer_pk=offer.pk)

        offer.refresh_from_db()
        assert (statuses(offer.run)["Bo"], offer.status) == ("confirmed", "accepted")
        assert mails() == [("enrolments.invitation", "bo@example.dk"), ("enrolments.seated", "kontakt-bo@example.dk")]
        assert EnrolmentEvent.objects.get(enrolment__name="Bo", kind="offer_accepted").actor == "contact"

    def test_twice_is_told_that_it_was_accepted(self):
        offer = offered("Bo")
        accept_offer(offer_pk=offer.pk)

        with pytest.raises(OfferClosed) as refusal:
            accept_offer(offer_pk=offer.pk)

        assert refusal.value.status == OfferStatus.ACCEPTED
        assert EnrolmentEvent.objects.filter(kind="offer_accepted").count() == 1

    def test_after_the_time_is_up_is_told_so_also_before_the_job_has_ended_the_offer(self):
        offer = offered("Bo")

        with pytest.raises(OfferClosed) as refusal:
            accept_offer(offer_pk=offer.pk, at=offer.expires_at)

        assert refusal.value.status == OfferStatus.EXPIRED
        assert statuses(offer.run)["Bo"] == "offered"

    def test_some_of_the_seats_gives_the_others_to_the_next_in_line(self):
        offer = offered("Bo", "Carl")
        join(offer.run, "Dorte")
        OutboxMessage.objects.all().delete()

        accept_offer(offer_pk=offer.pk, enrolment_pks=[Enrolment.objects.get(name="Carl").pk])

        assert statuses(offer.run) | {"Anna0": "", "Anna1": ""} == {
            "Anna0": "",
            "Anna1": "",
            "Bo": "cancelled",
            "Carl": "confirmed",
            "Dorte": "offered",
        }
        assert mails() == [
            ("enrolments.invitation", "carl@example.dk"),
            ("enrolments.off_the_line", "bo@example.dk"),
            ("enrolments.offer", "kontakt-dorte@example.dk"),
            ("enrolments.offer_declined", "kontakt-bo@example.dk"),
            ("enrolments.seated", "kontakt-bo@example.dk"),
        ]

    def test_a_part_of_a_group_that_stays_together_is_refused(self):
        offer = offered("Bo", "Carl", keep_together=True)

        with pytest.raises(GroupStaysTogether):
            accept_offer(offer_pk=offer.pk, enrolment_pks=[Enrolment.objects.get(name="Carl").pk])

        assert statuses(offer.run)["Carl"] == "offered"

    def test_nobody_or_a_stranger_is_refused(self):
        offer = offered("Bo")
        stranger = EnrolmentFactory()

        for chosen in ([], [stranger.pk]):
            with pytest.raises(NotInOffer):
                accept_offer(offer_pk=offer.pk, enrolment_pks=chosen)

    def test_on_a_cancelled_run_is_refused(self):
        offer = offered("Bo")
        CourseRun.objects.filter(pk=offer.run_id).update(status=RunStatus.CANCELLED)

        with pytest.raises(RunCancelled):
            accept_offer(offer_pk=offer.pk)

    def test_when_the_run_was_moved_and_has_begun_is_refused(self):
        offer = offered("Bo")
        begins_in(offer.run, minutes=-10)

        with pytest.raises(OfferClosed):
            accept_offer(offer_pk=offer.pk)

    def test_when_everybody_in_the_offer_was_cancelled_is_told_that_it_was_declined(self):
        offer = offered("Bo")
        let_go("Bo")

        with pytest.raises(OfferClosed) as refusal:
            accept_offer(offer_pk=offer.pk)

        assert refusal.value.status == OfferStatus.DECLINED


class TestDeclining:
    def test_frees_the_seats_for_the_next_and_takes_them_out_of_the_line(self):
        offer = offered("Bo")
        join(offer.run, "Dorte")
        OutboxMessage.objects.all().delete()

        decline_offer(offer_pk=offer.pk)

        assert {name: statuses(offer.run)[name] for name in ("Bo", "Dorte")} == {"Bo": "cancelled", "Dorte": "offered"}
        assert mails() == [
            ("enrolments.off_the_line", "bo@example.dk"),
            ("enrolments.offer", "kontakt-dorte@example.dk"),
            ("enrolments.offer_declined", "kontakt-bo@example.dk"),
        ]
        assert EnrolmentEvent.objects.filter(enrolment__name="Bo", kind="offer_declined").exists()

    def test_after_accepting_is_refused(self):
        offer = offered("Bo")
        accept_offer(offer_pk=offer.pk)

        with pytest.raises(OfferClosed) as refusal:
            decline_offer(offer_pk=offer.pk)

        assert refusal.value.status == OfferStatus.ACCEPTED
        assert statuses(offer.run)["Bo"] == "confirmed"


class TestTime:
    def test_an_offer_that_nobody_answers_ends_and_goes_to_the_next(self):
        offer = offered("Bo")
        join(offer.run, "Dorte")
        OutboxMessage.objects.all().delete()

        assert expire_offers(at=offer.expires_at - timedelta(seconds=1)) == 0
        assert expire_offers(at=offer.expires_at) == 1
        assert expire_offers(at=offer.expires_at) == 0

        offer.refresh_from_db()
        assert offer.status == OfferStatus.EXPIRED
        assert {name: statuses(offer.run)[name] for name in ("Bo", "Dorte")} == {"Bo": "cancelled", "Dorte": "offered"}
        assert mails() == [
            ("enrolments.off_the_line", "bo@example.dk"),
            ("enrolments.offer", "kontakt-dorte@example.dk"),
            ("enrolments.offer_expired", "kontakt-bo@example.dk"),
        ]
        event = EnrolmentEvent.objects.get(enrolment__name="Bo", kind="offer_expired")
        assert event.actor == ActorKind.SYSTEM

    def test_an_offer_ends_when_its_run_begins(self):
        offer = offered("Bo")
        begins_in(offer.run, minutes=-1)

        assert expire_offers() == 1

    def test_the_contact_is_reminded_once_when_a_third_of_the_time_is_left(self):
        offer = offered("Bo")
        given = offer.expires_at - offer.created_at
        assert given > timedelta(hours=71)

        assert remind_of_offers(at=offer.expires_at - given / 2) == 0
        assert remind_of_offers(at=offer.expires_at - given / 4) == 1
        assert remind_of_offers(at=offer.expires_at - given / 5) == 0

        assert mails() == [("enrolments.offer_reminder", "kontakt-bo@example.dk")]

    def test_nobody_is_reminded_of_an_offer_that_was_made_a_few_hours_before_it_ends(self):
        offer = offered("Bo")
        Offer.objects.update(created_at=offer.expires_at - timedelta(hours=5))

        assert remind_of_offers(at=offer.expires_at - timedelta(minutes=5)) == 0

    def test_nobody_is_reminded_of_an_offer_that_is_answered_or_over(self):
        offer = offered("Bo")

        assert remind_of_offers(at=offer.expires_at) == 0
        accept_offer(offer_pk=offer.pk)
        assert remind_of_offers(at=offer.expires_at - timedelta(hours=1)) == 0


class TestWithdrawing:
    def test_puts_them_back_at_the_place_they_had_and_holds_the_seats_for_the_organiser(self):
        offer = offered("Bo")
        join(offer.run, "Dorte")
        place = Enrolment.objects.get(name="Bo").line_order
        OutboxMessage.objects.all().delete()

        withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason="Lokalet er mindre")

        bo = Enrolment.objects.get(name="Bo")
        assert (bo.status, bo.line_order, bo.offer) == (EnrolmentStatus.WAITING, place, None)
        assert statuses(offer.run)["Dorte"] == "waiting"
        hold = SeatHold.objects.get(released_at=None)
        assert (hold.seats, hold.reason, hold.registration) == (1, "Lokalet er mindre", None)
        assert mails() == [("enrolments.offer_withdrawn", "kontakt-bo@example.dk")]
        assert EnrolmentEvent.objects.get(enrolment=bo, kind="offer_withdrawn").reason == "Lokalet er mindre"

    def test_may_take_the_seats_away_altogether(self):
        offer = offered("Bo", "Carl")

        withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason="Lokalet er mindre", remove_seats=True)

        offer.run.refresh_from_db()
        run = CourseRun.objects.select_related("seats").get(pk=offer.run_id)
        assert (run.capacity, run.seats.free, run.seats.waiting) == (0, 0, 2)
        assert not SeatHold.objects.exists()

    def test_takes_a_reason(self):
        offer = offered("Bo")

        with pytest.raises(ReasonNeeded):
            withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason=" ")

    def test_makes_no_sense_where_there_is_room_for_everybody(self):
        offer = offered("Bo")
        CourseRun.objects.filter(pk=offer.run_id).update(capacity=None)

        with pytest.raises(NoLimit):
            withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason="Fejl")

    def test_an_answered_offer_is_not_taken_back(self):
        offer = offered("Bo")
        accept_offer(offer_pk=offer.pk)

        with pytest.raises(OfferClosed):
            withdraw_offer(offer_pk=offer.pk, user=UserFactory(), reason="Fortrød")
