"""A survey's results as staff read them: everything that was released, with the texts that are never published."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from evaluations.admin.surveys.base import SurveyMixin
from evaluations.exceptions import EvaluationError
from evaluations.operations.moderating import flag_text
from evaluations.operations.participation import participation
from evaluations.results.earlier_surveys import set_beside_earlier
from evaluations.results.files import FORMS, file_response, offered
from evaluations.results.sheet import ORGANISER, Sheet, sheet_of
from evaluations.results.survey import charted_items, released_municipalities
from evaluations.results.survey_files import survey_file

#: The published figures with those of each municipality, beside the files that all evaluations have.
BY_MUNICIPALITY = {"municipalities": "xlsx", "municipalities-csv": "csv"}


class ResultsView(SurveyMixin):
    """Charts, texts and files. A constant number of queries."""

    tab = "results"
    page_title = gettext_lazy("Results")
    template_name = "evaluations/admin/surveys/results.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.evaluation.is_closed:
            return redirect(self.home_url)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        evaluation = self.evaluation
        sheet = sheet_of(evaluation, ORGANISER)
        set_beside_earlier(sheet)
        return super().get_context_data(
            sheet=sheet,
            participation=participation([evaluation])[evaluation.pk],
            municipalities=released_municipalities(evaluation, charted_items(evaluation)),
            files=self.files(sheet),
            **kwargs,
        )

    def files(self, sheet: Sheet) -> list[tuple[Any, str]]:
        labels = dict(offered(sheet))
        labels["municipalities"] = _("By municipality (Excel)")
        labels["municipalities-csv"] = _("By municipality (CSV)")
        return [(label, reverse("surveys:file", args=[self.survey.pk, form])) for form, label in labels.items()]


class FileView(SurveyMixin):
    """The results as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = kwargs["form"]
        if not self.evaluation.is_closed or form not in FORMS | BY_MUNICIPALITY:
            raise Http404
        if form in BY_MUNICIPALITY:
            return survey_file(self.evaluation, BY_MUNICIPALITY[form], self.survey.slug)
        return file_response(self.evaluation, ORGANISER, form)


class FlagView(SurveyMixin):
    """Flag a text for the other organisers, or take the flag off."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("surveys:results", self.survey.pk)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text, flagged = kwargs["text"], request.POST.get("flag") == "1"
        try:
            flag_text(evaluation_pk=self.evaluation.pk, text_pk=text, flagged=flagged, by=request.user)
        except EvaluationError as refusal:
            messages.error(request, str(refusal))
        return redirect(f"{reverse('surveys:results', args=[self.survey.pk])}#text-{text}")
