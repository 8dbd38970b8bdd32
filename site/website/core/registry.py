"""What one page gathers from several apps, each app contributes here.

The apps' imports point one way (see pyproject.toml, import-linter); a registry lets the page
that gathers know nothing of those who contribute, the way Wagtail's hooks do.
"""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """An ordered collection of contributions, filled from `AppConfig.ready` or at import."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[int, T]] = {}

    def add(self, name: str, entry: T, *, order: int = 100) -> T:
        """Add `entry` under a unique `name`. Raises ValueError if the name is taken."""
        if name in self._entries:
            raise ValueError(f"{name!r} is registered twice")
        self._entries[name] = (order, entry)
        return entry

    def register(self, name: str, *, order: int = 100) -> Callable[[T], T]:
        """Return a decorator that adds what it decorates."""
        return lambda entry: self.add(name, entry, order=order)

    def get(self, name: str) -> T:
        """Return the entry of that name. Raises KeyError if there is none."""
        return self._entries[name][1]

    def items(self) -> Iterator[tuple[str, T]]:
        """Yield names and entries, in order."""
        named = sorted(self._entries.items(), key=lambda pair: pair[1][0])
        return ((name, entry) for name, (_, entry) in named)

    def __iter__(self) -> Iterator[T]:
        return (entry for _, entry in sorted(self._entries.values(), key=lambda pair: pair[0]))

    def __len__(self) -> int:
        return len(self._entries)
