"""Charts and periods of reports: nothing by colour alone, words for those who do not see it, and the calendar's own."""

import re
from datetime import date
from xml.etree import ElementTree

import pandas as pd
import pytest

from enrolments.reports.charts import MOST, draw
from enrolments.reports.kinds import Chart, Table
from enrolments.reports.periods import span_of
from website.core.exports import Column, Kind

NAME = Column("name", "Kommune", "")
CAME, AWAY = Column("came", "Mødte op", "", Kind.INTEGER), Column("away", "Udeblev", "", Kind.INTEGER)
RATE = Column("rate", "Andel", "", Kind.PERCENT)


def table(rows, columns=(NAME, CAME, AWAY), *, kind="stacked", values=("came", "away")):
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    return Table(list(columns), frame, {}, Chart(kind, "name", list(values), "Hvem kom"))


@pytest.mark.parametrize("kind", ["bars", "stacked", "line"])
def test_a_chart_is_well_formed_and_says_in_words_what_it_shows(kind):
    picture = draw(table([("Ærø", 12, 1), ("Aarhus", 40, 0)], kind=kind))

    root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own
    assert root.attrib["role"] == "img"
    words = {element.tag.rpartition("}")[2]: element.text for element in root[:2]}
    assert words["title"] == "Hvem kom"
    assert "Mødte op: højest Aarhus (40), lavest Ærø (12)." in words["desc"]
    assert root.attrib["aria-labelledby"].split() == [element.attrib["id"] for element in root[:2]]


def test_series_differ_in_pattern_and_values_stand_in_numbers():
    svg = draw(table([("Ærø", 12, 1)])).svg

    fills = set(re.findall(r'<rect[^>]* fill="([^"]+)"/>', svg.split("</defs>")[1]))
    assert len(fills) == 2
    assert any(fill.startswith("url(#") for fill in fills)
    assert "12 + 1" in svg


def test_lines_differ_in_dashes_and_marks():
    svg = draw(table([("jan", 1, 2), ("feb", 3, 4)], kind="line")).svg

    dashes = re.findall(r"<polyline[^>]*?(stroke-dasharray=\"[^\"]+\")?/>", svg)
    assert len(set(dashes)) == 2
    assert "<circle" in svg


def test_only_the_highest_are_drawn_and_that_is_said():
    rows = [(f"Kommune {number:02}", number, 0) for number in range(40)]

    picture = draw(table(rows))

    assert "Kommune 39" in picture.svg
    assert "Kommune 01<" not in picture.svg
    assert f"De {MOST} højeste er tegnet" in picture.description


def test_names_are_names_and_never_markup():
    svg = draw(table([('<script>"&', 3, 1)])).svg

    assert "<script>" not in svg
    ElementTree.fromstring(svg)  # noqa: S314 - our own


@pytest.mark.parametrize("rows", [[], [("Ærø", 0, 0)], [("Ærø", None, float("nan"))]])
def test_nothing_to_draw_is_no_chart(rows):
    assert draw(table(rows)) is None


def test_shares_are_drawn_against_the_whole():
    svg = draw(table([("Ærø", 0.5)], (NAME, RATE), kind="bars", values=["rate"])).svg

    assert "50,0 %" in svg


@pytest.mark.parametrize(
    ("period", "day", "first", "last"),
    [
        ("last_month", date(2027, 1, 4), date(2026, 12, 1), date(2026, 12, 31)),
        ("last_month", date(2028, 3, 31), date(2028, 2, 1), date(2028, 2, 29)),
        ("last_quarter", date(2027, 2, 1), date(2026, 10, 1), date(2026, 12, 31)),
        ("this_quarter", date(2026, 11, 22), date(2026, 10, 1), date(2026, 12, 31)),
        ("last_week", date(2027, 1, 4), date(2026, 12, 28), date(2027, 1, 3)),
        ("this_school_year", date(2026, 7, 31), date(2025, 8, 1), date(2026, 7, 31)),
        ("this_school_year", date(2026, 8, 1), date(2026, 8, 1), date(2027, 7, 31)),
        ("last_school_year", date(2026, 8, 1), date(2025, 8, 1), date(2026, 7, 31)),
        ("last_year", date(2027, 1, 1), date(2026, 1, 1), date(2026, 12, 31)),
        ("coming_month", date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 31)),
        ("noget", date(2026, 12, 31), None, None),
    ],
)
def test_a_period_moves_with_the_calendar(period, day, first, last):
    assert span_of(period, day) == (first, last)
