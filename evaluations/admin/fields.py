"""Fields that forms on evaluations and on surveys share."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from wagtail.admin.widgets import AdminDateTimeInput

WRONG_YEAR = _("Write a year between 2000 and 2099.")
#: Far beyond them PostgreSQL keeps what Python cannot read: one such time would stop the worker and every list.
YEARS = (
    MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC), message=WRONG_YEAR),
    MaxValueValidator(datetime(2099, 12, 31, tzinfo=UTC), message=WRONG_YEAR),
)


def moment_field(label: Any, **options: Any) -> forms.DateTimeField:
    """Return a field for a date with its clock time in Denmark."""
    return forms.DateTimeField(label=label, widget=AdminDateTimeInput, validators=YEARS, **options)
