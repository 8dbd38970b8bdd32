"""Reminders before the first day: to whom, when, once, and what they say."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.models import Enrolment, EnrolmentEvent, Notice
from enrolments.operations import reminding
from enrolments.operations.reminding import send_reminders
from tests.enrolments.test_races import at_once
from tests.factories import CoursePageFactory, CourseRunFactory, EnrolmentFactory, RegistrationFactory, VenueFactory
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

FIRST_DAY = date(2027, 3, 4)
WEEK, DAY = "enrolments.reminder_week", "enrolments.reminder_day"


def at(days_before: int, clock: time = time(10), first_day: date = FIRST_DAY) -> datetime:
    """Return the moment of that clock time in Denmark so many days before the first day."""
    return timezone.make_aware(datetime.combine(first_day - timedelta(days=days_before), clock))


def registered(run: CourseRun, when: datetime | None = None, **fields) -> Enrolment:
    """Return a confirmed participant who registered at that time (default: two months before)."""
    enrolment = EnrolmentFactory(run=run, **fields)
    Enrolment.objects.filter(pk=enrolment.pk).update(created_at=when or at(60))
    return enrolment


def mails() -> list[tuple[str, str]]:
    return list(OutboxMessage.objects.order_by("pk").values_list("kind", "to"))


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory(first_day=FIRST_DAY)


@pytest.mark.django_db
class TestWhen:
    @pytest.mark.parametrize(
        ("moment", "kinds"),
        [
            (at(8), []),
            (at(7, time(7, 59)), []),
            (at(7, time(8)), [WEEK]),
            (at(2), [WEEK]),  # the worker was away
            (at(1, time(7, 59)), []),
            (at(1, time(8)), [DAY]),
            (at(0), []),
            (at(-1), []),
        ],
    )
    def test_a_week_before_and_the_day_before_from_eight_in_denmark(self, run, moment, kinds):
        registered(run)

        send_reminders(at=moment)

        assert [kind for kind, _ in mails()] == kinds

    def test_each_is_sent_once_however_often_the_job_runs(self, run):
        anna = registered(run)

        for days_before in (7, 7, 6, 5, 1, 1):
            send_reminders(at=at(days_before))

        assert mails() == [(WEEK, anna.email), (DAY, anna.email)]

    @pytest.mark.parametrize(("first_day", "hour"), [(FIRST_DAY, 7), (date(2027, 6, 10), 6)])
    def test_eight_in_denmark_is_seven_in_winter_and_six_in_summer_elsewhere(self, first_day, hour):
        registered(CourseRunFactory(first_day=first_day))
        week_before = first_day - timedelta(days=7)

        assert send_reminders(at=datetime.combine(week_before, time(hour - 1, 59), tzinfo=UTC)) == 0
        assert send_reminders(at=datetime.combine(week_before, time(hour), tzinfo=UTC)) == 1

    def test_who_registered_within_the_week_gets_only_the_last(self, run):
        late = registered(run, at(7, time(7)))
        registered(run, at(8))

        send_reminders(at=at(6))
        assert [to for _, to in mails()] != [late.email]
        assert len(mails()) == 1
        send_reminders(at=at(1))

        assert (DAY, late.email) in mails()
        assert (WEEK, late.email) not in mails()

    def test_who_got_a_seat_from_the_line_within_the_week_gets_only_the_last(self, run):
        seated = registered(run)
        event = EnrolmentEvent.objects.create(enrolment=seated, kind=EventKind.SEATED, actor=ActorKind.STAFF)
        EnrolmentEvent.objects.filter(pk=event.pk).update(at=at(5))

        send_reminders(at=at(4))
        send_reminders(at=at(1))

        assert mails() == [(DAY, seated.email)]

    def test_a_run_that_is_moved_is_reminded_of_at_its_new_date_and_not_again_at_the_old(self, run):
        anna = registered(run)
        send_reminders(at=at(7))
        day = run.days.get()
        day.date = FIRST_DAY + timedelta(days=30)
        day.save()

        send_reminders(at=at(1))
        send_reminders(at=at(7, first_day=day.date))
        day.date = FIRST_DAY
        day.save()
        send_reminders(at=at(6))

        assert mails() == [(WEEK, anna.email), (WEEK, anna.email)]
        assert Notice.objects.count() == 2

    def test_only_the_first_day_of_several_is_reminded_of(self):
        run = CourseRunFactory(first_day=FIRST_DAY, with_days=3)
        registered(run)

        for days_before in range(8, -20, -1):
            send_reminders(at=at(days_before))

        assert [kind for kind, _ in mails()] == [WEEK, DAY]


@pytest.mark.django_db
class TestToWhom:
    @pytest.mark.parametrize("trait", ["waiting", "cancelled"])
    def test_only_those_with_a_seat(self, run, trait):
        registered(run, **{trait: True})

        assert send_reminders(at=at(7)) == 0

    def test_not_seats_without_a_name_nor_participants_without_an_address(self, run):
        registered(run, name="")
        registered(run, email="")

        assert send_reminders(at=at(7)) == 0

    def test_the_contact_only_if_they_take_part(self, run):
        registration = RegistrationFactory(run=run, contact_email="bente@example.dk")
        registered(run, registration=registration, email="anna@example.dk")
        send_reminders(at=at(7))
        assert mails() == [(WEEK, "anna@example.dk")]

        registered(run, registration=registration, email="bente@example.dk")
        send_reminders(at=at(7))
        assert mails()[1:] == [(WEEK, "bente@example.dk")]

    @pytest.mark.parametrize("trait", ["cancelled", "draft"])
    def test_not_for_runs_that_are_not_held(self, trait):
        registered(CourseRunFactory(first_day=FIRST_DAY, **{trait: True}))

        assert send_reminders(at=at(7)) == 0


@pytest.mark.django_db
def test_a_reminder_tells_all_that_the_day_takes():
    run = CourseRunFactory(
        first_day=FIRST_DAY,
        course=CoursePageFactory(
            title="Led samskabelsen",
            contact_name="Mona Lind",
            contact_email="mona@example.dk",
            contact_phone="11 22 33 44",
        ),
        venue=VenueFactory(name="Rådhuset", directions="Indgang fra gården"),
        online_link="https://moede.example.dk/1",
        practical="Tag en bærbar med",
    )
    registered(run, name="Anna Ågård")
    send_reminders(at=at(7))
    send_reminders(at=at(1))

    for message in OutboxMessage.objects.all():
        mail = mail_kinds.get(message.kind).render(message.context)
        assert mail.reply_to == "mona@example.dk"
        for words in (
            "Anna Ågård",
            "torsdag 4. marts 2027",
            "9.00",
            "Rådhuset",
            "Indgang fra gården",
            "Tag en bærbar med",
            "https://moede.example.dk/1",
            "11 22 33 44",
            "/tilmelding/deltager/",
        ):
            assert words in mail.text, words
        assert "/tilmelding/deltager/" not in str(message.context)
    week, day = (mail_kinds.get(m.kind).render(m.context) for m in OutboxMessage.objects.order_by("pk"))
    assert week.subject == "Snart: Led samskabelsen, torsdag 4. marts 2027 kl. 9.00"
    assert day.subject == "I morgen: Led samskabelsen"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [WEEK, DAY])
def test_staff_see_a_reminder_with_real_data(kind):
    registered(CourseRunFactory(first_day=FIRST_DAY))

    text = mail_kinds.get(kind).text

    assert text.sample() is not None
    assert mail_kinds.get(kind).render(text.sample()).text


@pytest.mark.django_db
def test_a_batch_costs_the_same_however_many_runs_and_participants():
    def cost(days_before_first: date) -> int:
        with CaptureQueriesContext(connection) as queries:
            reminding._send_batch("reminder_week", days_before_first)
        return len(queries)

    for _ in range(2):
        registered(CourseRunFactory(first_day=FIRST_DAY))
    few = cost(FIRST_DAY - timedelta(days=7))
    other = FIRST_DAY + timedelta(days=40)
    for _ in range(5):
        run = CourseRunFactory(first_day=other)
        for _ in range(4):
            registered(run, at(90))

    assert cost(other - timedelta(days=7)) <= few
    assert OutboxMessage.objects.count() == 22
    assert few <= 12


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_each_participant_once(monkeypatch):
    run = CourseRunFactory(first_day=FIRST_DAY, capacity=None)
    people = {registered(run).email for _ in range(30)}
    monkeypatch.setattr(reminding, "BATCH", 4)

    results = at_once(*(lambda: send_reminders(at=at(7)) for _ in range(5)))

    assert sum(results) <= 30, results
    send_reminders(at=at(7))
    told = list(OutboxMessage.objects.values_list("to", flat=True))
    assert sorted(told) == sorted(people)


@pytest.mark.django_db(transaction=True)
def test_a_reminder_that_is_not_queued_leaves_no_notice(monkeypatch):
    registered(CourseRunFactory(first_day=FIRST_DAY))

    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr(reminding.reminders, "queue_reminders", fail)
    with pytest.raises(RuntimeError):
        send_reminders(at=at(7))

    assert not Notice.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_is_being_cancelled_at_this_moment_is_not_reminded():
    enrolment = registered(CourseRunFactory(first_day=FIRST_DAY))
    with transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now())
        assert at_once(lambda: send_reminders(at=at(7))) == [0]

    assert send_reminders(at=at(7)) == 0
