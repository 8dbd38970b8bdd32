from datetime import date, timedelta

import pytest

from demo.dates import deadline_day, easter, is_course_day, run_days


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)), (2026, date(2026, 4, 5)), (2038, date(2038, 4, 25))],
)
def test_easter_is_found(year: int, sunday: date) -> None:
    assert easter(year) == sunday


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 11, 21),  # a Saturday
        date(2026, 4, 2),  # Maundy Thursday
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 6),  # Easter Monday
        date(2026, 5, 14),  # Ascension
        date(2026, 5, 25),  # Whit Monday
        date(2026, 6, 5),  # Constitution Day
        date(2026, 12, 24),
        date(2027, 1, 1),
        date(2026, 7, 15),  # everybody is on holiday
    ],
)
def test_no_course_is_held_when_denmark_is_off(day: date) -> None:
    assert not is_course_day(day)


def test_store_bededag_is_a_working_day_again() -> None:
    assert is_course_day(easter(2025) + timedelta(days=26))


@pytest.mark.parametrize("offset", range(0, 365, 5))
def test_days_of_a_run_are_distinct_and_on_their_side_of_today(offset: int) -> None:
    today = date(2026, 1, 1) + timedelta(days=offset)
    used: set[date] = set()

    before = run_days(today=today, start=-60, count=4, gap=14, used=used)
    around = run_days(today=today, start=-14, count=3, gap=14, used=used, today_is_day=2)
    after = run_days(today=today, start=20, count=4, gap=14, used=used)

    assert len({*before, *around, *after}) == 11
    assert max(before) < today < min(after)
    assert around[0] < around[1] == today < around[2]


def test_a_deadline_falls_on_a_working_day() -> None:
    first = date(2027, 1, 4)

    assert deadline_day(first, days_before=10, today=date(2026, 11, 21)) == date(2026, 12, 21)


@pytest.mark.parametrize("offset", range(0, 365, 5))
def test_a_deadline_to_come_is_never_moved_into_the_past(offset: int) -> None:
    today = date(2026, 1, 1) + timedelta(days=offset)
    first = run_days(today=today, start=24, count=1, gap=14, used=set())[0]

    assert today < deadline_day(first, days_before=7, today=today) < first
