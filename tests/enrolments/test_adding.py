"""An organiser adds people by hand: past the deadline, on a full run, without an address of their own."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import BillingMethod
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats, ReasonNeeded, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Registration, SeatHold
from enrolments.operations.adding import Agreed, Place, add, places
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from tests.enrolments.helpers import EAN, sign_up, statuses
from tests.factories import CourseRunFactory, UserFactory, municipality
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def by_hand(run: CourseRun, name: str = "Ida", email: str = "ida@example.dk", **values) -> Enrolment:
    given = {
        "run_pk": run.pk,
        "submission": f"hand-{name}-{run.pk}",
        "participant": ParticipantDetails(name, email),
        "contact": ContactDetails("Bente Holm", "bente@example.dk"),
        "affiliation": Affiliation(municipality()),
        "payer": PayerDetails(BillingMethod.EAN, ean=EAN),
        "place": Place.SEAT,
        "agreed": Agreed.PHONE,
        "user": values.pop("user", None) or UserFactory(),
    }
    return add(**{**given, **values})


@pytest.fixture
def full() -> CourseRun:
    """One seat, taken by Anna; Bo in line."""
    run = CourseRunFactory(capacity=1)
    sign_up(run, "Anna")
    sign_up(run, "Bo", accepts_line=True)
    return run


def test_somebody_is_added_after_the_deadline_with_what_was_agreed():
    run = CourseRunFactory(closed=True, registration_deadline=timezone.now() - timedelta(days=3))
    user = UserFactory()

    ida = by_hand(run, user=user, price=Decimal("1500.00"))

    event = EnrolmentEvent.objects.get(enrolment=ida)
    assert (ida.status, ida.registration.price, ida.registration.added_by) == ("confirmed", Decimal("1500.00"), user)
    assert (event.kind, event.actor, event.user) == ("added", "staff", user)
    assert event.data == {"place": "seat", "agreed": "phone"}
    assert ida.payer.ean == EAN


def test_the_usual_mails_go_out_or_none():
    run = CourseRunFactory()
    by_hand(run)
    assert sorted(OutboxMessage.objects.filter(kind__startswith="enrolments.").values_list("to", flat=True))[:1] == [
        "bente@example.dk"
    ]

    OutboxMessage.objects.all().delete()
    by_hand(run, "Ole", "ole@example.dk", tell=False)
    assert not OutboxMessage.objects.exists()


def test_without_an_address_of_their_own_the_contact_gets_the_mails_and_two_may_share_it():
    run = CourseRunFactory()

    by_hand(run, "Ida", "")
    by_hand(run, "Ole", "")

    assert statuses(run) == {"Ida": "confirmed", "Ole": "confirmed"}
    assert set(OutboxMessage.objects.values_list("to", flat=True)) == {"bente@example.dk"}


def test_an_address_has_one_place_on_a_run_also_by_hand():
    run = CourseRunFactory()
    sign_up(run, "Anna")

    with pytest.raises(AlreadyRegistered):
        by_hand(run, "En anden", "anna@example.dk")

    assert statuses(run) == {"Anna": "confirmed"}
    assert Registration.objects.count() == 1


def test_the_same_form_twice_adds_one():
    run = CourseRunFactory()

    assert by_hand(run) == by_hand(run)
    assert run.enrolments.count() == 1


def test_on_a_full_run_the_seat_comes_from_raising_the_number_and_from_nowhere_else(full):
    with pytest.raises(NotEnoughSeats):
        by_hand(full, reason="Vært")
    assert CourseRun.objects.get(pk=full.pk).capacity == 1

    by_hand(full, place=Place.RAISE, reason="Vært")

    run = CourseRun.objects.get(pk=full.pk)
    assert (run.capacity, run.seats.taken, run.seats.free) == (2, 2, 0)
    assert statuses(full) == {"Anna": "confirmed", "Bo": "waiting", "Ida": "confirmed"}


def test_passing_the_line_takes_a_reason(full):
    with pytest.raises(ReasonNeeded):
        by_hand(full, place=Place.RAISE)

    assert CourseRun.objects.get(pk=full.pk).capacity == 1


def test_a_held_seat_is_used_and_no_longer_held():
    run = CourseRunFactory(capacity=2)
    sign_up(run, "Anna")
    hold = SeatHold.objects.create(run=run, seats=1, reason="Til værten")

    by_hand(run, place=Place.HELD)

    hold.refresh_from_db()
    run = CourseRun.objects.get(pk=run.pk)
    assert hold.released_at is not None
    assert (run.seats.taken, run.seats.held, run.seats.free) == (2, 0, 0)
    with pytest.raises(NotEnoughSeats):
        by_hand(run, "Ole", "ole@example.dk", place=Place.HELD)


def test_last_in_line_is_behind_everybody(full):
    ida = by_hand(full, place=Place.LINE)

    bo = Enrolment.objects.get(name="Bo")
    assert ida.status == "waiting"
    assert ida.line_order > bo.line_order


def test_nobody_is_added_to_a_cancelled_run():
    with pytest.raises(RunCancelled):
        by_hand(CourseRunFactory(cancelled=True))


def test_only_the_places_there_are_are_offered(full):
    assert places(full) == [Place.RAISE, Place.LINE]
    assert places(CourseRunFactory(unlimited=True)) == [Place.SEAT]


# --- the form -------------------------------------------------------------------------------


@pytest.fixture
def organiser(settings) -> Client:
    settings.STAFF_SECOND_FACTOR_REQUIRED = False
    client = Client()
    client.force_login(UserFactory(staff=True, organiser=True))
    return client


def text(response) -> str:
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def filled_in(**fields) -> dict[str, str]:
    return {
        "submission": "abc",
        "name": "Ida",
        "email": "ida@example.dk",
        "organisation": str(municipality().pk),
        "price": "1995,00",
        "billing_method": "ean",
        "ean": EAN,
        "agreed": "mail",
        "place": "seat",
        "tell": "on",
        **fields,
    }


def test_the_form_adds_and_leads_to_the_participant(organiser):
    run = CourseRunFactory()
    address = f"/admin/participants/run/{run.pk}/add/"

    answer = organiser.post(address, filled_in(), follow=True)

    ida = run.enrolments.select_related("registration").get()
    assert "Ida er tilføjet." in text(answer)
    assert (ida.registration.contact_name, ida.registration.contact_email) == ("Ida", "ida@example.dk")
    assert "aftalt på mail" in text(answer)


def test_the_form_says_what_each_place_means(organiser, full):
    page = text(organiser.get(f"/admin/participants/run/{full.pk}/add/"))

    assert "holdet går fra 1 til 2 pladser. 1 på ventelisten bliver sprunget over" in page
    assert "Bagest på ventelisten, efter 1." in page
    assert "En ledig plads" not in page


def test_the_form_tells_what_is_wrong_at_its_field(organiser):
    run = CourseRunFactory()
    sign_up(run, "Anna")
    address = f"/admin/participants/run/{run.pk}/add/"

    taken = text(organiser.post(address, filled_in(email="anna@example.dk")))
    assert "Er det en fælles postkasse, så lad feltet stå tomt" in taken
    empty = text(organiser.post(address, filled_in(name="", email="", organisation="", ean="123")))
    for words in ("Vælg en kommune", "Skriv kontaktpersonens navn", "Skriv en adresse"):
        assert words in empty
    assert run.enrolments.count() == 1


def test_a_free_run_asks_for_no_payer(organiser):
    run = CourseRunFactory(free=True)

    organiser.post(f"/admin/participants/run/{run.pk}/add/", filled_in(price="0", billing_method="", ean=""))

    assert run.enrolments.get().payer is None


def test_the_price_agreed_may_be_another(organiser):
    run = CourseRunFactory()

    organiser.post(f"/admin/participants/run/{run.pk}/add/", filled_in(price="1.250,50"))

    assert run.enrolments.get().registration.price == Decimal("1250.50")


def test_a_seat_may_wait_for_its_name(organiser):
    run = CourseRunFactory()

    organiser.post(
        f"/admin/participants/run/{run.pk}/add/",
        filled_in(name="", email="", contact_name="Bente", contact_email="bente@example.dk"),
    )

    assert run.enrolments.get().is_unnamed
