"""What evaluations add to Wagtail's admin."""

from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.viewsets.base import ViewSet
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from evaluations.admin import planning, results  # noqa: F401 - register the run's tab, and their addresses
from evaluations.admin.across.viewset import AcrossViewSet
from evaluations.admin.anonymity import AnonymityViewSet
from evaluations.admin.listing import EvaluationsViewSet
from evaluations.admin.questionnaires import QuestionnaireViewSet
from evaluations.admin.surveys import SurveysViewSet


class EvaluationsGroup(SnippetViewSetGroup):
    """The menu "Evaluations". An entry is a viewset: of a model, or a `ViewSet` of Wagtail's with pages of its own."""

    menu_label = gettext_lazy("Evaluations")
    menu_name = "evaluations"
    menu_icon = "form"
    menu_order = 160
    items = (
        EvaluationsViewSet,
        AcrossViewSet,
        QuestionnaireViewSet,
        SurveysViewSet,
    )


register_snippet(EvaluationsGroup)


@hooks.register("register_admin_viewset")
def anonymity_viewset() -> ViewSet:
    """A page to read, which others link to."""
    return AnonymityViewSet()
