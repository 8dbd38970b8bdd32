"""Courses and runs side by side: who answered, how satisfied they were, and how many came.

    courses = courses_table(user, selection)      a row a course, with a row of totals
    runs = runs_table(user, selection)            a row a run, the latest first
    attendance_tables(user, selection)            attendance beside satisfaction: by band, course and run

Attendance is joined in aggregate only: a share of a run's people beside a mean of its answers. No run with fewer than
five people, no evaluation with fewer than five invited is in any row or sum. A constant number of queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from enrolments.models import Fact
from enrolments.reports.kinds import Chart, Table
from evaluations.enums import COURSE_MOMENTS, Moment
from evaluations.operations.participation import MIN_INVITED
from evaluations.results.across import Pooled, Rate, Selection, evaluations_of, headline, pooled
from evaluations.results.figures import Tally, estimate_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

#: What stands for a course in one number: the first of these that is asked at the end, else what most answered.
HEADLINES = ("satisfaction", "relevance", "recommend", "confidence")

COURSE = Column("course", gettext_lazy("Course"), "", width=40)
RUN = Column("run", gettext_lazy("Run"), "", width=20)
HELD_ON = Column("held_on", gettext_lazy("Last day"), "", Kind.DATE, 12)
RUNS = Column("runs", gettext_lazy("Runs"), "", Kind.INTEGER, 8)


def _rate_columns(moment: str, heading: Any, invited: Any, answered: Any, *, on_screen: bool = False) -> list[Column]:
    return [
        Column(f"{moment}_rate", heading, "", Kind.PERCENT, 12),
        Column(f"{moment}_invited", invited, "", Kind.INTEGER, 10, on_screen=on_screen),
        Column(f"{moment}_answered", answered, "", Kind.INTEGER, 10, on_screen=on_screen),
    ]


RATES = [
    *_rate_columns(
        Moment.END,
        gettext_lazy("Response rate at the end"),
        gettext_lazy("Invited at the end"),
        gettext_lazy("Answered at the end"),
        on_screen=True,
    ),
    *_rate_columns(
        Moment.BEFORE,
        gettext_lazy("Response rate before"),
        gettext_lazy("Invited before"),
        gettext_lazy("Answered before"),
    ),
    *_rate_columns(
        Moment.FOLLOW_UP,
        gettext_lazy("Response rate at follow-up"),
        gettext_lazy("Invited to follow-up"),
        gettext_lazy("Answered follow-up"),
    ),
]
MEASURED = [
    Column("mean", pgettext_lazy("mean of answers", "Mean"), "", Kind.DECIMAL, 10, decimals=1),
    Column("low", gettext_lazy("95 % interval from"), "", Kind.DECIMAL, 11, decimals=1),
    Column("high", gettext_lazy("95 % interval to"), "", Kind.DECIMAL, 11, decimals=1),
    Column("answers", gettext_lazy("Answers"), "", Kind.INTEGER, 9),
]
ATTENDANCE = [
    Column("attendance", gettext_lazy("Attendance rate"), "", Kind.PERCENT, 12),
    Column("people", gettext_lazy("Participants"), "", Kind.INTEGER, 11),
]
BAND = Column("band", gettext_lazy("Attendance rate of the run"), "", width=22)

COURSE_COLUMNS: Sequence[Column] = [COURSE, RUNS, *RATES, *MEASURED]
RUN_COLUMNS: Sequence[Column] = [COURSE, RUN, HELD_ON, *RATES, *MEASURED]
BANDS_COLUMNS: Sequence[Column] = [BAND, RUNS, *MEASURED]
COURSE_ATTENDANCE_COLUMNS: Sequence[Column] = [COURSE, RUNS, *ATTENDANCE, *MEASURED]
RUN_ATTENDANCE_COLUMNS: Sequence[Column] = [COURSE, RUN, HELD_ON, *ATTENDANCE, *MEASURED]

#: Runs are put together by how many came, from this share on.
BANDS = (
    (0.9, gettext_lazy("90 % or more")),
    (0.75, gettext_lazy("75 to 90 %")),
    (0.0, gettext_lazy("Less than 75 %")),
)


@dataclass(slots=True)
class Run:
    """One run with its closed evaluations."""

    pk: int
    course: int
    title: str
    label: str
    held_on: date
    rates: dict[str, Rate] = field(default_factory=dict)
    measured: Tally | None = None
    #: Participants with marks, their marked days and the attended of these; none with fewer than five participants.
    people: int = 0
    days: int = 0
    attended: int = 0

    @property
    def attendance(self) -> float | None:
        return self.attended / self.days if self.days else None


@dataclass(frozen=True, slots=True)
class Overview:
    """The chosen runs, the latest first; `asked` is the question whose mean stands for each."""

    runs: list[Run]
    asked: Pooled | None
    #: Evaluations left out since fewer than five were invited.
    left_out: int = 0

    @property
    def question(self) -> str:
        return self.asked.text if self.asked else ""

    @property
    def top(self) -> int:
        """The highest value of the scale."""
        if self.asked is None:
            return 0
        values = self.asked.question.values
        return values[-1] if self.asked.question.kind == "number" else len(values)

    def rate(self, moment: str) -> Rate:
        return sum((run.rates.get(moment, Rate()) for run in self.runs), Rate())


def overview(user: AnyUser, selection: Selection, *, with_attendance: bool = False) -> Overview:
    """Return the chosen runs with what was answered; `with_attendance` also with how many came."""
    chosen = evaluations_of(user, selection)
    found = chosen.annotate(day=F("held_on")).values_list(
        "run", "run__course", "run__course__title", "run__label", "day", "moment", "invited", "answered"
    )
    runs: dict[int, Run] = {}
    left_out = 0
    for pk, course, title, label, day, moment, invited, answered in found.order_by("-day", "-run", "moment"):
        run = runs.setdefault(pk, Run(pk, course, title, label, day))
        if (invited or 0) < MIN_INVITED:
            left_out += 1
        else:
            run.rates[moment] = Rate(1, invited or 0, answered or 0)
    asked = headline(pooled(chosen, moment=Moment.END), HEADLINES) if runs else None
    if asked is not None:
        for each in pooled(chosen, "run", moment=Moment.END, names=[asked.question.name]):
            if each.key == asked.key and each.by in runs:
                runs[each.by].measured = each.tally
    if with_attendance and runs:
        _add_attendance(user, runs)
    return Overview(list(runs.values()), asked, left_out)


def _add_attendance(user: AnyUser, runs: Mapping[int, Run]) -> None:
    """Add how many of the participants' days were attended, of those that were marked: not taken is not absent."""
    marked = Fact.objects.visible_to(user).filter(day__run__in=list(runs)).exclude(status="")
    sums = (
        marked.values_list("day__run")
        .annotate(
            people=Count("enrolment", distinct=True),
            days=Count("day"),
            attended=Count("day", filter=Q(minutes_present__gt=0)),
        )
        .order_by()
    )
    for pk, people, days, attended in sums:
        if people >= MIN_INVITED:
            run = runs[pk]
            run.people, run.days, run.attended = people, days, attended


def courses_table(found: Overview) -> Table:
    """Return a row for each course, by name, and the sums of all in the total."""
    rows = [
        {"course": group[0].title, "runs": len(group), **rates_of(group), **_measured(group, found)}
        for group in _by_course(found.runs)
    ]
    total = {"runs": len(found.runs), **rates_of(found.runs), **_measured(found.runs, found)} if rows else {}
    chart = Chart("bars", "course", ["end_rate"], gettext_lazy("Response rate at the end of the course"))
    charted = frame(COURSE_COLUMNS, [row for row in rows if "end_rate" in row])
    return Table(COURSE_COLUMNS, frame(COURSE_COLUMNS, rows), total, chart, charted)


def runs_table(found: Overview) -> Table:
    """Return a row for each run, the latest first."""
    rows = [{**named(run), **rates_of([run]), **_measured([run], found)} for run in found.runs]
    total = {**rates_of(found.runs), **_measured(found.runs, found)} if rows else {}
    return Table(RUN_COLUMNS, frame(RUN_COLUMNS, rows), total)


def bands_table(found: Overview) -> Table:
    """Return satisfaction by how many came: runs are put together, so that no row is of one run's few."""
    runs = [run for run in found.runs if run.attendance is not None and run.measured]
    rows = []
    for n, (least, label) in enumerate(BANDS):
        below = BANDS[n - 1][0] if n else 2.0
        group = [run for run in runs if least <= (run.attendance or 0) < below]
        if group:
            rows.append({"band": str(label), "runs": len(group), **_measured(group, found)})
    return Table(BANDS_COLUMNS, frame(BANDS_COLUMNS, rows))


def course_attendance_table(found: Overview) -> Table:
    groups = _by_course([run for run in found.runs if run.days])
    rows = [
        {"course": group[0].title, "runs": len(group), **_attendance(group), **_measured(group, found)}
        for group in groups
    ]
    return Table(COURSE_ATTENDANCE_COLUMNS, frame(COURSE_ATTENDANCE_COLUMNS, rows))


def run_attendance_table(found: Overview) -> Table:
    rows = [{**named(run), **_attendance([run]), **_measured([run], found)} for run in found.runs if run.days]
    return Table(RUN_ATTENDANCE_COLUMNS, frame(RUN_ATTENDANCE_COLUMNS, rows))


def frame(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the rows as a frame of plain values, None where a row has none."""
    records = [[row.get(column.name) for column in columns] for row in rows]
    return pd.DataFrame(records, columns=[column.name for column in columns], dtype=object)


def on_screen(table: Table) -> Table:
    """Return the table without the columns that only files have."""
    columns = [column for column in table.columns if column.on_screen]
    return Table(columns, table.frame[[column.name for column in columns]], table.total, table.chart, table.charted)


def page_of(table: Table, start: int, stop: int) -> Table:
    """Return some of the rows, with the total of them all."""
    return Table(table.columns, table.frame.iloc[start:stop], table.total, table.chart, table.charted)


def _by_course(runs: Iterable[Run]) -> list[list[Run]]:
    groups: dict[int, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.course, []).append(run)
    return sorted(groups.values(), key=lambda group: danish_key(group[0].title))


def named(run: Run) -> dict[str, Any]:
    return {"course": run.title, "run": run.label or _("Run %(number)s") % {"number": run.pk}, "held_on": run.held_on}


def rates_of(runs: Iterable[Run]) -> dict[str, Any]:
    group = list(runs)
    row: dict[str, Any] = {}
    for moment in COURSE_MOMENTS:
        rate = sum((run.rates.get(moment, Rate()) for run in group), Rate())
        if rate.share is not None:
            row[f"{moment}_rate"] = round(rate.share, 4)
            row[f"{moment}_invited"], row[f"{moment}_answered"] = rate.invited, rate.answered
    return row


def _measured(runs: Iterable[Run], found: Overview) -> dict[str, Any]:
    tallies = [run.measured for run in runs if run.measured]
    if not tallies or found.asked is None:
        return {}
    counts = tuple(sum(column) for column in zip(*(tally.counts for tally in tallies), strict=True))
    tally = Tally(sum(each.answered for each in tallies), 0, counts)
    estimate = estimate_of(found.asked.question, tally)
    if estimate is None:
        return {}
    bounds = {"low": estimate.low, "high": estimate.high}
    return {
        "mean": round(estimate.mean, 2),
        **{name: round(bound, 2) for name, bound in bounds.items() if bound is not None},
        "answers": tally.answered,
    }


def _attendance(runs: Iterable[Run]) -> dict[str, Any]:
    group = list(runs)
    days, attended = sum(run.days for run in group), sum(run.attended for run in group)
    people = sum(run.people for run in group)
    return {"attendance": round(attended / days, 4), "people": people} if days else {}
