"""Addresses that take no mail, for the pages where people and organisers can mend them."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import private_kinds

#: So long a mail must have stood after a bounce without coming back, before the address counts as mended.
TRUST_AFTER = timedelta(days=1)


def bounced_addresses(addresses: Iterable[str]) -> dict[str, str]:
    """Return those of `addresses` that take no mail, each with what was said, in one query.

    An address counts as bad from a mail that was refused or came back for good, until a later mail to it has
    stood for a day. It is flagged only: further mails to it are still tried. Mails of which nobody else may see whom
    they went to neither flag nor clear: that somebody was reminded would tell that they had not answered.
    """
    wanted = {address.casefold() for address in addresses if address}
    if not wanted:
        return {}
    seen = OutboxMessage.objects.exclude(kind__in=private_kinds())
    later = seen.filter(
        to=OuterRef("to"),
        status=MailStatus.SENT,
        sent_at__gt=OuterRef("undeliverable_at"),
        sent_at__lt=timezone.now() - TRUST_AFTER,
    )
    bad = seen.filter(to__in=wanted, undeliverable_at__isnull=False).exclude(Exists(later))
    return dict(bad.order_by("undeliverable_at").values_list("to", "last_error"))


def undelivered(references: Iterable[str]) -> dict[str, int]:
    """Return how many mails about each reference (such as "registration:12") reached nobody, in one query."""
    rows = OutboxMessage.objects.filter(
        reference__in=list(references), status__in=(MailStatus.FAILED, MailStatus.BOUNCED)
    )
    counts: dict[str, int] = {}
    for reference in rows.values_list("reference", flat=True):
        counts[reference] = counts.get(reference, 0) + 1
    return counts
