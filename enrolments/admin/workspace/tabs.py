"""What every page of a run's workspace shares: who may see it, where it stands, and the bar of tabs.

A module adds a tab and its addresses when it is imported (enrolments/wagtail_hooks.py imports them all):

    workspace_urls.add("line", [path("run/<int:run_pk>/line/", LineView.as_view(), name="line")])
    workspace_tabs.add(
        "line",
        Tab("line", pgettext_lazy("run", "Waiting list"), "participants:line", count=lambda run: run.seats.waiting),
        order=30,
    )

    class LineView(RunMixin, TemplateView):
        tab = "line"
        page_title = gettext_lazy("Waiting list")
        template_name = "enrolments/admin/line.html"  # extends "enrolments/admin/workspace/base.html"

The template fills the block `workspace`; `run`, `tabs` and `can_change` are in its context.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.models import CourseRun
from enrolments.permissions import may_change_enrolments, may_see_enrolments
from website.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the workspace: `url_name` takes the run's number; `count` is shown beside the label unless 0."""

    name: str
    label: str | Promise
    url_name: str
    count: Callable[[CourseRun], int] | None = None


@dataclass(frozen=True, slots=True)
class ShownTab:
    """A tab as one page shows it."""

    label: str | Promise
    url: str
    count: int
    is_current: bool


workspace_tabs: Registry[Tab] = Registry()
#: Lists of path()s, each beginning with "run/<int:run_pk>/", named in the namespace `participants`.
workspace_urls: Registry[Sequence[URLPattern]] = Registry()


class RunMixin(WagtailAdminTemplateMixin):
    """A view on one run's participants: only for those who may see (or change) enrolments.

    `may` says who; `tab` names the tab the page belongs to.
    """

    header_icon = "group"
    may = staticmethod(may_see_enrolments)
    tab = ""
    run: CourseRun

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.may(request.user).enforce()
        self.run = get_object_or_404(CourseRun.objects.for_display(), pk=kwargs["run_pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.run)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("participants:index"), "label": _("Participants")},
            {"url": self.home_url, "label": str(self.run)},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "run": self.run,
            "tabs": self.tabs(),
            "can_change": bool(may_change_enrolments(self.request.user)),
            "home_url": self.home_url,
        }
        return super().get_context_data(**(context | kwargs))

    def tabs(self) -> list[ShownTab]:
        """Return the bar of tabs as this page shows it."""
        return [
            ShownTab(
                label=tab.label,
                url=reverse(tab.url_name, args=[self.run.pk]),
                count=tab.count(self.run) if tab.count else 0,
                is_current=tab.name == self.tab,
            )
            for tab in workspace_tabs
        ]

    @property
    def home_url(self) -> str:
        return reverse("participants:run", args=[self.run.pk])
