"""Invariant 3: no mail is lost; a crash at the moment of sending repeats it once at most, under its Message-ID."""

import pytest

from enrolments.emails.parts import about_registration, attendee_of
from enrolments.models import Enrolment
from tests.enrolments.helpers import sign_up
from tests.factories import CourseRunFactory
from tests.messaging.killing import Sink, database_url, send_everything
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import QueuedMail, queue_mails

MAILS, KILLS = 300, 6


@pytest.mark.django_db(transaction=True)
def test_workers_and_mail_server_are_killed_while_mails_are_sent(tmp_path):
    sign_up(CourseRunFactory(), "Anna")
    OutboxMessage.objects.all().delete()
    anna = Enrolment.objects.select_related("registration__run").get()
    context = about_registration(anna.registration, anna.registration.run) | {"attendee": attendee_of(anna)}
    queue_mails(QueuedMail("enrolments.invitation", f"deltager{at}@example.dk", context) for at in range(MAILS))
    sink = Sink(tmp_path / "accepted", delay=0.01)

    try:
        result = send_everything(
            sink,
            environment={"DJANGO_SETTINGS_MODULE": "website.settings.e2e", "DATABASE_URL": database_url()},
            kills=KILLS,
        )
    finally:
        sink.kill()

    assert result.kills == KILLS
    assert (result.lost, result.strangers) == (0, 0)
    assert result.repeats <= KILLS
    assert set(OutboxMessage.objects.values_list("status", flat=True)) == {MailStatus.SENT}
