"""What organisers do to a run's evaluations, each on a page that says what comes of it: plan, change, stop, close."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.admin.workspace.tabs import RunMixin
from evaluations.admin.fields import moment_field
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment
from evaluations.exceptions import EvaluationError
from evaluations.models import Evaluation, Questionnaire
from evaluations.operations import planning
from evaluations.operations.participation import participation
from evaluations.permissions import may_manage
from evaluations.schedule import Period, Times, default_times


class QuestionnaireField(forms.ModelChoiceField):
    def label_from_instance(self, questionnaire: Questionnaire) -> str:  # type: ignore[override] # always one
        return f"{questionnaire} ({_('standard')})" if questionnaire.is_standard else str(questionnaire)


class TimesForm(forms.Form):
    """What is asked, and when. Of an open evaluation only what is to come can be changed."""

    questionnaire = QuestionnaireField(label=gettext_lazy("Questionnaire"), queryset=Questionnaire.objects.none())
    opens_at = moment_field(gettext_lazy("Opens"))
    invites_at = moment_field(
        gettext_lazy("Mail with the link"), required=False, help_text=gettext_lazy("Empty: no mails at all")
    )
    first_reminder_at = moment_field(
        gettext_lazy("First reminder"),
        required=False,
        help_text=gettext_lazy("To those who have not answered. Empty: none"),
    )
    second_reminder_at = moment_field(
        gettext_lazy("Second reminder"), required=False, help_text=gettext_lazy("Empty: none")
    )
    closes_at = moment_field(gettext_lazy("Closes"))

    def __init__(self, *args: Any, moment: str, is_open: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = Questionnaire.objects.filter(moment=moment).order_by("-is_standard", "title", "-version")
        self.fields["questionnaire"].queryset = found  # type: ignore[attr-defined] # a model's choice
        for name in ("questionnaire", "opens_at") if is_open else ():
            self.fields[name].disabled = True

    @property
    def times(self) -> Times:
        return Times(**{name: self.cleaned_data[name] for name in planning.TIMES})


class ActMixin(RunMixin):
    """Ask, do, and say what was done. Refusals are words above the form."""

    may = staticmethod(may_manage)
    tab = "evaluation"
    template_name = "evaluations/admin/run_act.html"
    question: Any = ""
    button: Any = ""
    is_serious = False

    @property
    def tab_url(self) -> str:
        return reverse("participants:evaluation", args=[self.run.pk])

    def show(self, form: forms.Form | None = None, *, refusal: str = "", **context: Any) -> HttpResponse:
        wrong = bool(refusal or (form is not None and form.errors))
        values = {
            "form": form,
            "refusal": refusal,
            "question": self.question,
            "button": self.button,
            "is_serious": self.is_serious,
            "back_url": self.tab_url,
            "back_label": _("Back without saving") if form else _("No, go back"),
            "media": form.media if form else "",
        }
        return self.render_to_response(self.get_context_data(**(values | context)), status=422 if wrong else 200)


class EvaluationActView(ActMixin, TemplateView):
    """Something that is done to one evaluation of the run, while it stands as the button was shown for."""

    statuses: tuple[EvaluationStatus, ...] = ()
    evaluation: Evaluation

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.may(request.user):
            found = Evaluation.objects.select_related("questionnaire")
            self.evaluation = get_object_or_404(found, pk=kwargs["pk"], run=kwargs["run_pk"])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.evaluation.status not in self.statuses:
            messages.warning(request, _("The evaluation has changed meanwhile. See how it stands now."))
            return redirect(self.tab_url)
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if form is not None and not form.is_valid():
            return self.show(form)
        try:
            messages.success(request, self.act(form))
        except EvaluationError as refusal:
            return self.show(form, refusal=str(refusal))
        return redirect(self.tab_url)

    def form(self, data: Any = None) -> TimesForm | None:
        return None

    def act(self, form: Any) -> str:
        """Do it, and return what was done in words."""
        raise NotImplementedError

    def get_page_subtitle(self) -> str:
        return str(Moment(self.evaluation.moment).label)


class EditView(EvaluationActView):
    statuses = (EvaluationStatus.PLANNED, EvaluationStatus.OPEN)
    page_title = gettext_lazy("Change the evaluation")
    button = gettext_lazy("Save")

    @property
    def question(self) -> str:  # type: ignore[override] # depends on how it stands
        if self.is_open:
            return _("People are answering. When it closes and when they are reminded can still be changed.")
        return _("When you save, the evaluation keeps your times. If the days of the run are moved, they move along.")

    @property
    def is_open(self) -> bool:
        return self.evaluation.status == EvaluationStatus.OPEN

    def form(self, data: Any = None) -> TimesForm:
        stands = {name: getattr(self.evaluation, name) for name in planning.TIMES}
        stands["questionnaire"] = self.evaluation.questionnaire
        return TimesForm(data, initial=stands, moment=self.evaluation.moment, is_open=self.is_open)

    def act(self, form: TimesForm) -> str:
        planning.shift(pk=self.evaluation.pk, times=form.times, questionnaire=form.cleaned_data["questionnaire"])
        return _("The evaluation is changed.")


class StopView(EvaluationActView):
    statuses = (EvaluationStatus.PLANNED,)
    page_title = gettext_lazy("Stop the evaluation")
    question = gettext_lazy("It does not open, and nobody is asked. You can plan it again later.")
    button = gettext_lazy("Stop it")
    is_serious = True

    def act(self, form: None) -> str:
        planning.stop(pk=self.evaluation.pk)
        return _("The evaluation is stopped. Nobody is asked.")


class CloseView(EvaluationActView):
    statuses = (EvaluationStatus.OPEN,)
    page_title = gettext_lazy("Close the evaluation now")
    question = gettext_lazy(
        "Nobody can answer any more, and no more reminders are sent. The answers are counted within a few minutes,"
        " and what fewer than five answered is destroyed unread. It cannot be opened again."
    )
    button = gettext_lazy("Close it now")
    is_serious = True

    def show(self, form: forms.Form | None = None, *, refusal: str = "", **context: Any) -> HttpResponse:
        rate = participation([self.evaluation])[self.evaluation.pk]
        return super().show(form, refusal=refusal, participation=rate, **context)

    def act(self, form: None) -> str:
        planning.close_now(pk=self.evaluation.pk)
        return _("The evaluation is closed. The results are here in a few minutes.")


class PlanView(ActMixin, TemplateView):
    """Plan what was not planned, or what was stopped."""

    page_title = gettext_lazy("Plan the evaluation")
    question = gettext_lazy("It opens by itself, and participants are asked at the times below.")
    button = gettext_lazy("Plan it")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form)
        asked = form.cleaned_data["questionnaire"]
        try:
            plan = planning.plan_by_hand(run=self.run, moment=self.moment, questionnaire=asked, times=form.times)
        except EvaluationError as refusal:
            form.add_error(None, ValidationError(str(refusal)))
            return self.show(form, refusal=str(refusal))
        opens = date_format(timezone.localtime(plan.opens_at), "DATETIME_FORMAT")
        messages.success(request, _("The evaluation is planned. It opens %(when)s.") % {"when": opens})
        return redirect(self.tab_url)

    def form(self, data: Any = None) -> TimesForm:
        return TimesForm(data, initial=self.proposed(), moment=self.moment)

    @property
    def moment(self) -> Moment:
        if self.kwargs["moment"] not in COURSE_MOMENTS:
            raise Http404
        return Moment(self.kwargs["moment"])

    def get_page_subtitle(self) -> str:
        return str(self.moment.label)

    def proposed(self) -> dict[str, Any]:
        """Return the times it would have had by itself, where there is still time, and the standard questionnaire."""
        standard = Questionnaire.objects.standard_for(self.moment, self.run.course.kind)
        starts_at, ends_at = self.run.starts_at, self.run.ends_at
        times = None
        if starts_at and ends_at:
            times = default_times(self.moment, Period(starts_at, ends_at), at=timezone.now())
        return {"questionnaire": standard} | (
            {name: getattr(times, name) for name in planning.TIMES} if times is not None else {}
        )
