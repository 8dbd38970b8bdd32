"""Two questions that machines ask: is the process alive, and may it be sent visitors?"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

#: The database must answer a probe within this many seconds.
PROBE_TIMEOUT = 3


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all. Asks nothing of the database."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, knows every migration, and a worker lives; else 503. Each part in words."""
    answers = _ask_database()
    is_ready = all(answer == "ok" for answer in answers.values())
    return JsonResponse({"status": "ready" if is_ready else "not ready", **answers}, status=200 if is_ready else 503)


def _ask_database() -> dict[str, str]:
    """Return the answer of each part: "ok", or what is wrong.

    Over a connection of its own: the pool would wait half a minute for a database that is away.
    """
    parameters = {**connection.get_connection_params(), "connect_timeout": PROBE_TIMEOUT}
    try:
        with psycopg.connect(**parameters, autocommit=True) as probe, probe.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = '{PROBE_TIMEOUT}s'")
            return {"database": "ok"} | {part: ask(cursor) for part, ask in PARTS.items()}
    except psycopg.Error as error:
        return {"database": f"does not answer ({type(error).__name__})"}


def _migrations(cursor: psycopg.Cursor) -> str:
    try:
        applied = set(cursor.execute("SELECT app, name FROM django_migrations").fetchall())
    except psycopg.errors.UndefinedTable:
        return "the database is empty: run manage.py migrate"
    missing = sorted(f"{app}.{name}" for app, name in _known_migrations() - applied)
    if not missing:
        return "ok"
    return f"{len(missing)} not applied (first: {missing[0]}): run manage.py migrate"


def _worker(cursor: psycopg.Cursor) -> str:
    limit = timedelta(seconds=settings.WORKER_HEARTBEAT_SECONDS)
    try:
        row = cursor.execute("SELECT now() - max(last_heartbeat) FROM procrastinate_workers").fetchone()
    except psycopg.errors.UndefinedTable:
        return "the database is empty: run manage.py migrate"
    age = row[0] if row else None
    if age is None:
        return "none runs: start manage.py procrastinate worker"
    if age > limit:
        return f"silent for {age.total_seconds():.0f} s (at most {limit.total_seconds():.0f} s)"
    return "ok"


PARTS: dict[str, Callable[[psycopg.Cursor], str]] = {"migrations": _migrations, "worker": _worker}


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations this code brings: they do not change while the process lives."""
    return frozenset(MigrationLoader(None).graph.nodes)
