"""What must hold of the settings for evaluations to be anonymous, and for the follow-up to reach anybody."""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

WHERE = "Put EVALUATION_PRIVATE_KEYS in the worker's environment, and in no other."


def is_worker() -> bool:
    """Whether this process is the worker: `manage.py procrastinate worker`."""
    return "procrastinate" in sys.argv


@register(Tags.security)
def web_has_no_private_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """With a private key in the web, whoever has the web could read answers before their time."""
    if "runserver" not in sys.argv or not settings.EVALUATION_PRIVATE_KEYS:
        return []
    text = "This web server has the private keys of evaluations: answers are not anonymous while they are open."
    return [Warning(text, hint=WHERE, id="evaluations.W001")]


@register(Tags.security, deploy=True)
def deployment_has_no_private_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """`check --deploy` looks at the environment of the web."""
    if is_worker() or not settings.EVALUATION_PRIVATE_KEYS:
        return []
    return [Error("The private keys of evaluations stand in the web's environment.", hint=WHERE, id="evaluations.E001")]


@register("conventions")
def worker_has_a_private_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    if not is_worker() or settings.EVALUATION_PRIVATE_KEYS:
        return []
    hint = "Make one: manage.py new_evaluation_key. It goes into EVALUATION_PRIVATE_KEYS of the worker alone."
    text = "The worker has no private key: no evaluation opens, and none that is open can be counted."
    return [Warning(text, hint=hint, id="evaluations.W002")]


@register("conventions")
def contact_data_lasts_as_long_as_the_follow_up(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Addresses must be there until the follow-up has been answered."""
    needed = settings.EVALUATION_FOLLOW_UP_DAYS + settings.EVALUATION_OPEN_DAYS
    return [
        Error(
            f"RETENTION[{name!r}] is {kept} days, but the follow-up needs more than {needed}: it asks"
            f" {settings.EVALUATION_FOLLOW_UP_DAYS} days after the course and waits"
            f" {settings.EVALUATION_OPEN_DAYS} for answers.",
            hint=f"Raise RETENTION_{name.upper()}_DAYS, or lower EVALUATION_FOLLOW_UP_DAYS.",
            id="evaluations.E002",
        )
        for name in ("contact", "course")
        if (kept := settings.RETENTION[name].get("days", 0)) <= needed and not settings.RETENTION[name].get("years")
    ]
