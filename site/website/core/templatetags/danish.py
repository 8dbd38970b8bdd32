"""Danish formats in templates: `{% load danish %}`."""

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _

from website.core import danish

register = template.Library()


@register.filter
def kroner(amount: Decimal | None) -> str:
    """Show an amount in DKK: {{ 1995|kroner }} is "1.995 kr."; nothing for None."""
    return "" if amount is None else danish.kroner(amount)


@register.filter
def day_span(days: Any) -> str:
    """Show when something is held: a run, its days, or plain dates.

    One day with hours: "9. december 2026 kl. 9.00–16.00"; following days: "3.–5. marts 2026"; others one by one.
    """
    if hasattr(days, "days"):
        days = days.days.all()
    found = list(days) if isinstance(days, Iterable) else [days]
    shown = danish.dates(day if isinstance(day, date) else day.date for day in found)
    if len(found) != 1 or isinstance(found[0], date):
        return shown
    hours = danish.clock_span(found[0].start_time, found[0].end_time)
    return _("%(date)s at %(hours)s") % {"date": shown, "hours": hours} if hours else shown


@register.filter
def weeknumber(day: date | None) -> str:
    """Show a day's week: "uge 17"; nothing for None."""
    return "" if day is None else danish.week(day)


@register.simple_tag
def clock_span(start: time | None, end: time | None = None) -> str:
    """Show hours: {% clock_span day.start_time day.end_time %} is "9.00–16.00"."""
    return danish.clock_span(start, end)
