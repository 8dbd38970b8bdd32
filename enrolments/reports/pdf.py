"""A report as an accessible PDF (PDF/UA-1): what it is of, its chart with its numbers, and its table."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from enrolments.reports.asked import Asked, Named, choices_in_words
from enrolments.reports.charts import draw
from enrolments.reports.kinds import Choices
from enrolments.reports.preview import Shown, in_words
from enrolments.reports.showing import is_number
from website.accounts.typing import AnyUser
from website.core.exports import Column, rows, snapshot
from website.core.pdf import render_pdf

#: More columns than these are not to be read across a page.
MOST_COLUMNS = 12
#: With more, the page is turned.
UPRIGHT_COLUMNS = 6


class TooLargeForPdf(Exception):
    """The report does not fit a PDF; the message says what to do instead."""


def columns_of(asked: Asked, choices: Choices) -> list[Column]:
    """Return the columns of the PDF: those chosen; those for the screen, when none was chosen and all are too many.

    Raises TooLargeForPdf when too many were chosen.
    """
    columns = asked.kind.chosen_columns(choices)
    if len(columns) <= MOST_COLUMNS:
        return columns
    if choices.columns:
        raise TooLargeForPdf(
            _("A PDF has room for %(most)s columns, and %(count)s are chosen. Choose fewer, or take XLSX.")
            % {"most": MOST_COLUMNS, "count": len(columns)}
        )
    return [column for column in columns if column.on_screen][:MOST_COLUMNS]


def report_pdf(user: AnyUser, asked: Asked, choices: Choices) -> bytes:
    """Return the PDF of what the user may see. All its numbers are of one moment. Raises TooLargeForPdf."""
    kind = asked.kind
    with snapshot():
        named = Named.of(choices)
        if kind.rows is None:
            table = kind.table(user, choices)
            count = len(table.frame)
            _refuse_long(count)
            shown, picture, chart_table = Shown.of(table), draw(table), None
            _refuse_wide(len(shown.columns))
        else:
            columns = columns_of(asked, choices)
            queryset = kind.rows(user, choices)
            count = queryset.count()
            _refuse_long(count)
            shown = Shown(columns, in_words(columns, list(rows(queryset, columns))))
            chart = kind.chart(user, choices) if kind.chart and count else None
            picture = draw(chart) if chart else None
            chart_table = Shown.of(chart) if chart and picture else None
    title = str(kind.title)
    every = len(kind.columns()) if kind.is_rows else len(shown.columns)
    left_out = every - len(shown.columns) if not choices.columns else 0
    note = _("%(count)s more columns are in the XLSX and CSV files.") % {"count": left_out} if left_out > 0 else ""
    made = _("Made %(when)s.") % {"when": date_format(timezone.localtime(), "DATETIME_FORMAT")}
    data = {
        "heading": title,
        "description": str(kind.description),
        "choices": [list(pair) for pair in choices_in_words(choices, named=named)],
        "count": number_format(count, force_grouping=True),
        "wide": len(shown.columns) > UPRIGHT_COLUMNS,
        "chart": {
            "title": picture.title,
            "svg": str(picture.svg),
            "alt": f"{picture.title}. {picture.description}",
            "table": _table(chart_table) if chart_table else None,
        }
        if picture
        else None,
        "shown": _table(shown),
        "words": {
            "page": _("Page"),
            "rows": _("Rows"),
            "table": _("Table"),
            "empty": _("Nothing matches what was chosen."),
            "made": " ".join(part for part in (made, note) if part),
        },
    }
    return render_pdf("report", data, title=title)


def _table(shown: Shown) -> dict[str, Any]:
    return {
        "columns": [
            {"heading": str(column.heading), "number": is_number(column), "width": _width(column)}
            for column in shown.columns
        ],
        "lines": [list(line) for line in shown.lines],
        "total": list(shown.total),
    }


def _width(column: Column) -> int:
    """Return a column's share of the page: room for its heading's longest word, and not all of it for one text."""
    longest = max((len(word) for word in str(column.heading).split()), default=0)
    return max(min(max(column.width, 8), 30), longest + 3)


def _refuse_long(count: int) -> None:
    if count > settings.REPORT_PDF_ROWS:
        raise TooLargeForPdf(
            _("A PDF has room for %(most)s rows, and the report has %(count)s. Choose less, or take XLSX.")
            % {
                "most": number_format(settings.REPORT_PDF_ROWS, force_grouping=True),
                "count": number_format(count, force_grouping=True),
            }
        )


def _refuse_wide(count: int) -> None:
    if count > MOST_COLUMNS:
        raise TooLargeForPdf(
            _("A PDF has room for %(most)s columns, and the report has %(count)s. Choose less, or take XLSX.")
            % {"most": MOST_COLUMNS, "count": count}
        )
