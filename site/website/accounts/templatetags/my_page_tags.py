"""Show plain values (dicts, lists, texts, numbers) as nested lists: what we know about somebody, to read."""

from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _n

register = template.Library()

#: The keys of the file as words. What is not here (keys of snapshots of runs) is shown as it stands.
LABELS = (
    _n("Courses"),
    _n("Sign in"),
    _n("Mails"),
    _n("Made at"),
    _n("Enrolments"),
    _n("Registrations"),
    _n("Drafts"),
    _n("Course"),
    _n("Days"),
    _n("Registration"),
    _n("Registered by"),
    _n("Name"),
    _n("Email"),
    _n("Job title"),
    _n("Department"),
    _n("Organisation"),
    _n("Dietary and access needs"),
    _n("Status"),
    _n("Internal notes"),
    _n("Fee"),
    _n("Registered"),
    _n("Ended"),
    _n("Answers"),
    _n("Answer"),
    _n("Question"),
    _n("File"),
    _n("Attendance"),
    _n("Events"),
    _n("Requests"),
    _n("Number"),
    _n("Contact name"),
    _n("Contact email"),
    _n("Contact phone"),
    _n("Keep together"),
    _n("Terms"),
    _n("Accepted terms"),
    _n("Participants"),
    _n("Payers"),
    _n("Offers"),
    _n("Billing method"),
    _n("Ean"),
    _n("Cvr"),
    _n("Order reference"),
    _n("Person reference"),
    _n("Invoice email"),
    _n("First known"),
    _n("Last sign in"),
    _n("Addresses"),
    _n("Kind"),
    _n("Queued"),
    _n("Sent"),
    _n("Contents"),
    _n("What"),
    _n("Reason"),
    _n("Details"),
    _n("Day"),
    _n("Mark"),
    _n("Minutes late"),
    _n("Marked"),
    _n("Changes"),
    _n("Wish"),
    _n("Message"),
    _n("Asked"),
    _n("Reply"),
    _n("Seats"),
    _n("Offered"),
    _n("Expires"),
    _n("Begun"),
    _n("Changed"),
    _n("Filled in"),
    _n("To"),
    _n("From"),
    _n("At"),
    _n("By"),
    _n("Price"),
    _n("Files"),
    _n("Saved reports"),
)


@register.inclusion_tag("my_page/known.html")
def known(value: Any) -> dict[str, Any]:
    return {"value": value}


@register.filter
def is_dict(value: Any) -> bool:
    return isinstance(value, dict)


@register.filter
def is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


@register.filter
def words(name: str) -> str:
    """Return a key of the file as words."""
    words = str(name).replace("_", " ").capitalize()
    return _(words) if words in LABELS else words


@register.filter
def plain(value: Any) -> str:
    """Return a value as people write it: yes and no, moments in Danish time, a dash for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, str) and len(value) > 18 and value[10:11] == "T":
        try:
            return date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")
        except ValueError:
            return value
    return str(value)
