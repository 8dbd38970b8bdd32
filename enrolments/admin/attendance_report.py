"""The attendance report in Wagtail's admin: on screen with sums, and as files with the same filters."""

import tempfile
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail import hooks
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column as ScreenColumn
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets import AdminDateInput

from courses.models import CoursePage, CourseRun, Organisation
from enrolments.models import Enrolment, Fact
from enrolments.permissions import may_see_reports
from enrolments.reports import facts, files, summaries
from enrolments.reports.kinds import Choices
from website.core.danish import DanishOrder
from website.core.exports import CSV_CONTENT_TYPE, XLSX_CONTENT_TYPE, Column, rows, shown, snapshot


class CoursesField(django_filters.fields.ModelMultipleChoiceField):
    def label_from_instance(self, obj: CoursePage) -> str:
        return obj.title


class RunsField(django_filters.fields.ModelMultipleChoiceField):
    def label_from_instance(self, obj: CourseRun) -> str:
        begins = date_format(timezone.localtime(obj.first_starts_at), "j. b Y") if obj.first_starts_at else _("no days")
        return f"{obj} ({begins})"


class CoursesFilter(django_filters.ModelMultipleChoiceFilter):
    field_class = CoursesField


class RunsFilter(django_filters.ModelMultipleChoiceFilter):
    field_class = RunsField


def courses_with_runs(request: HttpRequest | None = None) -> QuerySet[CoursePage]:
    return CoursePage.objects.filter(Exists(CourseRun.objects.filter(course=OuterRef("pk")))).order_by(
        DanishOrder("title")
    )


def runs_with_participants(request: HttpRequest | None = None) -> QuerySet[CourseRun]:
    return (
        CourseRun.objects.filter(Exists(Enrolment.objects.filter(run=OuterRef("pk"))))
        .with_period()
        .select_related("course")
        .order_by("-first_starts_at", "-pk")
    )


def organisations_with_participants(request: HttpRequest | None = None) -> QuerySet[Organisation]:
    return Organisation.objects.filter(Exists(Enrolment.objects.filter(organisation=OuterRef("pk")))).order_by(
        DanishOrder("name")
    )


class AttendanceFilterForm(forms.Form):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("fra"), cleaned.get("til")
        if start and end and end < start:
            raise ValidationError(
                {
                    "til": _("The period ends (%(end)s) before it begins (%(start)s).")
                    % {"start": date_format(start), "end": date_format(end)}
                }
            )
        return cleaned


class AttendanceFilterSet(WagtailFilterSet):
    """What the organiser may choose. The rows are found by `facts.entries`, as every file's are."""

    kursus = CoursesFilter(
        label=gettext_lazy("Courses"), queryset=courses_with_runs, widget=forms.CheckboxSelectMultiple
    )
    hold = RunsFilter(label=gettext_lazy("Runs"), queryset=runs_with_participants, widget=forms.CheckboxSelectMultiple)
    fra = django_filters.DateFilter(label=gettext_lazy("From date"), widget=AdminDateInput)
    til = django_filters.DateFilter(label=gettext_lazy("To date"), widget=AdminDateInput)
    kommune = django_filters.ModelMultipleChoiceFilter(
        label=gettext_lazy("Municipality or organisation"),
        queryset=organisations_with_participants,
        widget=forms.CheckboxSelectMultiple,
    )
    afmeldte = django_filters.ChoiceFilter(
        label=gettext_lazy("Cancelled participants"),
        choices=[("ja", gettext_lazy("Include all the cancelled"))],
        empty_label=gettext_lazy("Only those who were marked"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Fact
        fields: list[str] = []
        form = AttendanceFilterForm

    @property
    def chosen(self) -> Choices:
        """What was chosen, once the form is valid."""
        data = self.form.cleaned_data
        return Choices(
            courses=tuple(course.pk for course in data["kursus"]),
            runs=tuple(run.pk for run in data["hold"]),
            organisations=tuple(organisation.pk for organisation in data["kommune"]),
            start=data["fra"],
            end=data["til"],
            with_cancelled=data["afmeldte"] == "ja",
        )


def screen_columns() -> list[ScreenColumn]:
    """Return Wagtail's columns of the report's own, those that fit on a screen."""
    return [
        ScreenColumn(column.name, label=column.heading, accessor=lambda row, n=n, column=column: shown(column, row[n]))
        for n, column in enumerate(c for c in facts.columns if c.on_screen)
    ]


class AttendanceReportView(ReportView):
    template_name = "enrolments/admin/attendance_report.html"
    results_template_name = "enrolments/admin/attendance_report_results.html"
    page_title = pgettext_lazy("report", "Attendance")
    header_icon = "group"
    index_url_name = "attendance_report"
    index_results_url_name = "attendance_report_results"
    filterset_class = AttendanceFilterSet
    model = Fact
    paginate_by = 50
    list_export = ["rows"]  # shows Wagtail's buttons; the columns are the report's own

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_see_reports(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page, or send the file. Wrong filters show the page with what is wrong, never a file."""
        self.is_valid = self.filters.is_valid()
        if self.is_export and self.is_valid:
            return self.as_spreadsheet(self.entries(), request.GET["export"])
        self.is_export = False
        with snapshot():
            response = super().get(request, *args, **kwargs)
        response.status_code = 200 if self.is_valid else 400
        return response

    @property
    def columns(self) -> list[ScreenColumn]:
        return screen_columns()

    def entries(self) -> QuerySet[Fact]:
        if not self.is_valid:
            return Fact.objects.none()
        return facts.entries(self.request.user, self.filters.chosen)

    def get_filtered_queryset(self) -> QuerySet:
        return rows(self.entries(), [column for column in facts.columns if column.on_screen])

    def decorate_paginated_queryset(self, object_list: QuerySet) -> list[tuple]:
        return list(object_list)

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(*args, **kwargs)
        # Fetched here, inside the snapshot: the template is rendered after it.
        context["table"] = self.get_table(list(context["object_list"]))
        counts = summaries.counted(self.entries())
        context["summaries"] = [
            summary(_("Per run"), summaries.per_run(counts), summaries.RUN_COLUMNS, hidden={"run_number", "last_date"}),
            summary(_("Per municipality"), summaries.per_municipality(counts), summaries.MUNICIPALITY_COLUMNS),
        ]
        query = self.request.GET.copy()
        context["export_urls"] = {}
        for name in self.FORMATS:
            query["export"] = name
            context["export_urls"][name] = f"{reverse(self.index_url_name)}?{query.urlencode()}"
        context["totals"] = summaries.total(counts) if len(counts) else None
        errors = {} if self.is_valid else self.filters.form.errors
        context["filter_errors"] = [
            f"{self.filters.form.fields[name].label if name in self.filters.form.fields else ''}: {text}"
            for name, texts in errors.items()
            for text in texts
        ]
        return context

    def get_filename(self) -> str:
        return f"{_('attendance-report')}-{timezone.localdate().isoformat()}"

    def write_csv_response(self, queryset: QuerySet) -> StreamingHttpResponse:
        response = StreamingHttpResponse(files.attendance_csv(queryset), content_type=CSV_CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{self.get_filename()}.csv"'
        return response

    def write_xlsx_response(self, queryset: QuerySet) -> FileResponse:
        output = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        files.attendance_xlsx(queryset, output)
        output.seek(0)
        return FileResponse(
            output, as_attachment=True, content_type=XLSX_CONTENT_TYPE, filename=f"{self.get_filename()}.xlsx"
        )


def summary(title: str, sums: Any, columns: list[Column], *, hidden: frozenset | set = frozenset()) -> dict[str, Any]:
    """Return a summary as the template draws it: headings, rows with a bar, and the row of totals."""
    visible = [column for column in columns if column.name not in hidden]
    lines = [
        {"cells": [(c, shown(c, record[c.name])) for c in visible], "bar": bar(record)}
        for record in sums.to_dict("records")
    ]
    total = summaries.total(sums) if lines else {}
    return {
        "title": title,
        "columns": visible,
        "lines": lines,
        "total": [(c, shown(c, total.get(c.name))) for c in visible[1:]],
        "total_bar": bar(total) if lines else [],
    }


def bar(record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a bar of length 100: present, late, excused, absent, not taken."""
    planned = int(record["planned"]) or 1
    parts, x = [], 0.0
    for name in ("present", "late", "excused", "absent", "not_taken"):
        width = 100 * int(record[name]) / planned
        if width:
            parts.append({"name": name, "x": f"{x:.2f}", "width": f"{width:.2f}"})
        x += width
    return parts


class AttendanceReportMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_see_reports(request.user))


@hooks.register("register_reports_menu_item")
def attendance_report_menu_item() -> MenuItem:
    return AttendanceReportMenuItem(
        pgettext_lazy("report", "Attendance"),
        reverse("attendance_report"),
        name="attendance",
        icon_name=AttendanceReportView.header_icon,
        order=100,
    )


@hooks.register("register_admin_urls")
def attendance_report_urls() -> list[URLPattern]:
    return [
        path("reports/attendance/", AttendanceReportView.as_view(), name="attendance_report"),
        path(
            "reports/attendance/results/",
            AttendanceReportView.as_view(results_only=True),
            name="attendance_report_results",
        ),
    ]
