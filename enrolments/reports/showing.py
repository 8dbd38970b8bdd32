"""How cells of a report stand on the screen, in a chart and in a PDF."""

from typing import Any

from website.core.exports import Column, Kind, shown

#: What stands at the right of its cell.
NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.PERCENT, Kind.DURATION})
WHOLE = frozenset({Kind.INTEGER, Kind.DURATION})


def cell(column: Column, value: Any) -> str:
    """Return a value as people read it; "–" where there is none."""
    if isinstance(value, float):
        if value != value:  # NaN: pandas' word for none
            return "–"
        if column.kind in WHOLE:
            value = round(value)
    return shown(column, value) or "–"


def is_number(column: Column) -> bool:
    return column.kind in NUMBERS
