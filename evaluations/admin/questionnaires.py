"""Questionnaires in the staff's admin: their list, and the editor that they are built in."""

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.snippets.views.snippets import SnippetViewSet

from evaluations.models import Questionnaire


class QuestionnaireViewSet(SnippetViewSet):
    model = Questionnaire
    icon = "list-ul"
    menu_label = gettext_lazy("Questionnaires")
    menu_name = "questionnaires"
    url_prefix = "evaluations/questionnaires"
    copy_view_enabled = False
    list_filter = ("moment", "course_kind", "is_standard")
    list_per_page = 50
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [
                    FieldPanel("title"),
                    FieldRowPanel([FieldPanel("moment"), FieldPanel("course_kind")]),
                    FieldPanel("is_standard"),
                ],
                heading=gettext_lazy("What it is for"),
            ),
            MultiFieldPanel(
                [FieldPanel("introduction_da"), FieldPanel("introduction_en")],
                heading=gettext_lazy("Introduction"),
            ),
            FieldPanel("questions"),
        ]
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "title",
            Column("moment", label=gettext_lazy("When"), accessor="get_moment_display", sort_key="moment"),
            Column("version", label=gettext_lazy("Version"), sort_key="version"),
            BooleanColumn("is_standard", label=gettext_lazy("Standard")),
        ]
