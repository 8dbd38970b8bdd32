"""Charts of reports as SVG, drawn by the server: the same picture on the screen and in a PDF.

A chart says nothing by colour alone: its series differ in pattern too, and values stand beside the bars. It has a
title and a description, and the report's table beside it holds every number. Colours keep 3:1 on white and on the
admin's dark background; words and lines take the colour of the text around.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from enrolments.reports.kinds import Chart, Table
from enrolments.reports.showing import cell
from website.core.exports import Column, Kind

#: More bars than this nobody reads: the highest are drawn, the table has the rest.
MOST = 25
WIDTH, VALUES, ROW, HEAD, FOOT = 760, 96, 26, 8, 8
#: Letters of a label that are drawn, and how wide one is.
LETTERS, LETTER = 32, 8.0
FONT = "IBM Plex Sans, system-ui, sans-serif"
COLOURS = ("#2a8a99", "#c26a1b", "#8a63b8", "#6f7a83", "#b04a68")
#: What is drawn over a series' colour, in white: nothing, hatching one way, dots, hatching the other way, a grid.
PATTERNS = (
    "",
    '<path d="M0 8L8 0" stroke="#fff" stroke-width="1.6"/>',
    '<circle cx="4" cy="4" r="1.6" fill="#fff"/>',
    '<path d="M0 0L8 8" stroke="#fff" stroke-width="1.6"/>',
    '<path d="M0 4H8M4 0V8" stroke="#fff" stroke-width="1.2"/>',
)
DASHES = ("", "7 4", "2 4", "10 3 2 3", "4 2")


@dataclass(frozen=True)
class Picture:
    """A drawn chart: the SVG, and in words what it shows (a PDF's alternative text)."""

    svg: SafeString
    title: str
    description: str


@dataclass(frozen=True)
class Series:
    column: Column
    values: Sequence[float]


def draw(table: Table, *, name: str = "chart") -> Picture | None:
    """Return the table's chart; None when it has none, or nothing to draw. `name` tells charts on a page apart."""
    chart = table.chart
    if chart is None or table.drawn.empty:
        return None
    columns = {column.name: column for column in table.columns}
    label = columns[chart.label_column]
    series = [columns[value] for value in chart.value_columns if value in columns]
    rows = [
        (cell(label, record[0]), [float(value or 0) for value in record[1:]])
        for record in zip(
            table.drawn[label.name].tolist(), *(table.drawn[each.name].tolist() for each in series), strict=True
        )
    ]
    rows = [(text, [0.0 if value != value else value for value in values]) for text, values in rows]  # NaN is none
    left_out = 0
    if chart.kind != "line" and len(rows) > MOST:
        left_out = len(rows) - MOST
        kept = sorted(range(len(rows)), key=lambda at: -sum(rows[at][1]))[:MOST]
        rows = [rows[at] for at in sorted(kept)]
    if not series or not any(value for _text, values in rows for value in values):
        return None
    lines = [Series(column, [values[at] for _text, values in rows]) for at, column in enumerate(series)]
    labels = [text for text, _values in rows]
    title = str(chart.title)
    description = _described(labels, lines, left_out)
    body, height = (_line if chart.kind == "line" else _bars)(labels, lines, name)
    ids = f"{name}-title {name}-desc"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}"'
        f' role="img" aria-labelledby={quoteattr(ids)} font-family={quoteattr(FONT)} font-size="13"'
        f' fill="currentColor"><title id={quoteattr(f"{name}-title")}>{escape(title)}</title>'
        f"<desc id={quoteattr(f'{name}-desc')}>{escape(description)}</desc>{_patterns(len(lines), name)}{body}</svg>"
    )
    return Picture(svg=mark_safe(svg), title=title, description=description)


def legend(chart: Chart, columns: Sequence[Column]) -> list[str]:
    """Return the names of the chart's series."""
    named = {column.name: str(column.heading) for column in columns}
    return [named[value] for value in chart.value_columns if value in named]


def _described(labels: Sequence[str], series: Sequence[Series], left_out: int) -> str:
    parts = []
    for each in series:
        highest = max(range(len(labels)), key=lambda at: each.values[at])
        lowest = min(range(len(labels)), key=lambda at: each.values[at])
        parts.append(
            _("%(what)s: highest %(most)s (%(most_value)s), lowest %(least)s (%(least_value)s).")
            % {
                "what": each.column.heading,
                "most": labels[highest],
                "most_value": _value(each.column, each.values[highest]),
                "least": labels[lowest],
                "least_value": _value(each.column, each.values[lowest]),
            }
        )
    if left_out:
        parts.append(_("The %(count)s highest are drawn; the table has them all.") % {"count": MOST})
    return " ".join([*parts, _("Every number stands in the table.")])


def _value(column: Column, value: float) -> str:
    return cell(column, value)


def _patterns(count: int, name: str) -> str:
    made = "".join(
        f'<pattern id={quoteattr(f"{name}-p{at}")} width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{_colour(at)}"/>{PATTERNS[at % len(PATTERNS)]}</pattern>'
        for at in range(count)
    )
    return f"<defs>{made}</defs>"


def _colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]


def _fill(at: int, name: str) -> str:
    return f"url(#{name}-p{at})" if PATTERNS[at % len(PATTERNS)] else _colour(at)


def _text(x: float, y: float, words: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def _legend(series: Sequence[Series], name: str, *, lines: bool = False) -> tuple[str, float]:
    """Return the legend's drawing and its height; nothing for a single series."""
    if len(series) == 1:
        return "", HEAD
    made, x, y = [], 0.0, 20.0
    for at, each in enumerate(series):
        words = str(each.column.heading)
        wide = 26 + 7.4 * len(words) + 22
        if x and x + wide > WIDTH:
            x, y = 0.0, y + 22
        if lines:
            made.append(_stroke(at, f"{x:g},{y - 5:g} {x + 18:g},{y - 5:g}") + _mark(at, x + 9, y - 5))
        else:
            made.append(f'<rect x="{x:g}" y="{y - 12:g}" width="16" height="14" fill="{_fill(at, name)}"/>')
        made.append(_text(x + 22, y, words))
        x += wide
    return "".join(made), y + 16


def _bars(labels: Sequence[str], series: Sequence[Series], name: str) -> tuple[str, float]:
    """Lay bars from left to right, one a row; several series stand after each other in the row."""
    head, top = _legend(series, name)
    totals = [sum(each.values[at] for each in series) for at in range(len(labels))]
    share = all(each.column.kind is Kind.PERCENT for each in series)
    most = max(max(totals), 1.0 if share and len(series) == 1 else 0.0) or 1.0
    left = 16 + LETTER * max(min(len(label), LETTERS) for label in labels)
    room = WIDTH - left - VALUES
    made = [head]
    for at, label in enumerate(labels):
        y = top + at * ROW
        made.append(
            f"<g><title>{escape(label)}</title>{_text(left - 10, y + 17, _short(label, LETTERS), anchor='end')}</g>"
        )
        x = left
        for number, each in enumerate(series):
            wide = each.values[at] / most * room
            if wide > 0:
                place = f'x="{x:.1f}" y="{y + 3:g}" width="{wide:.1f}" height="{ROW - 8}"'
                made.append(f'<rect {place} fill="{_fill(number, name)}"/>')
            x += max(wide, 0)
        words = " + ".join(_value(each.column, each.values[at]) for each in series)
        if len(series) > 1 and len(words) > 14:
            words = _value(series[0].column, totals[at])
        made.append(_text(x + 6, y + 17, words))
    bottom = top + len(labels) * ROW
    made.append(f'<path d="M{left:g} {top:g}V{bottom:g}" stroke="currentColor" stroke-width="1"/>')
    return "".join(made), bottom + FOOT


def _line(labels: Sequence[str], series: Sequence[Series], name: str) -> tuple[str, float]:
    """Draw a line a series over time: they differ in dashes and in the marks on them."""
    head, top = _legend(series, name, lines=True)
    top += 14
    # Half of the last label stands right of the last place.
    tall, left, right = 220.0, 70.0, WIDTH - 52.0
    share = all(each.column.kind is Kind.PERCENT for each in series)
    most = max(max(max(each.values) for each in series), 1.0 if share else 0.0) or 1.0
    step = (right - left) / max(len(labels) - 1, 1)

    def place(at: int, value: float) -> tuple[float, float]:
        return (left + at * step if len(labels) > 1 else (left + right) / 2), top + tall - value / most * tall

    made = [head]
    for part in (0, 0.5, 1):
        y = top + tall - part * tall
        made.append(f'<path d="M{left:g} {y:g}H{right:g}" stroke="currentColor" stroke-opacity="0.25"/>')
        made.append(_text(left - 8, y + 4, _value(series[0].column, most * part), anchor="end"))
    for number, each in enumerate(series):
        places = [place(at, value) for at, value in enumerate(each.values)]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        made.append(_stroke(number, way))
        made.extend(_mark(number, x, y) for x, y in places)
    every = max(1, -(-len(labels) // 12))
    made += [
        _text(place(at, 0)[0], top + tall + 20, _short(labels[at], 14), anchor="middle")
        for at in range(0, len(labels), every)
    ]
    return "".join(made), top + tall + 34


def _stroke(number: int, way: str) -> str:
    dash = DASHES[number % len(DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{way}" fill="none" stroke="{_colour(number)}" stroke-width="2.5"{dashed}/>'


def _mark(number: int, x: float, y: float) -> str:
    colour = _colour(number)
    match number % 3:
        case 0:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
        case 1:
            return f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>'
    return f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{colour}"/>'
