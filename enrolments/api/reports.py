"""The reports of the report builder, by token: as pages of JSON, or whole as CSV. As the token's user sees them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Annotated, Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema

from courses.models import Organisation
from enrolments.models import SavedReport
from enrolments.permissions import may_see_reports
from enrolments.reports.asked import Asked, UnknownReport
from enrolments.reports.delivering import filename_of
from enrolments.reports.kinds import Choices, ReportKind, report_kinds
from enrolments.reports.periods import OWN, PERIODS
from website.core.api import PROBLEMS, ApiError, WrongField, token_auth
from website.core.exports import CSV_CONTENT_TYPE, Column, csv_blocks, csv_records, rows, snapshot

router = Router(auth=token_auth, tags=["reports"])

Id = Annotated[int, Field(ge=1, lt=2**63)]
#: What PostgreSQL can be asked for: no NUL.
Word = Annotated[str, Field(pattern=r"^[^\x00]*$")]


class ColumnOut(Schema):
    name: str
    heading: str
    type: str = Field(
        description="text, identifier, integer, decimal, percent (0 to 1), date, time, datetime, duration"
    )


class KindOut(Schema):
    name: str = Field(description="Stands in the address: /reports/<name>")
    title: str
    description: str
    columns: list[ColumnOut]
    columns_can_be_chosen: bool


class SavedOut(Schema):
    id: int = Field(description="Stands in the address: /reports/<id>")
    name: str
    report: str = Field(description="The kind of report it shows")
    is_own: bool
    choices: dict[str, Any]


class ReportsOut(Schema):
    reports: list[KindOut]
    saved: list[SavedOut] = Field(description="One's own, and those that others share")
    periods: list[str] = Field(description="What `period` may be")


class ReportOut(Schema):
    """A report, or a page of it. All its numbers are of one moment."""

    report: str
    title: str
    start: date | None = Field(description="The first day")
    end: date | None = Field(description="The last day")
    columns: list[ColumnOut]
    count: int = Field(description="Rows in all")
    items: list[dict[str, Any]] = Field(description="Rows by the columns' names; times are Danish clock times")
    total: dict[str, Any] | None = Field(None, description="The sums of the whole table; null for a list of rows")


class Filters(Schema):
    """What a report is of. Empty means all; for a saved report, what is given takes the place of what is saved."""

    period: str | None = Field(None, max_length=30, description="By name, such as last_month, instead of start and end")
    start: date | None = Field(None, description="The first day")
    end: date | None = Field(None, description="The last day")
    course: list[Id] = Field([], max_length=500, description="Only these courses; may be repeated")
    run: list[Id] = Field([], max_length=500, description="Only these runs; may be repeated")
    organisation: list[Id] = Field([], max_length=500, description="Only people of these organisations, by id")
    municipality: list[Word] = Field([], max_length=100, description="Only people of these municipalities, by code")
    department: list[Word] = Field([], max_length=500, description="Only these departments, as they were written")
    column: list[str] = Field([], max_length=100, description="Only these columns, in this order")
    with_cancelled: bool | None = Field(None, description="The cancelled too")


def checked(request: HttpRequest) -> None:
    allowed = may_see_reports(request.user)
    if not allowed:
        raise ApiError(403, allowed.reason)


def seen_by(user: Any) -> Any:
    return SavedReport.objects.filter(Q(owner=user) | Q(is_shared=True))


@router.get("/reports", response={200: ReportsOut, **PROBLEMS}, summary="Which reports there are")
def list_reports(request: HttpRequest) -> dict[str, Any]:
    """The kinds of report with their columns, and the saved reports."""
    checked(request)
    return {
        "reports": [
            {
                "name": kind.name,
                "title": str(kind.title),
                "description": str(kind.description),
                "columns": described(kind.columns()),
                "columns_can_be_chosen": kind.can_choose_columns,
            }
            for kind in report_kinds
        ],
        "saved": [
            {
                "id": report.pk,
                "name": report.name,
                "report": report.kind,
                "is_own": report.owner_id == request.user.pk,
                "choices": {name: value for name, value in report.parameters.items() if name != "paused"},
            }
            for report in seen_by(request.user)
        ],
        "periods": list(PERIODS),
    }


@router.get("/reports/{report}", response={200: ReportOut, **PROBLEMS}, summary="A report, by its name or number")
def read_report(
    request: HttpRequest,
    report: str,
    filters: Query[Filters],
    format: Annotated[Literal["json", "csv"], Query(description="json: a page; csv: all of it, as a file")] = "json",
    limit: Annotated[int, Query(ge=1, le=1000, description="Rows on a page")] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Any:
    """The report as the token's user sees it. Reasons, needs and notes are in no report."""
    checked(request)
    asked = asked_for(request, report, filters).fixed(timezone.localdate())
    if format == "csv":
        return csv_response(request, asked)
    choices, kind = asked.choices, asked.kind
    with snapshot():
        total: dict[str, Any] | None = None
        if kind.rows is None:
            table = kind.table(request.user, choices)
            columns, records, count = list(table.columns), table.records(), len(table.frame)
            records, total = records[offset : offset + limit], dict(table.total)
        else:
            columns, queryset = kind.chosen_columns(choices), kind.rows(request.user, choices)
            records, count = list(rows(queryset, columns)[offset : offset + limit]), queryset.count()
    names = [column.name for column in columns]
    return {
        "report": kind.name,
        "title": str(kind.title),
        "start": choices.start,
        "end": choices.end,
        "columns": described(columns),
        "count": count,
        "items": [dict(zip(names, map(plain, record), strict=True)) for record in records],
        "total": total and {name: plain(value) for name, value in total.items()},
    }


def asked_for(request: HttpRequest, report: str, filters: Filters) -> Asked:
    """Return what is asked for. Raises ApiError: 404 for an unknown report, 422 for wrong filters."""
    if report.isascii() and report.isdigit():
        saved = seen_by(request.user).filter(pk=report).first() if len(report) < 19 else None
        if saved is None:
            raise ApiError(404, _("There is no saved report %(id)s that you see.") % {"id": report[:20]})
        kept_kind, kept = saved.kind, saved.parameters
    else:
        kept_kind, kept = report, {}
    try:
        asked = Asked.from_json(kept_kind, kept)
    except (UnknownReport, ValueError, TypeError) as error:
        raise ApiError(404, _("There is no report “%(name)s”.") % {"name": report[:40]}) from error
    return narrowed(asked, filters)


def narrowed(asked: Asked, filters: Filters) -> Asked:
    """Return the report with what was given in the place of what was saved."""
    given = filters.model_fields_set
    before = asked.choices
    if filters.period is not None and filters.period not in PERIODS:
        raise wrong("period", filters.period, _("Choose one of: %(names)s.") % {"names": ", ".join(PERIODS)})
    has_days = bool({"start", "end"} & given)
    if has_days and filters.period:
        raise wrong("period", filters.period, _("Give either a period or days, not both."))
    start, end = (filters.start, filters.end) if has_days else (before.start, before.end)
    if start and end and end < start:
        raise wrong("end", end.isoformat(), _("The period ends before it begins. Swap the two days."))
    period = filters.period or (OWN if has_days else asked.period)
    choices = Choices(
        start=start,
        end=end,
        courses=tuple(filters.course) or before.courses,
        runs=tuple(filters.run) or before.runs,
        organisations=organisations_of(filters) or before.organisations,
        departments=tuple(filters.department) or before.departments,
        columns=columns_of(asked.kind, filters.column) or before.columns,
        with_cancelled=before.with_cancelled if filters.with_cancelled is None else filters.with_cancelled,
    )
    return Asked(asked.kind, choices, period)


def organisations_of(filters: Filters) -> tuple[int, ...]:
    codes = dict(Organisation.objects.filter(code__in=filters.municipality).exclude(code="").values_list("code", "pk"))
    for code in filters.municipality:
        if code not in codes:
            raise wrong("municipality", code, _("There is no municipality with that code. Write four digits, as 0751."))
    return (*filters.organisation, *codes.values())


def columns_of(kind: ReportKind, names: list[str]) -> tuple[str, ...]:
    known = {column.name for column in kind.columns()}
    for name in names:
        if name not in known or not kind.can_choose_columns:
            raise wrong("column", name, _("The report has no such column that can be chosen."))
    return tuple(names)


def wrong(field: str, value: str, message: str) -> ApiError:
    problem = WrongField(field=f"query.{field}", value=value[:100], message=message)
    return ApiError(422, _("Something is wrong in what was sent. Nothing was done."), errors=[problem])


def described(columns: Any) -> list[dict[str, str]]:
    return [
        {"name": column.name, "heading": str(column.heading), "type": column.kind.value}
        for column in columns
        if isinstance(column, Column)
    ]


def plain(value: Any) -> Any:
    """Return a value that JSON has: not-a-number is none, and pandas' own numbers are numbers."""
    if isinstance(value, float) and value != value:
        return None
    return value.item() if hasattr(value, "item") else value


def csv_response(request: HttpRequest, asked: Asked) -> HttpResponseBase:
    """Return the whole report as CSV, streamed; an error of the query comes before the first byte."""

    def blocks() -> Iterator[bytes]:
        with snapshot():
            if asked.kind.rows is None:
                table = asked.kind.table(request.user, asked.choices)
                total = [table.total_record(_("Total"))] if table.total else []
                yield from csv_records(table.columns, [*table.records(), *total])
                return
            queryset = asked.kind.rows(request.user, asked.choices)
            with closing(csv_blocks(queryset, asked.kind.chosen_columns(asked.choices))) as stream:
                yield from stream

    stream = blocks()
    first = next(stream)

    def again() -> Iterator[bytes]:
        yield first
        yield from stream

    response = StreamingHttpResponse(again(), content_type=CSV_CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{filename_of(asked, "csv")}"'
    response["Cache-Control"] = "private, no-store"
    return response
