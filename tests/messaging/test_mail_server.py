"""What a mail server may answer, by a real one on this machine: one bad mail never holds up another."""

import pytest
from django.utils import timezone

from tests.messaging.smtp_sink import Ledger, sink
from website.messaging import delivery, operations
from website.messaging.claims import PAUSE, Claim, due_pks
from website.messaging.delivery import BACK_OFF, deliver, deliver_due
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import Mail, mail_kinds, register_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings, monkeypatch):
    monkeypatch.setattr(mail_kinds, "_entries", dict(mail_kinds._entries))
    register_mail("test.note")(lambda context: Mail(subject="Hej", text="Hej"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with sink() as (port, ledger):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield ledger


def queue(*names: str) -> list[int]:
    mails = [operations.QueuedMail("test.note", f"{name}@example.dk", {"x": 1}) for name in names]
    return [message.pk for message in operations.queue_mails(mails)]


def statuses(pks: list[int]) -> list[str]:
    found = dict(OutboxMessage.objects.values_list("pk", "status"))
    return [found[pk] for pk in pks]


def test_many_mails_go_over_one_connection(server: Ledger):
    pks = queue("a", "b", "c")

    assert deliver(pks) == 3
    assert (server.connections, [to for to, _mail in server.accepted]) == (
        1,
        ["a@example.dk", "b@example.dk", "c@example.dk"],
    )


def test_an_address_refused_for_good_fails_and_is_flagged_and_the_others_go(server: Ledger):
    pks = queue("a", "550", "b")

    assert deliver(pks) == 2
    assert statuses(pks) == [MailStatus.SENT, MailStatus.FAILED, MailStatus.SENT]
    assert OutboxMessage.objects.get(pk=pks[1]).undeliverable_at is not None
    assert server.connections == 1


def test_an_address_refused_for_now_waits_and_the_others_go(server: Ledger):
    pks = queue("450", "b")

    deliver(pks)

    waiting = OutboxMessage.objects.get(pk=pks[0])
    assert statuses(pks) == [MailStatus.QUEUED, MailStatus.SENT]
    assert waiting.due_at > timezone.now() and waiting.undeliverable_at is None


def test_a_server_that_asks_us_to_slow_down_is_left_alone_and_the_rest_loses_no_attempt(server: Ledger):
    pks = queue("421", "b", "c")

    assert deliver(pks) == 0
    assert statuses(pks) == [MailStatus.QUEUED] * 3
    asked, spared = OutboxMessage.objects.get(pk=pks[0]), OutboxMessage.objects.get(pk=pks[1])
    assert (asked.attempts, spared.attempts) == (1, 0)
    assert timezone.now() < spared.due_at <= timezone.now() + PAUSE
    assert server.connections == 1


def test_several_temporary_refusals_in_a_row_mean_the_same(server: Ledger):
    pks = queue("450.a", "450.b", "450.c", "b")

    deliver(pks)

    assert server.accepted == []
    assert OutboxMessage.objects.get(pk=pks[3]).attempts == 0


def test_a_mail_that_breaks_the_connection_holds_up_none_of_the_others(server: Ledger):
    pks = queue("drop", "b", "c")

    assert deliver(pks) == 2
    assert statuses(pks) == [MailStatus.QUEUED, MailStatus.SENT, MailStatus.SENT]
    assert server.connections == 2


def test_a_server_that_is_gone_costs_one_mail_an_attempt_and_the_others_none(server: Ledger, settings):
    settings.EMAIL_PORT = 1
    pks = queue("a", "b", "c")

    assert deliver(pks) == 0
    assert sorted(OutboxMessage.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert due_pks() == []


def test_after_the_last_attempt_a_mail_has_failed_and_no_wait_is_shorter_than_the_one_before(server: Ledger):
    [pk] = queue("450")

    for attempt in range(len(BACK_OFF) + 1):
        assert statuses([pk]) == [MailStatus.QUEUED], attempt
        OutboxMessage.objects.update(due_at=timezone.now())
        deliver([pk])

    assert statuses([pk]) == [MailStatus.FAILED]
    assert list(BACK_OFF) == sorted(BACK_OFF)


def test_the_job_that_gathers_what_is_due_goes_on_until_nothing_is(server: Ledger, monkeypatch):
    monkeypatch.setattr(delivery, "BATCH", 2)
    monkeypatch.setattr(delivery, "due_pks", lambda: due_pks(limit=3))
    queue(*"abcdefg")

    assert deliver_due() == 7


def test_what_a_killed_worker_left_is_taken_one_by_one_and_given_up_when_it_kills_each_time(server: Ledger):
    pks = queue("a", "b")
    past = timezone.now()
    OutboxMessage.objects.filter(pk=pks[0]).update(status=MailStatus.SENDING, due_at=past, attempts=len(BACK_OFF) + 1)
    OutboxMessage.objects.filter(pk=pks[1]).update(status=MailStatus.SENDING, due_at=past)

    assert deliver(pks) == 1
    assert statuses(pks) == [MailStatus.FAILED, MailStatus.SENT]


def test_a_claim_that_was_lost_is_not_sent_and_one_that_runs_out_is_lengthened(server: Ledger, settings):
    settings.MAIL_LEASE_SECONDS = 100
    pks = queue("a", "b")
    claim = Claim.take(["a@example.dk", "b@example.dk"])
    OutboxMessage.objects.filter(pk=pks[0]).update(due_at=timezone.now() + 2 * BACK_OFF[0])  # another worker's now
    kept = claim.until
    claim.waiting, settings.MAIL_LEASE_SECONDS = claim.waiting, 10_000  # more than half of it is gone

    assert [claim.next().pk, claim.next()] == [pks[1], None]
    assert claim.until > kept


def test_returned_mails_come_back_to_their_own_address_and_people_see_the_usual_sender(server: Ledger, settings):
    settings.BOUNCE_ADDRESS = "retur@example.dk"

    deliver(queue("a"))

    assert server.senders[0].lower().startswith(b"mail from:<retur@example.dk>")
    assert b"From: COK Kurser <kurser@example.dk>" in server.accepted[0][1]


def test_thousands_of_mails_are_shared_in_jobs_and_a_sign_in_code_goes_first():
    from procrastinate.contrib.django.models import ProcrastinateJob

    operations.queue_mails(
        operations.QueuedMail("enrolments.invitation", f"{at}@example.dk", {"x": 1}) for at in range(120)
    )
    operations.queue_mail(kind="accounts.login_code", to="a@example.dk", context={"code": "1"})

    jobs = ProcrastinateJob.objects.filter(task_name="messaging.deliver_mails").order_by("-priority", "id")
    assert [len(job.args["message_pks"]) for job in jobs] == [1, 50, 50, 20]
