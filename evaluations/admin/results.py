"""The results of an evaluation in its run's workspace: figures beside earlier ones, texts, and what became of them."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.admin.workspace.tabs import RunMixin, workspace_urls
from evaluations.emails_changes import asked_people
from evaluations.exceptions import EvaluationError
from evaluations.models import Evaluation
from evaluations.operations import moderating
from evaluations.operations.participation import participation
from evaluations.permissions import may_manage, may_see_all_results
from evaluations.results.comparison import set_beside
from evaluations.results.files import FORMS, file_response, offered
from evaluations.results.sheet import ORGANISER, Texts, sheet_of

RUN = "run/<int:run_pk>/evaluation/<int:pk>/"


class ChangesForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("What we changed because of you"),
        help_text=gettext_lazy("Two or three sentences. Write what is done or decided, not what you consider."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReplyForm(forms.Form):
    reply = forms.CharField(max_length=1000, required=False, strip=True)


class EvaluationMixin(RunMixin):
    """A view on one evaluation of the run: only for those who see all results."""

    may = staticmethod(may_see_all_results)
    tab = "evaluation"
    evaluation: Evaluation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.may(request.user).enforce()
        self.evaluation = get_object_or_404(
            Evaluation.objects.select_related("questionnaire", "run__course"), pk=kwargs["pk"], run=kwargs["run_pk"]
        )
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(evaluation=self.evaluation, results_url=self.results_url, **kwargs)

    @property
    def results_url(self) -> str:
        return reverse("participants:evaluation_results", args=[self.run.pk, self.evaluation.pk])


class ResultsView(EvaluationMixin, TemplateView):
    """What was released, and what organisers do with it."""

    template_name = "evaluations/admin/results.html"
    page_title = gettext_lazy("Results")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if not self.evaluation.is_closed:
            return super().get_context_data(**kwargs)
        which = self.request.GET.get("texts", "")
        which = which if which in Texts.values else ""
        sheet = sheet_of(self.evaluation, ORGANISER, texts=which)
        set_beside(sheet)
        return super().get_context_data(
            sheet=sheet,
            participation=participation([self.evaluation])[self.evaluation.pk],
            which=which,
            texts=Texts.choices,
            files=[(label, self.file_url(form)) for form, label in offered(sheet)],
            changes_form=kwargs.pop("changes_form", None) or ChangesForm({"words": self.evaluation.changes_made}),
            can_manage=bool(may_manage(self.request.user)),
            **kwargs,
        )

    def file_url(self, form: str) -> str:
        return reverse("participants:evaluation_file", args=[self.run.pk, self.evaluation.pk, form])


class FileView(EvaluationMixin, TemplateView):
    """The results as a file."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["form"] not in FORMS or not self.evaluation.is_closed:
            raise Http404
        return file_response(self.evaluation, ORGANISER, kwargs["form"])


class TextView(EvaluationMixin, TemplateView):
    """Hide, flag or answer one text."""

    may = staticmethod(may_manage)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        about = {"evaluation_pk": self.evaluation.pk, "text_pk": kwargs["text_pk"], "by": request.user}
        try:
            match request.POST.get("act"):
                case "hide":
                    moderating.hide_text(**about, hidden=True)
                    messages.success(request, _("The text is hidden from the presenters."))
                case "show":
                    moderating.hide_text(**about, hidden=False)
                    messages.success(request, _("The text is shown again."))
                case "flag":
                    moderating.flag_text(**about, flagged=True)
                case "unflag":
                    moderating.flag_text(**about, flagged=False)
                case "reply":
                    self.reply(request, about)
                case _unknown:
                    messages.error(request, _("That is not possible."))
        except EvaluationError as error:
            messages.error(request, str(error))
        which = request.POST.get("texts", "")
        query = f"?{urlencode({'texts': which})}" if which in Texts.values and which else ""
        return redirect(f"{self.results_url}{query}#text-{kwargs['text_pk']}")

    def reply(self, request: HttpRequest, about: dict[str, Any]) -> None:
        form = ReplyForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The reply is too long: at most 1,000 characters."))
            return
        moderating.reply_to_text(**about, reply=form.cleaned_data["reply"])
        messages.success(request, _("The reply is kept. The presenters see it."))


class ChangesView(EvaluationMixin, TemplateView):
    """Keep the organiser's words on what was changed, and go on to telling them if asked to."""

    may = staticmethod(may_manage)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ChangesForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("The text is too long: at most 2,000 characters."))
            return redirect(f"{self.results_url}#changes")
        try:
            moderating.write_changes(evaluation_pk=self.evaluation.pk, words=form.cleaned_data["words"])
        except EvaluationError as error:
            messages.error(request, str(error))
            return redirect(self.results_url)
        if "tell" in request.POST:
            return redirect("participants:evaluation_tell", run_pk=self.run.pk, pk=self.evaluation.pk)
        messages.success(request, _("The text is kept."))
        return redirect(f"{self.results_url}#changes")


class TellView(EvaluationMixin, TemplateView):
    """Tell those who were asked what was changed: shown first, then sent, once."""

    may = staticmethod(may_manage)
    template_name = "evaluations/admin/tell_changes.html"
    page_title = gettext_lazy("What we changed because of you")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refusal = self.refusal()
        if refusal:
            messages.error(request, refusal)
            return redirect(f"{self.results_url}#changes")
        return super().get(request, *args, **kwargs)

    def refusal(self) -> str:
        if self.evaluation.changes_told_at is not None:
            return str(moderating.AlreadyTold.message)
        return "" if self.evaluation.changes_made else str(moderating.NothingToTell.message)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(people=len(list(asked_people(self.evaluation))), **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            told = moderating.tell_changes(evaluation_pk=self.evaluation.pk)
        except EvaluationError as error:
            messages.error(request, str(error))
        else:
            text = ngettext("%(count)s person is told by mail.", "%(count)s people are told by mail.", told)
            messages.success(request, text % {"count": told})
        return redirect(f"{self.results_url}#changes")


class PublicView(EvaluationMixin, TemplateView):
    """Show the evaluation in the summary on the course page, or no longer."""

    may = staticmethod(may_manage)
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        public = request.POST.get("public") == "1"
        try:
            moderating.publish_summary(evaluation_pk=self.evaluation.pk, public=public)
        except EvaluationError as error:
            messages.error(request, str(error))
        else:
            text = _("The summary stands on the course page now.") if public else _("It is off the course page.")
            messages.success(request, text)
        return redirect(f"{self.results_url}#public")


workspace_urls.add(
    "evaluation-results",
    [
        path(f"{RUN}results/", ResultsView.as_view(), name="evaluation_results"),
        path(f"{RUN}results/text/<uuid:text_pk>/", TextView.as_view(), name="evaluation_text"),
        path(f"{RUN}results/changes/", ChangesView.as_view(), name="evaluation_changes"),
        path(f"{RUN}results/tell/", TellView.as_view(), name="evaluation_tell"),
        path(f"{RUN}results/public/", PublicView.as_view(), name="evaluation_public"),
        path(f"{RUN}results/<str:form>/", FileView.as_view(), name="evaluation_file"),
    ],
)
