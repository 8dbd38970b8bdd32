"""Queue mails in the transaction of the change they report, and queue them again. `delivery` sends them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from website.messaging.claims import due_pks, is_secret
from website.messaging.delivery import deliver, deliver_due
from website.messaging.enums import RESENDABLE_STATUSES, MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

__all__ = [
    "CannotResend",
    "QueuedMail",
    "deliver",
    "deliver_due",
    "due_pks",
    "may_resend",
    "queue_mail",
    "queue_mails",
    "resend",
    "resend_all",
    "resend_to",
]

#: Messages per job: two workers share the load, and one that is killed holds little up.
PER_JOB = 50
#: Of jobs that wait, the highest goes first: a sign-in code does not wait for thousands of others.
SECRET, FEW, MANY = 20, 10, 0


class CannotResend(Exception):
    """The mail is still under way, or what it said is gone."""


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """One mail to queue: its registered kind, its address and the snapshot it is rendered from."""

    kind: str
    to: str
    context: dict[str, Any] = field(default_factory=dict)
    reference: str = ""


def queue_mails(mails: Iterable[QueuedMail]) -> list[OutboxMessage]:
    """Put mails in the outbox and defer the jobs that send them, all in the caller's transaction.

    Somebody without an address (who came to the door without one) gets none. Two queries, however many mails.
    Raises KeyError for a kind that nobody registered.
    """
    messages = [
        OutboxMessage(
            message_id=new_message_id(),
            kind=mail_kinds.get(mail.kind).name,
            to=mail.to,
            context=mail.context,
            reference=mail.reference,
        )
        for mail in mails
        if mail.to
    ]
    if not messages:
        return []
    with transaction.atomic(savepoint=False):
        OutboxMessage.objects.bulk_create(messages)
        _defer(messages)
    return messages


def queue_mail(*, kind: str, to: str, context: dict[str, Any], reference: str = "") -> OutboxMessage:
    """Queue one mail; see `queue_mails`."""
    return queue_mails([QueuedMail(kind=kind, to=to, context=context, reference=reference)])[0]


def new_message_id() -> str:
    return f"<{uuid.uuid4()}@{urlsplit(settings.SITE_URL).hostname}>"


def may_resend(message: OutboxMessage) -> bool:
    """Whether a message can go again: it is not under way, and what it said is still there."""
    return (
        message.status in RESENDABLE_STATUSES and bool(message.to and message.context) and not is_secret(message.kind)
    )


def resend(message: OutboxMessage) -> None:
    """Queue a sent, failed or returned message again, under the same Message-ID. Raises CannotResend."""
    if not resend_all([message.pk]):
        raise CannotResend
    message.refresh_from_db()


def resend_all(pks: Iterable[int]) -> int:
    """Queue those of these messages again that can be; return how many. Safe beside others and to run twice."""
    with transaction.atomic():
        rows = OutboxMessage.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk")
        messages = [message for message in rows if may_resend(message)]
        if not messages:
            return 0
        OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(
            status=MailStatus.QUEUED, attempts=0, due_at=timezone.now(), undeliverable_at=None
        )
        _defer(messages)
        return len(messages)


def resend_to(message: OutboxMessage, address: str) -> OutboxMessage:
    """Queue what a message said to another address, as a mail of its own; the old one stands as it ended.

    Wherever the old address is a value in the snapshot (the calendar's attendee), the new one takes its place.
    Raises CannotResend.
    """
    if not may_resend(message):
        raise CannotResend
    return queue_mail(
        kind=message.kind,
        to=address,
        context=_readdressed(message.context, message.to, address),
        reference=message.reference,
    )


def _readdressed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _readdressed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_readdressed(each, old, new) for each in value]
    return new if isinstance(value, str) and value.casefold() == old.casefold() else value


def _defer(messages: list[OutboxMessage]) -> None:
    from website.messaging.tasks import deliver_mails

    if any(is_secret(message.kind) for message in messages):
        priority = SECRET
    else:
        priority = FEW if len(messages) <= PER_JOB else MANY
    pks = [message.pk for message in messages]
    jobs: list[Any] = [{"message_pks": pks[at : at + PER_JOB]} for at in range(0, len(pks), PER_JOB)]
    deliver_mails.configure(priority=priority).batch_defer(*jobs)
