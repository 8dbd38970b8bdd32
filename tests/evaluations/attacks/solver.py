"""Who can be found by adding and subtracting published figures: exact linear algebra over the people in them.

A figure counts the answers of some people to one thing that was asked. Published figures may be added, subtracted and
multiplied at will; what comes out is a figure about whoever is left with a weight. `isolated` says who can be left
alone by any such sum, in groups of fewer than five: with figures of A, B and C and of A and B, that is C.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

#: So few must never be left alone.
FEW = 4

Person = Hashable


@dataclass(frozen=True)
class Published:
    """A figure: what was asked (figures of the same thing can be added), of whom, and where it was read."""

    asked: Hashable
    people: frozenset[Person]
    where: str


def isolated(figures: Iterable[Published]) -> dict[Hashable, set[Person]]:
    """Return, by what was asked, the one to four people whose answers some sum of the figures leaves alone."""
    by_asked: dict[Hashable, set[frozenset[Person]]] = defaultdict(set)
    for figure in figures:
        by_asked[figure.asked].add(figure.people)
    found = {asked: _left_alone(populations) for asked, populations in by_asked.items()}
    return {asked: people for asked, people in found.items() if people}


def _left_alone(populations: set[frozenset[Person]]) -> set[Person]:
    """Return one to four people that a sum over these populations can leave alone; none: nobody."""
    ordered = sorted(populations, key=lambda people: (len(people), sorted(map(str, people))))
    # People who are in the same figures cannot be told apart: they are one column.
    members: dict[tuple[bool, ...], set[Person]] = defaultdict(set)
    for person in set().union(*ordered):
        members[tuple(person in people for people in ordered)].add(person)
    alike = list(members.items())
    few = [place for place, (_within, people) in enumerate(alike) if len(people) <= FEW]
    rows = [[Fraction(within[row]) for within, _people in alike] for row in range(len(ordered))]
    rank = _rank(rows)
    for places in [few, *_sets_of(few, [len(people) for _within, people in alike])]:
        # A sum that is nothing outside of `places`, and something within: then the rest alone has a smaller rank.
        rest = [[value for place, value in enumerate(row) if place not in places] for row in rows]
        if _rank(rest) == rank:
            if places is few:
                return set()  # not even all the small ones together
            continue
        if places is not few:
            return set().union(*(alike[place][1] for place in places))
    return set()


def _sets_of(places: list[int], sizes: list[int]) -> Iterator[list[int]]:
    """Yield every set of these columns that holds one to four people, the small ones first."""
    grown: list[list[int]] = [[]]
    while grown:
        bigger = [
            [*chosen, place]
            for chosen in grown
            for place in places
            if (not chosen or place > chosen[-1]) and sum(sizes[each] for each in [*chosen, place]) <= FEW
        ]
        yield from bigger
        grown = bigger


def _rank(rows: list[list[Fraction]]) -> int:
    """Return the rank, exactly."""
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((at for at in range(rank, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for at in range(rank + 1, len(rows)):
            if factor := rows[at][column] / rows[rank][column]:
                rows[at] = [value - factor * top for value, top in zip(rows[at], rows[rank], strict=True)]
        rank += 1
    return rank
