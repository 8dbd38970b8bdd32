"""Make a survey, and change it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from enrolments.forms.fields import OneLineField
from evaluations.admin.fields import moment_field
from evaluations.admin.surveys.base import SurveyMixin, SurveysMixin
from evaluations.enums import Audience, EvaluationStatus, Moment
from evaluations.models import Questionnaire, Survey
from evaluations.operations.surveys import AddressTaken, SurveyDetails, SurveyUnderWay, save_survey, slug_for

#: How long a new survey is open, and when its reminders go, in days.
OPEN_DAYS, REMINDER_DAYS = 21, (7, 14)
HOUR = 9


def questionnaires() -> QuerySet[Questionnaire]:
    return Questionnaire.objects.filter(moment=Moment.SURVEY).order_by("title", "-version")


class SurveyForm(forms.Form):
    """A survey as staff plan it. Once it is open only its words and reminders change."""

    title_da = OneLineField(label=gettext_lazy("Title in Danish"), max_length=150)
    title_en = OneLineField(label=gettext_lazy("Title in English"), max_length=150, required=False)
    introduction_da = forms.CharField(
        label=gettext_lazy("Introduction in Danish"),
        help_text=gettext_lazy("Stands in the invitation and above the questions"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    introduction_en = forms.CharField(
        label=gettext_lazy("Introduction in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    questionnaire = forms.ModelChoiceField(
        label=gettext_lazy("Questionnaire"),
        queryset=None,
        empty_label=gettext_lazy("Choose a questionnaire"),
    )
    audience = forms.ChoiceField(
        label=gettext_lazy("Who may answer"),
        choices=Audience.choices,
        initial=Audience.INVITED,
        widget=forms.RadioSelect,
    )
    slug = forms.SlugField(
        label=gettext_lazy("Short name in the address"),
        help_text=gettext_lazy("The link to an open survey ends in it. Empty: made from the title"),
        max_length=60,
        required=False,
    )
    opens_at = moment_field(gettext_lazy("Opens"))
    closes_at = moment_field(gettext_lazy("Closes"))
    first_reminder_at = moment_field(
        gettext_lazy("First reminder"),
        required=False,
        help_text=gettext_lazy("To those on the list who have not answered. Empty: none"),
    )
    second_reminder_at = moment_field(
        gettext_lazy("Second reminder"), required=False, help_text=gettext_lazy("Empty: none")
    )
    #: What stands once people answer.
    FIXED = ("questionnaire", "audience", "slug", "opens_at", "closes_at")

    def __init__(self, *args: Any, is_under_way: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["questionnaire"].queryset = questionnaires()  # type: ignore[attr-defined] # a model's choice
        for name in self.FIXED if is_under_way else ():
            self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        opens, closes = data.get("opens_at"), data.get("closes_at")
        first, second = data.get("first_reminder_at"), data.get("second_reminder_at")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("It must close after it opens."))
        elif closes and closes <= timezone.now() and not self.fields["closes_at"].disabled:
            self.add_error("closes_at", _("This time has passed. Choose one to come."))
        elif opens and closes:
            for name, moment in (("first_reminder_at", first), ("second_reminder_at", second)):
                if moment and not opens < moment < closes:
                    self.add_error(name, _("A reminder goes while the survey is open."))
        if second and not first:
            self.add_error("first_reminder_at", _("Write when the first one goes, or leave out the second."))
        elif first and second and second <= first:
            self.add_error("second_reminder_at", _("The second reminder comes after the first."))
        if not data.get("slug") and data.get("title_da"):
            data["slug"] = slug_for(data["title_da"])
        return data

    @property
    def details(self) -> SurveyDetails:
        return SurveyDetails(**self.cleaned_data)


class SurveyFormMixin:
    """Show the form, and save what it says."""

    template_name = "evaluations/admin/surveys/edit.html"

    def save(self, request: HttpRequest, form: SurveyForm, pk: int | None = None) -> Survey | None:
        """Return the survey, or None with the form's errors."""
        if not form.is_valid():
            return None
        try:
            return save_survey(details=form.details, pk=pk)
        except AddressTaken as refusal:
            form.add_error("slug", str(refusal))
        except SurveyUnderWay as refusal:
            form.add_error(None, ValidationError(str(refusal)))
        return None


class NewSurveyView(SurveyFormMixin, SurveysMixin, TemplateView):
    page_title = gettext_lazy("New survey")

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": str(self.page_title)}]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(SurveyForm(initial=default_times()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SurveyForm(request.POST)
        if (made := self.save(request, form)) is None:
            return self.show(form)
        if made.audience == Audience.INVITED:
            messages.success(request, _("“%(title)s” is planned. Now invite those who are to answer.") % words(made))
            return redirect("surveys:invite", made.pk)
        messages.success(request, _("“%(title)s” is planned.") % words(made))
        return redirect("surveys:survey", made.pk)

    def show(self, form: SurveyForm) -> HttpResponse:
        context = self.get_context_data(form=form, back_url=reverse("surveys:index"))
        context["has_questionnaires"] = questionnaires().exists()
        return self.render_to_response(context, status=422 if form.errors else 200)


class EditSurveyView(SurveyFormMixin, SurveyMixin):
    tab = "edit"
    page_title = gettext_lazy("Change the survey")

    @property
    def is_under_way(self) -> bool:
        return self.evaluation.status not in (EvaluationStatus.PLANNED, EvaluationStatus.STOPPED)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(SurveyForm(initial=self.stands(), is_under_way=self.is_under_way))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SurveyForm(request.POST, initial=self.stands(), is_under_way=self.is_under_way)
        if (saved := self.save(request, form, self.survey.pk)) is None:
            return self.show(form)
        messages.success(request, _("“%(title)s” is saved.") % words(saved))
        return redirect(self.home_url)

    def stands(self) -> dict[str, Any]:
        survey, evaluation = self.survey, self.evaluation
        times = ("opens_at", "closes_at", "first_reminder_at", "second_reminder_at")
        texts = ("title_da", "title_en", "introduction_da", "introduction_en", "questionnaire", "audience", "slug")
        return {name: getattr(survey, name) for name in texts} | {name: getattr(evaluation, name) for name in times}

    def show(self, form: SurveyForm) -> HttpResponse:
        context = self.get_context_data(
            form=form, is_under_way=self.is_under_way, back_url=self.home_url, has_questionnaires=True
        )
        return self.render_to_response(context, status=422 if form.errors else 200)


def default_times() -> dict[str, datetime]:
    """Return times that a new survey begins with: from tomorrow at nine."""
    tomorrow = timezone.localtime().replace(hour=HOUR, minute=0, second=0, microsecond=0) + timedelta(days=1)
    first, second = (tomorrow + timedelta(days=days) for days in REMINDER_DAYS)
    return {
        "opens_at": tomorrow,
        "closes_at": tomorrow + timedelta(days=OPEN_DAYS),
        "first_reminder_at": first,
        "second_reminder_at": second,
    }


def words(survey: Survey) -> dict[str, str]:
    return {"title": survey.title_da}
