"""Rules that PostgreSQL itself keeps."""

from django.db import models


def choices_check(field: str, choices: type[models.Choices], *, name: str) -> models.CheckConstraint:
    """Return a CHECK that `field` holds one of `choices`: forms validate choices, databases do not."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=name)
