"""Copies of mails, and what else signing in leaves behind: how long they stand."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import ModelLogEntry

from website.accounts.models import ThrottleEntry
from website.accounts.my_page_emails import FORGOTTEN
from website.core.contributions import RetentionCategory, retention_categories
from website.core.retention import BATCH, first_due
from website.messaging.enums import RETRYABLE_STATUSES
from website.messaging.models import OutboxMessage


def _mails(cutoff: date) -> QuerySet[OutboxMessage]:
    """Return mails of that age, and receipts for being forgotten as soon as they have left."""
    gone = OutboxMessage.objects.exclude(status__in=RETRYABLE_STATUSES)
    return gone.filter(Q(created_at__date__lte=cutoff) | Q(kind=FORGOTTEN))


def _log_entries(cutoff: date) -> QuerySet[ModelLogEntry]:
    """Return what Wagtail wrote of users: their names and addresses stand in its labels."""
    return ModelLogEntry.objects.filter(content_type__app_label="accounts", timestamp__date__lte=cutoff)


def _forget(cutoff: date) -> Iterator[int]:
    while pks := list(_mails(cutoff).values_list("pk", flat=True)[:BATCH]):
        yield OutboxMessage.objects.filter(pk__in=pks).delete()[0]
    yield _log_entries(cutoff).delete()[0]
    ThrottleEntry.objects.filter(expires__lt=timezone.now()).delete()


def _next(cutoff: date) -> tuple[date, int] | None:
    later = OutboxMessage.objects.filter(created_at__date__gt=cutoff).exclude(status__in=RETRYABLE_STATUSES)
    return first_due(later, TruncDate("created_at"))


retention_categories.add(
    "mails",
    RetentionCategory(
        name="mails",
        title=_("Copies of mails, and the log of users"),
        what=_("Address and contents of mails that have left; what the admin's log says of users."),
        law=_("Kept so that somebody can see what was sent (GDPR article 5)."),
        trigger=_("When it was written"),
        period="mails",
        due=lambda cutoff: _mails(cutoff).count() + _log_entries(cutoff).count(),
        forget=_forget,
        next_due=_next,
    ),
    order=70,
)
