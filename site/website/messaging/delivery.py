"""Send what waits in the outbox.

Messages are claimed (`sending`, with a lease) and the claim is committed before SMTP begins; each is
marked as sent, in a commit of its own, before the next one leaves. If the process dies in between, the
lease runs out and the message is sent again under the same Message-ID: a mail may come twice after a crash,
once for each connection that was cut, but none is lost.

One mail never holds up those to others. What is wrong with a mail or its address is kept on its row and the next
mail goes; when the server is gone or asks us to slow down, the rest of the claim is given back. Mails to one address
keep their order: `claims` says how.
"""

import contextlib
import logging
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.core.mail import get_connection
from django.utils import timezone, translation

from website.messaging.claims import BATCH, Claim, abandoned_pks, due_pks, is_secret
from website.messaging.enums import RETRYABLE_STATUSES, MailStatus
from website.messaging.mime import OutgoingEmail
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds
from website.messaging.texts import words_read_once
from website.messaging.trouble import Trouble, describe, is_about_address, trouble_with

logger = logging.getLogger(__name__)

#: Waits before the second, third … attempt. After the last one the message has failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
#: So many temporary refusals in a row mean that the server wants less of us.
REFUSALS_IN_A_ROW = 3
#: How long the job that gathers what is due works before it leaves the rest to the next one, in seconds.
ROUND = 50


def deliver(pks: Iterable[int]) -> int:
    """Send what is due to whom `pks` are for, over one connection; return how many were sent."""
    with Connection() as connection, words_read_once():
        return _deliver(list(pks), connection)


def deliver_due(*, seconds: float = ROUND) -> int:
    """Send all that is due, oldest first: retries, and what a killed worker left behind. Return how many were sent."""
    sent, until = 0, time.monotonic() + seconds
    with Connection() as connection:
        while time.monotonic() < until and not connection.is_down and (pks := due_pks()):
            with words_read_once():
                sent += _deliver(pks, connection)
    return sent


class Connection:
    """A connection to the mail server that is opened when it is needed and kept for the next mail."""

    def __init__(self) -> None:
        self._backend = get_connection()
        self._is_open = False
        #: Whether the server is gone, or wants to be left alone for a while.
        self.is_down = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.hang_up()

    def send(self, email: OutgoingEmail) -> None:
        """Send one e-mail. Raises what smtplib raises, and OSError."""
        self.open()
        self._backend.send_messages([email])

    def open(self) -> None:
        # Django's backend keeps a connection for the next mail only if somebody else opened it.
        if not self._is_open:
            self._backend.open()
            self._is_open = True

    def hang_up(self) -> None:
        self._is_open = False
        # The other end may be gone already: nothing is lost by a farewell that nobody hears.
        with contextlib.suppress(Exception):
            self._backend.close()

    def still_answers(self) -> bool:
        """Whether the server takes a new connection after the last one broke."""
        self.hang_up()
        try:
            self.open()
        except Exception:
            self.hang_up()
            return False
        return True


def _deliver(pks: list[int], connection: Connection) -> int:
    sent = 0
    for at in range(0, len(pks), BATCH):
        for claim in _claims(pks[at : at + BATCH], connection):
            sent += _send_all(claim, connection)
    return sent


def _claims(pks: list[int], connection: Connection) -> Iterator[Claim]:
    """Yield claim after claim, until nothing more can be sent now to whom these messages are for.

    What a killed worker left is taken one by one: should a mail be what kills it, only that one is held up.
    """
    waiting = OutboxMessage.objects.filter(pk__in=pks, status__in=RETRYABLE_STATUSES)
    addresses = set(waiting.values_list("to", flat=True))
    while addresses and not connection.is_down:
        claim = Claim.take(addresses) or next(filter(None, map(Claim.take_over, abandoned_pks(pks))), None)
        if not claim:
            break
        yield claim


def _send_all(claim: Claim, connection: Connection) -> int:
    """Send the claimed messages, one after the other; return how many were sent."""
    sent = refusals = 0
    while message := claim.next():
        if connection.is_down:
            claim.waiting.insert(0, message)
            claim.give_back()
            break
        trouble = send_one(message, connection)
        if message.status == MailStatus.QUEUED:
            claim.keep_in_line(message)
        sent += trouble is None
        refusals = refusals + 1 if trouble is Trouble.LATER else 0
        if trouble is Trouble.SLOW_DOWN or refusals >= REFUSALS_IN_A_ROW:
            connection.is_down = True
        elif trouble is Trouble.SERVER:
            connection.is_down = not connection.still_answers()
    return sent


def send_one(message: OutboxMessage, connection: Connection) -> Trouble | None:
    """Render and send one claimed message. Return what went wrong, if anything; it is kept on the row."""
    try:
        if message.attempts > len(BACK_OFF) + 1:
            raise RuntimeError("the worker stopped each time it tried to send this mail")
        with translation.override(settings.LANGUAGE_CODE):
            mail = mail_kinds.get(message.kind).render(message.context)
            email = OutgoingEmail.from_mail(mail, to=message.to, message_id=message.message_id)
        connection.send(email)
    except Exception as error:
        logger.warning("mail %s (%s) was not sent: %s", message.pk, message.kind, type(error).__name__)
        return _record_failure(message, error)
    message.status, message.sent_at, message.last_error = MailStatus.SENT, timezone.now(), ""
    _save(message, "sent_at")
    return None


def _record_failure(message: OutboxMessage, error: Exception) -> Trouble:
    trouble = trouble_with(error)
    message.last_error = describe(error)[:2000]
    if trouble is Trouble.REFUSED or message.attempts > len(BACK_OFF):
        message.status = MailStatus.FAILED
        if trouble is Trouble.REFUSED and is_about_address(message.last_error):
            message.undeliverable_at = timezone.now()
    else:
        message.status = MailStatus.QUEUED
        message.due_at = timezone.now() + BACK_OFF[message.attempts - 1]
    _save(message, "due_at", "undeliverable_at")
    return trouble


def _save(message: OutboxMessage, *fields: str) -> None:
    """Save how an attempt ended, in one plain UPDATE. A secret that will not be needed again is wiped."""
    if message.status not in RETRYABLE_STATUSES and is_secret(message.kind):
        message.context = {}
        fields = ("context", *fields)
    kept = {name: getattr(message, name) for name in ("status", "last_error", *fields)}
    OutboxMessage.objects.filter(pk=message.pk).update(**kept)
