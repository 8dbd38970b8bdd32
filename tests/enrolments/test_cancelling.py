"""The operation `cancel`: what is written with it."""

import pytest

from courses.models import RunSeats
from enrolments.enums import ActorKind
from enrolments.models import EnrolmentEvent
from enrolments.operations.cancelling import cancel
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CourseRunFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


def test_a_cancellation_its_log_entry_and_its_mail_are_written_together_or_not_at_all(monkeypatch):
    """Invariant 3: a failure after the last write leaves nothing of the others."""
    run = CourseRunFactory()
    registration = sign_up(run, "Anna")
    mails = OutboxMessage.objects.count()

    def broken(*args, **kwargs):
        raise RuntimeError("the outbox is gone")

    monkeypatch.setattr("enrolments.emails.registrations.queue_mails", broken)
    with pytest.raises(RuntimeError):
        cancel(registration=registration, actor=ActorKind.CONTACT)

    assert statuses(run) == {"Anna": "confirmed"}
    assert not EnrolmentEvent.objects.filter(kind="cancelled").exists()
    assert RunSeats.objects.get(pk=run.pk).taken == 1
    assert OutboxMessage.objects.count() == mails
