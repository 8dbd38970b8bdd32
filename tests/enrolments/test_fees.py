"""What a change costs and until when one may make it: the terms as numbers."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from courses.models import CancellationTerms, CancellationTier
from enrolments.enums import RequestKind
from enrolments.operations.fees import cancellation_fee, deadlines, may, move_fee
from tests.factories import CancellationTermsFactory

pytestmark = pytest.mark.django_db

FIRST_DAY = date(2027, 3, 29)
PRICE = Decimal("1895.00")


@pytest.fixture
def terms() -> CancellationTerms:
    """Half from 28 days before, everything from 7 days before."""
    return CancellationTermsFactory(tiers=[(28, "50"), (7, "100")])


@pytest.mark.parametrize(
    ("on", "fee"),
    [
        (date(2027, 2, 28), "0"),  # 29 days before
        (date(2027, 3, 1), "947.50"),  # 28 days before
        (date(2027, 3, 21), "947.50"),  # 8 days before
        (date(2027, 3, 22), "1895.00"),  # 7 days before
        (date(2027, 3, 29), "1895.00"),
        (date(2027, 4, 2), "1895.00"),
    ],
)
def test_the_latest_tier_that_applies_counts(terms, on, fee):
    assert cancellation_fee(terms, PRICE, FIRST_DAY, on) == Decimal(fee)


def tier(terms, **fields) -> CancellationTier:
    return CancellationTier.objects.create(terms=terms, **fields)


def test_a_fixed_fee_is_that_many_kroner_and_never_above_the_price():
    terms = CancellationTermsFactory()
    tier(terms, days_before=14, kind="fixed", value=Decimal("500"))

    assert cancellation_fee(terms, PRICE, FIRST_DAY, FIRST_DAY) == Decimal("500.00")
    assert cancellation_fee(terms, Decimal("300"), FIRST_DAY, FIRST_DAY) == Decimal("300.00")


def test_a_percentage_has_a_least_fee_that_is_never_above_the_price():
    terms = CancellationTermsFactory()
    tier(terms, days_before=14, kind="percent", value=Decimal("10"), minimum_fee=Decimal("400"))

    assert cancellation_fee(terms, PRICE, FIRST_DAY, FIRST_DAY) == Decimal("400.00")
    assert cancellation_fee(terms, Decimal("8000"), FIRST_DAY, FIRST_DAY) == Decimal("800.00")
    assert cancellation_fee(terms, Decimal("250"), FIRST_DAY, FIRST_DAY) == Decimal("250.00")


def test_half_an_oere_is_rounded_up():
    terms = CancellationTermsFactory(tiers=[(14, "50")])

    assert cancellation_fee(terms, Decimal("10.01"), FIRST_DAY, FIRST_DAY) == Decimal("5.01")


def test_nothing_is_due_without_terms_without_a_price_or_without_days(terms):
    assert cancellation_fee(None, PRICE, FIRST_DAY, FIRST_DAY) == 0
    assert cancellation_fee(terms, Decimal(0), FIRST_DAY, FIRST_DAY) == 0
    assert cancellation_fee(terms, PRICE, None, FIRST_DAY) == 0


def test_moving_costs_what_the_terms_say_and_never_more_than_the_seat():
    terms = CancellationTermsFactory(move_fee=Decimal("300"))

    assert move_fee(terms, PRICE) == Decimal("300.00")
    assert move_fee(terms, Decimal("200")) == Decimal("200.00")
    assert move_fee(None, PRICE) == 0


def danish(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo("Europe/Copenhagen"))


def test_a_deadline_is_the_end_of_that_day_in_denmark_also_across_summer_time():
    terms = CancellationTermsFactory(cancel_until=0, move_until=2, replace_until=1)
    starts_at = danish(2027, 3, 29, 9)  # the day after the clocks go forward

    found = deadlines(terms, starts_at)

    assert found.cancel == starts_at
    assert found.move == danish(2027, 3, 28)
    assert found.replace == danish(2027, 3, 29)
    assert may(RequestKind.MOVE, terms, starts_at, danish(2027, 3, 27, 23, 59))
    assert not may(RequestKind.MOVE, terms, starts_at, danish(2027, 3, 28))


def test_without_terms_one_may_change_until_the_run_begins():
    starts_at = danish(2027, 3, 29, 9)

    assert may(RequestKind.CANCEL, None, starts_at, danish(2027, 3, 29, 8, 59))
    assert not may(RequestKind.MOVE, None, starts_at, danish(2027, 3, 29, 9))
    assert may(RequestKind.REPLACE, None, None, danish(2027, 3, 29, 9))
