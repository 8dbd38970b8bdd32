"""A report on the screen: its first rows or its whole table, how many rows there are, and its chart. One snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from enrolments.reports.asked import Asked, Named
from enrolments.reports.charts import Picture, draw
from enrolments.reports.kinds import Choices, Table
from enrolments.reports.showing import cell, is_number
from website.accounts.typing import AnyUser
from website.core.exports import Column, rows, snapshot

#: So many rows of a long report are shown.
FIRST = 50


@dataclass(frozen=True)
class Shown:
    """A table as it is read: every cell in words. `total` is its last row, or empty."""

    columns: Sequence[Column]
    lines: Sequence[Sequence[str]]
    total: Sequence[str] = ()

    @property
    def headings(self) -> list[tuple[Column, bool]]:
        return [(column, is_number(column)) for column in self.columns]

    @property
    def cells(self) -> list[list[tuple[str, bool]]]:
        numbers = [is_number(column) for column in self.columns]
        return [list(zip(line, numbers, strict=True)) for line in self.lines]

    @property
    def total_cells(self) -> list[tuple[str, bool]]:
        return list(zip(self.total, [is_number(column) for column in self.columns], strict=True)) if self.total else []

    @classmethod
    def of(cls, table: Table) -> "Shown":
        total: list[str] = []
        if table.total:
            label, *values = table.total_record(_("Total"))
            total = [str(label)]
            total += [
                cell(column, value) if value is not None else ""
                for column, value in zip(table.columns[1:], values, strict=True)
            ]
        return cls(table.columns, in_words(table.columns, table.records()), total)


@dataclass(frozen=True)
class Preview:
    """What the page shows. `chart_table` holds the numbers of the chart of a report of rows."""

    choices: Choices
    named: Named
    count: int
    table: Shown
    picture: Picture | None
    chart_table: Shown | None

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.table.lines)

    @property
    def is_large(self) -> bool:
        """Whether its file is made by the worker: too long to wait for."""
        return self.count > settings.REPORT_ROWS_AT_ONCE


def in_words(columns: Sequence[Column], records: Sequence[Sequence[object]]) -> list[list[str]]:
    return [[cell(column, value) for column, value in zip(columns, record, strict=True)] for record in records]


def preview(user: AnyUser, asked: Asked) -> Preview:
    """Return what the user sees of the report; all its numbers are of one moment. A constant number of queries."""
    choices = asked.on(timezone.localdate())
    kind = asked.kind
    with snapshot():
        named = Named.of(choices)
        if kind.rows is None:
            table = kind.table(user, choices)
            return Preview(choices, named, len(table.frame), Shown.of(table), draw(table), None)
        columns = kind.chosen_columns(choices)
        queryset = kind.rows(user, choices)
        found = list(rows(queryset, columns)[:FIRST])
        count = queryset.count() if len(found) == FIRST else len(found)
        chart = kind.chart(user, choices) if kind.chart and found else None
        picture = draw(chart) if chart else None
        return Preview(
            choices=choices,
            named=named,
            count=count,
            table=Shown(columns, in_words(columns, found)),
            picture=picture,
            chart_table=Shown.of(chart) if chart and picture else None,
        )
