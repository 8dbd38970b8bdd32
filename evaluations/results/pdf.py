"""Results as an accessible PDF (PDF/UA-1): each chart is a table with its bars beside the numbers, or above them."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluations.operations.participation import participation
from evaluations.results.charts import people
from evaluations.results.comparison import set_beside
from evaluations.results.earlier_surveys import set_beside_earlier
from evaluations.results.sheet import Part, Sheet
from website.core.pdf import render_pdf


def results_pdf(sheet: Sheet) -> bytes:
    """Return the report of what the sheet holds; for organisers with the comparisons."""
    evaluation = sheet.evaluation
    if evaluation.survey_id is not None:
        set_beside_earlier(sheet)
    elif sheet.reader.sees_all:
        set_beside(sheet)
    title = str(evaluation.survey) if evaluation.survey else _("Evaluation: %(what)s") % {"what": evaluation.run}
    data = {
        "heading": title,
        "facts": list(_facts(sheet)),
        "sections": [
            {
                "title": section.title,
                "asked": [
                    {"text": str(asked.question.text), "parts": [_part(part) for part in asked.parts]}
                    for asked in section.asked
                ],
            }
            for section in sheet.sections
        ],
        "changes": {"title": _("What we changed because of you"), "text": evaluation.changes_made},
        "words": _words(),
    }
    return render_pdf("evaluation", data, title=title)


def _words() -> dict[str, str]:
    return {
        "page": _("Page"),
        "answer": _("Answer"),
        "share": _("Share"),
        "people": pgettext("results", "People"),
        "mean": _("Mean"),
        "row": _("Row"),
        "reply": pgettext("texts", "Reply"),
        "bounds": _("Mean and 95 percent interval"),
        "with": _("Compared with"),
        "then": _("Mean then"),
        "counted": _("Counted from"),
        "these": _("These results"),
        "earlier": _("Compared with earlier"),
        "note": _("A difference is only told where the 95 % intervals do not overlap. Everything else may be chance."),
        "withheld": _("Fewer than five answered, so the answers have been deleted without anyone having seen them."),
    }


def _facts(sheet: Sheet) -> Iterator[str]:
    evaluation = sheet.evaluation
    yield f"{evaluation.get_moment_display()}: {evaluation.questionnaire}"
    found = participation([evaluation]).get(evaluation.pk)
    if found is not None and not found.is_hidden:
        yield _("%(answered)s of %(invited)s answered (%(percent)s %%).") % {
            "answered": found.answered,
            "invited": found.invited,
            "percent": found.percent,
        }
    if evaluation.closed_at:
        yield _("Closed %(date)s.") % {"date": date_format(timezone.localtime(evaluation.closed_at))}
    yield _("Only what at least five answered is counted, and texts stand in random order.")


def _part(part: Part) -> dict[str, Any]:
    chart, matrix = part.chart, part.matrix
    return {
        "label": part.subject.label,
        "withheld": part.is_withheld,
        "chart": asdict(chart) if chart else None,
        "matrix": asdict(matrix) if matrix else None,
        "texts": _texts(part),
        "shares": asdict(part.shares) if part.shares else None,
        "beside": [
            {
                "label": label,
                "lines": [
                    [
                        line.label,
                        f"{line.mean.short} ({line.mean.interval})",
                        line.people,
                        f"{line.arrow} {line.words}".strip(),
                    ]
                    for line in lines
                ],
            }
            for label, lines in part.beside
        ],
    }


def _texts(part: Part) -> dict[str, Any] | None:
    """Return the texts that are not hidden: a report is passed on, also to those who may not see the others."""
    if part.texts is None:
        return None
    shown = [{"text": each.text, "reply": each.reply} for each in part.texts if not each.is_hidden]
    return {"people": people(part.answered), "shown": shown}
