"""Expressions that PostgreSQL evaluates for us."""

from django.conf import settings
from django.db.models import DateTimeField, F, Func


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
