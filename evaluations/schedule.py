"""When people are asked, by the days of their course: clock times in Denmark, whatever the season."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from evaluations.enums import Moment

#: An evaluation closes on the evening of its last day.
EVENING = time(23, 59)
NOON = time(12)
#: With less time to answer, expectations are not asked for.
SHORTEST = timedelta(days=1)
#: So long after its mail was due an evaluation is still planned: the worker may have been away.
LATEST = timedelta(days=2)
#: A reminder comes so long before it is too late, or not at all.
TIME_TO_ANSWER = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Period:
    """A run's days: the date and the instant of its beginning, and of its end."""

    starts_at: datetime
    ends_at: datetime

    @property
    def first_day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def last_day(self) -> date:
        return timezone.localdate(self.ends_at)


@dataclass(frozen=True, slots=True)
class Times:
    """When an evaluation opens, writes to people, reminds them and closes. The names are the model's."""

    opens_at: datetime
    closes_at: datetime
    invites_at: datetime | None = None
    first_reminder_at: datetime | None = None
    second_reminder_at: datetime | None = None

    def shifted(self, days: int) -> "Times":
        """Return the same clock times so many days later."""
        return Times(*(each and later(each, days) for each in self.all()))  # type: ignore[arg-type] # None stays None

    def all(self) -> tuple[datetime | None, ...]:
        return self.opens_at, self.closes_at, self.invites_at, self.first_reminder_at, self.second_reminder_at


def local(day: date, clock: time) -> datetime:
    """Return the instant of a clock time in Denmark."""
    return timezone.make_aware(datetime.combine(day, clock))


def later(moment: datetime, days: int) -> datetime:
    """Return the same clock time in Denmark so many days later: across summer time too."""
    there = timezone.localtime(moment)
    return local(there.date() + timedelta(days=days), there.time())


def default_times(moment: str, period: Period, *, at: datetime) -> Times | None:
    """Return when a run of these days is asked at this moment; None when it is too late to begin at `at`."""
    hour = time(settings.EVALUATION_REMINDER_HOUR)
    match moment:
        case Moment.BEFORE:
            # Over by the day before at noon: so that presenters can read what is expected of them.
            closes_at = local(period.first_day - timedelta(days=1), NOON)
            opens_at = local(period.first_day - timedelta(days=settings.EVALUATION_BEFORE_DAYS), hour)
            times = _asked(max(opens_at, at), closes_at=closes_at)
            return times if times.closes_at - times.opens_at >= SHORTEST else None
        case Moment.END:
            invites_at = max(period.ends_at, local(period.last_day, time(settings.EVALUATION_MAIL_HOUR)))
            opens_at = period.ends_at - timedelta(minutes=settings.EVALUATION_OPENS_MINUTES_BEFORE_END)
            times = _asked(opens_at, invites_at=invites_at)
        case _:
            asked_on = period.last_day + timedelta(days=settings.EVALUATION_FOLLOW_UP_DAYS)
            times = _asked(local(asked_on, hour))
    return times if at < (times.invites_at or times.opens_at) + LATEST else None


def _asked(opens_at: datetime, *, invites_at: datetime | None = None, closes_at: datetime | None = None) -> Times:
    """Return the times of an evaluation whose mail goes when it opens, or at `invites_at`."""
    invites_at = invites_at or opens_at
    invited_on = timezone.localdate(invites_at)
    last = local(invited_on + timedelta(days=settings.EVALUATION_OPEN_DAYS), EVENING)
    closes_at = min(last, closes_at or last)
    hour = time(settings.EVALUATION_REMINDER_HOUR)
    reminders = [local(invited_on + timedelta(days=days), hour) for days in settings.EVALUATION_REMINDER_DAYS]
    first, second = (each if each <= closes_at - TIME_TO_ANSWER else None for each in reminders)
    return Times(opens_at, closes_at, invites_at, first, second)
