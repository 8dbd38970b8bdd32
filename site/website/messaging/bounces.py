"""Mails that come back: read a delivery report, find the message it is about, and keep what it says.

A report (RFC 3464) is a `multipart/report` with a `message/delivery-status` part and the returned mail or its
headers. Our Message-ID stands in what was returned. Many servers write reports of their own making, so where the
parts are missing the whole text is searched for one of our Message-IDs and for a status code. What names none of
our messages, or is no report of a failure (an answer from a person, a receipt), changes nothing.
"""

import enum
import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message

from django.db import transaction
from django.utils import timezone

from website.core.logs import mask
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.trouble import ENHANCED, is_about_address

#: What is read of one report at most: the returned mail may be as long as it likes.
MAX_BYTES = 512 * 1024
MESSAGE_ID = re.compile(r"<[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}@[^\s<>@]{1,100}>")
REPLY = re.compile(r"\b([45]\d\d)[ -]")
#: Who writes reports. An answer from a person is none, whatever numbers stand in it.
REPORTERS = re.compile(r"mailer-daemon|postmaster|<>|microsoftexchange", re.IGNORECASE)


class Outcome(enum.Enum):
    """What a report came to."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    KNOWN = "known"  # it was read before, or the mail is under way again
    IGNORED = "ignored"  # no report of a failure, or about no mail of ours


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says: about which messages, and a failure for good or (so far) for now."""

    message_ids: tuple[str, ...]
    is_permanent: bool
    status: str
    reason: str


def read_report(raw: bytes) -> Report | None:
    """Return what a delivery report says, or None when it is not one. Never raises, whatever the bytes."""
    try:
        message = message_from_bytes(raw[:MAX_BYTES], policy=policy.compat32)
        return _report(message, raw[:MAX_BYTES].decode("utf-8", "replace"))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError):
        return None


def take_in(raw: bytes) -> Outcome:
    """Keep what a delivery report says on the message it is about. The same report again changes nothing."""
    report = read_report(raw)
    if report is None or not report.message_ids:
        return Outcome.IGNORED
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update().filter(message_id__in=report.message_ids).order_by("pk").first()
        )
        if message is None:
            return Outcome.IGNORED
        # A mail that is queued again is on its way to what may be a mended mailbox: the report is of its past.
        if message.status != MailStatus.SENT:
            return Outcome.KNOWN
        text = mask(f"Bounce: {report.status} {report.reason}".strip())[:2000]
        if not report.is_permanent:
            if message.last_error == text:
                return Outcome.KNOWN
            message.last_error = text
            message.save(update_fields=["last_error"])
            return Outcome.DELAYED
        message.status, message.last_error = MailStatus.BOUNCED, text
        if is_about_address(f"{report.status} {report.reason}"):
            message.undeliverable_at = timezone.now()
        message.save(update_fields=["status", "last_error", "undeliverable_at"])
        return Outcome.BOUNCED


def _report(message: Message, text: str) -> Report | None:
    fields = _delivery_status(message)
    if fields is None:
        return _informal(message, text)
    action, status, diagnostic = fields
    if action in {"delivered", "relayed", "expanded"} or status.startswith("2"):
        return None
    permanent = status.startswith("5") if status else action == "failed"
    if action == "delayed":
        permanent = False
    return Report(_message_ids(message, text), permanent, status, diagnostic)


def _delivery_status(message: Message) -> tuple[str, str, str] | None:
    """Return action, status and diagnostic of the worst recipient in the `message/delivery-status` part."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        groups = [block for block in blocks if isinstance(block, Message)] if isinstance(blocks, list) else []
        found = [
            (
                str(group.get("Action", "")).strip().lower(),
                _code(str(group.get("Status", "")) or str(group.get("Diagnostic-Code", ""))),
                " ".join(str(group.get("Diagnostic-Code", "")).partition(";")[2].split()),
            )
            for group in groups
            if group.get("Action") or group.get("Status")
        ]
        if found:
            return max(found, key=lambda each: each[1] or "0")
    return None


def _informal(message: Message, text: str) -> Report | None:
    """Read a report that a server has made up a form of its own for: only from those who write reports."""
    sender = f"{message.get('From', '')} {message.get('Return-Path', '')}"
    if not REPORTERS.search(sender) and not message.get("X-Failed-Recipients"):
        return None
    body = "\n".join(_text_of(part) for part in message.walk() if part.get_content_maintype() == "text")
    code = _code(body)
    if not code and (reply := REPLY.search(body)):
        code = f"{reply[1][0]}.0.0"
    if not code:
        return None
    line = next((line for line in body.splitlines() if ENHANCED.search(line) or REPLY.search(line)), "")
    return Report(_message_ids(message, text), code.startswith("5"), code, " ".join(line.split()))


def _text_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        return payload.decode(charset, "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def _message_ids(message: Message, text: str) -> tuple[str, ...]:
    """Return our Message-IDs in a report: of what was returned first, then anywhere (also encoded parts)."""
    returned = [
        str(part.get("Message-ID", "")) for part in message.walk() if part is not message and part.get("Message-ID")
    ]
    named = [str(message.get(header, "")) for header in ("In-Reply-To", "References", "X-Original-Message-ID")]
    bodies = [_text_of(part) for part in message.walk() if part.get_content_maintype() in {"text", "message"}]
    own = str(message.get("Message-ID", ""))
    found = [each for source in (*returned, *named, *bodies, text) for each in MESSAGE_ID.findall(source)]
    return tuple(dict.fromkeys(each for each in found if each != own))


def _code(text: str) -> str:
    found = ENHANCED.search(text)
    return found[0] if found else ""
