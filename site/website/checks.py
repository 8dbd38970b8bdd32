"""The project's conventions as Django system checks: `manage.py check` keeps them, people need not.

What production asks of its environment stands in website.requirements.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db import models
from wagtail.models import DraftStateMixin, Page, RevisionMixin

SITE_FOLDER = Path(__file__).resolve().parents[1]
ROOT = SITE_FOLDER.parent


@register("conventions")
def site_is_a_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """`site/` is on sys.path and never a package: Python's own module `site` would win or lose to it."""
    intruder = SITE_FOLDER / "__init__.py"
    if not intruder.exists():
        return []
    return [Error(f"{intruder} makes a package of a folder that is on the path.", hint="Remove it.", id="website.E001")]


@register("conventions")
def choices_are_constraints(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Forms validate choices, databases do not: each field with choices needs a CHECK. Views read rows that have it."""
    return [
        Error(
            f"{model.__name__}.{field.name} has choices that PostgreSQL does not know of.",
            hint="Add website.core.constraints.choices_check to the model's constraints.",
            obj=model,
            id="website.E002",
        )
        for model in our_models(app_configs)
        for field in model._meta.local_fields
        if model._meta.managed and field.choices and field.name not in _constrained_to_choices(model)
    ]


@register("conventions")
def operational_rows_have_no_revisions(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Reverting must never touch rows that registrations hang on, and Wagtail's autosave writes revisions."""
    return [
        Error(
            f"{model.__name__} has revisions, but it is no page.",
            hint="Leave RevisionMixin and DraftStateMixin to pages.",
            obj=model,
            id="website.E003",
        )
        for model in our_models(app_configs)
        if issubclass(model, (RevisionMixin, DraftStateMixin)) and not issubclass(model, Page)
    ]


def our_models(app_configs: Sequence[AppConfig] | None = None) -> Iterator[type[models.Model]]:
    """Yield the models whose code is in this repository (of those apps, or of all)."""
    for config in app_configs or apps.get_app_configs():
        path = Path(config.path).resolve()
        if path.is_relative_to(ROOT) and not {".venv", "site-packages"} & set(path.relative_to(ROOT).parts):
            yield from config.get_models()


def _constrained_to_choices(model: type[models.Model]) -> set[str]:
    """Return the names of the fields for which a CHECK has a condition `<field>__in`."""
    conditions = (check.condition for check in model._meta.constraints if isinstance(check, models.CheckConstraint))
    return {
        lookup.removesuffix("__in")
        for condition in conditions
        if isinstance(condition, models.Q)
        for lookup in _lookups(condition)
        if lookup.endswith("__in")
    }


def _lookups(condition: models.Q) -> Iterator[str]:
    for child in condition.children:
        if isinstance(child, models.Q):
            yield from _lookups(child)
        elif isinstance(child, tuple):
            yield child[0]
