"""A run changes: what is noticed, who is told what, once, and what it does to their calendars."""

from collections.abc import Callable
from datetime import date, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseDay, CourseRun
from courses.watchers import run_watchers
from enrolments.enums import EventKind, RunChangeStatus
from enrolments.exceptions import AlreadyTold, ChangedMeanwhile
from enrolments.models import Enrolment, EnrolmentEvent, RunChange
from enrolments.operations.details import ContactDetails
from enrolments.operations.run_audience import Audience
from enrolments.operations.run_changes import News, keep_silent, pending_change, tell
from enrolments.operations.seats import lock_run
from tests.calendar_reader import read_calendar
from tests.enrolments.helpers import sign_up
from tests.factories import (
    CourseDayFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
    VenueFactory,
)
from website.accounts.models import User
from website.messaging import operations
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

WINTER = date(2031, 1, 15)
EVERYBODY = Audience(presenters=True)


def edited(run: CourseRun, change: Callable[[CourseRun], Any], user: User | None = None) -> RunChange | None:
    """Change a run as the form does: watched, in one transaction, under the lock of its seats."""
    with transaction.atomic():
        old = lock_run(run.pk)
        known = [(watcher, watcher.before(old)) for watcher in run_watchers]
        change(CourseRun.objects.get(pk=run.pk))
        now = CourseRun.objects.for_display().get(pk=run.pk)
        for watcher, before in known:
            watcher.after(now, before, user or UserFactory())
    return pending_change(run)


def move_day(run: CourseRun, number: int = 0, **fields: Any) -> None:
    CourseDay.objects.filter(pk=run.ordered_days()[number].pk).update(**fields)


def told(
    run: CourseRun, *, keys: list[str] | None = None, audience: Audience = EVERYBODY, message: str = ""
) -> RunChange:
    """Tell of the pending change: all of it, unless told otherwise."""
    change = pending_change(run)
    news = News.of(change, CourseRun.objects.for_display().get(pk=run.pk))
    keys = [each.key for each in news.differences] if keys is None else keys
    return tell(
        change_pk=change.pk, user=UserFactory(), keys=keys, message=message, audience=audience, seen=news.digest
    )


@pytest.fixture
def send():
    """Send what is queued; return the mails by address, parsed from their bytes."""

    def deliver() -> dict[str, list[EmailMessage]]:
        mail.outbox.clear()
        operations.deliver(operations.due_pks())
        found: dict[str, list[EmailMessage]] = {}
        for sent in mail.outbox:
            parsed = message_from_bytes(sent.message().as_bytes(), policy=policy.default)
            found.setdefault(parsed["To"], []).append(parsed)
        return found

    return deliver


def text(message: EmailMessage) -> str:
    return next(part for part in message.walk() if part.get_content_type() == "text/plain").get_content()


def calendar_text(message: EmailMessage) -> str:
    return next(part for part in message.walk() if part.get_content_type() == "text/calendar").get_content()


def calendars(messages: list[EmailMessage]) -> list[dict[str, Any]]:
    """Return what ical.js reads in the mails, each with its method and its only event."""
    parts = [part for m in messages for part in m.walk() if part.get_content_type() == "text/calendar"]
    read = [read_calendar(part.get_content()) for part in parts]
    return [{"method": each["method"], **each["events"][0]} for each in read]


class TestNoticing:
    @pytest.mark.parametrize(
        "change",
        [
            lambda run: move_day(run, date=WINTER + timedelta(days=3)),
            lambda run: move_day(run, start_time=time(10)),
            lambda run: move_day(run, venue=VenueFactory()),
            lambda run: CourseDayFactory(run=run, date=WINTER + timedelta(days=1)),
            lambda run: run.ordered_days()[1].delete(),
            lambda run: CourseRun.objects.filter(pk=run.pk).update(venue=VenueFactory()),
            lambda run: CourseRun.objects.filter(pk=run.pk).update(online_link="https://example.dk/rum"),
            lambda run: run.ordered_days()[0].presenters.through.objects.create(
                courseday=run.ordered_days()[0], presenter=PresenterFactory()
            ),
            lambda run: run.ordered_days()[0].hosts.through.objects.create(
                courseday=run.ordered_days()[0], presenter=PresenterFactory()
            ),
        ],
        ids=["date", "time", "day's venue", "added", "removed", "venue", "link", "presenter", "host"],
    )
    def test_what_people_need_to_know_waits_to_be_told(self, change):
        run = CourseRunFactory(first_day=WINTER, with_days=2)
        EnrolmentFactory(run=run)

        pending = edited(run, change)

        assert pending.status == RunChangeStatus.PENDING
        assert len(News.of(pending, CourseRun.objects.for_display().get(pk=run.pk)).differences) == 1

    @pytest.mark.parametrize("fields", [{"notes": "Husk kaffe"}, {"capacity": 30}, {"price": 5}, {"minimum": 3}])
    def test_what_concerns_nobody_who_has_a_seat_is_not_noticed(self, fields):
        run = CourseRunFactory()
        EnrolmentFactory(run=run)

        assert edited(run, lambda run: CourseRun.objects.filter(pk=run.pk).update(**fields)) is None

    def test_nobody_needs_to_hear_of_a_run_without_people(self):
        run = CourseRunFactory()
        EnrolmentFactory(run=run, cancelled=True)

        assert edited(run, lambda run: move_day(run, start_time=time(10))) is None

    def test_what_is_put_right_after_the_last_day_needs_no_telling(self):
        run = CourseRunFactory(past=True)
        EnrolmentFactory(run=run)

        assert edited(run, lambda run: move_day(run, start_time=time(10))) is None

    def test_a_change_taken_back_leaves_nothing_to_tell(self):
        run = CourseRunFactory()
        EnrolmentFactory(run=run)
        edited(run, lambda run: move_day(run, start_time=time(10)))

        edited(run, lambda run: move_day(run, start_time=time(9)))

        assert not RunChange.objects.exists()

    def test_further_edits_keep_what_people_first_knew(self):
        run = CourseRunFactory(first_day=WINTER)
        EnrolmentFactory(run=run)
        edited(run, lambda run: move_day(run, start_time=time(10)))

        pending = edited(run, lambda run: move_day(run, start_time=time(11)))

        [difference] = News.of(pending, CourseRun.objects.for_display().get(pk=run.pk)).differences
        assert "9.00" in difference.before
        assert "11.00" in difference.after

    def test_who_registers_between_two_edits_is_told_only_of_the_second(self, send):
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        edited(run, lambda run: move_day(run, start_time=time(10)))
        sign_up(run, "Bo", contact=ContactDetails("Carl", "carl@example.dk"))
        edited(run, lambda run: move_day(run, end_time=time(15)))
        send()

        told(run)

        sent = send()
        assert "kl. 9.00–16.00" in text(sent["anna@example.dk"][0])
        assert "kl. 10.00–16.00" in text(sent["bo@example.dk"][0])

    def test_who_registers_after_the_change_knows_it_and_is_not_told(self, send):
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        edited(run, lambda run: move_day(run, start_time=time(10)))
        sign_up(run, "Bo", contact=ContactDetails("Carl", "carl@example.dk"))
        send()

        change = told(run)

        assert set(send()) == {"anna@example.dk", "bente@example.dk"}
        assert change.recipients == 2

    def test_a_change_taken_back_is_still_told_to_who_registered_meanwhile(self):
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        edited(run, lambda run: move_day(run, start_time=time(10)))
        sign_up(run, "Bo", contact=ContactDetails("Carl", "carl@example.dk"))

        edited(run, lambda run: move_day(run, start_time=time(9)))
        told(run)

        assert set(OutboxMessage.objects.filter(kind="enrolments.run_changed").values_list("to", flat=True)) == {
            "bo@example.dk",
            "carl@example.dk",
        }


class TestTelling:
    def test_a_moved_day_moves_the_same_calendar_entry_with_a_higher_sequence(self, send):
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        [first] = calendars(send()["anna@example.dk"])
        edited(run, lambda run: move_day(run, date=date(2031, 7, 15), start_time=time(10)))

        told(run, message="Lokalet var optaget.")

        [message] = send()["anna@example.dk"]
        [second] = calendars([message])
        assert (second["uid"], second["method"]) == (first["uid"], "REQUEST")
        assert second["sequence"] > first["sequence"]
        assert second["start"] == "2031-07-15T08:00:00.000Z"
        assert "Lokalet var optaget." in text(message)
        assert "tirsdag 15. juli 2031 kl. 10.00–16.00" in text(message)

    def test_a_removed_day_goes_out_of_the_calendar_and_an_added_one_comes_in(self, send):
        run = CourseRunFactory(first_day=WINTER, with_days=3)
        sign_up(run, "Anna")
        known = {event["start"][:10]: event["uid"] for event in calendars(send()["anna@example.dk"])}

        def change(run: CourseRun) -> None:
            run.ordered_days()[2].delete()
            CourseDayFactory(run=run, date=date(2031, 3, 3))

        edited(run, change)
        told(run)

        found = {event["method"]: event for event in calendars(send()["anna@example.dk"])}
        assert found["CANCEL"]["uid"] == known["2031-01-29"]
        assert found["CANCEL"]["status"] == "CANCELLED"
        assert found["REQUEST"]["start"] == "2031-03-03T08:00:00.000Z"
        assert found["REQUEST"]["uid"] not in known.values()
        assert len(found) == 2

    def test_days_that_have_not_changed_are_left_alone(self, send):
        run = CourseRunFactory(first_day=WINTER, with_days=3)
        sign_up(run, "Anna")
        send()
        edited(run, lambda run: move_day(run, 1, start_time=time(8)))

        told(run)

        [event] = calendars(send()["anna@example.dk"])
        assert event["start"] == "2031-01-22T07:00:00.000Z"

    def test_a_new_place_is_told_for_every_day_to_come(self, send):
        run = CourseRunFactory(first_day=WINTER, with_days=2)
        sign_up(run, "Anna")
        send()
        edited(run, lambda run: CourseRun.objects.filter(pk=run.pk).update(venue=VenueFactory(name="Nyborg Strand")))

        told(run)

        messages = send()["anna@example.dk"]
        assert [event["start"][:10] for event in calendars(messages)] == ["2031-01-15", "2031-01-22"]
        assert all("LOCATION:Nyborg Strand" in calendar_text(message) for message in messages)
        assert "Nyt sted: Nyborg Strand" in text(messages[0])

    def test_a_new_presenter_leaves_the_calendar_alone(self, send):
        run = CourseRunFactory(first_day=WINTER, day_fields={"presenters": [PresenterFactory(name="Lotte")]})
        sign_up(run, "Anna")
        send()
        day = run.ordered_days()[0]
        edited(
            run,
            lambda run: day.presenters.through.objects.filter(courseday=day).update(
                presenter=PresenterFactory(name="Lone")
            ),
        )

        told(run)

        [message] = send()["anna@example.dk"]
        assert calendars([message]) == []
        assert "Lone, konsulent, COK" in text(message)
        assert Enrolment.objects.get().calendar_sequence == 0

    def test_only_what_is_chosen_is_told(self, send):
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        send()

        def change(run: CourseRun) -> None:
            move_day(run, start_time=time(10))
            CourseRun.objects.filter(pk=run.pk).update(venue=VenueFactory(name="Nyborg Strand"))

        edited(run, change)
        told(run, keys=["venue"])

        [message] = send()["anna@example.dk"]
        assert "Nyt tidspunkt" not in text(message)
        assert "Nyt sted: Nyborg Strand" in text(message)

    def test_an_address_gets_one_mail_whatever_its_owner_is_to_the_run(self, send):
        run = CourseRunFactory(
            first_day=WINTER, day_fields={"presenters": [PresenterFactory(email="bente@example.dk")]}
        )
        sign_up(run, "Anna", "Bente")
        send()
        edited(run, lambda run: move_day(run, start_time=time(10)))

        told(run)

        sent = send()
        assert {address: len(messages) for address, messages in sent.items()} == {
            "anna@example.dk": 1,
            "bente@example.dk": 1,
        }
        said = text(sent["bente@example.dk"][0])
        assert "Du har en plads på holdet. Du har tilmeldt Anna. Du er vært eller underviser på holdet." in said
        assert len(calendars(sent["bente@example.dk"])) == 1

    def test_who_waits_hears_of_it_without_calendar_and_never_of_the_online_link(self, send):
        run = CourseRunFactory(first_day=WINTER, capacity=1, venue=None, online_link="https://example.dk/gammel")
        sign_up(run, "Anna")
        sign_up(run, "Bo", contact=ContactDetails("Bo", "bo@example.dk"), accepts_line=True)
        send()

        def change(run: CourseRun) -> None:
            move_day(run, start_time=time(10))
            CourseRun.objects.filter(pk=run.pk).update(online_link="https://example.dk/hemmelig")

        edited(run, change)
        told(run)

        sent = send()
        [to_bo] = sent["bo@example.dk"]
        assert "hemmelig" in text(sent["anna@example.dk"][0])
        assert "hemmelig" not in to_bo.as_string()
        assert calendars([to_bo]) == []

    def test_it_is_written_in_the_history_of_those_told_without_what_was_said(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        edited(run, lambda run: move_day(run, start_time=time(10)))

        change = told(run, message="En hemmelighed")

        [event] = EnrolmentEvent.objects.filter(kind=EventKind.TOLD)
        assert event.data == {"change": change.pk, "kind": "changed", "fields": ["day"]}

    def test_told_is_told_once(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        change = edited(run, lambda run: move_day(run, start_time=time(10)))
        told(run)

        with pytest.raises(AlreadyTold):
            tell(change_pk=change.pk, user=UserFactory(), keys=[], message="", audience=EVERYBODY, seen="")

    def test_a_run_that_changed_after_the_preview_is_not_told_of_unseen(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        change = edited(run, lambda run: move_day(run, start_time=time(10)))
        seen = News.of(change, CourseRun.objects.for_display().get(pk=run.pk)).digest
        edited(run, lambda run: move_day(run, start_time=time(11)))

        with pytest.raises(ChangedMeanwhile):
            tell(change_pk=change.pk, user=UserFactory(), keys=[], message="", audience=EVERYBODY, seen=seen)
        assert not OutboxMessage.objects.filter(kind="enrolments.run_changed").exists()

    def test_silence_is_a_decision_with_a_name_on_it(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        change = edited(run, lambda run: move_day(run, start_time=time(10)))
        user = UserFactory()

        keep_silent(change_pk=change.pk, user=user)

        change.refresh_from_db()
        assert (change.status, change.handled_by) == (RunChangeStatus.SILENT, user)
        assert not OutboxMessage.objects.filter(kind="enrolments.run_changed").exists()

    def test_telling_costs_the_same_queries_however_many_are_told(self):
        def cost(people: int) -> int:
            run = CourseRunFactory(capacity=None)
            for _ in range(people):
                RegistrationFactory(run=run, participants=1)
            edited(run, lambda run: move_day(run, start_time=time(10)))
            with CaptureQueriesContext(
                connection,
            ) as queries:
                told(run)
            return len(queries)

        assert cost(2) == cost(12)


def test_days_that_are_over_stay_in_the_calendar(send):
    yesterday = timezone.localdate() - timedelta(days=1)
    run = CourseRunFactory(first_day=yesterday, with_days=2)
    EnrolmentFactory(run=run, email="anna@example.dk")
    edited(run, lambda run: CourseRun.objects.filter(pk=run.pk).update(venue=VenueFactory()))

    told(run)

    [event] = calendars(send()["anna@example.dk"])
    assert event["start"][:10] == (yesterday + timedelta(weeks=1)).isoformat()
