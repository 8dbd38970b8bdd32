"""How often one address may post a public form, and how many wrong tries somebody has.

Counted where all processes see it, never by the address itself.
"""

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
FORGET = "DELETE FROM {table} WHERE expires < %s"
COUNTED = "SELECT value::integer FROM {table} WHERE cache_key = %s AND expires >= %s"


def is_too_often(what: str, request: HttpRequest) -> bool:
    """Count one more `what` from the visitor's address; return whether it is more than the setting allows."""
    limit = settings.FORM_RATE_LIMITS.get(what)
    if limit is None:
        return False
    times, seconds = limit
    return _count(f"form:{what}:{_digest(what, address_of(request))}", seconds) > times


def forget_what_is_over() -> int:
    """Delete counts whose time is over: each says of an address, though not by its name, when it was here."""
    throttle = caches["throttle"]
    if not isinstance(throttle, DatabaseCache):
        return 0  # which forgets by itself
    table = connection.ops.quote_name(throttle._table)  # type: ignore[attr-defined] # set by its base class
    with connection.cursor() as cursor:
        cursor.execute(FORGET.format(table=table), [timezone.now()])
        return cursor.rowcount


def address_of(request: HttpRequest) -> str:
    """Return the visitor's network address."""
    return str(get_adapter(request).get_client_ip(request))


class WrongTries:
    """The wrong tries of one visitor, and of all together. Only wrong ones count; ask first, then judge, then count.

    Two that are judged at the same moment may both pass as the last one: as many too many as there are threads.
    """

    def __init__(self, what: str, who: str, *, each: tuple[int, int], of_all: tuple[int, int] | None = None) -> None:
        """`who` is told from others; the limits are (times, seconds), the seconds from the first wrong try on."""
        self._limits = {f"wrong:{what}:{_digest(what, who)}": each}
        if of_all:
            self._limits[f"wrong:{what}:all"] = of_all

    def are_used_up(self) -> bool:
        """Whether nothing more is to be judged: not what is right, either."""
        return any(_counted(key) >= times for key, (times, _seconds) in self._limits.items())

    def count(self) -> None:
        for key, (_times, seconds) in self._limits.items():
            _count(key, seconds)


def _digest(what: str, who: str) -> str:
    # An address is personal data, and this is all that is kept of it.
    return salted_hmac("enrolments.throttling", f"{what}:{who}", algorithm="sha256").hexdigest()[:40]


def _counted(key: str) -> int:
    """Return how many there have been, without one more."""
    throttle = caches["throttle"]
    if not isinstance(throttle, DatabaseCache):
        return int(throttle.get(key) or 0)
    table = connection.ops.quote_name(throttle._table)  # type: ignore[attr-defined] # set by its base class
    with connection.cursor() as cursor:
        cursor.execute(COUNTED.format(table=table), [key, timezone.now()])
        found = cursor.fetchone()
    return found[0] if found else 0


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
