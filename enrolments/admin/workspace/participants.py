"""A run's participants: a list to search, narrow and choose from, and the same list as a file."""

import tempfile
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView, View

from courses.models import CourseRun
from enrolments.admin.workspace.bulk import bulk_actions
from enrolments.admin.workspace.everyone import ListingMixin
from enrolments.admin.workspace.listing import Heading, Listing
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs
from enrolments.models import Enrolment
from enrolments.permissions import may_change_enrolments
from enrolments.reports import participants as report
from website.core.exports import CSV_CONTENT_TYPE, XLSX_CONTENT_TYPE

workspace_tabs.add("participants", Tab("participants", gettext_lazy("Participants"), "participants:list"), order=20)


def listing_of(request: HttpRequest, run: CourseRun, query: Any = None) -> Listing:
    """Return the run's list as the request's query (or another) narrows it."""
    query = request.GET if query is None else query
    return Listing(query, request.session, everybody=run.enrolments.all(), run=run)


class ParticipantsView(ListingMixin, RunMixin, TemplateView):
    """Everybody on a run, fifty at a time, in Danish order."""

    tab = "participants"
    template_name = "enrolments/admin/workspace/participants.html"
    page_title = gettext_lazy("Participants")

    def get_listing(self) -> Listing:
        return listing_of(self.request, self.run)

    def headings(self) -> list[Heading]:
        return [*super().headings(), Heading(pgettext_lazy("participant", "Remarks"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        can_change = bool(may_change_enrolments(self.request.user))
        actions = [action for action in bulk_actions if can_change or not action.changes]
        return super().get_context_data(actions=actions, **kwargs)


class ExportView(RunMixin, View):
    """The list as a file, with the filters and the order of the page."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["form"] not in ("csv", "xlsx"):
            raise Http404
        found = listing_of(request, self.run).matching()
        return file_of(self.run, found, kwargs["form"])


def file_of(run: CourseRun, found: QuerySet[Enrolment], form: str) -> HttpResponse:
    """Return participants as a CSV or XLSX file. Nothing may keep it: it holds personal data."""
    name = f"{slugify(_('Participants'))}-{slugify(str(run))[:60]}"
    response: HttpResponse
    if form == "csv":
        response = StreamingHttpResponse(report.csv(found), content_type=CSV_CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    else:
        output = tempfile.TemporaryFile()  # noqa: SIM115 - FileResponse closes it
        report.xlsx(found, output, title=_("Participants"))
        output.seek(0)
        response = FileResponse(output, as_attachment=True, content_type=XLSX_CONTENT_TYPE, filename=f"{name}.xlsx")
    response["Cache-Control"] = "no-store"
    return response
