"""Reports as files: CSV by PostgreSQL itself, XLSX row by row, so that a million rows need no more memory than a few.

All numbers of a file come from one snapshot.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from enrolments.querysets import RollEntryQuerySet
from enrolments.reports import facts
from enrolments.reports.kinds import Choices, ReportKind
from enrolments.reports.summaries import (
    MUNICIPALITY_COLUMNS,
    RUN_COLUMNS,
    counted,
    per_municipality,
    per_run,
    records,
    total_record,
)
from website.accounts.typing import AnyUser
from website.core.exports import FETCH_ROWS, csv_blocks, csv_records, open_workbook, rows, snapshot, write_sheet


def csv(kind: ReportKind, user: AnyUser, choices: Choices) -> Iterator[bytes]:
    """Yield the report as a CSV file. An error of the query comes before the first byte is handed out."""

    def blocks() -> Iterator[bytes]:
        with snapshot():
            if kind.rows is not None:
                with closing(csv_blocks(kind.rows(user, choices), kind.chosen_columns(choices))) as stream:
                    yield from stream
            elif kind.table is not None:
                table = kind.table(user, choices)
                yield from csv_records(table.columns, [*table.records(), table.total_record(_("Total"))])

    return started(blocks())


def xlsx(
    kind: ReportKind,
    user: AnyUser,
    choices: Choices,
    output: IO[bytes],
    *,
    advance: Callable[[int], None] | None = None,
) -> int:
    """Write the report as a workbook; return the number of rows. `advance` hears how many rows more are written.

    A report of rows that has a chart gets the chart's numbers on a sheet of their own.
    """
    with snapshot(), open_workbook(output) as workbook:
        title = str(kind.title)
        if kind.rows is not None:
            chosen = kind.chosen_columns(choices)
            found = fetched(rows(kind.rows(user, choices), chosen))
            written = write_sheet(workbook, title, chosen, found, advance=advance)
            summary = kind.chart(user, choices) if kind.chart else None
            if summary is not None:
                heading = str(summary.chart.title) if summary.chart else _("Sums")
                total = summary.total_record(_("Total"))
                write_sheet(workbook, heading, summary.columns, summary.records(), total=total)
            return written
        if kind.table is None:
            raise ValueError(f"{kind.name} has neither rows nor a table")
        table = kind.table(user, choices)
        total = table.total_record(_("Total"))
        return write_sheet(workbook, title, table.columns, table.records(), total=total, advance=advance)


def count(kind: ReportKind, user: AnyUser, choices: Choices) -> int | None:
    """Return how many rows the file will have, for a report of rows; None for a table."""
    return kind.rows(user, choices).order_by().count() if kind.rows is not None else None


def attendance_csv(found: RollEntryQuerySet) -> Iterator[bytes]:
    """Yield the attendance report's rows as a CSV file: the door of old, /admin/reports/attendance/?export=csv."""

    def blocks() -> Iterator[bytes]:
        with snapshot(), closing(csv_blocks(found, list(facts.columns))) as stream:
            yield from stream

    return started(blocks())


def attendance_xlsx(found: RollEntryQuerySet, output: IO[bytes]) -> int:
    """Write the attendance report's workbook: the rows, the sums per run and per municipality. Return how many rows."""
    with snapshot(), open_workbook(output) as workbook:
        chosen = list(facts.columns)
        written = write_sheet(workbook, _("Attendance sheet"), chosen, fetched(rows(found, chosen)))
        counts = counted(found)
        for title, summary, columns in (
            (_("Per run"), per_run(counts), RUN_COLUMNS),
            (_("Per municipality"), per_municipality(counts), MUNICIPALITY_COLUMNS),
        ):
            total = total_record(summary, columns)
            write_sheet(workbook, title, columns, records(summary, columns), total=total)
        return written


def started(stream: Iterator[bytes]) -> Iterator[bytes]:
    """Return the stream with its first piece made: what goes wrong then is an error page, not half a file."""
    first = next(stream)
    return chain([first], stream)


def fetched(values: QuerySet) -> Iterable[tuple]:
    return values.iterator(chunk_size=FETCH_ROWS)
