"""The operation `register`: seats, the line, refusals, and what is written with it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from courses.enums import RegistrationState, RunStatus
from courses.models import CourseDay, CourseRun, RunSeats
from enrolments.enums import EventKind
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats, RegistrationClosed
from enrolments.models import Enrolment, EnrolmentEvent, Registration
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, EnrolmentFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def test_everybody_gets_a_seat_while_there_are_seats():
    run = CourseRunFactory(capacity=3)

    sign_up(run, "Anna", "Bo")

    assert statuses(run) == {"Anna": "confirmed", "Bo": "confirmed"}
    assert RunSeats.objects.get(pk=run.pk).left == 1


def test_those_who_fit_are_confirmed_in_form_order_and_the_rest_wait():
    run = CourseRunFactory(capacity=2)

    sign_up(run, "Anna", "Bo", "Carl", accepts_line=True)

    assert statuses(run) == {"Anna": "confirmed", "Bo": "confirmed", "Carl": "waiting"}


def test_a_group_that_stays_together_waits_whole():
    run = CourseRunFactory(capacity=2)

    sign_up(run, "Anna", "Bo", "Carl", accepts_line=True, keep_together=True)

    assert set(statuses(run).values()) == {"waiting"}


def test_without_the_waiting_list_accepted_a_group_too_large_is_refused_and_nothing_is_written():
    run = CourseRunFactory(capacity=1)

    with pytest.raises(NotEnoughSeats) as refusal:
        sign_up(run, "Anna", "Bo")

    assert (refusal.value.left, refusal.value.wanted) == (1, 2)
    assert not Registration.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_freed_seat_is_not_given_to_a_passer_by_while_someone_is_in_line():
    run = CourseRunFactory(capacity=1)
    seated = EnrolmentFactory(run=run)
    EnrolmentFactory(run=run, waiting=True)
    Enrolment.objects.filter(pk=seated.pk).update(status="cancelled", cancelled_at=timezone.now())

    with pytest.raises(NotEnoughSeats):
        sign_up(run, "Passer")

    sign_up(run, "Patient", accepts_line=True)
    assert statuses(run)["Patient"] == "waiting"


def test_a_run_without_waiting_list_takes_nobody_into_a_line():
    run = CourseRunFactory(capacity=1, waiting_list=False)

    with pytest.raises(NotEnoughSeats):
        sign_up(run, "Anna", "Bo", accepts_line=True)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": RunStatus.CANCELLED}, RegistrationState.CANCELLED),
        ({"status": RunStatus.CLOSED}, RegistrationState.CLOSED),
        ({"registration_deadline": timezone.now() - timedelta(minutes=1)}, RegistrationState.CLOSED),
        ({"registration_opens_at": timezone.now() + timedelta(days=1)}, RegistrationState.NOT_YET),
    ],
)
def test_a_run_that_takes_no_registrations_says_why(changes, state):
    run = CourseRunFactory(**changes)

    with pytest.raises(RegistrationClosed) as refusal:
        sign_up(run, "Anna")

    assert refusal.value.state == state


@pytest.mark.parametrize(
    "change",
    [
        lambda run: CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED),
        lambda run: CourseDay.objects.filter(run=run).update(date=timezone.localdate() - timedelta(days=1)),
    ],
)
def test_a_run_that_changed_after_the_caller_read_it_is_read_again_under_the_lock(change):
    run = CourseRunFactory()
    known = CourseRun.objects.for_display().get(pk=run.pk)
    change(run)

    with pytest.raises(RegistrationClosed):
        sign_up(run, "Anna", known_run=known)


def test_seats_are_always_those_under_the_lock_however_long_ago_the_run_was_read():
    run = CourseRunFactory(capacity=1)
    known = CourseRun.objects.for_display().get(pk=run.pk)
    EnrolmentFactory(run=run)

    with pytest.raises(NotEnoughSeats):
        sign_up(run, "Anna", known_run=known)


def test_a_run_that_has_been_held_takes_nobody():
    with pytest.raises(RegistrationClosed):
        sign_up(CourseRunFactory(past=True), "Anna")


def test_an_address_can_be_active_only_once_on_a_run_however_it_is_spelt():
    run = CourseRunFactory()
    EnrolmentFactory(run=run, email="anna@example.dk")

    with pytest.raises(AlreadyRegistered) as refusal:
        sign_up(run, "ANNA")

    assert refusal.value.emails == ["anna@example.dk"]


def test_who_cancelled_may_register_again():
    run = CourseRunFactory()
    EnrolmentFactory(run=run, email="anna@example.dk", cancelled=True)

    sign_up(run, "Anna")

    assert run.enrolments.active().count() == 1


def test_the_same_submission_twice_is_one_registration():
    run = CourseRunFactory()

    first, second = sign_up(run, "Anna", submission="x"), sign_up(run, "Anna", submission="x")

    assert first == second
    assert Enrolment.objects.count() == 1


def test_the_registration_keeps_the_price_and_the_terms_it_was_made_under():
    terms = CancellationTermsFactory()
    run = CourseRunFactory(price=Decimal("950.00"), terms=terms)

    registration = sign_up(run, "Anna")
    run.price = Decimal("1200.00")
    run.save()

    registration.refresh_from_db()
    assert (registration.price, registration.terms) == (Decimal("950.00"), terms)
    assert registration.accepted_terms_at


def test_the_history_tells_who_was_seated_and_who_was_put_in_line():
    run = CourseRunFactory(capacity=1)

    sign_up(run, "Anna", "Bo", accepts_line=True)

    kinds = dict(EnrolmentEvent.objects.values_list("enrolment__name", "kind"))
    assert kinds == {"Anna": EventKind.REGISTERED, "Bo": EventKind.WAITLISTED}


def test_the_enrolment_its_log_entry_and_its_mail_are_written_together_or_not_at_all(monkeypatch):
    """Invariant 3: a failure after the last write leaves nothing of the others."""
    run = CourseRunFactory()

    def broken(*args, **kwargs):
        raise RuntimeError("the outbox is gone")

    monkeypatch.setattr("enrolments.emails.registrations.queue_mails", broken)
    with pytest.raises(RuntimeError):
        sign_up(run, "Anna")

    assert not Enrolment.objects.exists()
    assert not EnrolmentEvent.objects.exists()
    assert RunSeats.objects.get(pk=run.pk).taken == 0


def test_dietary_needs_are_kept_only_when_the_run_asks():
    from enrolments.operations.details import ParticipantDetails

    people = [ParticipantDetails("Anna", "anna@example.dk", dietary="vegetar")]
    sign_up(CourseRunFactory(asks_dietary=False), "Anna", participants=people)
    sign_up(CourseRunFactory(asks_dietary=True), "Anna", participants=people, submission="other")

    assert sorted(Enrolment.objects.values_list("dietary", flat=True)) == ["", "vegetar"]
