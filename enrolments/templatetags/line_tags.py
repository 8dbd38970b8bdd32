"""The waiting line in words."""

from django import template
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.simple_tag
def time_to_answer() -> str:
    """Return how long people have to answer an offer, such as "72 hours until 14 days before the start, …"."""
    steps = [
        ngettext(
            "%(hours)s hours until %(days)s day before the start",
            "%(hours)s hours until %(days)s days before the start",
            days,
        )
        % {"hours": hours, "days": days}
        for days, hours in settings.OFFER_WINDOWS
    ]
    if len(steps) < 2:
        return "".join(steps)
    return _("%(first)s and %(last)s") % {"first": ", ".join(steps[:-1]), "last": steps[-1]}
