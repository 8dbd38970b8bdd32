"""Choose what a report is of and see it; take it as a file: at once, or ordered when it is long."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from enrolments.admin.report_builder.options import groups_of
from enrolments.forms.reports import FILE_FORMATS, NameForm, ReportForm, query_of
from enrolments.models import SavedReport
from enrolments.operations.saved_reports import order_file
from enrolments.permissions import may_see_reports
from enrolments.reports.asked import Asked, choices_in_words, missing_in_words
from enrolments.reports.delivering import CONTENT_TYPES, filename_of, is_large, write_file
from enrolments.reports.kinds import ReportKind, report_kinds
from enrolments.reports.pdf import TooLargeForPdf
from enrolments.reports.periods import OWN, PERIODS
from enrolments.reports.preview import preview
from website.core.exports import Column

#: What the builder opens with.
FIRST_PERIOD = "this_year"


def reports_seen_by(user: Any) -> QuerySet[SavedReport]:
    """Return one's own saved reports and those that are shared."""
    return SavedReport.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")


class ReportsPage(WagtailAdminTemplateMixin, TemplateView):
    """A page for those who may see reports; for others it refuses, in words."""

    header_icon = "table"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        may_see_reports(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [*super().get_breadcrumbs_items(), {"url": reverse("report_builder"), "label": _("Report builder")}]
        return [*items, *self.own_breadcrumbs()]

    def own_breadcrumbs(self) -> list[dict[str, str]]:
        return []


class StartView(ReportsPage):
    """The reports that are saved, and the kinds to begin a new one with."""

    template_name = "enrolments/admin/reports/start.html"
    page_title = gettext_lazy("Report builder")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = dict(report_kinds.items())
        own, shared = [], []
        for report in reports_seen_by(self.request.user):
            line = (report, known[report.kind].title if report.kind in known else "")
            (own if report.owner_id == self.request.user.pk else shared).append(line)
        return super().get_context_data(kinds=list(report_kinds), own=own, shared=shared, **kwargs)


class KindPage(ReportsPage):
    """A page of one kind of report, with what is chosen in the address."""

    def dispatch(self, request: HttpRequest, *args: Any, kind: str, **kwargs: Any) -> HttpResponseBase:
        try:
            self.kind: ReportKind = report_kinds.get(kind)
        except KeyError as error:
            raise Http404 from error
        return super().dispatch(request, *args, kind=kind, **kwargs)

    def chosen(self) -> ReportForm:
        """Return the form bound to the address; this year, when nothing stands in it."""
        given = self.request.GET.copy()
        given.pop("gemt", None)
        return ReportForm(given or QueryDict(f"periode={FIRST_PERIOD}"), kind=self.kind)

    def saved(self) -> SavedReport | None:
        number = self.request.GET.get("gemt", "")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            return None
        return reports_seen_by(self.request.user).filter(pk=number, kind=self.kind.name).first()


class BuilderView(KindPage):
    """What may be chosen, and the report as it is: wrong choices show what is wrong, never another report."""

    template_name = "enrolments/admin/reports/builder.html"

    @property
    def page_title(self) -> str:
        return str(self.kind.title)

    def own_breadcrumbs(self) -> list[dict[str, str]]:
        return [{"url": "", "label": str(self.kind.title)}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.chosen()
        return self.page(form, status=200 if form.is_valid() else 400)

    def page(self, form: ReportForm, *, status: int = 200, **context: Any) -> HttpResponse:
        report = self.saved()
        asked = form.asked if form.is_valid() else None
        if asked:
            shown = preview(self.request.user, asked)
            query = query_of(asked)
            context |= {
                "preview": shown,
                "words": choices_in_words(shown.choices, named=replace(shown.named, missing=0)),
                "period_label": PERIODS[asked.period].label if asked.period in PERIODS else "",
                "missing": missing_in_words(shown.named.missing) if shown.named.missing else "",
                "query": query,
                "has_changed": bool(report) and not _is_same(report, asked),
            }
        values = self.get_context_data(
            form=form,
            kind=self.kind,
            report=report,
            is_own=bool(report) and report.owner_id == self.request.user.pk,
            groups=groups_of(self.request.user, form),
            columns=ordered_columns(form),
            own_period=OWN,
            formats=FILE_FORMATS,
            name_form=context.pop("name_form", None) or NameForm(initial={"name": report.name if report else ""}),
            **context,
        )
        return self.render_to_response(values, status=status)


def _is_same(report: SavedReport, asked: Asked) -> bool:
    kept = {name: value for name, value in report.parameters.items() if name != "paused"}
    return kept == asked.to_json()


def ordered_columns(form: ReportForm) -> Sequence[tuple[Column, bool]]:
    """Return the kind's columns with whether each is chosen: the chosen first, in their order."""
    if "kolonne" not in form.fields:
        return []
    columns = {column.name: column for column in form.kind.columns()}
    chosen = [name for name in dict.fromkeys(form["kolonne"].value() or ()) if name in columns]
    rest = [name for name in columns if name not in chosen]
    return [(columns[name], True) for name in chosen] + [(columns[name], not chosen) for name in rest]


class FileView(KindPage):
    """The report as a file. A long one is ordered, and its page tells how far it is."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        form = self.chosen()
        wanted = request.POST.get("format", "")
        back = f"{reverse('report_build', args=[self.kind.name])}?{request.GET.urlencode()}"
        if not form.is_valid():
            return redirect(back)
        if wanted not in CONTENT_TYPES:
            messages.error(request, _("Choose Excel, CSV or PDF."))
            return redirect(back)
        asked = form.asked.fixed(timezone.localdate())
        report = self.saved()
        if wanted != "pdf" and is_large(request.user, asked):
            title = report.name if report else str(self.kind.title)
            return redirect(
                "long_job", pk=order_file(asked=asked, user=request.user, file_format=wanted, title=title).pk
            )
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
        try:
            write_file(file, user=request.user, asked=asked, file_format=wanted)
        except TooLargeForPdf as refused:
            file.close()
            messages.error(request, str(refused))
            return redirect(back)
        file.seek(0)
        response = FileResponse(
            file,
            as_attachment=True,
            filename=filename_of(asked, wanted),
            content_type=CONTENT_TYPES[wanted],
        )
        response["Cache-Control"] = "private, no-store"
        return response
