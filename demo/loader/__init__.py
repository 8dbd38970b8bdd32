"""Load the demo's content from `fixtures/demo`, once.

    load()      loads what was never loaded here; the second time it finds nothing to do

Days are counted from the day of the first load. A later load moves nothing: runs that were open
then become past as time goes, as they would in real life. For fresh days start with a fresh
database. All is one transaction: a load that is broken off leaves nothing half-done.
"""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from demo.exceptions import DemoRefused
from demo.loader import (
    catalogue,
    certificates,
    evaluations,
    life,
    pages,
    participants,
    pictures,
    questions,
    roll,
    rules,
    runs,
    surveys,
    tree,
    users,
)
from demo.loader.ledger import Ledger
from demo.models import LoadedItem
from enrolments.models import Registration

STEPS = (
    users.load_staff,
    pictures.load,
    catalogue.load,
    users.link_presenter,
    tree.load_root,
    surveys.load,
    pages.load,
    rules.load,
    runs.load,
    participants.load,
    questions.load,
    roll.load,
    certificates.load,
    evaluations.load,
    life.load,
)


def count_steps() -> int:
    """Return how many times `load` reports progress."""
    return len(STEPS)


def load(*, now: datetime | None = None, progress: Callable[[int], object] | None = None) -> int:
    """Load what is new and return how many pieces that was. Raises DemoRefused where it does not belong.

    `now` is the moment that everything is counted from (default: the clock's).
    """
    with transaction.atomic():
        refuse_where_it_does_not_belong()
        ledger = Ledger(now=now or timezone.now())
        for step in STEPS:
            step(ledger)
            if progress:
                progress(1)
        return ledger.new


def refuse_where_it_does_not_belong() -> None:
    """Raise DemoRefused unless this is the demo, with a database of its own."""
    if not getattr(settings, "INSECURE_HTTP", False):
        raise DemoRefused(
            f"Demo content is never loaded with {settings.SETTINGS_MODULE}: "
            "it brings sign-ins whose password is public."
        )
    if not LoadedItem.objects.exists() and Registration.objects.exists():
        raise DemoRefused(
            "This database has registrations that the demo did not make, so it gets no demo content. "
            "Give the demo a database of its own by DATABASE_URL."
        )
