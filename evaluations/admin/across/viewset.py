"""Where the pages across courses stand in the admin."""

from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.base import ViewSet

from evaluations.admin.across import pages, words
from evaluations.admin.all_results import ResultsMenuItem


class AcrossViewSet(ViewSet):
    name = "evaluations_across"
    icon = "view"
    menu_label = gettext_lazy("Across courses")
    menu_name = "evaluations-across"
    url_prefix = "evaluations/across"
    menu_item_class = ResultsMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", pages.RatesView.as_view(), name="index"),
            path("trends/", pages.TrendsView.as_view(), name="trends"),
            path("effects/", pages.EffectsView.as_view(), name="effects"),
            path("attendance/", pages.AttendanceView.as_view(), name="attendance"),
            path("words/", words.WordsView.as_view(), name="words"),
            path("words/texts/", words.WordView.as_view(), name="word"),
        ]
