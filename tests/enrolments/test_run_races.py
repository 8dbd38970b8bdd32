"""A run's fate decided while others act: real connections, each seen failing with its guard taken away."""

from datetime import time
from uuid import uuid4

import pytest
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.exceptions import AlreadyTold, RegistrationClosed
from enrolments.models import Enrolment, Registration, RunChange, RunMessage
from enrolments.operations.run_audience import Audience, recipients
from enrolments.operations.run_changes import News, tell
from enrolments.operations.run_decisions import cancel_run, confirm_run, remind_of_decisions
from enrolments.operations.run_messages import digest, send_message
from tests.enrolments.helpers import sign_up
from tests.enrolments.test_races import at_once, one
from tests.enrolments.test_run_changes import edited, move_day
from tests.factories import CourseRunFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_organisers_who_tell_of_a_change_at_once_tell_it_once():
    run = CourseRunFactory()
    sign_up(run, "Anna")
    change = edited(run, lambda run: move_day(run, start_time=time(10)))
    news = News.of(change, CourseRun.objects.for_display().get(pk=run.pk))
    users = [UserFactory() for _ in range(4)]

    def telling(user):
        keys = [each.key for each in news.differences]
        return lambda: tell(
            change_pk=change.pk, user=user, keys=keys, message="", audience=Audience(), seen=news.digest
        )

    results = at_once(*map(telling, users))

    assert sum(isinstance(result, RunChange) for result in results) == 1
    assert sum(isinstance(result, AlreadyTold) for result in results) == 3
    assert OutboxMessage.objects.filter(kind="enrolments.run_changed", to="anna@example.dk").count() == 1
    assert Enrolment.objects.get().calendar_sequence == 1


def test_a_run_cancelled_while_people_register_tells_everybody_who_got_in_and_nobody_gets_in_after():
    run = CourseRunFactory(capacity=None)
    user = UserFactory()

    results = at_once(
        *(one(run, f"person{n}") for n in range(8)),
        lambda: cancel_run(run_pk=run.pk, user=user, message="Nej"),
    )

    registered = sum(isinstance(result, Registration) for result in results)
    refused = sum(isinstance(result, RegistrationClosed) for result in results)
    assert registered + refused == 8
    assert CourseRun.objects.get(pk=run.pk).status == RunStatus.CANCELLED
    assert OutboxMessage.objects.filter(kind="enrolments.run_cancelled").count() == registered


def test_cancelling_and_confirming_at_once_is_done_in_turn_and_each_told_once():
    run = CourseRunFactory()
    sign_up(run, "Anna")
    users = [UserFactory() for _ in range(6)]

    at_once(
        *((lambda u=u: cancel_run(run_pk=run.pk, user=u, message="Nej")) for u in users[:3]),
        *((lambda u=u: confirm_run(run_pk=run.pk, user=u, message="Ja")) for u in users[3:]),
    )

    run.refresh_from_db()
    assert (run.status, run.confirmed_at) == (RunStatus.CANCELLED, None)
    to_anna = OutboxMessage.objects.filter(to="anna@example.dk")
    assert to_anna.filter(kind="enrolments.run_cancelled").count() == 1
    assert to_anna.filter(kind="enrolments.run_confirmed").count() <= 1


def test_a_message_posted_several_times_at_once_is_sent_once():
    run = CourseRunFactory()
    sign_up(run, "Anna")
    user, audience = UserFactory(), Audience(contacts=False)
    seen = digest("Hej", "Hej", recipients(run, audience))
    form = uuid4().hex

    def post():
        return send_message(
            run_pk=run.pk, user=user, subject="Hej", body="Hej", audience=audience, submission=form, seen=seen
        )

    results = at_once(*[post] * 5)

    assert {result.pk for result in results} == {RunMessage.objects.get().pk}
    assert OutboxMessage.objects.filter(kind="enrolments.run_message").count() == 1


def test_two_workers_remind_of_a_decision_once():
    CourseRunFactory(decision_date=timezone.localdate(), course__contact_email="kursus@example.dk")

    assert sorted(at_once(*[remind_of_decisions] * 4)) == [0, 0, 0, 1]
    assert OutboxMessage.objects.filter(kind="enrolments.decision").count() == 1
