"""Pages that evaluations publish."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.search import index

from website.core.blocks import RICH_TEXT_FEATURES
from website.core.models import BasePage

if TYPE_CHECKING:
    from evaluations.models import Evaluation

#: The page's parameters: the municipality shown beside the whole, and the file asked for.
MUNICIPALITY, FILE = "kommune", "hent"


class SurveyResultsPage(BasePage):
    """The published results of a survey: charts with their tables, and what they mean in the editor's words.

    Until the survey closes the page says that results are to come: there are none, not for us either.
    """

    survey = models.ForeignKey(
        "evaluations.Survey", verbose_name=_("survey"), on_delete=models.SET_NULL, null=True, related_name="pages"
    )
    asked = models.TextField(
        _("who was asked"),
        max_length=600,
        blank=True,
        help_text=_("Such as “The person in each municipality who works with volunteers”"),
    )
    body = RichTextField(_("what the results say"), blank=True, features=RICH_TEXT_FEATURES)

    page_description = _("A survey's results as charts, for everyone and for each municipality with enough answers")
    parent_page_types = ["home.HomePage", "home.ArticlePage"]
    subpage_types: list[str] = []
    content_panels = [*BasePage.content_panels, FieldPanel("survey"), FieldPanel("asked"), FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("asked"), index.SearchField("body")]
    template = "evaluations/survey_results_page.html"

    class Meta:
        verbose_name = _("survey results page")
        verbose_name_plural = _("survey results pages")

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve the page, or what it shows as a file."""
        from evaluations.results.survey_files import FORMS, survey_file

        form = request.GET.get(FILE, "")
        if form in FORMS and (evaluation := self.evaluation) is not None and evaluation.is_closed:
            return survey_file(evaluation, form, self.slug)
        return super().serve(request, *args, **kwargs)

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        from evaluations.operations.participation import participation
        from evaluations.results.survey import survey_sheet

        context = super().get_context(request, *args, **kwargs)
        evaluation = self.evaluation
        closed = evaluation if evaluation and evaluation.is_closed else None
        code = request.GET.get(MUNICIPALITY, "")[:8]
        return context | {
            "evaluation": evaluation,
            "participation": participation([closed])[closed.pk] if closed else None,
            "sheet": survey_sheet(closed, code) if closed else None,
        }

    @property
    def evaluation(self) -> "Evaluation | None":
        """The survey's evaluation, or None on a page without a survey."""
        from evaluations.models import Evaluation

        rows = Evaluation.objects.select_related("survey", "questionnaire")
        return rows.filter(survey=self.survey_id).first() if self.survey_id else None
