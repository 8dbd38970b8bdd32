"""Cancel, replace and move: what each writes, whom it tells, what it refuses."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun, RunSeats
from enrolments.enums import ActorKind
from enrolments.exceptions import (
    AlreadyRegistered,
    CostChanged,
    NoLongerActive,
    NotAMove,
    NotEnoughSeats,
    PayerNeeded,
    RegistrationClosed,
    RunCancelled,
    TooLate,
)
from enrolments.models import Enrolment, EnrolmentEvent, Payer, Registration
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails, ParticipantDetails
from enrolments.operations.moving import MoveCost, cost_of, move
from enrolments.operations.replacing import replace
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def run_in(days: int, **fields) -> CourseRun:
    return CourseRunFactory(first_day=timezone.localdate() + timedelta(days=days), **fields)


def told() -> set[tuple[str, str]]:
    """Return (kind, address) of every mail but the welcome to those who registered."""
    return set(OutboxMessage.objects.values_list("kind", "to"))


def forget_mails() -> None:
    OutboxMessage.objects.all().delete()


def seats(run: CourseRun) -> RunSeats:
    return RunSeats.objects.get(pk=run.pk)


COLLEAGUE = ParticipantDetails("Carla Colleague", "carla@example.dk", job_title="konsulent")


class TestCancelling:
    @pytest.fixture
    def registration(self) -> Registration:
        terms = CancellationTermsFactory(tiers=[(28, "50")])
        registration = sign_up(run_in(10, terms=terms, price=Decimal("1895")), "Anna", "Bo")
        forget_mails()
        return registration

    def test_the_fee_that_was_shown_is_frozen_on_each_enrolment(self, registration):
        cancelled = cancel(registration=registration, actor=ActorKind.CONTACT, accepted_fee=Decimal("1895.00"))

        assert [each.fee for each in cancelled] == [Decimal("947.50")] * 2
        assert set(Enrolment.objects.values_list("fee", flat=True)) == {Decimal("947.50")}
        assert EnrolmentEvent.objects.filter(kind="cancelled").first().data == {"fee": "947.50"}

    @pytest.mark.parametrize("shown", [None, Decimal(0), Decimal("947.50")])
    def test_nothing_is_cancelled_when_the_fee_shown_is_not_what_applies_now(self, registration, shown):
        with pytest.raises(CostChanged) as refused:
            cancel(registration=registration, actor=ActorKind.CONTACT, accepted_fee=shown)

        assert refused.value.cost == Decimal("1895.00")
        assert set(statuses(registration.run).values()) == {"confirmed"}
        assert not told()

    def test_staff_cancel_at_any_time_and_may_waive_the_fee(self, registration):
        anna, bo = registration.enrolments.order_by("form_order")
        later = timezone.now() + timedelta(days=20)

        cancel(registration=registration, enrolment_pks=[anna.pk], actor=ActorKind.STAFF, at=later)
        cancel(registration=registration, enrolment_pks=[bo.pk], actor=ActorKind.STAFF, waive_fee=True, at=later)

        assert dict(Enrolment.objects.values_list("name", "fee")) == {"Anna": Decimal("947.50"), "Bo": Decimal(0)}

    def test_after_the_deadline_of_the_accepted_terms_it_is_too_late(self):
        terms = CancellationTermsFactory(cancel_until=14)
        registration = sign_up(run_in(14, terms=terms), "Anna")
        # Other terms of the run today change nothing.
        CourseRun.objects.update(terms=CancellationTermsFactory(cancel_until=0))

        tomorrow = timezone.now() + timedelta(days=1)
        with pytest.raises(TooLate):
            cancel(registration=registration, actor=ActorKind.PARTICIPANT, at=tomorrow)
        assert cancel(registration=registration, actor=ActorKind.CONTACT)

    def test_who_waits_leaves_the_line_free_until_the_run_begins(self):
        terms = CancellationTermsFactory(tiers=[(28, "100")], cancel_until=14)
        run = run_in(3, terms=terms, capacity=1)
        sign_up(run, "Anna")
        waiting = sign_up(run, "Bo", accepts_line=True)

        cancelled = cancel(registration=waiting, actor=ActorKind.CONTACT)

        assert (cancelled[0].status, cancelled[0].fee) == ("cancelled", None)

    def test_on_a_cancelled_run_there_is_neither_fee_nor_deadline(self, registration):
        CourseRun.objects.update(status=RunStatus.CANCELLED)

        assert len(cancel(registration=registration, actor=ActorKind.CONTACT)) == 2

    def test_health_data_goes_at_once(self, registration):
        Enrolment.objects.update(dietary="nødder")

        cancel(registration=registration, actor=ActorKind.STAFF)

        assert set(Enrolment.objects.values_list("dietary", flat=True)) == {""}

    def test_in_the_last_week_the_organiser_hears_too(self):
        registration = sign_up(run_in(7, responsible=UserFactory(email="ansvarlig@example.dk")), "Anna")
        forget_mails()

        cancel(registration=registration, actor=ActorKind.CONTACT)

        assert told() == {
            ("enrolments.cancellation", "bente@example.dk"),
            ("enrolments.cancelled", "anna@example.dk"),
            ("enrolments.late_change", "ansvarlig@example.dk"),
        }


class TestReplacing:
    @pytest.fixture
    def registration(self) -> Registration:
        registration = sign_up(run_in(10, capacity=2), "Anna", "Bo")
        forget_mails()
        return registration

    @pytest.fixture
    def anna(self, registration) -> Enrolment:
        return registration.enrolments.get(name="Anna")

    def test_the_colleague_takes_the_seat_as_a_new_enrolment(self, anna):
        new = replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.CONTACT)

        anna.refresh_from_db()
        assert (anna.status, new.status, new.replaces) == ("replaced", "confirmed", anna)
        assert (new.payer_id, new.registration_id, new.form_order) == (anna.payer_id, anna.registration_id, 0)
        assert seats(anna.run).taken == 2
        assert list(anna.events.values_list("kind", flat=True))[-1] == "replaced"
        assert list(new.events.values_list("kind", "actor")) == [("replaces", "contact")]

    def test_contact_participant_and_colleague_each_hear_once(self, anna):
        replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.PARTICIPANT)

        assert OutboxMessage.objects.count() == 3
        assert told() == {
            ("enrolments.replacement", "bente@example.dk"),
            ("enrolments.replaced", "anna@example.dk"),
            ("enrolments.invitation", "carla@example.dk"),
        }

    def test_a_place_in_line_keeps_its_order(self, anna):
        waiting = sign_up(anna.run, "Dan", "Eva", accepts_line=True)
        dan = waiting.enrolments.get(name="Dan")

        new = replace(enrolment=dan, details=COLLEAGUE, actor=ActorKind.CONTACT)

        assert (new.status, new.line_order) == ("waiting", dan.line_order)
        assert (seats(anna.run).taken, seats(anna.run).waiting) == (2, 2)

    def test_the_seat_goes_to_the_colleague_and_not_to_the_line(self, anna):
        sign_up(anna.run, "Dan", accepts_line=True)

        replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.CONTACT)

        assert statuses(anna.run)["Dan"] == "waiting"

    def test_a_colleague_who_is_registered_already_is_refused_and_nothing_changes(self, anna):
        with pytest.raises(AlreadyRegistered) as refused:
            replace(enrolment=anna, details=ParticipantDetails("Bo", "bo@example.dk"), actor=ActorKind.CONTACT)

        assert refused.value.emails == ["bo@example.dk"]
        assert statuses(anna.run) == {"Anna": "confirmed", "Bo": "confirmed"}
        assert not told()

    def test_twice_is_once(self, anna):
        replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.CONTACT)

        with pytest.raises(NoLongerActive):
            replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.CONTACT)

    def test_after_the_deadline_only_staff_may(self):
        registration = sign_up(run_in(3, terms=CancellationTermsFactory(replace_until=5)), "Anna")
        anna = registration.enrolments.get()

        with pytest.raises(TooLate):
            replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.CONTACT)
        assert replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.STAFF)

    def test_nobody_takes_a_seat_on_a_run_that_is_not_held(self, anna):
        CourseRun.objects.update(status=RunStatus.CANCELLED)

        with pytest.raises(RunCancelled):
            replace(enrolment=anna, details=COLLEAGUE, actor=ActorKind.STAFF)


class TestMoving:
    @pytest.fixture
    def run(self) -> CourseRun:
        terms = CancellationTermsFactory(tiers=[(28, "50")], move_until=14, move_fee=Decimal("250"))
        return run_in(20, terms=terms, capacity=2)

    @pytest.fixture
    def target(self, run) -> CourseRun:
        terms = CancellationTermsFactory(move_fee=Decimal("100"))
        return run_in(60, course=run.course, terms=terms, capacity=2, price=Decimal("2195"))

    @pytest.fixture
    def registration(self, run) -> Registration:
        registration = sign_up(run, "Anna", "Bo")
        forget_mails()
        return registration

    def go(self, registration: Registration, target: CourseRun, *names: str, **fields) -> Registration:
        """Move those of these names (default: all) as the contact does who accepts what it costs now."""
        chosen = registration.enrolments.filter(name__in=names) if names else registration.enrolments.all()
        chosen = list(chosen.select_related("registration"))
        given = {
            "actor": ActorKind.CONTACT,
            "accepted": cost_of(registration, registration.run, target, chosen),
            **fields,
        }
        return move(enrolments=chosen, to_run=target, **given)

    def test_the_new_seat_stands_on_the_other_run_at_its_price_and_terms_and_the_old_ends_with_the_fee(
        self, registration, target
    ):
        there = self.go(registration, target, "Anna")

        old, new = Enrolment.objects.filter(name="Anna").order_by("pk")
        assert (old.status, old.fee, new.status, new.moved_from) == ("moved", Decimal("250"), "confirmed", old)
        assert (there.origin, there.price, there.terms) == (registration, Decimal("2195"), target.terms)
        assert there.accepted_terms_at
        assert (seats(registration.run).taken, seats(target).taken) == (1, 1)
        assert new.payer.ean == old.payer.ean and new.payer.registration == there

    def test_contact_and_participant_each_hear_once_and_the_old_day_leaves_the_calendar(self, registration, target):
        self.go(registration, target, "Anna")

        assert OutboxMessage.objects.count() == 3
        assert told() == {
            ("enrolments.move", "bente@example.dk"),
            ("enrolments.moved", "anna@example.dk"),
            ("enrolments.cancelled_day", "anna@example.dk"),
        }

    def test_those_who_follow_later_join_the_same_registration(self, registration, target):
        first = self.go(registration, target, "Anna")
        second = self.go(registration, target, "Bo")

        assert first == second
        assert list(first.enrolments.values_list("name", "form_order")) == [("Anna", 0), ("Bo", 1)]
        assert Payer.objects.filter(registration=first).count() == 1

    def test_a_move_frees_the_old_seat_for_the_line(self, registration, target):
        sign_up(registration.run, "Dan", accepts_line=True)

        self.go(registration, target, "Anna")

        assert statuses(registration.run)["Dan"] == "offered"

    def test_nobody_passes_the_line_of_the_other_run(self, registration, target):
        there = sign_up(target, "Eva", "Finn")
        sign_up(target, "Gry", "Hans", accepts_line=True, keep_together=True)
        eva = there.enrolments.get(name="Eva")
        cancel(registration=there, enrolment_pks=[eva.pk], actor=ActorKind.STAFF)
        assert seats(target).free == 1

        with pytest.raises(NotEnoughSeats) as refused:
            self.go(registration, target, "Anna")
        assert refused.value.left == 0
        assert statuses(registration.run)["Anna"] == "confirmed"

    def test_two_do_not_move_to_one_seat(self, registration, target):
        sign_up(target, "Eva")

        with pytest.raises(NotEnoughSeats) as refused:
            self.go(registration, target)
        assert (refused.value.left, refused.value.wanted) == (1, 2)
        assert not Registration.objects.filter(origin=registration).exists()

    def test_a_run_of_another_course_or_the_same_run_is_no_move(self, registration):
        with pytest.raises(NotAMove):
            self.go(registration, run_in(60))
        with pytest.raises(NotAMove):
            self.go(registration, registration.run)

    def test_a_run_that_takes_no_registrations_takes_nobody(self, registration, target):
        CourseRun.objects.filter(pk=target.pk).update(status=RunStatus.CANCELLED)

        with pytest.raises(RegistrationClosed):
            self.go(registration, target)

    def test_staff_may_move_someone_past_the_other_runs_deadline(self, registration, target):
        CourseRun.objects.filter(pk=target.pk).update(status=RunStatus.CLOSED)

        with pytest.raises(RegistrationClosed):
            self.go(registration, target)
        assert self.go(registration, target, actor=ActorKind.STAFF, waive_fee=True)
        assert set(Enrolment.objects.filter(status="moved").values_list("fee", flat=True)) == {Decimal(0)}

    def test_a_cost_that_has_changed_is_shown_again_and_nothing_is_half_done(self, registration, target):
        shown = MoveCost(fee=Decimal(250), price=Decimal(1995), terms_pk=target.terms_id)

        with pytest.raises(CostChanged) as refused:
            self.go(registration, target, "Anna", accepted=shown)
        assert refused.value.cost == MoveCost(Decimal(250), Decimal(2195), target.terms_id)
        assert set(statuses(registration.run).values()) == {"confirmed"}

    def test_after_the_deadline_it_is_too_late_but_not_from_a_cancelled_run(self, registration, target):
        later = timezone.now() + timedelta(days=8)

        with pytest.raises(TooLate):
            self.go(registration, target, at=later)
        CourseRun.objects.filter(pk=registration.run_id).update(status=RunStatus.CANCELLED)
        registration.run.refresh_from_db()
        self.go(registration, target, at=later)
        assert set(Enrolment.objects.filter(status="moved").values_list("fee", flat=True)) == {Decimal(0)}

    def test_an_address_with_a_seat_there_already_is_refused(self, registration, target):
        sign_up(target, "Anna", contact=ContactDetails("Carl", "carl@example.dk"))

        with pytest.raises(AlreadyRegistered) as refused:
            self.go(registration, target)
        assert refused.value.emails == ["anna@example.dk"]

    def test_from_a_free_run_one_does_not_move_to_one_that_costs_without_a_payer(self, target):
        run = run_in(30, course=target.course, free=True)
        registration = sign_up(run, "Anna", payer=None)

        with pytest.raises(PayerNeeded):
            self.go(registration, target)

    def test_who_waits_may_move_to_a_run_with_free_seats_at_no_fee(self, registration, target):
        waiting = sign_up(registration.run, "Dan", accepts_line=True)

        self.go(waiting, target)

        old, new = Enrolment.objects.filter(name="Dan").order_by("pk")
        assert (old.status, old.fee, new.status) == ("moved", None, "confirmed")
