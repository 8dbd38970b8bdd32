"""Every mail of a seat's life replayed into another calendar program: the right entries remain in each mailbox."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import ActorKind
from enrolments.models import Enrolment, Registration
from enrolments.operations.cancelling import cancel
from enrolments.operations.correcting import correct
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.moving import cost_of, move
from enrolments.operations.replacing import replace
from enrolments.operations.run_decisions import cancel_run
from tests.calendar_reader import read_calendar
from tests.enrolments.helpers import sign_up
from tests.enrolments.test_run_changes import edited, move_day, told
from tests.factories import CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

pytestmark = pytest.mark.django_db

Mailbox = dict[str, tuple[int, str, dict[str, Any]]]


def replayed(*, newest_first: bool = False) -> dict[str, set[tuple[str, str]]]:
    """Return (start, summary) of the entries that remain in each mailbox after all its mails.

    A calendar program takes what has the highest SEQUENCE of a UID, whatever came first (RFC 5546 § 2.1.5).
    """
    boxes: dict[str, Mailbox] = defaultdict(dict)
    for message in OutboxMessage.objects.order_by("-pk" if newest_first else "pk"):
        calendar = mail_kinds.get(message.kind).render(message.context).calendar
        if calendar is None:
            continue
        read = read_calendar(calendar.content)
        assert len(read["events"]) == 1, "a request speaks of one event"
        assert read["method"] == calendar.method
        event = read["events"][0]
        assert event["attendees"] == [f"mailto:{message.to}"]
        assert (event["status"] == "CANCELLED") == (read["method"] == "CANCEL")
        held = boxes[message.to].get(event["uid"])
        if held is not None and held[0] == event["sequence"]:
            assert held[1] == read["method"], "one SEQUENCE never means two things"
        if held is None or held[0] <= event["sequence"]:
            boxes[message.to][event["uid"]] = (event["sequence"], read["method"], event)
    return {
        address: {
            (event["start"][:10], event["summary"]) for _seq, method, event in box.values() if method == "REQUEST"
        }
        for address, box in boxes.items()
    }


def remaining() -> dict[str, set[str]]:
    """Return the dates that remain in each mailbox that holds any: the same in whatever order mails arrive."""
    forwards, backwards = replayed(), replayed(newest_first=True)
    assert forwards == backwards
    return {address: {day for day, _summary in found} for address, found in forwards.items() if found}


def run_on(day: date, **fields: Any) -> CourseRun:
    return CourseRunFactory(first_day=day, **fields)


def seat(registration: Registration, name: str) -> Enrolment:
    return registration.enrolments.active().select_related("registration").get(name=name)


@pytest.fixture
def first() -> date:
    return timezone.localdate() + timedelta(days=40)


def days(first: date, count: int = 2) -> set[str]:
    return {(first + timedelta(weeks=n)).isoformat() for n in range(count)}


def test_a_whole_life_leaves_each_mailbox_with_what_is_true(first):
    run = run_on(first, with_days=2)
    target = run_on(first + timedelta(days=60), with_days=2, course=run.course)
    registration = sign_up(run, "Anna", "Bo", "Carl", "Dan", "Bente")
    everybody = {f"{name}@example.dk" for name in ("anna", "bo", "carl", "dan", "bente")}
    assert remaining() == dict.fromkeys(everybody, days(first))

    # Replaced: the old entries go, the colleague gets them.
    eva = ParticipantDetails("Eva", "eva@example.dk")
    replace(enrolment=seat(registration, "Anna"), details=eva, actor=ActorKind.CONTACT)
    # Moved: the old days go, the new ones come.
    bo = seat(registration, "Bo")
    move(
        enrolments=[bo],
        to_run=target,
        actor=ActorKind.PARTICIPANT,
        accepted=cost_of(registration, run, target, [bo]),
    )
    # The address is corrected.
    carl = ParticipantDetails("Carl", "ny@example.dk")
    correct(enrolment=seat(registration, "Carl"), details=carl, version=1, actor=ActorKind.CONTACT)
    # Cancelled; and the contact's own seat, whose entry travels in the contact's mails.
    cancel(registration=registration, enrolment_pks=[seat(registration, "Dan").pk], actor=ActorKind.CONTACT)
    cancel(registration=registration, enrolment_pks=[seat(registration, "Bente").pk], actor=ActorKind.CONTACT)

    moved_days = {day.date.isoformat() for day in target.ordered_days()}
    assert remaining() == {
        "eva@example.dk": days(first),
        "bo@example.dk": moved_days,
        "ny@example.dk": days(first),
    }


def test_an_address_that_is_corrected_and_put_back_keeps_one_entry(first):
    registration = sign_up(run_on(first), "Anna")

    for version, address in enumerate(("ny@example.dk", "anna@example.dk"), start=1):
        details = ParticipantDetails("Anna", address)
        correct(enrolment=seat(registration, "Anna"), details=details, version=version, actor=ActorKind.CONTACT)

    assert remaining() == {"anna@example.dk": days(first, 1)}


@pytest.mark.parametrize("takes", ["contact leaves", "contact comes"])
def test_a_contact_who_hands_on_or_takes_over_a_seat_has_the_right_entries(first, takes):
    leaving, coming = ("Bente", "Carla") if takes == "contact leaves" else ("Anna", "Bente")
    registration = sign_up(run_on(first, with_days=2), leaving)
    details = ParticipantDetails(coming, f"{coming.lower()}@example.dk")

    replace(enrolment=seat(registration, leaving), details=details, actor=ActorKind.CONTACT)

    assert remaining() == {f"{coming.lower()}@example.dk": days(first)}


def test_a_seat_that_gets_its_name_gets_its_entries(first):
    registration = sign_up(run_on(first, with_days=2), "Anna")
    OutboxMessage.objects.all().delete()
    Enrolment.objects.update(name="", email="")
    unnamed = registration.enrolments.get()

    correct(
        enrolment=unnamed,
        details=ParticipantDetails("Carla", "carla@example.dk"),
        version=1,
        actor=ActorKind.PARTICIPANT,
    )

    assert remaining() == {"carla@example.dk": days(first)}


def test_a_moved_day_moves_in_every_mailbox_also_after_a_replacement(first):
    run = run_on(first, with_days=2)
    registration = sign_up(run, "Anna", "Bo")
    carla = ParticipantDetails("Carla", "carla@example.dk")
    replace(enrolment=seat(registration, "Anna"), details=carla, actor=ActorKind.CONTACT)

    later = first + timedelta(days=3)
    edited(run, lambda changed: move_day(changed, date=later))
    told(run)

    expected = {later.isoformat(), (first + timedelta(weeks=1)).isoformat()}
    assert remaining() == {"carla@example.dk": expected, "bo@example.dk": expected}


def test_a_cancelled_run_empties_the_calendars_and_those_who_move_get_the_new_days(first):
    run = run_on(first)
    target = run_on(first + timedelta(days=60), course=run.course)
    registration = sign_up(run, "Anna", "Bo")

    cancel_run(run_pk=run.pk, user=UserFactory(), message="Vi har for få tilmeldte.")
    assert remaining() == {}
    anna = seat(registration, "Anna")
    registration.run.refresh_from_db()
    move(
        enrolments=[anna],
        to_run=target,
        actor=ActorKind.CONTACT,
        accepted=cost_of(registration, registration.run, target, [anna]),
    )

    assert remaining() == {"anna@example.dk": {target.ordered_days()[0].date.isoformat()}}
