"""Which waiting mail leaves next, and by whom.

Mails to one address leave in the order in which they were queued: nobody is offered a seat before being told that
they stand in line. So a mail stays while an older one to its address is under way or waits for another attempt; who
takes a mail takes the older ones along; and who sends one goes on with what came to the address meanwhile
(`delivery`). A mail is held back for `PATIENCE` at most, and a secret one (a sign-in code) never.

No lock is held while a mail is sent. Who claims locks the rows that wait, the oldest first, and looks what else is
under way to the same addresses: of two who claim at once, the second sees what the first has claimed. A locked row is
waited for (the time of a claim), never skipped: who skipped it might be the one who was to send it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone

from website.messaging.enums import RETRYABLE_STATUSES, MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

#: How many messages are claimed at a time, and over one connection: many servers allow a hundred.
BATCH = 50
#: How long we leave a server alone that is gone or asks us to slow down.
PAUSE = timedelta(minutes=1)
#: How long a mail waits for an older one to its address, at most. The first two further attempts fall within it.
PATIENCE = timedelta(minutes=10)


def due_pks(limit: int = 200) -> list[int]:
    """Return the oldest messages that can be sent now, abandoned claims included."""
    now = timezone.now()
    due = OutboxMessage.objects.filter(status__in=RETRYABLE_STATUSES, due_at__lte=now)
    in_the_way = OutboxMessage.objects.filter(
        to=OuterRef("to"), pk__lt=OuterRef("pk"), status__in=RETRYABLE_STATUSES
    ).exclude(status=MailStatus.QUEUED, due_at__lte=now)
    free = due.filter(~Exists(in_the_way) | Q(created_at__lte=now - PATIENCE) | Q(kind__in=_secret_kinds()))
    return list(free.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def abandoned_pks(pks: Sequence[int]) -> list[int]:
    """Return those of these messages that a worker claimed and has not sent in time: it is dead, or as good as."""
    abandoned = OutboxMessage.objects.filter(pk__in=pks, status=MailStatus.SENDING, due_at__lte=timezone.now())
    return list(abandoned.order_by("pk").values_list("pk", flat=True))


class Claim:
    """Messages that this process alone may send, until the lease runs out."""

    def __init__(self, messages: list[OutboxMessage], until: datetime) -> None:
        self.waiting, self.until = messages, until

    @classmethod
    def take(cls, addresses: Iterable[str]) -> Self:
        """Claim what is due to these addresses and may go now, the oldest first, sign-in codes before all."""
        return cls._take(Q(to__in=list(addresses), status=MailStatus.QUEUED))

    @classmethod
    def take_over(cls, pk: int) -> Self:
        """Claim a message that was abandoned."""
        return cls._take(Q(pk=pk, status=MailStatus.SENDING))

    def __bool__(self) -> bool:
        return bool(self.waiting)

    @classmethod
    def _take(cls, which: Q) -> Self:
        now = timezone.now()
        with transaction.atomic():
            due = OutboxMessage.objects.select_for_update().filter(which, due_at__lte=now).order_by("pk")[:BATCH]
            messages = _without_those_held_back(list(due), now)
            claim = cls(messages, now + lease())
            if messages:
                OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(
                    status=MailStatus.SENDING, due_at=claim.until, attempts=F("attempts") + 1
                )
        for message in messages:
            message.status, message.attempts = MailStatus.SENDING, message.attempts + 1
        messages.sort(key=lambda message: (not is_secret(message.kind), message.pk))
        return claim

    def next(self) -> OutboxMessage | None:
        """Return the next message to send, with enough of the lease left to send it."""
        if self.waiting and timezone.now() > self.until - lease() / 2:
            self._renew()
        return self.waiting.pop(0) if self.waiting else None

    def give_back(self) -> None:
        """Leave what is not sent to a later attempt. This one does not count."""
        self._let_go(self.waiting, until=timezone.now() + PAUSE)

    def keep_in_line(self, failed: OutboxMessage) -> None:
        """Let go of what must stay behind a message that will be tried again. No attempt is counted."""
        now = timezone.now()
        younger = [each for each in self.waiting if each.to == failed.to and each.pk > failed.pk]
        behind = [each for each in younger if _waits_its_turn(each, now)]
        self._let_go(behind, until=now)

    def _let_go(self, messages: list[OutboxMessage], *, until: datetime) -> None:
        if not messages:
            return
        with transaction.atomic():
            self._locked(messages).update(status=MailStatus.QUEUED, due_at=until, attempts=F("attempts") - 1)
        gone = {message.pk for message in messages}
        self.waiting = [message for message in self.waiting if message.pk not in gone]

    def _renew(self) -> None:
        """Lengthen the lease of what is still ours: a slow server must not make two send the same mail."""
        until = timezone.now() + lease()
        with transaction.atomic():
            kept = set(self._locked(self.waiting).values_list("pk", flat=True))
            OutboxMessage.objects.filter(pk__in=kept).update(due_at=until)
        self.waiting, self.until = [message for message in self.waiting if message.pk in kept], until

    def _locked(self, messages: list[OutboxMessage]) -> Any:
        """Return those of the messages that are still ours, locked in the order in which all lock them."""
        pks = [message.pk for message in messages]
        ours = OutboxMessage.objects.filter(pk__in=pks, status=MailStatus.SENDING, due_at=self.until)
        return OutboxMessage.objects.filter(
            pk__in=list(ours.select_for_update().order_by("pk").values_list("pk", flat=True))
        )


def lease() -> timedelta:
    """How long a claimed message may be under way before another worker may take it."""
    return timedelta(seconds=settings.MAIL_LEASE_SECONDS)


def is_secret(kind: str) -> bool:
    """Whether a kind of mail carries a secret. One that no app knows any more may have."""
    try:
        return mail_kinds.get(kind).secret
    except KeyError:
        return True


def _without_those_held_back(messages: list[OutboxMessage], now: datetime) -> list[OutboxMessage]:
    """Leave out what must stay behind an older message to the same address that is not among these."""
    waiting = [message for message in messages if _waits_its_turn(message, now)]
    if not waiting:
        return messages
    others = OutboxMessage.objects.filter(to__in={message.to for message in waiting}, status__in=RETRYABLE_STATUSES)
    others = others.exclude(pk__in=[message.pk for message in messages])
    oldest = dict(others.order_by().values_list("to").annotate(Min("pk")))
    held = {message.pk for message in waiting if oldest.get(message.to, message.pk) < message.pk}
    return [message for message in messages if message.pk not in held]


def _waits_its_turn(message: OutboxMessage, now: datetime) -> bool:
    return message.created_at > now - PATIENCE and not is_secret(message.kind)


def _secret_kinds() -> list[str]:
    return [kind.name for kind in mail_kinds if kind.secret]
