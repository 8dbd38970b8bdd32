"""Results for those who taught: their own runs', without what was said of other presenters."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from evaluations.models import Evaluation
from evaluations.operations.participation import participation
from evaluations.permissions import may_see_results
from evaluations.results.files import FORMS, file_response, offered
from evaluations.results.sheet import reader_of, sheet_of


@method_decorator(never_cache, name="dispatch")
class OwnResultsBase(View):
    """Signs people in first; an evaluation of somebody else's run says no in words."""

    http_method_names = ["get", "head"]
    evaluation: Evaluation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        found = Evaluation.objects.exclude(run=None).select_related("questionnaire", "run__course")
        self.evaluation = get_object_or_404(found, pk=kwargs["pk"])
        verdict = may_see_results(request.user, self.evaluation)
        if not verdict:
            return render(request, "evaluations/results_refused.html", {"reason": verdict.reason}, status=403)
        return super().dispatch(request, *args, **kwargs)


class OwnResultsView(OwnResultsBase):
    """The results on a page; before the evaluation has closed, when they come."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context: dict[str, Any] = {"evaluation": self.evaluation}
        if self.evaluation.is_closed:
            sheet = sheet_of(self.evaluation, reader_of(request.user))
            files = [
                (label, reverse("evaluations:results_file", args=[self.evaluation.pk, form]))
                for form, label in offered(sheet)
            ]
            context |= {
                "sheet": sheet,
                "participation": participation([self.evaluation])[self.evaluation.pk],
                "files": files,
            }
        return render(request, "evaluations/results.html", context)


class OwnFileView(OwnResultsBase):
    """The same as a file."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["form"] not in FORMS or not self.evaluation.is_closed:
            raise Http404(_("There is no such file."))
        return file_response(self.evaluation, reader_of(request.user), kwargs["form"])
