"""How answers and response rates move over time: by quarter or half-year of the runs' last day.

Up or down is only said where the 95 % intervals of two following periods do not overlap. A period's mean is also a
matter of which courses were held in it; the page says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.reports.kinds import Chart, Table
from evaluations.enums import COURSE_MOMENTS, Moment
from evaluations.models import Evaluation
from evaluations.results.across import HalfYear, Pooled, Quarter, pooled, rates
from evaluations.results.charts import Mean, mean_in_words
from evaluations.results.comparison import Verdict, verdict
from evaluations.results.figures import Estimate, points
from evaluations.results.overview import MEASURED, RUNS, frame
from website.core.exports import Column, Kind


class Step(TextChoices):
    """How long a period is."""

    QUARTER = "quarter", gettext_lazy("Quarters")
    HALF = "half", gettext_lazy("Half-years")


BUCKETS = {Step.QUARTER: Quarter, Step.HALF: HalfYear}

PERIOD = Column("period", gettext_lazy("Period"), "", width=16)
QUESTION = Column("question", gettext_lazy("Question"), "", width=50)
CHANGE = Column("change", gettext_lazy("Since the period before"), "", width=22)
TREND_COLUMNS: Sequence[Column] = [QUESTION, PERIOD, RUNS, *MEASURED, CHANGE]
RATE_COLUMNS: Sequence[Column] = [
    PERIOD,
    *(
        Column(name, heading, "", kind, 12)
        for name, heading, kind in (
            ("before", pgettext_lazy("response rate", "Before"), Kind.PERCENT),
            ("end", pgettext_lazy("response rate", "At the end"), Kind.PERCENT),
            ("follow_up", pgettext_lazy("response rate", "Follow-up"), Kind.PERCENT),
            ("invited", gettext_lazy("Invited in all"), Kind.INTEGER),
            ("answered", gettext_lazy("Answered in all"), Kind.INTEGER),
        )
    ),
]


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a question; `change` says how it stands to the period before, or nothing."""

    period: str
    pooled: Pooled
    estimate: Estimate
    change: str

    @property
    def mean(self) -> Mean:
        return mean_in_words(self.estimate, points(self.pooled.question))

    @property
    def words(self) -> str:
        return str(Verdict(self.change).label) if self.change else ""

    @property
    def arrow(self) -> str:
        return {Verdict.HIGHER: "↑", Verdict.LOWER: "↓"}.get(Verdict(self.change), "") if self.change else ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A question asked at the end of courses, period by period."""

    text: str
    points: tuple[Point, ...]

    @property
    def is_over_time(self) -> bool:
        return len(self.points) > 1


def period_name(first: date, step: str) -> str:
    if step == Step.HALF:
        return _("%(half)s half of %(year)s") % {
            "half": _("First") if first.month == 1 else _("Second"),
            "year": first.year,
        }
    return _("Q%(quarter)s %(year)s") % {"quarter": (first.month + 2) // 3, "year": first.year}


def trends_of(chosen: QuerySet[Evaluation], step: str = Step.QUARTER) -> list[Trend]:
    """Return the trend of each measured question that is asked at the end. Two queries."""
    found: dict[object, list[Pooled]] = {}
    for each in pooled(chosen, BUCKETS[Step(step)]("held_on"), moment=Moment.END):
        if each.question.is_measured:
            found.setdefault(each.key, []).append(each)
    return [Trend(series[0].text, _points(series, step)) for series in found.values()]


def _points(series: list[Pooled], step: str) -> tuple[Point, ...]:
    made: list[Point] = []
    for each in sorted(series, key=lambda each: each.by):
        estimate = each.estimate
        if estimate is None:
            continue
        change = str(verdict(estimate, made[-1].estimate)) if made else ""
        made.append(Point(period_name(each.by, step), each, estimate, change))
    return tuple(made)


def trends_table(trends: Sequence[Trend]) -> Table:
    rows = [
        {
            "question": trend.text,
            "period": point.period,
            "runs": point.pooled.evaluations,
            "mean": round(point.estimate.mean, 2),
            "low": None if point.estimate.low is None else round(point.estimate.low, 2),
            "high": None if point.estimate.high is None else round(point.estimate.high, 2),
            "answers": point.pooled.tally.answered,
            "change": point.words,
        }
        for trend in trends
        for point in trend.points
    ]
    return Table(TREND_COLUMNS, frame(TREND_COLUMNS, rows))


def rates_table(chosen: QuerySet[Evaluation], step: str = Step.QUARTER) -> Table:
    """Return the response rates by period. One query."""
    found = rates(chosen, BUCKETS[Step(step)]("held_on"))
    rows = []
    for first in sorted({first for first, _moment in found}):
        of_period = {moment: found[first, moment] for moment in COURSE_MOMENTS if (first, moment) in found}
        rows.append(
            {
                "period": period_name(first, step),
                **{str(moment): round(rate.answered / rate.invited, 4) for moment, rate in of_period.items()},
                "invited": sum(rate.invited for rate in of_period.values()),
                "answered": sum(rate.answered for rate in of_period.values()),
            }
        )
    chart = Chart("line", "period", [Moment.END], gettext_lazy("Response rate at the end of the course"))
    charted = [row for row in rows if Moment.END in row]
    drawn = chart if len(charted) > 1 else None
    return Table(RATE_COLUMNS, frame(RATE_COLUMNS, rows), chart=drawn, charted=frame(RATE_COLUMNS, charted))
