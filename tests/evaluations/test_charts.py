"""A 0-10 question is drawn as columns, every one with its number, and a table says the same."""

import re
from itertools import pairwise

import pytest
from django.template.loader import render_to_string

from evaluations.questions import Question, parse
from evaluations.results.charts import Chart, counted_chart
from evaluations.results.figures import Tally
from tests.evaluations.factories import TEACHING, question, questionnaire

pytestmark = pytest.mark.django_db

SURE = question("number", "sure", "Hvor sikker er du?", low_da="Slet ikke", high_da="Helt")
COUNTS = (0, 0, 1, 0, 0, 1, 4, 0, 3, 3, 1)


def asked(made: dict) -> Question:
    return parse(questionnaire(made).questions)[0]


def chart(counts: tuple[int, ...] = COUNTS, made: dict = SURE) -> Chart:
    return counted_chart(asked(made), Tally(sum(counts), 0, counts))


def test_each_value_has_a_column_as_high_as_its_part_of_the_most_chosen():
    columns = chart().columns.all

    assert [(each.label, each.count) for each in columns] == [(str(n), count) for n, count in enumerate(COUNTS)]
    assert [columns[n].height for n in (0, 2, 6, 8)] == ["0.00", "25.00", "100.00", "75.00"]
    assert all(float(each.top) + float(each.height) == 100 for each in columns)
    assert all(float(one.left) + float(one.wide) < float(other.left) for one, other in pairwise(columns))
    assert float(columns[-1].left) + float(columns[-1].wide) < 100


def test_the_mean_stands_below_where_its_column_would():
    columns = chart((0, 0, 0, 0, 5, 0, 5, 0, 0, 0, 0)).columns

    assert columns.at == columns.all[5].middle == "50.00"
    assert float(columns.low) + float(columns.wide) / 2 == pytest.approx(50, abs=0.02)
    # 5 ± 2.262 · 1.054 / √10, and a column's place is 100 / 11 wide.
    assert float(columns.wide) == pytest.approx(2 * 0.754 * 100 / 11, abs=0.1)


def test_answers_that_are_all_alike_have_a_mean_without_an_interval():
    columns = chart((0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6)).columns

    assert (columns.at, columns.wide) == (columns.all[10].middle, "")
    assert "columns__interval" not in render(chart((0,) * 10 + (6,)))


def test_what_has_words_for_its_answers_stays_bars():
    assert chart((0, 1, 2, 3, 0), TEACHING).columns is None


def test_page_shows_columns_and_their_table_says_the_same():
    page = render(chart())

    assert re.findall(r'columns__count"[^>]*>(\d+)<', page) == ["1", "1", "4", "3", "3", "1"]
    assert re.findall(r'columns__value"[^>]*>(\d+)<', page) == [str(n) for n in range(11)]
    table = re.sub(r"<[^>]+>|\s+", " ", page[page.index("<table") :])
    assert "Svar Andel Personer" in " ".join(table.split())
    assert "0 (Slet ikke) 0 % 0 1 0 % 0 2 8 % 1" in " ".join(table.split())
    assert 'style="' not in page


def render(made: Chart) -> str:
    return render_to_string("evaluations/_chart.html", {"chart": made})
