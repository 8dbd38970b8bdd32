"""Mails that come back: reports as servers write them, good and bad, and what they change."""

import base64
import mailbox
from datetime import timedelta
from io import BytesIO, TextIOWrapper

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from website.messaging.addresses import bounced_addresses, undelivered
from website.messaging.bounces import Outcome, read_report, take_in
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import resend
from website.messaging.trouble import explain

pytestmark = pytest.mark.django_db

OURS = "<0e81dbab-694b-449f-b7d2-d3a34c851fc3@kurser.example.dk>"

REPORT = """\
From: MAILER-DAEMON@mx.example.dk (Mail Delivery System)
To: kurser@example.dk
Subject: Undelivered Mail Returned to Sender
Message-ID: <20261122@mx.example.dk>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.dk
Arrival-Date: Sun, 22 Nov 2026 01:00:00 +0000

Final-Recipient: rfc822; anna@example.dk
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--B
Content-Type: {returned}

From: kurser@example.dk
To: anna@example.dk
Subject: Du har en plads
Message-ID: {message_id}

--B--
"""


def report(**fields: str) -> bytes:
    given = {
        "action": "failed",
        "status": "5.1.1",
        "said": "550 5.1.1 <anna@example.dk> User unknown",
        "returned": "text/rfc822-headers",
        "message_id": OURS,
    }
    return REPORT.format(**(given | fields)).replace("\n", "\r\n").encode()


@pytest.fixture
def sent() -> OutboxMessage:
    return OutboxMessage.objects.create(
        message_id=OURS,
        kind="enrolments.invitation",
        to="anna@example.dk",
        context={"x": 1},
        reference="registration:7",
        status=MailStatus.SENT,
        sent_at=timezone.now(),
    )


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_of_failure_marks_the_mail_with_the_reason(sent, returned):
    assert take_in(report(returned=returned)) is Outcome.BOUNCED

    sent.refresh_from_db()
    assert sent.status == MailStatus.BOUNCED
    assert explain(sent.last_error) == "Adressen findes ikke."
    assert "anna@" not in sent.last_error


def test_the_same_report_again_changes_nothing(sent):
    take_in(report())
    sent.refresh_from_db()

    assert take_in(report(said="550 something else")) is Outcome.KNOWN
    again = OutboxMessage.objects.get()
    assert (again.last_error, again.undeliverable_at) == (sent.last_error, sent.undeliverable_at)


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "delayed", "status": "4.4.1", "said": "connection timed out"},
        {"action": "delayed", "status": "5.0.0", "said": "will try again"},
        {"action": "failed", "status": "4.2.2", "said": "452 mailbox full"},
    ],
)
def test_a_failure_for_now_is_noted_and_the_mail_counts_as_sent(sent, fields):
    assert take_in(report(**fields)) is Outcome.DELAYED
    assert take_in(report(**fields)) is Outcome.KNOWN

    sent.refresh_from_db()
    assert sent.status == MailStatus.SENT
    assert sent.last_error.startswith("Bounce: ")
    assert bounced_addresses([sent.to]) == {}


@pytest.mark.parametrize(
    "raw",
    [
        report(action="delivered", status="2.0.0"),
        report(message_id="<another@elsewhere.example>"),
        report(message_id="<11111111-1111-1111-1111-111111111111@kurser.example.dk>"),
        b"",
        b"\xff\xfe\x00 nothing",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x",
        b"From: bo@example.dk\r\nSubject: Re\r\nIn-Reply-To: " + OURS.encode() + b"\r\n\r\nKan 550 komme?",
    ],
)
def test_what_is_no_report_about_a_mail_of_ours_changes_nothing(sent, raw):
    assert take_in(raw) is Outcome.IGNORED

    sent.refresh_from_db()
    assert (sent.status, sent.last_error) == (MailStatus.SENT, "")


def test_a_report_of_a_servers_own_making_is_understood(sent):
    raw = (
        "From: postmaster@kommune.example\r\nSubject: Kunne ikke leveres\r\nContent-Type: text/plain; charset=x-unknown"
        "\r\n\r\nDin mail kunne ikke leveres.\r\n550 5.1.10 RESOLVER.ADR.RecipientNotFound\r\n\r\n"
        f"Message-ID: {OURS}\r\n"
    ).encode()

    assert take_in(raw) is Outcome.BOUNCED


def test_a_message_id_in_an_encoded_part_is_found(sent):
    body = BytesIO()
    body.write(
        b"From: Mailer-Daemon@x.example\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    body.write(base64.encodebytes(f"550 no such user\n\nMessage-ID: {OURS}\n".encode()))

    assert read_report(body.getvalue()).message_ids == (OURS,)
    assert take_in(body.getvalue()) is Outcome.BOUNCED


def test_a_mail_that_is_queued_again_is_not_marked_by_the_report_of_its_past(sent):
    resend(sent)

    assert take_in(report()) is Outcome.KNOWN
    sent.refresh_from_db()
    assert sent.status == MailStatus.QUEUED


def test_a_mail_refused_by_a_spam_filter_does_not_put_the_address_under_suspicion(sent):
    take_in(report(status="5.7.1", said="554 5.7.1 looks like spam"))

    sent.refresh_from_db()
    assert (sent.status, sent.undeliverable_at) == (MailStatus.BOUNCED, None)
    assert bounced_addresses([sent.to]) == {}


class TestAddresses:
    def test_an_address_is_flagged_until_a_later_mail_has_stood_for_a_day(self, sent, django_assert_num_queries):
        take_in(report())
        with django_assert_num_queries(1):
            assert list(bounced_addresses(["Anna@Example.dk", "bo@example.dk", ""])) == ["anna@example.dk"]
        later = OutboxMessage.objects.create(
            message_id="<x@y>", kind="k", to=sent.to, status=MailStatus.SENT, sent_at=timezone.now()
        )
        assert bounced_addresses([sent.to])

        OutboxMessage.objects.filter(pk=sent.pk).update(undeliverable_at=timezone.now() - timedelta(days=3))
        OutboxMessage.objects.filter(pk=later.pk).update(sent_at=timezone.now() - timedelta(days=2))
        assert bounced_addresses([sent.to]) == {}

    def test_undelivered_mails_are_counted_by_what_they_are_about(self, sent):
        take_in(report())

        assert undelivered(["registration:7", "registration:8"]) == {"registration:7": 1}

    def test_nothing_is_asked_about_nobody(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert bounced_addresses(["", ""]) == {}


class TestCommand:
    def test_it_reads_a_report_from_a_pipe(self, sent, monkeypatch, capsys):
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(report())))

        call_command("read_bounces")

        assert "1 bounced" in capsys.readouterr().out
        sent.refresh_from_db()
        assert sent.status == MailStatus.BOUNCED

    @pytest.mark.parametrize("kind", [mailbox.Maildir, mailbox.mbox])
    def test_it_reads_a_box_and_takes_out_what_is_kept(self, sent, tmp_path, kind, capsys):
        box = kind(str(tmp_path / "box"))
        box.add(report())
        box.add(report(message_id="<a@b>"))
        box.close()

        call_command("read_bounces", str(tmp_path / "box"), delete=True)

        assert "1 bounced, 0 delayed, 0 known, 1 ignored" in capsys.readouterr().out
        assert len(kind(str(tmp_path / "box"))) == 0

    def test_a_box_that_is_not_there_is_said_to_be(self, tmp_path):
        with pytest.raises(CommandError, match="There is no"):
            call_command("read_bounces", str(tmp_path / "none"))
