"""Days on which a course may be held, counted from the day of loading."""

from datetime import date, timedelta

JULY = 7
MAY, JUNE, DECEMBER = 5, 6, 12
CHRISTMAS_BEGINS, CHRISTMAS_ENDS = (12, 22), (1, 2)
#: Days from Easter Sunday to the movable holidays that may fall on a working day (since 2024).
FROM_EASTER = (-3, -2, 1, 39, 40, 50)
FIXED = ((MAY, 1), (JUNE, 5))


def easter(year: int) -> date:
    """Return Easter Sunday of a Gregorian year (the anonymous algorithm of Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def is_course_day(day: date) -> bool:
    """Whether courses are held on that day: no weekend, Danish holiday, July or Christmas."""
    if day.weekday() >= 5 or day.month == JULY:
        return False
    month_and_day = (day.month, day.day)
    if month_and_day >= CHRISTMAS_BEGINS or month_and_day <= CHRISTMAS_ENDS or month_and_day in FIXED:
        return False
    return (day - easter(day.year)).days not in FROM_EASTER


def course_day(wanted: date, *, step: int, used: set[date]) -> date:
    """Return the first course day from `wanted` on, going by `step` (1 or -1), that is not in `used`."""
    while wanted in used or not is_course_day(wanted):
        wanted += timedelta(days=step)
    return wanted


def deadline_day(first: date, *, days_before: int, today: date) -> date:
    """Return the course day at or before `days_before` days before `first`, but not one that has passed."""
    wanted = first - timedelta(days=days_before)
    earlier = course_day(wanted, step=-1, used=set())
    return earlier if earlier > today or wanted <= today else wanted


def run_days(
    *, today: date, start: int, count: int, gap: int, used: set[date], today_is_day: int | None = None
) -> list[date]:
    """Return the dates of a run that begins `start` days from `today`, `gap` days apart, in order.

    Days of the past move backwards and days to come forwards until they are course days that are
    not in `used` (which gets them). With `today_is_day` that day, counted from 1, is today whatever
    day of the week it is.
    """
    days = []
    for number in range(count):
        offset = start + number * gap
        if today_is_day == number + 1:
            day = today
        else:
            day = course_day(today + timedelta(days=offset), step=1 if offset > 0 else -1, used=used | {today})
        used.add(day)
        days.append(day)
    return sorted(days)
