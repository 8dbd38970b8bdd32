"""A survey's published figures as files: a line for each possible answer, of everyone and by municipality."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from evaluations.models import Evaluation
from evaluations.results.figures import Figure
from evaluations.results.survey import all_figures
from website.core.exports import (
    CSV_CONTENT_TYPE,
    XLSX_CONTENT_TYPE,
    Column,
    Kind,
    csv_records,
    open_workbook,
    snapshot,
    write_sheet,
)

Record = tuple[Any, ...]

WHERE = [
    Column("code", gettext_lazy("Municipality code"), "", Kind.IDENTIFIER, width=10),
    Column("municipality", gettext_lazy("Municipality"), "", width=24),
    Column("question", gettext_lazy("Question"), "", width=48),
    Column("row", gettext_lazy("Row"), "", width=24),
]
ANSWERS = [
    *WHERE,
    Column("answer", gettext_lazy("Answer"), "", width=32),
    Column("count", pgettext_lazy("results", "People"), "", Kind.INTEGER, width=10),
    Column("share", gettext_lazy("Share of those who answered"), "", Kind.PERCENT, width=14),
    Column("answers", gettext_lazy("Answers"), "", Kind.INTEGER, width=10),
]
MEANS = [
    *WHERE,
    Column("mean", gettext_lazy("Mean"), "", Kind.DECIMAL, width=12),
    Column("low", gettext_lazy("95 % interval from"), "", Kind.DECIMAL, width=12),
    Column("high", gettext_lazy("95 % interval to"), "", Kind.DECIMAL, width=12),
    Column("first", gettext_lazy("Scale from"), "", Kind.INTEGER, width=10),
    Column("last", gettext_lazy("Scale to"), "", Kind.INTEGER, width=10),
    Column("answers", gettext_lazy("Answers"), "", Kind.INTEGER, width=10),
]
FORMS = ("csv", "xlsx")


def survey_file(evaluation: Evaluation, form: str, name: str) -> HttpResponse:
    """Return the answer that downloads what is published, as "csv" or "xlsx". All its numbers are of one moment."""
    with snapshot():
        figures = list(all_figures(evaluation))
    if form == "csv":
        content, content_type = b"".join(csv_records(ANSWERS, answer_records(figures))), CSV_CONTENT_TYPE
    else:
        output = BytesIO()
        with open_workbook(output) as workbook:
            write_sheet(workbook, _("Answers"), ANSWERS, answer_records(figures))
            write_sheet(workbook, _("Means"), MEANS, mean_records(figures))
        content, content_type = output.getvalue(), XLSX_CONTENT_TYPE
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


def answer_records(figures: list[Figure]) -> Iterator[Record]:
    """Yield a line for each answer that could be chosen."""
    for figure in figures:
        for choice in figure.choices:
            yield (*_where(figure), choice.label, choice.count, round(choice.share, 4), figure.answered)


def mean_records(figures: list[Figure]) -> Iterator[Record]:
    """Yield a line for each figure with a mean."""
    for figure in figures:
        if (found := figure.estimate) is not None:
            numbers = (None if value is None else round(value, 2) for value in (found.mean, found.low, found.high))
            yield (*_where(figure), *numbers, figure.points[0], figure.points[-1], figure.answered)


def _where(figure: Figure) -> Record:
    row = "" if figure.row is None else str(figure.question.rows[figure.row])
    if figure.group is None:
        return "", _("All municipalities"), str(figure.question.text), row
    return figure.group.code, str(figure.group), str(figure.question.text), row
