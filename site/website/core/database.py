"""Expressions that PostgreSQL evaluates for us."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, connection
from django.db.migrations import RunSQL
from django.db.models import DateTimeField, F, Func, QuerySet


def violated_constraint(error: IntegrityError) -> str:
    """Return the name of the constraint by which PostgreSQL refused; "" when Django refused by itself."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return (diagnostics and diagnostics.constraint_name) or ""


class Compiled:
    """A query that Django puts into SQL once, to be asked again and again with other values.

    `build` gets stand-ins by name (values that stand nowhere else in the query) and returns a `values_list`. For
    what is asked at every tap: putting a query into SQL takes Django longer than PostgreSQL to answer it.
    """

    def __init__(self, build: Callable[..., QuerySet], **stand_ins: object) -> None:
        self._build, self._stand_ins = build, stand_ins
        self._sql: tuple[str, list[object]] | None = None

    def one(self, **values: object) -> tuple | None:
        """Return the first row for these values, or None."""
        if self._sql is None:
            sql, found = self._build(**self._stand_ins).query.sql_with_params()
            names = {value: name for name, value in self._stand_ins.items()}
            self._sql = sql, [names.get(value, Fixed(value)) for value in found]
        sql, places = self._sql
        with connection.cursor() as cursor:
            cursor.execute(sql, [place.value if isinstance(place, Fixed) else values[str(place)] for place in places])
            return cursor.fetchone()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that a compiled query always has."""

    value: object


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
