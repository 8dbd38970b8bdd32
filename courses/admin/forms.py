"""Forms of the staff's side: what may be saved, and why not, said at the field."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.widgets import AdminDateInput

from courses.enums import RunStatus
from courses.models import CourseDay, CourseRun, Presenter
from courses.permissions import may_move_day, may_remove_day
from website.accounts.models import User
from website.core.danish import DanishOrder

DAY_BEGINS, DAY_ENDS = time(9), time(16)
#: Nobody plans farther ahead: a date beyond is a slip of the hand.
FARTHEST = timedelta(days=10 * 365)
PEOPLE_FIELDS = ("hosts", "presenters")


class DayForm(WagtailAdminModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.fields["start_time"].initial = DAY_BEGINS
            self.fields["end_time"].initial = DAY_ENDS

    def clean_date(self):
        date = self.cleaned_data["date"]
        if self.instance.pk and "date" in self.changed_data:
            verdict = may_move_day(CourseDay.objects.get(pk=self.instance.pk))
            if not verdict:
                raise ValidationError(verdict.reason)
        return date


class DayFormSet(BaseChildFormSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.extra = 1  # a new run opens with a row to fill in

    @cached_property
    def people(self) -> list[tuple[int, str]]:
        """Everybody who can host or present, read once for all the rows."""
        return [
            (person.pk, f"{person.name}, {person.organisation}" if person.organisation else person.name)
            for person in Presenter.objects.all()
        ]

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        for name in PEOPLE_FIELDS:
            if name in form.fields:
                form.fields[name].widget.choices = self.people

    def get_unique_error_message(self, unique_check: tuple[str, ...]) -> str:
        return _("The same date stands twice.")

    def get_form_error(self) -> str:
        return _("This date stands on another row too.")

    def clean(self) -> None:
        super().clean()
        refusals = []
        for form in self.deleted_forms:
            if form.instance.pk:
                verdict = may_remove_day(form.instance)
                if not verdict:
                    refusals.append(verdict.reason)
        if refusals:
            raise ValidationError(refusals)

    @property
    def kept_forms(self) -> list[forms.ModelForm]:
        """The rows that will be days: filled in, valid and not removed."""
        return [
            form
            for form in self.forms
            if form not in self.deleted_forms and getattr(form, "cleaned_data", {}).get("date")
        ]


class RunForm(WagtailAdminModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "responsible" in self.fields:
            # Staff only; whoever was chosen before may stay, though they have left.
            users = User.objects.filter(Q(is_active=True, is_staff=True) | Q(pk=self.instance.responsible_id))
            self.fields["responsible"].queryset = users.order_by(DanishOrder("first_name"), DanishOrder("last_name"))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("status") == RunStatus.OPEN:
            self._check_can_open(data)
        self._check_decision_date(data)
        return data

    def _check_decision_date(self, data: dict[str, Any]) -> None:
        """Refuse a decision after the run has begun, when it is set or the days are moved."""
        decided = data.get("decision_date")
        days = self.formsets["days"]
        days.is_valid()
        dates = [form.cleaned_data["date"] for form in days.kept_forms]
        if decided and dates and decided > min(dates):
            self.add_error(
                "decision_date",
                _("The run begins on %(date)s: decide before that.") % {"date": date_format(min(dates), "DATE_FORMAT")},
            )

    def _check_can_open(self, data: dict[str, Any]) -> None:
        days = self.formsets["days"]
        days.is_valid()
        rows = days.kept_forms
        if not rows and not any(form.errors for form in days.forms):
            self.add_error("status", _("A run needs at least one day before it opens. Add it under “When and where”."))
        has_place = data.get("venue") or data.get("online_link")
        if not has_place and not (rows and all(form.cleaned_data.get("venue") for form in rows)):
            self.add_error("venue", _("Choose a venue or give an online link before the run opens."))
        if "price" in data and self._price(data) > 0 and not data.get("terms"):
            self.add_error("terms", _("A run that costs something needs terms of cancellation before it opens."))

    @staticmethod
    def _price(data: dict[str, Any]) -> Decimal:
        if data.get("price") is not None:
            return data["price"]
        course = data.get("course")
        # Chosen as a page; the price stands on the course.
        price = getattr(course, "price", None) if course else None
        return price or Decimal(0)


class PresenterForm(WagtailAdminModelForm):
    def clean_email(self) -> str:
        # The address is the person: two presenters with one address would be one user.
        email = self.cleaned_data["email"]
        others = (
            Presenter.objects.filter(email=email).exclude(pk=self.instance.pk) if email else Presenter.objects.none()
        )
        if other := others.first():
            raise ValidationError(_("%(name)s already has this address.") % {"name": other.name})
        return email


class TermsForm(WagtailAdminModelForm):
    def _get_validation_exclusions(self) -> set[str]:
        # That only one version is used for new runs is kept by moving the mark, not by refusing it.
        return super()._get_validation_exclusions() | {"is_default"}


class RepeatForm(forms.Form):
    """When the repetition of a run begins."""

    first_date = forms.DateField(label=_("First day"), widget=AdminDateInput)
    label = forms.CharField(
        label=_("Label"),
        required=False,
        max_length=CourseRun._meta.get_field("label").max_length,
        help_text=_("Tells runs of one course apart, such as “Herlev” or “Run 2”"),
    )

    def clean_first_date(self):
        first_date = self.cleaned_data["first_date"]
        if first_date < timezone.localdate():
            raise ValidationError(
                _("%(date)s is past. Choose a day to come.") % {"date": first_date.strftime("%d.%m.%Y")}
            )
        if first_date > timezone.localdate() + FARTHEST:
            raise ValidationError(_("%(date)s is too far ahead.") % {"date": first_date.strftime("%d.%m.%Y")})
        return first_date
