"""What the clock sends is sent once: a `Notice` row is written in the transaction that queues the mail."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone

from enrolments.models import Notice


def claim(kind: str, about: Collection[str]) -> set[str]:
    """Write a notice of `kind` for each of `about`; return those that had none, which are the caller's to send.

    One query. Whoever claims the same at the same moment waits until this transaction ends, and then gets
    what it did not take (nothing, if it is committed).
    """
    if not about:
        return set()
    table = Notice._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (kind, about, sent_at) SELECT %s, about, now() FROM unnest(%s::text[]) AS about"  # noqa: S608 - the table's own name
            " ORDER BY about ON CONFLICT (kind, about) DO NOTHING RETURNING about",
            [kind, sorted(about)],
        )
        return {name for (name,) in cursor.fetchall()}


def is_hour_to_send(at: datetime | None = None) -> bool:
    """Whether it is late enough in Denmark for mails that are nobody's answer."""
    return timezone.localtime(at).hour >= settings.REMINDER_HOUR
