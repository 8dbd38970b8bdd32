"""How the answers are kept anonymous, for those who plan evaluations and read results: a page to read."""

from typing import Any

from django.conf import settings
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from evaluations.admin.all_results import AllResultsPage, ResultsMenuItem
from evaluations.models.results import MIN_ANSWERS


class AnonymityView(AllResultsPage):
    template_name = "evaluations/admin/anonymity.html"
    page_title = gettext_lazy("How the answers are kept anonymous")
    header_icon = "lock"

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
