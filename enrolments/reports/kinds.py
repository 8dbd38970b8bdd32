"""Which reports there are: what the builder, saved reports, their mails, files, API and other pages read.

A kind is either *rows*, a queryset that PostgreSQL streams into a file however long it is, or a *table*, counted
in PostgreSQL and put together as a pandas frame with a row of totals. Everything starts from what the user may see.

    kind = report_kinds.get("facts")
    columns = kind.chosen_columns(choices)
    queryset = kind.rows(user, choices)     # row reports; see files.py for CSV and XLSX
    table = kind.table(user, choices)       # pivots
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

import pandas as pd
from django.db.models import QuerySet
from django.utils.functional import Promise

from website.accounts.typing import AnyUser
from website.core.exports import Column
from website.core.registry import Registry


@dataclass(frozen=True)
class Choices:
    """What was chosen for a report. Empty means all; `start` and `end` are days, both included.

    `courses`, `runs` and `organisations` are primary keys, `departments` as people wrote them, `columns` names of
    the report's columns.
    """

    start: date | None = None
    end: date | None = None
    courses: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()
    organisations: tuple[int, ...] = ()
    departments: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    with_cancelled: bool = False

    @property
    def narrows(self) -> bool:
        """Whether the choices leave anything out but columns."""
        return bool(self.start or self.end or self.courses or self.runs or self.organisations or self.departments)

    def to_json(self) -> dict[str, Any]:
        """Return the choices as JSON types, what is empty left out."""
        found = {name: value for name, value in asdict(self).items() if value}
        return {name: _to_json(value) for name, value in found.items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Choices":
        """Return the choices that `to_json` gave. What is unknown is left out.

        Raises ValueError for a date or a number that is none.
        """
        days = {name: date.fromisoformat(data[name]) for name in ("start", "end") if data.get(name)}
        numbers = {name: tuple(int(pk) for pk in data.get(name) or ()) for name in ("courses", "runs", "organisations")}
        words = {name: tuple(str(word) for word in data.get(name) or ()) for name in ("departments", "columns")}
        return cls(**days, **numbers, **words, with_cancelled=bool(data.get("with_cancelled")))


@dataclass(frozen=True)
class Chart:
    """What of a table people would rather look at: a label and one value (or several, stacked) for each row."""

    kind: Literal["bars", "stacked", "line"]
    label_column: str
    value_columns: Sequence[str]
    title: str | Promise


@dataclass(frozen=True)
class Table:
    """A pivot: the frame's columns are named as `columns` are; `total` has a value for each column that has a sum.

    Cells are plain Python values (int, Decimal, date, str) or None. `charted` is what the chart draws where that is
    not every row: the same columns, added up.
    """

    columns: Sequence[Column]
    frame: pd.DataFrame
    total: Mapping[str, Any] = field(default_factory=dict)
    chart: Chart | None = None
    charted: pd.DataFrame | None = None

    @property
    def drawn(self) -> pd.DataFrame:
        """What the chart draws."""
        return self.frame if self.charted is None else self.charted

    def records(self) -> list[tuple[Any, ...]]:
        """Return the rows as tuples of plain values, in the columns' order."""
        return list(zip(*(self.frame[column.name].tolist() for column in self.columns), strict=True))

    def total_record(self, label: str) -> tuple[Any, ...]:
        """Return the row of totals, in the columns' order, its first cell saying what it is."""
        return (label, *(self.total.get(column.name) for column in self.columns[1:]))


@dataclass(frozen=True)
class ReportKind:
    """One report. Exactly one of `rows` and `table` is given.

    `rows` returns the queryset on which the columns' expressions stand, filtered and ordered. `chart` returns a
    small table with its chart, for a report of rows; a pivot's table carries its own. `can_choose_columns` says
    whether `Choices.columns` means anything here.
    """

    name: str
    title: str | Promise
    description: str | Promise
    columns: Callable[[], Sequence[Column]]
    rows: Callable[[AnyUser, Choices], QuerySet] | None = None
    table: Callable[[AnyUser, Choices], Table] | None = None
    chart: Callable[[AnyUser, Choices], Table] | None = None

    @property
    def is_rows(self) -> bool:
        return self.rows is not None

    @property
    def can_choose_columns(self) -> bool:
        return self.is_rows

    def chosen_columns(self, choices: Choices) -> list[Column]:
        """Return the chosen columns in the order chosen; all of them when none (or none that is known) is chosen."""
        columns = {column.name: column for column in self.columns()}
        chosen = dict.fromkeys(name for name in choices.columns if name in columns)
        return [columns[name] for name in chosen] or list(columns.values())


#: Filled by `register` of the modules beside this one, at start.
report_kinds: Registry[ReportKind] = Registry()


def register(kind: ReportKind, *, order: int = 100) -> ReportKind:
    """Add a kind under its name. Raises ValueError if the name is taken."""
    if (kind.rows is None) == (kind.table is None):
        raise ValueError(f"{kind.name}: give either rows or a table")
    return report_kinds.add(kind.name, kind, order=order)


def _to_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
