"""A day's local clock time survives summer time; its instants are PostgreSQL's own (invariant 9)."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from courses.models import CourseDay
from tests.factories import CourseDayFactory, CourseRunFactory

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def instant(day: date, clock: time) -> datetime:
    """What Python's own time zone data say of a Danish clock time.

    The hour that comes twice is the later one, as in PostgreSQL (zoneinfo's fold=1); the hour that
    never comes is read with the offset before the change by both.
    """
    moment = datetime.combine(day, clock, tzinfo=COPENHAGEN)
    exists = moment.astimezone(UTC).astimezone(COPENHAGEN).time() == clock
    return moment.replace(fold=int(exists)).astimezone(UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2027, 3, 27), 8),  # winter time
        (date(2027, 3, 28), 7),  # the clock goes forward
        (date(2027, 10, 30), 7),  # summer time
        (date(2027, 10, 31), 8),  # the clock goes back
    ],
)
def test_nine_o_clock_is_nine_o_clock_around_the_change(day, utc_hour):
    course_day = CourseDayFactory(date=day, start_time=time(9), end_time=time(16))
    assert course_day.starts_at == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert timezone.localtime(course_day.starts_at).time() == time(9)
    assert course_day.planned_minutes == 7 * 60


@pytest.mark.django_db
@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 2), (date(2027, 10, 31), 4), (date(2027, 6, 1), 3)])
def test_a_night_across_the_change_is_an_hour_shorter_or_longer(day, hours):
    night = CourseDayFactory(date=day, start_time=time(1), end_time=time(4))
    assert night.planned_minutes == hours * 60


@pytest.mark.django_db
def test_the_instant_follows_when_the_date_or_the_time_changes():
    day = CourseDayFactory(date=date(2027, 3, 26))
    day.date, day.start_time = date(2027, 4, 2), time(10)
    day.save()
    assert day.starts_at == datetime(2027, 4, 2, 8, tzinfo=UTC)
    CourseDay.objects.filter(pk=day.pk).update(start_time=time(11))
    day.refresh_from_db()
    assert day.starts_at == datetime(2027, 4, 2, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_instants_are_stored_in_utc_whatever_the_session_shows():
    day = CourseDayFactory(date=date(2027, 7, 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT starts_at AT TIME ZONE 'UTC' FROM courses_courseday WHERE id = %s", [day.pk])
        assert cursor.fetchone()[0] == datetime(2027, 7, 1, 7)  # noqa: DTZ001 - PostgreSQL answers without a zone


@pytest.mark.django_db
def test_nobody_can_store_an_instant_that_disagrees_with_the_clock():
    day = CourseDayFactory()
    with pytest.raises(Exception, match="generated column"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE courses_courseday SET starts_at = now() WHERE id = %s", [day.pk])


@pytest.mark.django_db
def test_a_day_cannot_end_before_it_begins():
    with pytest.raises(IntegrityError, match="day_ends_after_start"):
        CourseDayFactory(start_time=time(16), end_time=time(9))


def disagreements(moments: list[tuple[date, time]]) -> list[tuple]:
    """Let PostgreSQL store these moments as beginnings of days; return those it reads unlike zoneinfo."""
    run = CourseRunFactory(with_days=0)
    CourseDay.objects.bulk_create(
        CourseDay(run=run, date=day, start_time=clock, end_time=time(23, 59, 59)) for day, clock in moments
    )
    stored = CourseDay.objects.filter(run=run).values_list("date", "start_time", "starts_at")
    assert len(stored) == len(moments)
    return [row for row in stored if row[2] != instant(row[0], row[1])]


@pytest.mark.django_db
def test_the_years_2000_to_2037_agree_with_zoneinfo():
    """Every day of the months in which the clock changes, and every tenth of the others."""
    days = [date(2000, 1, 1) + timedelta(days=n) for n in range((date(2038, 1, 1) - date(2000, 1, 1)).days)]
    checked = [(day, time(9)) for day in days if day.month in (3, 10) or day.day % 10 == 1]
    assert disagreements(checked) == []
    assert len(checked) > 3000


#: The Sundays on which the clock changes.
changes = st.builds(
    lambda year, month: max(date(year, month, n) for n in range(25, 32) if date(year, month, n).weekday() == 6),
    st.integers(2000, 2037),
    st.sampled_from([3, 10]),
)
clock_times = st.times(time(0), time(23, 59)).map(lambda clock: clock.replace(microsecond=0))


class AnyClockTime(TestCase):
    """Any time of any day, also the hours that come twice or never."""

    @settings(max_examples=12, deadline=None)
    @given(
        st.lists(
            st.tuples(st.one_of(st.dates(date(2000, 1, 1), date(2037, 12, 31)), changes), clock_times),
            min_size=20,
            max_size=60,
            unique_by=lambda moment: moment[0],
        )
    )
    def test_the_generated_column_equals_zoneinfo(self, moments: list[tuple[date, time]]) -> None:
        assert disagreements(moments) == []
