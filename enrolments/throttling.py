"""How often one address may post a public form: counted where all processes see it, never by the address itself."""

from datetime import timedelta

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

COUNT = """
    INSERT INTO {table} (cache_key, value, expires) VALUES (%s, '1', %s)
    ON CONFLICT (cache_key) DO UPDATE SET
        value = CASE WHEN {table}.expires < %s THEN '1' ELSE ({table}.value::integer + 1)::text END,
        expires = CASE WHEN {table}.expires < %s THEN excluded.expires ELSE {table}.expires END
    RETURNING value::integer
"""


def is_too_often(what: str, request: HttpRequest) -> bool:
    """Count one more `what` from the visitor's address; return whether it is more than the setting allows."""
    limit = settings.FORM_RATE_LIMITS.get(what)
    if limit is None:
        return False
    times, seconds = limit
    address = get_adapter(request).get_client_ip(request)
    # A digest: the address is personal data, and this is all that is kept of it.
    digest = salted_hmac("enrolments.throttling", f"{what}:{address}", algorithm="sha256").hexdigest()[:40]
    return _count(f"form:{what}:{digest}", seconds) > times


def _count(key: str, seconds: int) -> int:
    """Return how many there have been within the window that the first one opened."""
    throttle = caches["throttle"]
    if not isinstance(throttle, DatabaseCache):
        throttle.add(key, 0, seconds)
        try:
            return throttle.incr(key)
        except ValueError:  # it ran out in between
            return 1
    now = timezone.now()
    table = connection.ops.quote_name(throttle._table)  # type: ignore[attr-defined] # set by its base class
    with connection.cursor() as cursor:
        # Django's own `incr` reads and writes in some eight queries, and two at once count as one.
        cursor.execute(COUNT.format(table=table), [key, now + timedelta(seconds=seconds), now, now])
        return cursor.fetchone()[0]
