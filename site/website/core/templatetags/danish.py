"""Danish formats in templates: `{% load danish %}`."""

from datetime import date
from decimal import Decimal

from django import template

from website.core import danish

register = template.Library()


@register.filter
def kroner(amount: Decimal | None) -> str:
    """Show an amount in DKK: {{ 1995|kroner }} is "1.995 kr."; nothing for None."""
    return "" if amount is None else danish.kroner(amount)


@register.filter(expects_localtime=True)
def written(day: date | None, pattern: str) -> str:
    """Show a date by a Danish pattern, in the language in use: {{ day|written:"l j. F" }} is "lørdag 21. november"."""
    return danish.written(day, pattern) if day else ""
