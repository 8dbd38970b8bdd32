"""A run's participants beside its minimum, its break-even and its seats, as one bar."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from enrolments.operations.run_decisions import Figures


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the bar, at `x` of 100."""

    name: str
    label: str | Promise
    count: int
    x: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The bar in hundredths of its width; `marks` in rising order."""

    taken: str
    held: str
    marks: list[Mark]


def chart_of(figures: Figures) -> Chart:
    """Return the chart: as wide as the seats there are, or as the highest mark with some air."""
    marked = [
        ("minimum", gettext_lazy("Minimum"), figures.minimum),
        ("break-even", gettext_lazy("Break-even"), figures.break_even),
        ("capacity", gettext_lazy("Seats"), figures.capacity),
    ]
    counts = [count for _name, _label, count in marked if count]
    highest = max([figures.taken + figures.held, *counts, 1])
    width = highest if highest == figures.capacity else highest * 1.1
    marks = [Mark(name, label, count, _share(count, width)) for name, label, count in marked if count]
    return Chart(
        taken=_share(figures.taken, width),
        held=_share(figures.held, width),
        marks=sorted(marks, key=lambda mark: mark.count),
    )


def _share(count: int, width: float) -> str:
    """Return `count` of `width` in hundredths, in the notation of SVG."""
    return str(round(Decimal(100 * count) / Decimal(width), 2))
