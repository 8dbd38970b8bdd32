"""What all files of results share: their columns, and the answer that downloads them."""

from collections.abc import Iterator

from django.http import HttpResponse
from django.utils.translation import gettext_lazy, pgettext_lazy

from evaluations.results.figures import Estimate, Figure
from website.core.exports import Column, Kind

QUESTION = Column("question", gettext_lazy("Question"), "", width=48)
ROW = Column("row", gettext_lazy("Row"), "", width=24)
ANSWERS = Column("answers", gettext_lazy("Answers"), "", Kind.INTEGER, width=10)
#: Of an answer that could be chosen; `choice_values` are their values.
CHOICE = [
    Column("answer", gettext_lazy("Answer"), "", width=32),
    Column("count", pgettext_lazy("results", "People"), "", Kind.INTEGER, width=10),
    Column("share", gettext_lazy("Share of those who answered"), "", Kind.PERCENT, width=14),
    ANSWERS,
]
#: Of a figure with a mean; `mean_values` are the values of the first three.
MEAN = [
    Column("mean", gettext_lazy("Mean"), "", Kind.DECIMAL, width=12),
    Column("low", gettext_lazy("95 % interval from"), "", Kind.DECIMAL, width=12),
    Column("high", gettext_lazy("95 % interval to"), "", Kind.DECIMAL, width=12),
    Column("first", gettext_lazy("Scale from"), "", Kind.INTEGER, width=10),
    Column("last", gettext_lazy("Scale to"), "", Kind.INTEGER, width=10),
]


def choice_values(figure: Figure) -> Iterator[tuple[str, int, float, int]]:
    """Yield what stands under `CHOICE` for each answer that could be chosen."""
    for choice in figure.choices:
        yield choice.label, choice.count, round(choice.share, 4), figure.answered


def mean_values(found: Estimate | None) -> tuple[float | None, float | None, float | None]:
    """Return the mean and its interval, each with two decimals; None for what there is not."""
    if found is None:
        return None, None, None
    mean, low, high = (None if value is None else round(value, 2) for value in (found.mean, found.low, found.high))
    return mean, low, high


def download(content: bytes, content_type: str, filename: str) -> HttpResponse:
    """Return the answer that downloads a file. Nothing on the way may keep it."""
    headers = {"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)
