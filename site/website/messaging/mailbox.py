"""The mailbox that undeliverable mails return to, read over IMAP."""

import base64
import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from website.messaging.bounces import MAX_BYTES, Outcome, take_in

logger = logging.getLogger(__name__)

#: Reports that are read in one go; what is left waits for the next one.
AT_ONCE = 500
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """imaps://user:password@host[:port]/folder?done=folder"""

    host: str
    port: int
    user: str
    password: str
    folder: str
    done: str
    is_tls: bool

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the parts of a mailbox's address. Raises ValueError, without the address, when it is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise ValueError("BOUNCE_MAILBOX_URL must look like imaps://user:password@host/folder")
        is_tls = parts.scheme == "imaps"
        return cls(
            host=parts.hostname,
            port=parts.port or (993 if is_tls else 143),
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
            done=parse_qs(parts.query).get("done", [""])[0],
            is_tls=is_tls,
        )


def poll(url: str) -> dict[Outcome, int]:
    """Take in the reports in the mailbox; return how many had each outcome.

    A report is deleted (or moved to the folder `done`) after what it says has been committed: whatever dies in
    between, it is read again, and changes nothing. What is no report of ours is put aside in the same way, so
    that the mailbox must be one that nobody reads. Raises OSError and imaplib.IMAP4.error.
    """
    address = MailboxAddress.parse(url)
    counts = dict.fromkeys(Outcome, 0)
    with _signed_in(address) as server:
        _expect(server.select(_quoted(address.folder)))
        _status, [found] = server.uid("SEARCH", "UNDELETED")  # type: ignore[misc] # imaplib's own types
        for uid in (found or b"").split()[:AT_ONCE]:
            _status, data = server.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
            raw = next((part[1] for part in data or [] if isinstance(part, tuple)), None)
            if raw is None:
                continue
            counts[take_in(raw)] += 1
            if address.done:
                _expect(server.uid("COPY", uid.decode(), _quoted(address.done)))
            _expect(server.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Deleted)"))
        server.expunge()
    return counts


@contextmanager
def _signed_in(address: MailboxAddress) -> Iterator[imaplib.IMAP4]:
    context = ssl.create_default_context()
    if address.is_tls:
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(address.host, address.port, ssl_context=context, timeout=TIMEOUT)
    else:
        server = imaplib.IMAP4(address.host, address.port, timeout=TIMEOUT)
    try:
        # Only on this machine may the password travel in the clear.
        if not address.is_tls and address.host not in ("localhost", "127.0.0.1", "::1"):
            server.starttls(context)
        server.login(address.user, address.password)
        yield server
    finally:
        with suppress(Exception):
            server.logout()


def _expect(answer: tuple[str, list]) -> None:
    """Raise unless the server did it. Its words are left out: they may name an address."""
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the mailbox answered {answer[0]}")


def _quoted(folder: str) -> str:
    """Return a folder's name as IMAP writes it: modified UTF-7 (RFC 3501 § 5.1.3), quoted."""
    runs = re.split(r"([^\x20-\x7e]+)", folder.replace("&", "&-"))
    encoded = "".join(_base64(run) if at % 2 else run for at, run in enumerate(runs))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _base64(run: str) -> str:
    return "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
