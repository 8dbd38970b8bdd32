"""Danish formats in templates: `{% load danish %}`."""

from decimal import Decimal

from django import template

from website.core import danish

register = template.Library()


@register.filter
def kroner(amount: Decimal | None) -> str:
    """Show an amount in DKK: {{ 1995|kroner }} is "1.995 kr."; nothing for None."""
    return "" if amount is None else danish.kroner(amount)
