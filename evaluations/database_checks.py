"""What PostgreSQL must not write down for answers to stay anonymous: `manage.py check --database default`.

`migrate` runs it as well. It warns and refuses nothing: how a database is run is for those who run it to say.
docs/evaluations-anonymity.md has the reasons.
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

#: Setting: (values that keep a secret, what others do, what to set).
SETTINGS = {
    "track_commit_timestamp": (
        {"off"},
        "keeps the time of every transaction: of every vote until the next stir.",
        "Set it to off.",
    ),
    "log_statement": (
        {"none", "ddl"},
        "writes every vote into the server's log, with its time.",
        "Set it to none or ddl.",
    ),
    "log_min_duration_statement": (
        {"-1"},
        "writes slow votes into the server's log, with their time.",
        "Set it to -1, or keep that log from whoever has the worker's key.",
    ),
    "log_min_duration_sample": (
        {"-1"},
        "writes some votes into the server's log, with their time.",
        "Set it to -1, or keep that log from whoever has the worker's key.",
    ),
    "log_lock_waits": (
        {"off"},
        "writes votes that have to wait into the server's log, with their time.",
        "Set it to off, or keep that log from whoever has the worker's key.",
    ),
    "auto_explain.log_min_duration": (
        {"-1"},
        "writes slow votes into the server's log, with their time.",
        "Set it to -1, or keep that log from whoever has the worker's key.",
    ),
}


@register(Tags.database)
def database_writes_down_no_votes(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Warn of settings by which PostgreSQL would keep when somebody voted."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(SETTINGS)])
            stands = dict(cursor.fetchall())
        for number, (name, (silent, does, hint)) in enumerate(SETTINGS.items(), 10):
            if stands.get(name, min(silent)) not in silent:
                text = f"PostgreSQL's {name} is {stands[name]}: it {does}"
                found.append(Warning(text, hint=hint, id=f"evaluations.W0{number}"))
    return found
