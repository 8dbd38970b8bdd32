"""Results as files: a workbook, CSV for Danish Excel, and an accessible PDF. Each holds what its reader may see."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from evaluations.enums import QuestionKind
from evaluations.models import Evaluation
from evaluations.results.file_parts import ANSWERS, CHOICE, MEAN, QUESTION, ROW, choice_values, download, mean_values
from evaluations.results.pdf import results_pdf
from evaluations.results.sheet import Reader, Sheet, sheet_of
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

NAME = Column("name", gettext_lazy("Short name"), "")
ABOUT = Column("about", gettext_lazy("About"), "", width=24)

FIGURES = [
    NAME,
    QUESTION,
    ABOUT,
    ROW,
    Column("kind", gettext_lazy("Kind"), "", width=20),
    ANSWERS,
    Column("no_opinion", gettext_lazy("Don't know or not relevant"), "", Kind.INTEGER, width=14),
    *MEAN,
    Column("note", gettext_lazy("Note"), "", width=60),
]
DISTRIBUTIONS = [
    NAME,
    QUESTION,
    ABOUT,
    ROW,
    *CHOICE,
]
TEXTS = [
    NAME,
    QUESTION,
    ABOUT,
    Column("text", pgettext_lazy("results", "Text"), "", width=80),
    Column("reply", pgettext_lazy("texts", "Reply"), "", width=48),
]
MARKS = [
    Column("hidden", gettext_lazy("Hidden from presenters"), "", width=12),
    Column("flagged", pgettext_lazy("texts", "Flagged"), "", width=12),
]


def figure_records(sheet: Sheet) -> Iterator[Record]:
    """Yield a line for each thing that was asked, what was not released among them."""
    for question, part in sheet.parts:
        common = question.name, str(question.text), part.subject.label
        kind = str(QuestionKind(question.kind).label)
        if part.texts is not None:
            yield *common, "", kind, part.answered, None, None, None, None, None, None, ""
            continue
        if part.is_withheld:
            yield *common, "", kind, None, None, None, None, None, None, None, withheld()
            continue
        rows = part.rows or [part.figure]
        for place, figure in enumerate(rows):
            row = str(question.rows[place]) if part.rows else ""
            if figure is None:
                yield *common, row, kind, None, None, None, None, None, None, None, withheld()
                continue
            scale = figure.points if question.is_measured else []
            yield (
                *(*common, row, kind, figure.answered),
                figure.no_opinion if question.has_no_opinion else None,
                *mean_values(figure.estimate),
                *((scale[0], scale[-1]) if scale else (None, None)),
                "",
            )


def distribution_records(sheet: Sheet) -> Iterator[Record]:
    """Yield a line for each answer that could be chosen. In each figure the counts are those of its answers."""
    for question, part in sheet.parts:
        for figure in part.figures:
            row = "" if figure.row is None else str(question.rows[figure.row])
            for values in choice_values(figure):
                yield (question.name, str(question.text), part.subject.label, row, *values)


def text_records(sheet: Sheet) -> Iterator[Record]:
    """Yield a line for each text, in their random order; whether it is hidden is for organisers."""
    for question, part in sheet.parts:
        for text in part.texts or ():
            marks = (_yes(text.is_hidden), _yes(text.is_flagged)) if sheet.reader.sees_all else ()
            yield (question.name, str(question.text), part.subject.label, text.text, text.reply, *marks)


def text_columns(sheet: Sheet) -> list[Column]:
    return [*TEXTS, *MARKS] if sheet.reader.sees_all else TEXTS


def withheld() -> str:
    return _("Fewer than five answered, so the answers have been deleted without anyone having seen them.")


def _yes(value: bool) -> str:
    return _("Yes") if value else ""


def xlsx(sheet: Sheet) -> bytes:
    output = BytesIO()
    with open_workbook(output) as workbook:
        write_sheet(workbook, _("Figures"), FIGURES, figure_records(sheet))
        write_sheet(workbook, _("Distributions"), DISTRIBUTIONS, distribution_records(sheet))
        write_sheet(workbook, _("Texts"), text_columns(sheet), text_records(sheet))
    return output.getvalue()


def figures_csv(sheet: Sheet) -> bytes:
    return b"".join(csv_records(FIGURES, figure_records(sheet)))


def distributions_csv(sheet: Sheet) -> bytes:
    return b"".join(csv_records(DISTRIBUTIONS, distribution_records(sheet)))


def texts_csv(sheet: Sheet) -> bytes:
    return b"".join(csv_records(text_columns(sheet), text_records(sheet)))


#: The files by their name in the address: label, content type, ending, and what makes it.
FORMS: dict[str, tuple[str | Promise, str, str, Callable[[Sheet], bytes]]] = {
    "pdf": (gettext_lazy("Report (PDF)"), "application/pdf", "pdf", results_pdf),
    "xlsx": (gettext_lazy("Everything (Excel)"), XLSX_CONTENT_TYPE, "xlsx", xlsx),
    "figures": (gettext_lazy("Figures (CSV)"), CSV_CONTENT_TYPE, "csv", figures_csv),
    "distributions": (gettext_lazy("Distributions (CSV)"), CSV_CONTENT_TYPE, "csv", distributions_csv),
    "texts": (gettext_lazy("Texts (CSV)"), CSV_CONTENT_TYPE, "csv", texts_csv),
}


def offered(sheet: Sheet) -> Iterator[tuple[str, str | Promise]]:
    """Yield the files that hold anything: name in the address, label. None of texts where there are none."""
    for form, (label, *_rest) in FORMS.items():
        if form != "texts" or sheet.has_texts:
            yield form, label


def file_response(evaluation: Evaluation, reader: Reader, form: str) -> HttpResponse:
    """Return the answer that downloads a file of `FORMS`. All its numbers are of one moment; nothing may keep it."""
    label, content_type, ending, make = FORMS[form]
    with snapshot():
        content = make(sheet_of(evaluation, reader))
    name = slugify(f"{_('Evaluation')} {evaluation.run or evaluation.survey} {label if ending == 'csv' else ''}")[:90]
    return download(content, content_type, f"{name}.{ending}")
