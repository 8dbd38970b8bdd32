"""The list of surveys, and how one of them stands."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView

from evaluations.admin.surveys.base import SurveyMixin, SurveysMixin
from evaluations.attention import overdue
from evaluations.enums import Audience, EvaluationStatus, QuestionKind
from evaluations.models import Ballot, Evaluation, Survey, SurveyResultsPage
from evaluations.models.results import MIN_ANSWERS
from evaluations.operations.participation import participation
from evaluations.operations.survey_invitations import not_mailed
from evaluations.questions import parse

PER_PAGE = 50


class SurveysView(SurveysMixin, TemplateView):
    """Every survey with how it stands. A constant number of queries."""

    page_title = gettext_lazy("Surveys")
    template_name = "evaluations/admin/surveys/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        words = self.request.GET.get("q", "").replace("\0", "").strip()[:80]
        rows = Survey.objects.select_related("evaluation").order_by("-evaluation__opens_at", "-pk")
        for word in words.split():
            rows = rows.filter(title_da__icontains=word)
        page = Paginator(rows, PER_PAGE).get_page(self.request.GET.get("p"))
        rates = participation(each.evaluation for each in page)
        return super().get_context_data(
            words=words,
            page=page,
            surveys=[(each, standing(each.evaluation), rates[each.evaluation.pk]) for each in page],
            **kwargs,
        )


def standing(evaluation: Evaluation) -> str:
    """Return how a survey stands, for its tag: one that has run out of time is being counted, or was never opened."""
    now = timezone.now()
    if evaluation.status == EvaluationStatus.OPEN and evaluation.closes_at <= now:
        return "counting"
    if evaluation.status == EvaluationStatus.PLANNED and evaluation.closes_at <= now:
        return "missed"
    return evaluation.status


class SurveyView(SurveyMixin):
    """One survey: when, who, how many, and what can be done."""

    tab = "overview"
    page_title = gettext_lazy("Survey")
    template_name = "evaluations/admin/surveys/survey.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        survey, evaluation = self.survey, self.evaluation
        is_open_to_all = survey.audience == Audience.OPEN
        listed = survey.invitations.count()
        asks_municipality = any(
            each.kind == QuestionKind.MUNICIPALITY for each in parse(survey.questionnaire.questions)
        )
        return super().get_context_data(
            standing=standing(evaluation),
            overdue=overdue(evaluation),
            is_open_to_all=is_open_to_all,
            participation=participation([evaluation])[evaluation.pk],
            answers=answers_so_far(evaluation) if is_open_to_all else None,
            # When it is over the list goes in its time, and the number stays.
            invited=evaluation.invited if evaluation.is_closed else listed,
            waiting=not_mailed(survey.pk).filter(wants_no_mail=False).count() if self.takes_invitations else 0,
            without_municipality=survey.invitations.filter(organisation=None).count() if self.takes_invitations else 0,
            lacks_municipality=not asks_municipality,
            open_link=settings.SITE_URL + reverse("evaluations:survey", args=[survey.slug]) if is_open_to_all else "",
            pages=SurveyResultsPage.objects.filter(survey=survey).order_by("pk"),
            min_answers=MIN_ANSWERS,
            **kwargs,
        )


def answers_so_far(evaluation: Evaluation) -> int | None:
    """Return how many answers an open survey has; None while they are fewer than five."""
    count = evaluation.answered or 0
    if not evaluation.is_closed:
        count = Ballot.objects.filter(evaluation=evaluation).count()
    return count if count >= MIN_ANSWERS else None
