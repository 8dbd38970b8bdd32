"""Expressions that PostgreSQL evaluates for us."""

from django.conf import settings
from django.db import IntegrityError
from django.db.migrations import RunSQL
from django.db.models import DateTimeField, F, Func


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the constraint by which PostgreSQL refused; "" when Django refused by itself."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return (diagnostics and diagnostics.constraint_name) or ""


class LocalInstant(Func):
    """The instant of a local date and clock time in Denmark, summer time included.

    `timezone(zone, timestamp)` is immutable in PostgreSQL, so the instant can be a generated
    column: nobody can store a clock time and an instant that disagree.
    """

    template = f"timezone('{settings.TIME_ZONE}', %(expressions)s)"
    arg_joiner = " + "
    output_field = DateTimeField()

    def __init__(self, date: str, time: str) -> None:
        super().__init__(F(date), F(time))


class CountContentVersion(RunSQL):
    """Migration operation: changes of `tables` count up the content's version (`website.core.pagecache`).

    Every table that public pages show something of needs it; `tests/core/test_pagecache.py` tells
    which one was forgotten. `events` leaves out what does not change a page, such as a new rendition.
    """

    def __init__(self, *tables: str, events: str = "INSERT OR UPDATE OR DELETE") -> None:
        self.tables, self.events = tables, events
        super().__init__(
            [
                f"CREATE TRIGGER core_count_content AFTER {events} ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION core_count_content()"
                for table in tables
            ],
            [f"DROP TRIGGER core_count_content ON {table}" for table in tables],
        )

    def deconstruct(self) -> tuple[str, tuple[str, ...], dict[str, str]]:
        return self.__class__.__name__, self.tables, {"events": self.events}
