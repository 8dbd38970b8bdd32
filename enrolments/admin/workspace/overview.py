"""A run's page: how it stands, what to do next, and the way to everything about it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.models import CourseRun
from courses.presentation import present
from enrolments.admin.workspace.figures import Figures, Segment, figures, needs
from enrolments.admin.workspace.notices import notices, undelivered
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs
from enrolments.operations.notes import note_on_run
from enrolments.permissions import may_change_enrolments

workspace_tabs.add("overview", Tab("overview", gettext_lazy("Overview"), "participants:run"), order=10)


@dataclass(frozen=True, slots=True)
class Link:
    label: str | Promise
    url: str


def segments(counted: Figures) -> list[Segment]:
    """Return the bar's stretches in order; those of no width are left out."""
    parts = [
        ("confirmed", gettext_lazy("Confirmed"), counted.confirmed),
        ("offered", gettext_lazy("Offered"), counted.offered),
        ("held", pgettext_lazy("seats", "Held back"), counted.held),
        ("free", pgettext_lazy("seats", "Free"), counted.free or 0),
    ]
    found, start = [], 0
    for kind, label, count in parts:
        if count:
            found.append(Segment(kind, label, count, start))
        start += count
    return found


def links(run: CourseRun) -> list[Link]:
    """Return where an organiser goes from a run."""
    report = f"{reverse('attendance_report')}?{urlencode({'hold': run.pk})}"
    found = [
        Link(gettext_lazy("Edit run"), reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])),
        Link(gettext_lazy("Roll call"), reverse("enrolments:roll_call_run", args=[run.pk])),
        Link(gettext_lazy("Attendance report"), report),
    ]
    if url := public_url(run):
        found.append(Link(gettext_lazy("The course's public page"), url))
    return found


def public_url(run: CourseRun) -> str:
    """Return the course page's address; nothing while it is not published."""
    return (run.course.url or "") if run.course.live else ""


class NotesForm(forms.Form):
    notes = forms.CharField(
        label=gettext_lazy("Internal notes"),
        help_text=gettext_lazy("Only staff see these."),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class OverviewView(RunMixin, TemplateView):
    """How the run stands."""

    tab = "overview"
    template_name = "enrolments/admin/workspace/overview.html"
    page_title = gettext_lazy("Overview")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at = timezone.now()
        counted = figures(self.run)
        found = notices(self.run, counted, at)
        return super().get_context_data(
            shown=present(self.run, at),
            figures=counted,
            segments=segments(counted),
            next_step=found[0] if found else None,
            notices=found[1:],
            links=links(self.run),
            needs=needs(self.run) if self.run.asks_dietary else [],
            notes_form=NotesForm(initial={"notes": self.run.notes}),
            **kwargs,
        )


class RunNotesView(RunMixin, TemplateView):
    """Keep the internal notes of the run."""

    may = staticmethod(may_change_enrolments)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NotesForm(request.POST)
        if form.is_valid():
            note_on_run(run_pk=self.run.pk, notes=form.cleaned_data["notes"])
            messages.success(request, _("The note is kept."))
        else:
            messages.error(request, _("The note is too long."))
        return redirect(f"{self.home_url}#notes")


class UndeliveredView(RunMixin, TemplateView):
    """Mails about the run that reached nobody, and why."""

    tab = "overview"
    template_name = "enrolments/admin/workspace/undelivered.html"
    page_title = gettext_lazy("Mails that do not arrive")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mails = list(undelivered(self.run).order_by("to", "-created_at").distinct("to")[:200])
        people: dict[str, Any] = {}
        for enrolment in self.run.enrolments.active().filter(email__in=[mail.to for mail in mails]):
            people[enrolment.email] = enrolment
        rows = [(mail, people.get(mail.to)) for mail in mails]
        return super().get_context_data(rows=rows, outbox_url=outbox_url(), **kwargs)


def outbox_url() -> str:
    """Return the address of the outbox in the admin, where mails are sent again."""
    try:
        return reverse("outbox:index")
    except NoReverseMatch:
        return ""
