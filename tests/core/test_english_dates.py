"""Dates, times and numbers of the second language: English as a Danish public site writes it, never American."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.formats import date_format, get_format, number_format

from website.core.danish import clock, dates, kroner, period, unbroken, written

DAY = date(2026, 11, 21)
MOMENT = datetime.fromisoformat("2026-11-21T14:30:00+01:00")
TEMPLATES = Path(__file__).parents[2] / "templates"
#: A day of the month with the Danish dot, or a Danish clock time, spelled out in a template's own filter.
SPELLED_OUT = re.compile(r"""\|(?:date|time):"[^"]*(?:j\.|G\.i)""")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def shown(template: str) -> str:
    return Template("{% load danish %}" + template).render(Context({"day": DAY, "at": MOMENT}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATE_FORMAT", "21 November 2026"),
        ("DATETIME_FORMAT", "21 November 2026 at 14:30"),
        ("TIME_FORMAT", "14:30"),
        ("MONTH_DAY_FORMAT", "21 November"),
        ("YEAR_MONTH_FORMAT", "November 2026"),
        ("SHORT_DATE_FORMAT", "21/11/2026"),
        ("SHORT_DATETIME_FORMAT", "21/11/2026 14:30"),
    ],
)
def test_every_named_format_puts_the_day_first_and_counts_to_24(name, text):
    assert date_format(timezone.localtime(MOMENT), name) == text
    assert shown('{{ at|date:"' + name + '" }}') == text


def test_a_bare_date_and_moment_are_so_too():
    assert shown("{{ day }}; {{ at }}") == "21 November 2026; 21 November 2026 at 14:30"


def test_weeks_begin_on_monday_and_numbers_are_english():
    assert get_format("FIRST_DAY_OF_WEEK") == 1
    assert number_format(Decimal("1234.5"), decimal_pos=2, force_grouping=True) == "1,234.50"
    assert kroner(Decimal("1995")) == "1,995\u00a0kr."


@pytest.mark.parametrize("typed", ["3.4.2027", "3-4-2027", "3/4/2027", "2027-04-03"])
def test_what_is_typed_is_read_with_the_day_first(typed):
    assert forms.DateField(localize=True).clean(typed) == date(2027, 4, 3)


def test_the_admin_s_own_way_of_writing_dates_is_read_back():
    assert settings.WAGTAIL_DATE_FORMAT in get_format("DATE_INPUT_FORMATS")


def test_spans_of_days():
    assert period(DAY, DAY) == "21 November 2026"
    assert period(DAY, date(2026, 11, 23)) == "21–23 November 2026"
    assert period(DAY, date(2026, 12, 2)) == "21 November – 2 December 2026"
    assert dates([DAY, date(2026, 12, 2), date(2027, 1, 5)]) == "21 November, 2 December 2026 and 5 January 2027"
    assert clock(time(9)) == "09:00"


@pytest.mark.parametrize(
    ("pattern", "english", "danish"),
    [
        ("l j. F Y", "Saturday 21 November 2026", "lørdag 21. november 2026"),
        ("D j. M", "Sat 21 Nov", "lør 21. nov"),
        ("j. b", "21 Nov", "21. nov"),
        (r"j. F \k\l. G.i", "21 November at 14:30", "21. november kl. 14.30"),
    ],
)
def test_what_has_no_name_is_written_by_its_danish_pattern(pattern, english, danish):
    assert written(timezone.localtime(MOMENT), pattern) == english
    assert shown('{{ at|written:"' + pattern + '" }}') == english
    with translation.override("da"):
        assert shown('{{ at|written:"' + pattern + '" }}') == danish


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("lukker 15. december 2026 kl. 23.59.", ["lukker", "15.\u00a0december", "2026", "kl.\u00a023.59."]),
        ("16. oktober – 1. december", ["16.\u00a0oktober", "–", "1.\u00a0december"]),
        ("opens 14 June 2027 at 13:30", ["opens", "14\u00a0June", "2027", "at", "13:30"]),
    ],
)
def test_an_unbroken_date_ends_no_line_with_its_day(text, parts):
    assert unbroken(text).split(" ") == parts


def test_no_template_spells_out_a_danish_date_that_english_pages_would_show():
    found = [
        f"{path.relative_to(TEMPLATES)}: {match[0]}"
        for path in TEMPLATES.rglob("*.*")
        for match in SPELLED_OUT.finditer(path.read_text())
    ]
    assert not found, 'Use a named format (date:"DATE_FORMAT"), or written:"l j. F" of {% load danish %}.'
