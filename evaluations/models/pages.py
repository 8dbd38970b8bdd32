"""Pages that evaluations publish."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField

from website.core.blocks import RICH_TEXT_FEATURES
from website.core.models import BasePage


class SurveyResultsPage(BasePage):
    """The published results of a survey: charts with their tables, and what they mean in the editor's words."""

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

    content_panels = [*BasePage.content_panels, FieldPanel("survey"), FieldPanel("asked"), FieldPanel("body")]
    template = "evaluations/survey_results_page.html"

    class Meta:
        verbose_name = _("survey results page")
        verbose_name_plural = _("survey results pages")
