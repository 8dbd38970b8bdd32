"""What every page on surveys shares: who may see it, and the bar of tabs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from enrolments.admin.workspace.tabs import ShownTab
from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import SurveyGone
from evaluations.models import Evaluation, Survey, SurveyInvitation
from evaluations.permissions import may_manage


class SurveysMixin(WagtailAdminTemplateMixin):
    """A page for those who plan evaluations."""

    header_icon = "globe"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_manage(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": reverse("surveys:index"), "label": _("Surveys")}]


class SurveyMixin(SurveysMixin, TemplateView):
    """A page on one survey. `tab` names the tab that it belongs to."""

    tab = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().dispatch(request, *args, **kwargs)
        except SurveyGone:
            messages.error(request, _("Somebody else has deleted the survey, so nothing was done."))
            return redirect("surveys:index")

    @cached_property
    def survey(self) -> Survey:
        rows = Survey.objects.select_related("evaluation", "questionnaire")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    @property
    def evaluation(self) -> Evaluation:
        return self.survey.evaluation

    @property
    def home_url(self) -> str:
        return reverse("surveys:survey", args=[self.survey.pk])

    @property
    def takes_invitations(self) -> bool:
        is_over = self.evaluation.status not in (EvaluationStatus.PLANNED, EvaluationStatus.OPEN)
        return self.survey.audience == Audience.INVITED and not is_over

    def get_page_subtitle(self) -> str:
        return str(self.survey)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        # The last one is the heading of the page: whose pages these are, as on those of a run.
        return [*super().get_breadcrumbs_items(), {"url": self.home_url, "label": str(self.survey)}]

    def tabs(self) -> list[ShownTab]:
        pk = self.survey.pk
        overview = ShownTab(_("Overview"), self.home_url, 0, self.tab == "overview")
        edit = ShownTab(_("Change"), reverse("surveys:edit", args=[pk]), 0, self.tab == "edit")
        results = ShownTab(_("Results"), reverse("surveys:results", args=[pk]), 0, self.tab == "results")
        found = [results] if self.evaluation.is_closed else []
        if self.survey.audience != Audience.INVITED:
            return [overview, *found, edit]
        count = SurveyInvitation.objects.filter(survey=pk).count()
        listed = ShownTab(_("Invited"), reverse("surveys:invitations", args=[pk]), count, self.tab == "invitations")
        return [overview, listed, *found, edit]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {
            "survey": self.survey,
            "evaluation": self.evaluation,
            "tabs": self.tabs(),
            "takes_invitations": self.takes_invitations,
            "home_url": self.home_url,
        }
        return super().get_context_data(**(context | kwargs))
