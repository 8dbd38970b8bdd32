"""How long personal data is kept, and the nightly job that deletes what nobody may keep any longer.

The table of periods stands in settings.RETENTION; what each category is and how it goes, the apps contribute
(`retention_categories`). A category that fails does not keep the others from going.
"""

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, QuerySet
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from website.core.contributions import RetentionCategory, retention_categories
from website.core.models import RetentionRun

logger = logging.getLogger(__name__)

#: Rows that one batch touches at most.
BATCH = 1000


@dataclass(frozen=True, slots=True)
class Period:
    """How long something is kept: days, or years; from the day itself or the end of its financial year."""

    days: int = 0
    years: int = 0
    from_financial_year: bool = False

    @classmethod
    def of(cls, name: str) -> "Period":
        """Return the period of that name in settings.RETENTION. Raises KeyError for an unknown one."""
        return cls(**settings.RETENTION[name])

    def cutoff(self, today: date) -> date:
        """Return the newest day whose period is over today."""
        newest = _years_before(today, self.years) - timedelta(days=self.days + 1)
        if not self.from_financial_year:
            return newest
        month, day = settings.FINANCIAL_YEAR_ENDS
        end = _day(newest.year, month, day)
        return end if end <= newest else _day(newest.year - 1, month, day)

    def ends(self, trigger: date) -> date:
        """Return the last day on which something that `trigger` started is kept."""
        if self.from_financial_year:
            month, day = settings.FINANCIAL_YEAR_ENDS
            end = _day(trigger.year, month, day)
            trigger = end if end >= trigger else _day(trigger.year + 1, month, day)
        return _day(trigger.year + self.years, trigger.month, trigger.day) + timedelta(days=self.days)

    def __str__(self) -> str:
        if self.years:
            text = ngettext("%(count)s year", "%(count)s years", self.years) % {"count": self.years}
            return (
                _("%(period)s from the end of the financial year") % {"period": text}
                if (self.from_financial_year)
                else text
            )
        return (
            ngettext("%(count)s day", "%(count)s days", self.days) % {"count": self.days} if self.days else _("At once")
        )


def first_due(later: QuerySet, day: Combinable) -> tuple[date, int] | None:
    """Return the first of the days of these rows, and how many rows have it; None without any.

    `day`: what tells a row's day. For a category's `next_due`.
    """
    return later.order_by().annotate(due=day).values_list("due").annotate(Count("pk")).order_by("due").first()


def run_retention(*, by: Any = None, today: date | None = None) -> list[RetentionRun]:
    """Delete what is due in every category and log how many rows went. Returns the log, one entry a category.

    Raises RuntimeError at the end when a category failed; the others have gone all the same.
    """
    today = today or timezone.localdate()
    runs = [_forget(category, by=by, today=today) for category in retention_categories]
    if failed := [run.category for run in runs if run.failed]:
        raise RuntimeError(f"retention failed for {', '.join(failed)}")
    return runs


def _forget(category: RetentionCategory, *, by: Any, today: date) -> RetentionRun:
    run = RetentionRun.objects.create(category=category.name, by=by)
    try:
        for rows in category.forget(Period.of(category.period).cutoff(today)):
            run.rows += rows
            run.save(update_fields=["rows"])
    except Exception as error:
        # What PostgreSQL says of an error may quote the row: only the kind of error is told.
        logger.error("retention of %s failed: %s", category.name, type(error).__name__)
        run.failed = True
    run.finished_at = timezone.now()
    run.save(update_fields=["failed", "finished_at"])
    return run


def _years_before(day: date, years: int) -> date:
    return _day(day.year - years, day.month, day.day)


def _day(year: int, month: int, day: int) -> date:
    """Return the day; the 28th of February where a year has no 29th."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)
