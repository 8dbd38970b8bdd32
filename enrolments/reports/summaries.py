"""Sums of the fact rows per run, per municipality and per month: what the attendance report shows above its rows.

Counted from the very rows that are listed, in one query; every summary adds up to the same total.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from django.db.models import Count, F, Max, Min, Q, Sum, Value
from django.db.models.functions import Coalesce, TruncMonth
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.enums import ATTENDED_STATUSES, AttendanceStatus, Requirement
from enrolments.querysets import RollEntryQuerySet
from enrolments.reports import enrolment_results, facts
from enrolments.reports.expressions import ORGANISATION
from enrolments.reports.facts import NOT_TAKEN
from enrolments.reports.kinds import Chart, Choices, Table
from enrolments.reports.sums import frame_of
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import Column, Kind

MEASURES = ["participants", "planned", "present", "late", "absent", "excused", "not_taken", "minutes"]
_RUN = ["course", "run", "run_number", "first_date", "last_date"]
_MUNICIPALITY = ["organisation", "municipality_code"]

_MEASURE_COLUMNS = [
    Column("participants", gettext_lazy("Participants booked"), "", Kind.INTEGER, 12),
    Column("planned", gettext_lazy("Participant days planned"), "", Kind.INTEGER, 14),
    Column("present", AttendanceStatus.PRESENT.label, "", Kind.INTEGER, 11),
    Column("late", AttendanceStatus.LATE.label, "", Kind.INTEGER, 11),
    Column("absent", AttendanceStatus.ABSENT.label, "", Kind.INTEGER, 11),
    Column("excused", AttendanceStatus.EXCUSED.label, "", Kind.INTEGER, 11),
    Column("not_taken", NOT_TAKEN, "", Kind.INTEGER, 11),
    Column("minutes", gettext_lazy("Hours attended"), "", Kind.DURATION, 11),
    Column("attendance", gettext_lazy("Attendance of those taken"), "", Kind.PERCENT, 14),
]
RUN_COLUMNS = [
    facts.columns.get("course"),
    facts.columns.get("run"),
    facts.columns.get("run_number"),
    Column("first_date", gettext_lazy("From"), "", Kind.DATE, 12),
    Column("last_date", gettext_lazy("To"), "", Kind.DATE, 12),
    *_MEASURE_COLUMNS,
]
MUNICIPALITY_COLUMNS = [facts.columns.get("organisation"), facts.columns.get("municipality_code"), *_MEASURE_COLUMNS]


def counted(found: RollEntryQuerySet) -> pd.DataFrame:
    """Count the entries per run and municipality: one query, as many rows as there are such pairs.

    An enrolment is on one run and from one organisation, so participants may be added up too.
    """
    marked = {status.value: Count("enrolment_id", filter=Q(status=status)) for status in AttendanceStatus}
    groups = (
        found.order_by()
        .values(
            course=F("enrolment__run__course__title"),
            run=F("enrolment__run__label"),
            run_number=F("enrolment__run_id"),
            organisation=ORGANISATION,
            municipality_code=Coalesce("enrolment__organisation__code", Value("")),
        )
        .annotate(
            first_date=Min("day__date"),
            last_date=Max("day__date"),
            participants=Count("enrolment_id", distinct=True),
            planned=Count("*"),
            not_taken=Count("enrolment_id", filter=Q(status="")),
            minutes=Sum("minutes_present"),
            **marked,
        )
    )
    return pd.DataFrame.from_records(list(groups), columns=[*_RUN, *_MUNICIPALITY, *MEASURES])


def with_rate(sums: pd.DataFrame) -> pd.DataFrame:
    """Add `attendance`: present and late as a share of the marks taken; None where none is."""
    attended = sums[[status.value for status in ATTENDED_STATUSES]].sum(axis=1)
    taken = sums["planned"] - sums["not_taken"]
    rate = (attended / taken.where(taken > 0)).astype(object)
    return sums.assign(attendance=rate.where(rate.notna(), None))


def per_run(counts: pd.DataFrame) -> pd.DataFrame:
    """Sum the counts per run, by first date."""
    spans = {"first_date": ("first_date", "min"), "last_date": ("last_date", "max")}
    sums = counts.groupby(["run_number", "course", "run"], as_index=False, sort=False).agg(
        **spans, **{measure: (measure, "sum") for measure in MEASURES}
    )
    return with_rate(sums.sort_values(["first_date", "run_number"], ignore_index=True))


def per_municipality(counts: pd.DataFrame) -> pd.DataFrame:
    """Sum the counts per municipality or other organisation, in Danish order."""
    sums = counts.groupby(_MUNICIPALITY, as_index=False, sort=False)[MEASURES].sum()
    return with_rate(sums.sort_values("organisation", key=lambda names: names.map(danish_key), ignore_index=True))


def total(summary: pd.DataFrame) -> dict[str, Any]:
    """Return the sums of a summary's measures, and the rate of the sums."""
    sums = with_rate(summary[MEASURES].sum().to_frame().T)
    return {**{measure: int(sums[measure].iloc[0]) for measure in MEASURES}, "attendance": sums["attendance"].iloc[0]}


def records(summary: pd.DataFrame, chosen_columns: Sequence[Column]) -> Iterator[tuple]:
    """Yield the summary's rows as tuples of plain Python values, in the columns' order."""
    for record in summary.to_dict("records"):
        yield tuple(record[column.name] for column in chosen_columns)


def total_record(summary: pd.DataFrame, chosen_columns: Sequence[Column]) -> tuple:
    """Return the row of totals for a table of these columns, its first cell saying what it is."""
    sums = total(summary)
    return (_("Total"), *(sums.get(column.name) for column in chosen_columns[1:]))


def by_month(user: AnyUser, choices: Choices) -> Table:
    """Return the fact rows by month and mark, with its chart."""
    marked = {status.value: Count("day_id", filter=Q(status=status)) for status in AttendanceStatus}
    groups = (
        facts.entries(user, choices)
        .order_by()
        .annotate(month=TruncMonth("day__date"))
        .values("month")
        .annotate(planned=Count("*"), not_taken=Count("day_id", filter=Q(status="")), **marked)
        .order_by("month")
    )
    names = [*AttendanceStatus.values, "not_taken", "planned"]
    frame = pd.DataFrame.from_records(list(groups), columns=["month", *names]).astype(object)
    frame["month"] = [date_format(month, "N Y") for month in frame["month"]]
    by_name = {column.name: column for column in _MEASURE_COLUMNS}
    return Table(
        columns=[Column("month", gettext_lazy("Month"), "", width=10), *(by_name[name] for name in names)],
        frame=frame,
        total={name: sum(frame[name].tolist()) for name in names},
        chart=Chart("stacked", "month", [*AttendanceStatus.values, "not_taken"], gettext_lazy("Marks by month")),
    )


def by_requirement(user: AnyUser, choices: Choices) -> Table:
    """Return how many participants stand how to the requirement, with its chart."""
    counts = dict(
        enrolment_results.entries(user, choices)
        .order_by()
        .values_list("result__requirement")
        .annotate(participants=Count("pk"))
    )
    frame = frame_of(
        [(str(label), counts.get(value, 0)) for value, label in Requirement.choices], ["requirement", "participants"]
    )
    return Table(
        columns=[
            Column("requirement", gettext_lazy("Requirement"), "", width=18),
            Column("participants", gettext_lazy("Participants"), "", Kind.INTEGER, 12),
        ],
        frame=frame,
        total={"participants": sum(counts.values())},
        chart=Chart("bars", "requirement", ["participants"], gettext_lazy("Participants by requirement")),
    )
