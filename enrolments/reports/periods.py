"""Periods that move with the calendar: a report of *last month* means another month each time it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Span = tuple[date | None, date | None]

#: A Danish school year begins on 1 August (folkeskoleloven § 14 a).
SCHOOL_YEAR_BEGINS = 8


@dataclass(frozen=True, slots=True)
class Period:
    """A period by name; `span` returns its first and last day as seen from a day, both included."""

    name: str
    label: str | Promise
    span: Callable[[date], Span]


def month_of(day: date, months: int = 0) -> date:
    """Return the first of the month so many months away."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def _months(first: date, count: int) -> Span:
    return first, month_of(first, count) - timedelta(days=1)


def quarter_of(day: date) -> date:
    """Return the first day of the day's quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _school_year(day: date) -> date:
    return date(day.year - (day.month < SCHOOL_YEAR_BEGINS), SCHOOL_YEAR_BEGINS, 1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


PERIODS = {
    period.name: period
    for period in (
        Period("this_year", _("This year"), lambda day: _months(date(day.year, 1, 1), 12)),
        Period("last_year", _("Last year"), lambda day: _months(date(day.year - 1, 1, 1), 12)),
        Period("this_quarter", _("This quarter"), lambda day: _months(quarter_of(day), 3)),
        Period("last_quarter", _("Last quarter"), lambda day: _months(month_of(quarter_of(day), -3), 3)),
        Period("this_month", _("This month"), lambda day: _months(month_of(day), 1)),
        Period("last_month", _("Last month"), lambda day: _months(month_of(day, -1), 1)),
        Period("last_week", _("Last week"), lambda day: (_monday(day) - timedelta(7), _monday(day) - timedelta(1))),
        Period("coming_month", _("Next month"), lambda day: _months(month_of(day, 1), 1)),
        Period("this_school_year", _("This school year"), lambda day: _months(_school_year(day), 12)),
        Period("last_school_year", _("Last school year"), lambda day: _months(month_of(_school_year(day), -12), 12)),
    )
}
#: The period whose two days somebody wrote.
OWN = "own"
#: No period at all.
EVER = ""


def span_of(name: str, day: date) -> Span:
    """Return the first and last day of the period as seen from `day`; neither, for one that is unknown."""
    period = PERIODS.get(name)
    return period.span(day) if period else (None, None)
