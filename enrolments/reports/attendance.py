"""The attendance report: a row per participant and day, and sums per run and per municipality.

Screen, CSV and XLSX read `columns`, one definition, to which other apps add their own
(`columns.add("modules.ects", Column(…), order=…)` in their `AppConfig.ready`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import IO, Any

import pandas as pd
from django.db.models import Case, CharField, Count, Expression, F, Max, Min, Q, QuerySet, TimeField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from courses.models import CoursePage, CourseRun, Organisation
from enrolments.enums import ATTENDED_STATUSES, IN_LINE_STATUSES, AttendanceStatus, EnrolmentStatus
from enrolments.models import RollEntry
from enrolments.querysets import RollEntryQuerySet
from enrolments.reports.expressions import MARKED_BY, ORGANISATION
from website.accounts.typing import AnyUser
from website.core.danish import danish_key
from website.core.exports import (
    FETCH_ROWS,
    Column,
    Kind,
    csv_blocks,
    label_of,
    local,
    open_workbook,
    rows,
    snapshot,
    write_sheet,
)
from website.core.registry import Registry

columns: Registry[Column] = Registry()

NOT_TAKEN = gettext_lazy("Not taken")

_PLACE = Case(
    When(day__venue__isnull=False, then=Concat("day__venue__name", Value(", "), "day__venue__city")),
    When(
        enrolment__run__venue__isnull=False,
        then=Concat("enrolment__run__venue__name", Value(", "), "enrolment__run__venue__city"),
    ),
    When(enrolment__run__online_link__gt="", then=Value(gettext_lazy("Online"), output_field=CharField())),
    default=Value(""),
)


def _taken(path: str | Expression) -> Case:
    """What stands on the mark, but only while one is taken: an undone mark has no time and no hand."""
    return Case(When(attendance__status__gt="", then=path))


def _planned(mark: str, day: str) -> Cast:
    """The clock time the mark was taken under, else the day's own."""
    return Cast(local(Coalesce(mark, day)), TimeField())


for _order, _column in enumerate(
    [
        Column("course", gettext_lazy("Course"), "enrolment__run__course__title", width=40),
        Column("run", gettext_lazy("Run"), "enrolment__run__label", width=18),
        Column("run_number", gettext_lazy("Run no."), "enrolment__run_id", Kind.INTEGER, 8, on_screen=False),
        Column("date", gettext_lazy("Date"), "day__date", Kind.DATE, 12),
        Column(
            "starts",
            gettext_lazy("Planned start"),
            _planned("attendance__planned_starts_at", "day__starts_at"),
            Kind.TIME,
            9,
            on_screen=False,
        ),
        Column(
            "ends",
            gettext_lazy("Planned end"),
            _planned("attendance__planned_ends_at", "day__ends_at"),
            Kind.TIME,
            9,
            on_screen=False,
        ),
        Column("place", gettext_lazy("Place"), _PLACE, width=28, on_screen=False),
        Column("participant", gettext_lazy("Participant"), "enrolment__name", width=28),
        Column("email", gettext_lazy("Email address"), "enrolment__email", width=28, on_screen=False),
        Column("job_title", gettext_lazy("Title"), "enrolment__job_title", width=20, on_screen=False),
        Column("department", gettext_lazy("Department"), "enrolment__department", width=22, on_screen=False),
        Column("organisation", gettext_lazy("Organisation"), ORGANISATION, width=26),
        Column(
            "municipality_code",
            gettext_lazy("Municipality code"),
            "enrolment__organisation__code",
            Kind.IDENTIFIER,
            10,
            on_screen=False,
        ),
        Column("ean", gettext_lazy("EAN number"), "enrolment__payer__ean", Kind.IDENTIFIER, 16, on_screen=False),
        Column(
            "order_reference",
            gettext_lazy("Order reference"),
            "enrolment__payer__order_reference",
            Kind.IDENTIFIER,
            18,
            on_screen=False,
        ),
        Column("enrolment_status", gettext_lazy("Enrolment"), label_of("enrolment__status", EnrolmentStatus)),
        Column(
            "mark",
            pgettext_lazy("attendance", "Attendance"),
            label_of("attendance__status", AttendanceStatus, blank=NOT_TAKEN),
            width=12,
        ),
        Column("minutes_late", gettext_lazy("Minutes late"), "attendance__minutes_late", Kind.INTEGER, 9),
        Column(
            "marked_at",
            gettext_lazy("Marked at"),
            _taken(local("attendance__marked_at")),
            Kind.DATETIME,
            17,
            on_screen=False,
        ),
        Column("marked_by", gettext_lazy("Marked by"), _taken(MARKED_BY), width=22, on_screen=False),
    ]
):
    columns.add(_column.name, _column, order=(_order + 1) * 10)


@dataclass(frozen=True)
class ReportFilter:
    """What the organiser chose. Empty means all; `start` and `end` are days, both included."""

    courses: Sequence[CoursePage] = ()
    runs: Sequence[CourseRun] = ()
    organisations: Sequence[Organisation] = ()
    start: date | None = None
    end: date | None = None
    with_cancelled: bool = False


def entries(user: AnyUser, chosen: ReportFilter | None = None) -> RollEntryQuerySet:
    """Return the report's rows as `user` may see them: the expected, by day, run and name.

    The confirmed, and those who no longer come (cancelled, replaced, moved) and were marked; with
    `with_cancelled` all who no longer come. Never those in line.
    """
    chosen = chosen or ReportFilter()
    found = RollEntry.objects.visible_to(user)
    found = found.exclude(enrolment__status__in=IN_LINE_STATUSES) if chosen.with_cancelled else found.expected()
    if chosen.courses:
        found = found.filter(enrolment__run__course__in=[course.pk for course in chosen.courses])
    if chosen.runs:
        found = found.filter(enrolment__run__in=[run.pk for run in chosen.runs])
    if chosen.organisations:
        found = found.filter(enrolment__organisation__in=[organisation.pk for organisation in chosen.organisations])
    if chosen.start:
        found = found.filter(day__date__gte=chosen.start)
    if chosen.end:
        found = found.filter(day__date__lte=chosen.end)
    return found.in_danish_order("day__date", "day__start_time", "enrolment__run_id")


# Summaries

MEASURES = ["participants", "planned", "present", "late", "absent", "excused", "not_taken"]
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
    Column("attendance", gettext_lazy("Attendance of those taken"), "", Kind.PERCENT, 14),
]
RUN_COLUMNS = [
    columns.get("course"),
    columns.get("run"),
    columns.get("run_number"),
    Column("first_date", gettext_lazy("From"), "", Kind.DATE, 12),
    Column("last_date", gettext_lazy("To"), "", Kind.DATE, 12),
    *_MEASURE_COLUMNS,
]
MUNICIPALITY_COLUMNS = [columns.get("organisation"), columns.get("municipality_code"), *_MEASURE_COLUMNS]


def counted(found: RollEntryQuerySet) -> pd.DataFrame:
    """Count the entries per run and municipality: one query, as many rows as there are such pairs.

    An enrolment is on one run and from one organisation, so participants may be added up too.
    """
    marked = {status.value: Count("enrolment_id", filter=Q(attendance__status=status)) for status in AttendanceStatus}
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
            not_taken=Count("enrolment_id", filter=Q(attendance__isnull=True) | Q(attendance__status="")),
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


# Files


def csv(found: RollEntryQuerySet) -> Iterator[bytes]:
    """Yield the rows as a CSV file. An error of the query comes before the first byte is sent."""

    def blocks() -> Iterator[bytes]:
        with snapshot(), closing(csv_blocks(found, list(columns))) as stream:
            yield from stream

    stream = blocks()
    first = next(stream)
    return chain([first], stream)


def xlsx(found: RollEntryQuerySet, output: IO[bytes]) -> int:
    """Write the workbook: the rows, the sums per run and per municipality. Return the number of rows."""
    with snapshot(), open_workbook(output) as workbook:
        chosen = list(columns)
        written = write_sheet(workbook, _("Attendance sheet"), chosen, _fetched(rows(found, chosen)))
        counts = counted(found)
        for title, summary, summary_columns in (
            (_("Per run"), per_run(counts), RUN_COLUMNS),
            (_("Per municipality"), per_municipality(counts), MUNICIPALITY_COLUMNS),
        ):
            write_sheet(
                workbook,
                title,
                summary_columns,
                records(summary, summary_columns),
                total=total_record(summary, summary_columns),
            )
        return written


def _fetched(values: QuerySet) -> Iterable[tuple]:
    return values.iterator(chunk_size=FETCH_ROWS)
