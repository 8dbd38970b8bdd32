"""What staff do to a survey, each with a page that says what comes of it: extend, close, call off, delete, copy."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from evaluations.admin.fields import moment_field
from evaluations.admin.surveys.base import SurveyMixin
from evaluations.admin.surveys.editing import words
from evaluations.enums import Audience
from evaluations.exceptions import EvaluationError
from evaluations.operations.participation import participation
from evaluations.operations.surveys import (
    close_survey,
    copy_survey,
    delete_survey,
    extend_survey,
    resume_survey,
    stop_survey,
)


class ActView(SurveyMixin):
    """Ask, do, and say what was done. Refusals are words above the question."""

    tab = "overview"
    template_name = "evaluations/admin/surveys/act.html"
    question: Any = ""
    button: Any = ""
    is_serious = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form is not None and not form.is_valid():
            return self.show(form)
        try:
            return self.act(request, form)
        except EvaluationError as refusal:
            return self.show(form, refusal=str(refusal))

    def form(self, data: Any = None) -> forms.Form | None:
        return None

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        raise NotImplementedError

    def show(self, form: forms.Form | None, *, refusal: str = "") -> HttpResponse:
        wrong = bool(refusal or (form is not None and form.errors))
        context = self.get_context_data(
            form=form, refusal=refusal, question=self.question, button=self.button, is_serious=self.is_serious
        )
        return self.render_to_response(context, status=422 if wrong else 200)


class ExtendForm(forms.Form):
    closes_at = moment_field(gettext_lazy("Closes"))


class ExtendView(ActView):
    page_title = gettext_lazy("Extend the survey")
    question = gettext_lazy("People can answer until this time. Those who have answered are not told.")
    button = gettext_lazy("Extend")

    def form(self, data: Any = None) -> ExtendForm:
        return ExtendForm(data, initial={"closes_at": self.evaluation.closes_at})

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        evaluation = extend_survey(pk=self.survey.pk, closes_at=form.cleaned_data["closes_at"])
        until = date_format(localtime(evaluation.closes_at), "DATETIME_FORMAT")
        messages.success(request, _("The survey now closes %(until)s.") % {"until": until})
        return redirect(self.home_url)


class CloseView(ActView):
    page_title = gettext_lazy("Close the survey now")
    question = gettext_lazy(
        "Nobody can answer any more, and what has been answered is counted within a few minutes. It cannot be opened"
        " again."
    )
    button = gettext_lazy("Close it now")
    is_serious = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rate = participation([self.evaluation])[self.evaluation.pk]
        return super().get_context_data(participation=rate, **kwargs)

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        close_survey(pk=self.survey.pk)
        messages.success(
            request, _("“%(title)s” is closed. The results are here in a few minutes.") % words(self.survey)
        )
        return redirect(self.home_url)


class StopView(ActView):
    page_title = gettext_lazy("Call the survey off")
    question = gettext_lazy("It does not open, and nobody is invited. You can plan it again later.")
    button = gettext_lazy("Call it off")
    is_serious = True

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        stop_survey(pk=self.survey.pk)
        messages.success(request, _("“%(title)s” is called off.") % words(self.survey))
        return redirect(self.home_url)


class ResumeView(ActView):
    page_title = gettext_lazy("Plan the survey after all")
    question = gettext_lazy("It opens at the time that stands. See first that its times are right.")
    button = gettext_lazy("Plan it")

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        resume_survey(pk=self.survey.pk)
        messages.success(request, _("“%(title)s” is planned.") % words(self.survey))
        return redirect(self.home_url)


class DeleteView(ActView):
    page_title = gettext_lazy("Delete the survey")
    question = gettext_lazy("The survey and its list go for good. The questionnaire stays.")
    button = gettext_lazy("Delete it")
    is_serious = True

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        delete_survey(pk=self.survey.pk)
        messages.success(request, _("“%(title)s” is deleted.") % words(self.survey))
        return redirect("surveys:index")


class CopyForm(forms.Form):
    with_list = forms.BooleanField(
        label=gettext_lazy("Invite the same people"),
        help_text=gettext_lazy("But those who want no more mails"),
        required=False,
        initial=True,
    )


class CopyView(ActView):
    page_title = gettext_lazy("Copy for next year")
    question = gettext_lazy(
        "You get a planned survey with the same questions, a year later. Keep the title apart from the year: then the"
        " results of the years stand side by side. Nobody is invited before it opens."
    )
    button = gettext_lazy("Copy")

    def form(self, data: Any = None) -> forms.Form | None:
        has_list = self.survey.audience == Audience.INVITED and self.survey.invitations.exists()
        return CopyForm(data) if has_list else None

    def act(self, request: HttpRequest, form: Any) -> HttpResponse:
        copy = copy_survey(pk=self.survey.pk, with_list=bool(form and form.cleaned_data["with_list"]))
        messages.success(request, _("Here is the copy. See that its title and times are right."))
        return redirect("surveys:edit", copy.pk)
