"""What evaluations add to Wagtail's admin."""

from django.utils.translation import gettext_lazy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from evaluations.admin.questionnaires import QuestionnaireViewSet


class EvaluationsGroup(SnippetViewSetGroup):
    """The menu "Evaluations". An entry is a viewset: of a model, or a `ViewSet` of Wagtail's with pages of its own."""

    menu_label = gettext_lazy("Evaluations")
    menu_name = "evaluations"
    menu_icon = "form"
    menu_order = 160
    items = (QuestionnaireViewSet,)


register_snippet(EvaluationsGroup)
