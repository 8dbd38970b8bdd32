"""What a mail is about: the `reference` on its row, such as "registration:12", told in words with a link.

An app registers a resolver for each kind of reference it gives its mails:

    @references.register("registration")
    def registrations(pks: Collection[int]) -> dict[int, About]: …

It gets all the numbers of a page at once, so that a list costs one call for each kind of reference.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from website.core.registry import Registry


@dataclass(frozen=True, slots=True)
class About:
    """What a reference stands for: a few words, and where it is looked after in the admin."""

    label: str
    url: str = ""


references: Registry[Callable[[Collection[int]], dict[int, About]]] = Registry()


def resolve(wanted: Iterable[str]) -> dict[str, About]:
    """Return what these references stand for; those that nobody knows, or whose row is gone, are left out."""
    by_kind: dict[str, set[int]] = defaultdict(set)
    for reference in wanted:
        kind, _colon, number = reference.partition(":")
        if number.isdecimal():
            by_kind[kind].add(int(number))
    found: dict[str, About] = {}
    for kind, pks in by_kind.items():
        try:
            resolver = references.get(kind)
        except KeyError:
            continue
        found |= {f"{kind}:{pk}": about for pk, about in resolver(pks).items()}
    return found
