"""The outbox: nothing is lost, nothing leaves without its change, and failures are kept."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from website.messaging import operations
from website.messaging.claims import Claim
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import Attachment, Mail, mail_kinds, register_mail
from website.messaging.showing import show_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind(monkeypatch):
    """Two kinds of mail of this test's own, the second secret."""
    monkeypatch.setattr(mail_kinds, "_entries", dict(mail_kinds._entries))
    register_mail("test.note")(lambda context: Mail(subject=context["subject"], text="Hej"))
    register_mail("test.code", secret=True)(lambda context: Mail(subject="Kode", text=context["code"]))
    return "test.note"


def queue(**context) -> OutboxMessage:
    return operations.queue_mail(kind="test.note", to="Anna@Example.dk", context={"subject": "Hej", **context})


def test_a_queued_mail_is_sent_once_under_its_message_id(kind):
    message = queue()

    assert operations.deliver([message.pk]) == 1
    assert operations.deliver([message.pk]) == 0

    [sent] = mail.outbox
    message.refresh_from_db()
    assert sent.to == ["anna@example.dk"]
    assert sent.extra_headers["Message-ID"] == message.message_id
    assert (message.status, bool(message.sent_at)) == (MailStatus.SENT, True)


def test_a_job_is_queued_with_the_mail_and_rolled_back_with_it(kind):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        assert ProcrastinateJob.objects.filter(task_name="messaging.deliver_mails").count() == 1
        raise RuntimeError

    assert not OutboxMessage.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="messaging.deliver_mails").exists()


def test_an_unknown_kind_is_refused_when_it_is_queued(kind):
    with pytest.raises(KeyError):
        operations.queue_mail(kind="test.unknown", to="a@example.dk", context={})


def test_a_failed_attempt_waits_and_is_tried_again_under_the_same_message_id(kind, monkeypatch):
    message = queue()

    def refuse(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        assert operations.deliver([message.pk]) == 0
    message.refresh_from_db()
    assert message.status == MailStatus.QUEUED
    assert "gone" in message.last_error
    assert message.due_at > timezone.now()
    assert operations.due_pks() == []

    OutboxMessage.objects.update(due_at=timezone.now())
    operations.deliver(operations.due_pks())
    assert mail.outbox[0].extra_headers["Message-ID"] == message.message_id


def test_an_address_that_the_server_refuses_for_good_is_not_tried_again(kind, monkeypatch):
    message = queue()

    def refuse(self, messages):
        raise smtplib.SMTPRecipientsRefused({"anna@example.dk": (550, b"no such user")})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    operations.deliver([message.pk])

    message.refresh_from_db()
    assert message.status == MailStatus.FAILED
    assert "no such user" in message.last_error


def test_a_mail_claimed_by_a_worker_that_died_is_sent_when_its_lease_runs_out(kind):
    message = queue()
    Claim.take([message.to])
    assert operations.due_pks() == []

    OutboxMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    operations.deliver(operations.due_pks())

    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [message.message_id]


def test_one_broken_mail_does_not_hold_up_the_others(kind):
    broken = operations.queue_mail(kind="test.note", to="a@example.dk", context={})
    whole = queue()

    assert operations.deliver([broken.pk, whole.pk]) == 1
    broken.refresh_from_db()
    assert broken.status == MailStatus.QUEUED
    assert "subject" in broken.last_error


def test_a_secret_mail_leaves_no_secret_behind(kind):
    message = operations.queue_mail(kind="test.code", to="a@example.dk", context={"code": "1234"})

    operations.deliver([message.pk])

    message.refresh_from_db()
    assert mail.outbox[0].body == "1234"
    assert message.context == {}


def test_a_secret_mail_that_failed_for_good_leaves_no_secret_either(kind, monkeypatch):
    message = operations.queue_mail(kind="test.code", to="a@example.dk", context={"code": "1234"})

    def refuse(self, messages):
        raise smtplib.SMTPRecipientsRefused({"a@example.dk": (550, b"no such user")})

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    operations.deliver([message.pk])

    message.refresh_from_db()
    assert (message.status, message.context) == (MailStatus.FAILED, {})


def test_a_line_break_in_a_subject_is_folded_away(kind):
    queue(subject="Hej\nBcc: all@example.dk")

    operations.deliver(operations.due_pks())

    assert mail.outbox[0].subject == "Hej Bcc: all@example.dk"


def test_a_message_can_be_sent_again_by_hand(kind):
    message = queue()
    operations.deliver([message.pk])
    message.refresh_from_db()

    operations.resend(message)
    operations.deliver([message.pk])

    assert len(mail.outbox) == 2


def test_queueing_costs_the_same_however_many_mails(kind, django_assert_num_queries):
    mails = [operations.QueuedMail("test.note", f"{n}@example.dk", {"subject": "x"}) for n in range(50)]

    with django_assert_num_queries(2):
        operations.queue_mails(mails)


def test_a_file_goes_along_and_is_named_where_staff_see_the_mail(kind):
    note = Attachment("Bevis på kursus.pdf", b"%PDF-1.7", "application/pdf")
    register_mail("test.file")(lambda context: Mail(subject="Bevis", text="Hej", attachments=(note,)))
    message = operations.queue_mail(kind="test.file", to="anna@example.dk", context={"a": 1})

    operations.deliver([message.pk])

    [part] = [part for part in mail.outbox[0].message().walk() if part.get_content_disposition() == "attachment"]
    assert (part.get_filename(), part.get_content_type()) == ("Bevis på kursus.pdf", "application/pdf")
    assert part.get_payload(decode=True) == b"%PDF-1.7"
    assert show_message(message).attachments == ("Bevis på kursus.pdf",)
