"""Reports that are kept: save, open, edit (name, sharing, schedule), copy, delete. Only the owner changes one."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from enrolments.admin.report_builder.builder import BuilderView, ReportsPage, reports_seen_by
from enrolments.emails.reports import why_in_words
from enrolments.forms.reports import NameForm, SavedReportForm, query_of
from enrolments.models import SavedReport
from enrolments.operations.saved_reports import (
    change_choices,
    change_report,
    copy_report,
    possible_recipients,
    save_report,
)
from enrolments.reports.asked import Asked, UnknownReport


class SaveView(BuilderView):
    """Keep what is chosen: under a new name, or in the report it was opened from."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.chosen()
        if not form.is_valid():
            return self.page(form, status=400)
        report = self.saved()
        if "update" in request.POST:
            if report is None or report.owner_id != request.user.pk:
                raise PermissionDenied(_("Only the owner changes a saved report. Save it under a name of your own."))
            report = change_choices(report=report, asked=form.asked)
            messages.success(request, _("“%(name)s” is saved with these choices.") % {"name": report.name})
        else:
            name_form = NameForm(request.POST)
            if not name_form.is_valid():
                return self.page(form, status=400, name_form=name_form)
            report = save_report(owner=request.user, name=name_form.cleaned_data["name"], asked=form.asked)
            messages.success(
                request, _("“%(name)s” is saved. Only you see it until you share it.") % {"name": report.name}
            )
        return redirect("saved_report", pk=report.pk)


class SavedPage(ReportsPage):
    """A page of one saved report that the user sees; with `must_own`, one that is theirs."""

    must_own = True
    report: SavedReport

    def dispatch(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.report = get_object_or_404(reports_seen_by(request.user), pk=pk)
            if self.must_own and self.report.owner_id != request.user.pk:
                raise PermissionDenied(_("Only the owner changes a saved report. Make a copy of your own."))
        return super().dispatch(request, *args, pk=pk, **kwargs)

    def own_breadcrumbs(self) -> list[dict[str, str]]:
        return [{"url": "", "label": self.report.name}]


class OpenView(SavedPage):
    """Open it in the builder, as the one who opens it may see it."""

    must_own = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            asked = Asked.from_json(self.report.kind, self.report.parameters)
        except (UnknownReport, ValueError, TypeError):
            messages.error(
                request,
                _("“%(name)s” shows a report that is no longer there. Make a new one, and delete this.")
                % {"name": self.report.name},
            )
            return redirect("report_builder")
        query = "&".join(part for part in (query_of(asked), f"gemt={self.report.pk}") if part)
        return redirect(f"{reverse('report_build', args=[self.report.kind])}?{query}")


class EditView(SavedPage):
    """Name, sharing, schedule and recipients."""

    template_name = "enrolments/admin/reports/edit.html"

    @property
    def page_title(self) -> str:
        return self.report.name

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(request.POST)
        if not form.is_valid():
            return self._page(form, status=400)
        data = form.cleaned_data
        report = change_report(
            report=self.report,
            name=data["name"],
            is_shared=data["is_shared"],
            schedule=data["schedule"],
            file_format=data["file_format"],
            recipients=data["recipients"],
        )
        messages.success(request, _("“%(name)s” is saved.") % {"name": report.name})
        return redirect("report_builder")

    def _form(self, data: Any = None) -> SavedReportForm:
        # A copy: the form writes into its instance, and the page shows the report as it stands.
        report = SavedReport.objects.get(pk=self.report.pk)
        return SavedReportForm(data, instance=report, staff=possible_recipients())

    def _page(self, form: SavedReportForm, *, status: int = 200) -> HttpResponse:
        chosen = {str(pk) for pk in form["recipients"].value() or ()}
        known = {str(user.pk) for user in form.staff}
        paused = self.report.parameters.get("paused")
        context = self.get_context_data(
            form=form,
            report=self.report,
            people=[(user, str(user.pk) in chosen) for user in form.staff],
            gone=len(chosen - known),
            paused=why_in_words(paused["why"]) if paused else "",
        )
        return self.render_to_response(context, status=status)


class CopyView(SavedPage):
    """Make a copy of one's own, of any report that one sees."""

    must_own = False
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        copy = copy_report(report=self.report, owner=request.user)
        messages.success(request, _("“%(name)s” is yours alone. Nobody gets it by mail.") % {"name": copy.name})
        return redirect("saved_report_edit", pk=copy.pk)


class DeleteView(SavedPage):
    """Delete it, after a question. What was sent of it stands until its own time is over."""

    template_name = "enrolments/admin/reports/delete.html"
    page_title = gettext_lazy("Delete the report")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(report=self.report, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = self.report.name
        self.report.delete()
        messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
        return redirect("report_builder")
