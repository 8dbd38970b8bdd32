"""Charts as pages and documents draw them: bars with their numbers beside, so that the table is the chart.

`chart_of(figure)` gives what templates/evaluations/_chart.html shows; `matrix_of` what _matrix.html does. All that is
drawn stands in words and numbers too. The eleven values of a 0-10 question are drawn as columns above a table of
their own: as bars they would fill a telephone's screen. Widths are SVG attributes: public pages allow no style in the
markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from evaluations.enums import QuestionKind
from evaluations.questions import Question
from evaluations.results.figures import Counted, Estimate, Figure, estimate_of, points

#: How much of a column's place is left empty between it and its neighbours.
GAP = 0.26


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer: `width` of 100, `count` people, `share` in words ("38 %")."""

    label: str
    count: int
    share: str
    width: str
    start: str = "0"


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean in words, and where it and its interval stand on a line of 100."""

    words: str
    short: str
    interval: str
    bounds: str
    first: str
    last: str
    at: str
    low: str
    wide: str


@dataclass(frozen=True, slots=True)
class Column:
    """One value of a number: where its column begins and its middle, how wide and high it is; all of 100."""

    label: str
    count: int
    left: str
    middle: str
    wide: str
    height: str
    top: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A number's values side by side, each as high as its part of the most chosen, and the mean below them.

    `at`, `low` and `wide` place the mean and its interval under the columns, of 100; `wide` is "" without an interval.
    """

    all: tuple[Column, ...]
    at: str
    low: str
    wide: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, ready to be shown. `caption` names the table for who does not see the heading above it."""

    caption: str
    people: str
    no_opinion: str
    bars: tuple[Bar, ...]
    mean: Mean | None
    ends: tuple[str, str] = ("", "")
    note: str = ""
    columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a matrix; without bars when fewer than five answered it."""

    label: str
    people: str
    no_opinion: int
    bars: tuple[Bar, ...]
    mean: Mean | None


@dataclass(frozen=True, slots=True)
class Matrix:
    caption: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]


def chart_of(figure: Figure, caption: str = "") -> Chart:
    """Return the figure as a chart; `caption`: what it is of, else the question and its subject."""
    return counted_chart(figure.question, figure, caption or caption_of(figure))


def counted_chart(question: Question, counted: Counted, caption: str = "") -> Chart:
    """Return counted answers to a question (a figure, or a pool of several) as a chart."""
    note = _("Each could choose several answers.") if question.kind == QuestionKind.MULTIPLE else ""
    ends = (str(question.ends[0]), str(question.ends[1])) if question.kind == QuestionKind.NUMBER else ("", "")
    return Chart(
        caption=caption or str(question.text),
        people=people(counted.answered),
        no_opinion=no_opinion(counted.no_opinion) if question.has_no_opinion else "",
        bars=bars(question, counted),
        mean=mean_of(question, counted),
        ends=ends,
        note=note,
        columns=columns(question, counted) if question.kind == QuestionKind.NUMBER else None,
    )


def columns(question: Question, counted: Counted) -> Columns | None:
    """Return a number's counts as columns; None without answers."""
    found = estimate_of(question, counted)
    if found is None:
        return None
    scale, most = points(question), max(counted.counts)
    each = 100 / len(scale)
    made = []
    for place, (value, count) in enumerate(zip(scale, counted.counts, strict=True)):
        height = count / most * 100
        made.append(
            Column(
                label=question.label_of(value),
                count=count,
                left=f"{(place + GAP / 2) * each:.2f}",
                middle=f"{(place + 0.5) * each:.2f}",
                wide=f"{(1 - GAP) * each:.2f}",
                height=f"{height:.2f}",
                top=f"{100 - height:.2f}",
            )
        )

    def under(value: float) -> float:
        return (value - scale[0] + 0.5) * each

    if found.low is None or found.high is None:
        low, wide = found.mean, ""
    else:
        low, wide = found.low, f"{(found.high - found.low) * each:.2f}"
    return Columns(tuple(made), f"{under(found.mean):.2f}", f"{under(low):.2f}", wide)


def matrix_of(question: Question, rows: Sequence[Figure | None], caption: str = "") -> Matrix:
    """Return a matrix as one chart: a line a row, None for a row that was not released."""
    lines = []
    for label, figure in zip(question.rows, rows, strict=True):
        if figure is None:
            lines.append(Line(str(label), "", 0, (), None))
            continue
        people_and_bars = people(figure.answered), figure.no_opinion, bars(question, figure)
        lines.append(Line(str(label), *people_and_bars, mean_of(question, figure)))
    labels = tuple(str(option) for option in question.options)
    return Matrix(caption or str(question.text), labels, tuple(lines))


def caption_of(figure: Figure) -> str:
    parts = [str(figure.question.text)]
    if figure.row is not None:
        parts.append(str(figure.question.rows[figure.row]))
    if figure.subject.label:
        parts.append(figure.subject.label)
    if figure.group is not None:
        parts.append(str(figure.group))
    return " – ".join(parts)


def people(count: int) -> str:
    return ngettext("%(count)s answer", "%(count)s answers", count) % {"count": number_format(count)}


def no_opinion(count: int) -> str:
    """Return in words how many had no opinion: they count in no share and no mean."""
    if not count:
        return ""
    return ngettext(
        "%(count)s more did not know, or found it not relevant",
        "%(count)s more did not know, or found it not relevant",
        count,
    ) % {"count": number_format(count)}


def bars(question: Question, counted: Counted) -> tuple[Bar, ...]:
    """Return a bar for each answer. They begin where the one before ended, for those who stack them."""
    made, start = [], 0.0
    for value, count in zip(question.values, counted.counts, strict=False):
        share = count / counted.answered if counted.answered else 0.0
        made.append(Bar(question.label_of(value), count, percent(share), f"{share * 100:.2f}", f"{start:.2f}"))
        start += share * 100
    return tuple(made)


def mean_of(question: Question, counted: Counted) -> Mean | None:
    found = estimate_of(question, counted)
    return mean_in_words(found, points(question)) if found else None


def mean_in_words(found: Estimate, scale: Sequence[int]) -> Mean:
    """Return the mean as people read it: "4,2 af 5", on a line from the scale's first value to its last."""
    first, last = scale[0], scale[-1]
    values = {"mean": decimal(found.mean), "top": last}
    if found.low is None or found.high is None:
        low = high = found.mean
        between = _("all answered the same, so how sure it is cannot be told")
        bounds = "–"
    else:
        low, high = found.low, found.high
        between = _("95 %% interval %(low)s–%(high)s") % {"low": decimal(low), "high": decimal(high)}
        bounds = f"{decimal(low)}–{decimal(high)}"

    def place(value: float) -> float:
        return (value - first) / (last - first) * 100

    return Mean(
        words=_("Mean %(mean)s of %(top)s") % values,
        short=decimal(found.mean),
        interval=between,
        bounds=bounds,
        first=str(first),
        last=str(last),
        at=f"{place(found.mean):.2f}",
        low=f"{place(low):.2f}",
        wide=f"{place(high) - place(low):.2f}",
    )


def decimal(value: float) -> str:
    # Rounded first: the formatting of numbers cuts off.
    return number_format(round(value, 1), 1)


def percent(share: float) -> str:
    return _("%(number)s %%") % {"number": round(share * 100)}
