"""The mailbox of returned mails over IMAP, against a small server of this test's own."""

import logging
import re
import socketserver
import threading

import pytest

from tests.messaging.test_bounces import OURS, report
from website.messaging import mailbox, tasks
from website.messaging.bounces import Outcome
from website.messaging.enums import MailStatus
from website.messaging.mailbox import MailboxAddress
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db


class ImapServer(socketserver.ThreadingTCPServer):
    """As much of an IMAP server as reading and deleting takes. `log` holds the commands it got."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, mails: list[bytes]) -> None:
        self.mails, self.deleted, self.log = dict(enumerate(mails, start=1)), set(), []
        super().__init__(("127.0.0.1", 0), ImapSession)


class ImapSession(socketserver.StreamRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().decode().strip():
            tag, _space, command = line.partition(" ")
            self.server.log.append(command)
            if command.startswith("LOGIN") and "right" not in command:
                self.wfile.write(f"{tag} NO bad password for bounces@example.dk\r\n".encode())
                continue
            self.answer(command)
            self.wfile.write(f"{tag} OK done\r\n".encode())

    def answer(self, command: str) -> None:
        here = self.server
        if command == "CAPABILITY":
            self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        elif command.startswith("SELECT"):
            self.wfile.write(f"* {len(here.mails)} EXISTS\r\n".encode())
        elif command.startswith("UID SEARCH"):
            left = " ".join(str(uid) for uid in here.mails if uid not in here.deleted)
            self.wfile.write(f"* SEARCH {left}\r\n".encode())
        elif found := re.match(r"UID FETCH (\d+)", command):
            raw = here.mails[int(found[1])]
            self.wfile.write(f"* 1 FETCH (UID {found[1]} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n")
        elif found := re.match(r"UID STORE (\d+)", command):
            here.deleted.add(int(found[1]))


@pytest.fixture
def server():
    with ImapServer([report(), report(message_id="<a@b>")]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def sent() -> OutboxMessage:
    return OutboxMessage.objects.create(message_id=OURS, kind="k", to="anna@example.dk", status=MailStatus.SENT)


def url(server: ImapServer, *, key: str = "right", more: str = "") -> str:
    return f"imap://bounces%40example.dk:{key}@127.0.0.1:{server.server_address[1]}/INBOX{more}"


def test_reports_are_kept_and_then_deleted(server, sent):
    counts = mailbox.poll(url(server))

    assert (counts[Outcome.BOUNCED], counts[Outcome.IGNORED]) == (1, 1)
    assert server.deleted == {1, 2}
    assert "EXPUNGE" in server.log
    assert OutboxMessage.objects.get().status == MailStatus.BOUNCED
    assert mailbox.poll(url(server))[Outcome.BOUNCED] == 0


def test_with_a_folder_for_what_is_read_it_is_moved_there(server, sent):
    mailbox.poll(url(server, more="?done=L%C3%A6st%20%22a%22"))

    assert r'UID COPY 1 "L&AOY-st \"a\""' in server.log


def test_what_is_not_kept_is_not_deleted(server, sent, monkeypatch):
    def broken(raw: bytes) -> Outcome:
        raise RuntimeError("the database is gone")

    monkeypatch.setattr(mailbox, "take_in", broken)

    with pytest.raises(RuntimeError):
        mailbox.poll(url(server))
    assert server.deleted == set()


def test_a_mailbox_that_cannot_be_read_is_told_in_the_log_without_addresses(server, settings, caplog):
    settings.BOUNCE_MAILBOX_URL = url(server, key="wrong")

    with caplog.at_level(logging.ERROR):
        tasks.poll_bounces(timestamp=0)

    assert "could not be read: error" in caplog.text
    assert "example.dk" not in caplog.text and "wrong" not in caplog.text


def test_without_a_mailbox_nothing_is_asked(settings, monkeypatch):
    settings.BOUNCE_MAILBOX_URL = ""
    monkeypatch.setattr(mailbox, "poll", lambda url: pytest.fail("asked"))

    tasks.poll_bounces(timestamp=0)


def test_an_address_has_its_parts_and_a_wrong_one_is_refused_without_being_shown():
    parsed = MailboxAddress.parse("imaps://a%40b.dk:p%3Aw@mail.b.dk/Retur?done=Gamle")
    assert (parsed.user, parsed.password, parsed.port, parsed.folder, parsed.done, parsed.is_tls) == (
        "a@b.dk", "p:w", 993, "Retur", "Gamle", True,
    )  # fmt: skip
    with pytest.raises(ValueError, match="must look like") as caught:
        MailboxAddress.parse("https://hemmelig@mail.b.dk")
    assert "hemmelig" not in str(caught.value)
