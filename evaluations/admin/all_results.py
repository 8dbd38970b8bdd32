"""What the pages of the menu share that tell of every evaluation: who sees them, and where they stand."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from evaluations.permissions import may_see_all_results


class ResultsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_see_all_results(request.user))


class AllResultsPage(WagtailAdminTemplateMixin, TemplateView):
    """A page only for those who see the results of every evaluation."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        may_see_all_results(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]
