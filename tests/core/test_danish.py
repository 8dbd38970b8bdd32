"""Dates, hours, weeks and amounts are shown as Danes write them."""

from datetime import date
from decimal import Decimal

import pytest

from courses.models import Presenter
from tests.factories import PresenterFactory
from website.core.danish import DanishOrder, danish_key, dates, week
from website.core.templatetags.danish import kroner


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
        ([date(2026, 12, 9)], "9. december 2026"),
        ([date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)], "3.–5. marts 2026"),
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
    assert dates(days) == shown


def test_weeks_begin_on_monday():
    assert week(date(2015, 4, 23)) == "uge 17"
    assert week(date(2027, 1, 3)) == "uge 53"
    assert week(date(2027, 1, 4)) == "uge 1"


@pytest.mark.django_db
def test_names_of_other_languages_stand_where_danes_look_for_them_in_postgresql_and_in_python():
    names = ["Çelik", "Cohen", "Émile", "Engel", "Mylius", "Müller", "Şahin", "Zhang", "Østergård", "Özdemir", "Ågård"]
    for name in reversed(names):
        PresenterFactory(name=name)
    assert list(Presenter.objects.order_by(DanishOrder("name")).values_list("name", flat=True)) == names
    assert sorted(set(names), key=danish_key) == names
