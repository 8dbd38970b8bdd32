"""What one load knows: the moment it counts from, and what was loaded before."""

from datetime import date, datetime
from functools import cached_property
from random import Random
from typing import Any

from django.utils import timezone

from courses.models import CourseRun
from demo.models import LoadedItem


class Ledger:
    """Says of each piece whether it is new, and remembers it. Carries what steps hand on."""

    def __init__(self, *, now: datetime) -> None:
        self.now = now
        self.new = 0
        #: The runs that this load made, each with what is written of it in runs.toml.
        self.runs: list[tuple[CourseRun, dict[str, Any]]] = []
        self._known = set(LoadedItem.objects.values_list("key", flat=True))

    def is_new(self, key: str) -> bool:
        """Return True the first time ever that a piece of this key is asked for."""
        if key in self._known:
            return False
        LoadedItem.objects.create(key=key)
        self._known.add(key)
        self.new += 1
        return True

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def random(self) -> Random:
        """Chance that falls the same way in every load."""
        return Random(98)  # noqa: S311 (made-up people, no secrets)
