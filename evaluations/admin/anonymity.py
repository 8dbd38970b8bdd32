"""How the answers are kept anonymous, for those who plan evaluations and read results: a page to read."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet

from evaluations.admin.across.viewset import ResultsMenuItem
from evaluations.models.results import MIN_ANSWERS
from evaluations.permissions import may_see_all_results


class AnonymityView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "evaluations/admin/anonymity.html"
    page_title = gettext_lazy("How the answers are kept anonymous")
    header_icon = "lock"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        allowed = may_see_all_results(request.user)
        if not allowed:
            raise PermissionDenied(allowed.reason)
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(least=MIN_ANSWERS, follow_up_days=settings.EVALUATION_FOLLOW_UP_DAYS, **kwargs)


class AnonymityViewSet(ViewSet):
    name = "evaluations_anonymity"
    icon = "lock"
    menu_label = gettext_lazy("Anonymity")
    menu_name = "evaluations-anonymity"
    url_prefix = "evaluations/anonymity"
    menu_item_class = ResultsMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", AnonymityView.as_view(), name="index")]
