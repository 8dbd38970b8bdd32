"""Queue mails in the transaction of the change they report; send them from the outbox.

A message is claimed (`sending`, with a lease) and the claim is committed before SMTP begins. If the
process dies in between, the lease runs out and the message is sent again under the same
Message-ID: a mail may come twice after a crash, but none is lost.
"""

import logging
import smtplib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.utils import timezone, translation

from website.messaging.enums import RETRYABLE_STATUSES, MailStatus
from website.messaging.mime import OutgoingEmail
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

logger = logging.getLogger(__name__)

#: How long a claimed message may be under way before another worker may take it.
LEASE = timedelta(minutes=5)
#: Waits before the second, third … attempt. After the last one the message has failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """One mail to queue: its registered kind, its address and the snapshot it is rendered from."""

    kind: str
    to: str
    context: dict[str, Any] = field(default_factory=dict)
    reference: str = ""


def queue_mails(mails: Iterable[QueuedMail]) -> list[OutboxMessage]:
    """Put mails in the outbox and defer one job that sends them, all in the caller's transaction.

    Two queries, however many mails. Raises KeyError for a kind that nobody registered.
    """
    from website.messaging.tasks import deliver_mails

    host = urlsplit(settings.SITE_URL).hostname
    messages = [
        OutboxMessage(
            message_id=f"<{uuid.uuid4()}@{host}>",
            kind=mail_kinds.get(mail.kind).name,
            to=mail.to,
            context=mail.context,
            reference=mail.reference,
        )
        for mail in mails
    ]
    if not messages:
        return []
    with transaction.atomic(savepoint=False):
        OutboxMessage.objects.bulk_create(messages)
        deliver_mails.defer(message_pks=[message.pk for message in messages])
    return messages


def queue_mail(*, kind: str, to: str, context: dict[str, Any], reference: str = "") -> OutboxMessage:
    """Queue one mail; see `queue_mails`."""
    return queue_mails([QueuedMail(kind=kind, to=to, context=context, reference=reference)])[0]


def deliver(pks: Iterable[int]) -> int:
    """Send the due messages among `pks` over one connection; return how many were sent."""
    connection = get_connection()
    try:
        return sum(deliver_one(pk, connection) for pk in pks)
    finally:
        connection.close()


def deliver_one(pk: int, connection: Any) -> bool:
    """Claim, render and send one message. Return whether it was sent; failures are kept on the row."""
    message = _claim(pk)
    if message is None:
        return False
    kind = mail_kinds.get(message.kind)
    try:
        with translation.override(settings.LANGUAGE_CODE):
            mail = kind.render(message.context)
        OutgoingEmail.from_mail(mail, to=message.to, message_id=message.message_id, connection=connection).send()
    except Exception as error:
        logger.warning("mail %s (%s) was not sent: %s", message.pk, message.kind, type(error).__name__)
        connection.close()
        _record_failure(message, error)
        return False
    message.status, message.sent_at, message.last_error = MailStatus.SENT, timezone.now(), ""
    _save(message, "sent_at")
    return True


def due_pks(limit: int = 200) -> list[int]:
    """Return the oldest messages that wait to be sent, abandoned claims included."""
    due = OutboxMessage.objects.filter(status__in=RETRYABLE_STATUSES, due_at__lte=timezone.now())
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def resend(message: OutboxMessage) -> None:
    """Queue a sent or failed message again, under the same Message-ID."""
    from website.messaging.tasks import deliver_mails

    with transaction.atomic():
        message.status, message.attempts, message.due_at = MailStatus.QUEUED, 0, timezone.now()
        message.save(update_fields=["status", "attempts", "due_at"])
        deliver_mails.defer(message_pks=[message.pk])


def _claim(pk: int) -> OutboxMessage | None:
    now = timezone.now()
    with transaction.atomic():
        message = (
            OutboxMessage.objects.select_for_update(skip_locked=True)
            .filter(pk=pk, status__in=RETRYABLE_STATUSES, due_at__lte=now)
            .first()
        )
        if message is None:
            return None
        message.status, message.due_at = MailStatus.SENDING, now + LEASE
        message.attempts += 1
        message.save(update_fields=["status", "due_at", "attempts"])
        return message


def _record_failure(message: OutboxMessage, error: Exception) -> None:
    refused = isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _ in error.recipients.values()
    )
    message.last_error = f"{type(error).__name__}: {error}"[:2000]
    if refused or message.attempts > len(BACK_OFF):
        message.status = MailStatus.FAILED
    else:
        message.status = MailStatus.QUEUED
        message.due_at = timezone.now() + BACK_OFF[message.attempts - 1]
    _save(message, "due_at")


def _save(message: OutboxMessage, *fields: str) -> None:
    """Save how an attempt ended. A secret that will not be needed again is wiped."""
    if message.status not in RETRYABLE_STATUSES and mail_kinds.get(message.kind).secret:
        message.context = {}
    message.save(update_fields=["status", "last_error", "context", *fields])
