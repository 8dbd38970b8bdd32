"""Dates, hours, weeks and amounts are shown as Danes write them."""

from datetime import date, time
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import Context, Template

from courses.models import Presenter
from tests.factories import PresenterFactory
from website.core.danish import DanishOrder, danish_key
from website.core.templatetags.danish import clock_span, day_span, kroner, weeknumber


def day(text: str, start: time | None = time(9), end: time | None = time(16)) -> SimpleNamespace:
    return SimpleNamespace(date=date.fromisoformat(text), start_time=start, end_time=end)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("1234.50"), "1.234,50 kr."),
        (Decimal("1234.00"), "1.234 kr."),
        (Decimal(0), "0 kr."),
        (Decimal("1234567.05"), "1.234.567,05 kr."),
        (None, ""),
    ],
)
def test_an_amount_has_its_oere_only_when_there_are_any(amount, shown):
    assert kroner(amount).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        ([day("2026-12-09")], "9. december 2026 kl. 9.00–16.00"),
        ([day("2026-12-09", start=None)], "9. december 2026"),
        ([date(2026, 12, 9)], "9. december 2026"),
        ([day("2026-03-03"), day("2026-03-04"), day("2026-03-05")], "3.–5. marts 2026"),
        ([date(2026, 3, 31), date(2026, 4, 1)], "31. marts – 1. april 2026"),
        ([date(2026, 12, 31), date(2027, 1, 1)], "31. december 2026 – 1. januar 2027"),
        (
            [date(2026, 4, 14), date(2026, 3, 3), date(2026, 3, 17), date(2026, 3, 31)],
            "3. marts, 17. marts, 31. marts og 14. april 2026",
        ),
        ([date(2026, 12, 1), date(2027, 1, 5)], "1. december 2026 og 5. januar 2027"),
        ([], ""),
    ],
)
def test_days_are_named_as_a_span_or_one_by_one(days, shown):
    assert day_span(days) == shown


def test_a_run_is_shown_by_its_days():
    run = SimpleNamespace(days=SimpleNamespace(all=lambda: [day("2026-12-09")]))
    assert day_span(run) == "9. december 2026 kl. 9.00–16.00"


def test_weeks_begin_on_monday():
    assert weeknumber(date(2015, 4, 23)) == "uge 17"
    assert weeknumber(date(2027, 1, 3)) == "uge 53"
    assert weeknumber(date(2027, 1, 4)) == "uge 1"


def test_hours_are_a_span_when_the_end_is_known():
    assert clock_span(time(9), time(16, 30)) == "9.00–16.30"
    assert clock_span(time(9)) == "9.00"
    assert (
        Template("{% load danish %}{% clock_span s e %}").render(Context({"s": time(8, 5), "e": time(9)}))
        == "8.05–9.00"
    )


@pytest.mark.django_db
def test_names_of_other_languages_stand_where_danes_look_for_them_in_postgresql_and_in_python():
    names = ["Çelik", "Cohen", "Émile", "Engel", "Mylius", "Müller", "Şahin", "Zhang", "Østergård", "Özdemir", "Ågård"]
    for name in reversed(names):
        PresenterFactory(name=name)
    assert list(Presenter.objects.order_by(DanishOrder("name")).values_list("name", flat=True)) == names
    assert sorted(reversed(names), key=danish_key) == names
