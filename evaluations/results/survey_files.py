"""A survey's published figures as files: a line for each possible answer, of everyone and by municipality."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Evaluation
from evaluations.results.figures import Figure
from evaluations.results.file_parts import ANSWERS, CHOICE, MEAN, QUESTION, ROW, choice_values, download, mean_values
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
    QUESTION,
    ROW,
]
CHOICES = [*WHERE, *CHOICE]
MEANS = [*WHERE, *MEAN, ANSWERS]
FORMS = ("csv", "xlsx")


def survey_file(evaluation: Evaluation, form: str, name: str) -> HttpResponse:
    """Return the answer that downloads what is published, as "csv" or "xlsx". All its numbers are of one moment."""
    with snapshot():
        figures = list(all_figures(evaluation))
    if form == "csv":
        content, content_type = b"".join(csv_records(CHOICES, answer_records(figures))), CSV_CONTENT_TYPE
    else:
        output = BytesIO()
        with open_workbook(output) as workbook:
            write_sheet(workbook, _("Answers"), CHOICES, answer_records(figures))
            write_sheet(workbook, _("Means"), MEANS, mean_records(figures))
        content, content_type = output.getvalue(), XLSX_CONTENT_TYPE
    return download(content, content_type, f"{name}.{form}")


def answer_records(figures: list[Figure]) -> Iterator[Record]:
    """Yield a line for each answer that could be chosen."""
    for figure in figures:
        for values in choice_values(figure):
            yield (*_where(figure), *values)


def mean_records(figures: list[Figure]) -> Iterator[Record]:
    """Yield a line for each figure with a mean."""
    for figure in figures:
        if (found := figure.estimate) is not None:
            yield (*_where(figure), *mean_values(found), figure.points[0], figure.points[-1], figure.answered)


def _where(figure: Figure) -> Record:
    row = "" if figure.row is None else str(figure.question.rows[figure.row])
    if figure.group is None:
        return "", _("All municipalities"), str(figure.question.text), row
    return figure.group.code, str(figure.group), str(figure.question.text), row
