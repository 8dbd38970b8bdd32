"""What an organiser does to one participant, also past the deadline: correct, replace, move, cancel.

Each is a form on a page of its own that says what will happen, and one operation.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.models import CourseRun
from enrolments.admin.workspace.person import OneParticipantMixin
from enrolments.admin.workspace.words import refusal
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.exceptions import EnrolmentError
from enrolments.forms.fields import AddressField, OneLineField
from enrolments.models import Enrolment
from enrolments.operations.cancelling import cancel, fees_of
from enrolments.operations.correcting import correct
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.fees import move_fee
from enrolments.operations.moving import move
from enrolments.operations.replacing import replace
from enrolments.permissions import may_change_enrolments
from website.core.danish import kroner

FIELDS = ("name", "email", "job_title", "department", "dietary")


class ReasonedForm(forms.Form):
    reason = OneLineField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Kept in the history. The participant does not see it."),
    )


class DetailsForm(ReasonedForm):
    """A participant's details. By an organiser's hand the address may be left out: mails go to the contact then."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=120)
    email = AddressField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Leave it empty if they have none of their own: mails go to the contact then."),
    )
    job_title = OneLineField(label=gettext_lazy("Job title"), max_length=120, required=False)
    department = OneLineField(label=gettext_lazy("Department or workplace"), max_length=120, required=False)
    dietary = OneLineField(label=gettext_lazy("Dietary and access needs"), max_length=300, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    field_order = [*FIELDS, "reason"]

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not run.asks_dietary:
            del self.fields["dietary"]

    @property
    def details(self) -> ParticipantDetails:
        return ParticipantDetails(**{name: self.cleaned_data.get(name, "") for name in FIELDS})


class FeeForm(ReasonedForm):
    waive_fee = forms.BooleanField(label=gettext_lazy("Take no fee"), required=False)

    field_order = ["waive_fee", "reason"]


class RunWithSeats(forms.ModelChoiceField):
    def label_from_instance(self, obj: CourseRun) -> str:
        when = date_format(timezone.localtime(obj.first_starts_at), "DATE_FORMAT") if obj.first_starts_at else ""
        left = obj.seats.left
        seats = _("no limit") if left is None else _("%(left)s free") % {"left": left}
        return " · ".join(part for part in (obj.label or obj.place, when, seats) if part)


class MoveForm(FeeForm):
    to_run = RunWithSeats(
        label=gettext_lazy("Move to"), queryset=CourseRun.objects.none(), empty_label=gettext_lazy("Choose a run")
    )

    field_order = ["to_run", "waive_fee", "reason"]

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to_run"].queryset = runs_to_move_to(run)


def runs_to_move_to(run: CourseRun, at: datetime | None = None) -> QuerySet[CourseRun]:
    """Return the other runs of the same course that have not begun."""
    at = at or timezone.now()
    others = CourseRun.objects.upcoming(at).filter(course=run.course_id, first_starts_at__gt=at).exclude(pk=run.pk)
    return others.select_related("seats", "venue", "course")


class ChangeView(OneParticipantMixin, TemplateView):
    """A form on one participant, and one operation. Those who no longer come are not changed."""

    may = staticmethod(may_change_enrolments)
    template_name = "enrolments/admin/workspace/change.html"
    form_class: type[forms.Form] = ReasonedForm
    button: Any = ""
    is_serious = False

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        enrolment = self.find()
        if not enrolment.is_active:
            messages.error(request, _("The participant no longer comes."))
            return redirect(self.own_url)
        return self._page(enrolment, self.get_form(enrolment))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        enrolment = self.find()
        form = self.get_form(enrolment, request.POST)
        if not form.is_valid():
            return self._page(enrolment, form)
        try:
            done = self.act(enrolment, form.cleaned_data, form)
        except EnrolmentError as error:
            form.add_error(None, refusal(error))
            return self._page(enrolment, form)
        messages.success(request, done)
        return redirect(self.own_url)

    def get_form(self, enrolment: Enrolment, data: Any = None) -> forms.Form:
        return self.form_class(data)

    def act(self, enrolment: Enrolment, data: dict[str, Any], form: Any) -> str:
        """Do it and return what was done, in words. Raises EnrolmentError."""
        raise NotImplementedError

    def consequence(self, enrolment: Enrolment) -> str:
        raise NotImplementedError

    def _page(self, enrolment: Enrolment, form: forms.Form) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(
                enrolment=enrolment,
                form=form,
                consequence=self.consequence(enrolment),
                button=self.button,
                is_serious=self.is_serious,
                own_url=self.own_url,
            )
        )

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": self.own_url, "label": _("Participant")}]


class CorrectView(ChangeView):
    page_title = gettext_lazy("Correct details")
    button = gettext_lazy("Save")

    def get_form(self, enrolment: Enrolment, data: Any = None) -> DetailsForm:
        initial = {name: getattr(enrolment, name) for name in (*FIELDS, "version")}
        return DetailsForm(data, run=self.run, initial=initial)

    def consequence(self, enrolment: Enrolment) -> str:
        return _("With a new address the calendar entries move there, and the old address's link no longer works.")

    def act(self, enrolment: Enrolment, data: dict[str, Any], form: DetailsForm) -> str:
        version = data["version"] or enrolment.version
        correct(
            enrolment=enrolment,
            details=form.details,
            version=version,
            actor=ActorKind.STAFF,
            user=self.request.user,
            reason=data["reason"],
        )
        return _("The details are saved.")


class ReplaceView(ChangeView):
    page_title = gettext_lazy("Replace by a colleague")
    button = pgettext_lazy("participant", "Replace")

    def get_form(self, enrolment: Enrolment, data: Any = None) -> DetailsForm:
        return DetailsForm(data, run=self.run)

    def consequence(self, enrolment: Enrolment) -> str:
        return _(
            "The colleague takes over the place as it is, at no cost. %(name)s is told and the course leaves their "
            "calendar; the colleague gets the invitation."
        ) % {"name": enrolment}

    def act(self, enrolment: Enrolment, data: dict[str, Any], form: DetailsForm) -> str:
        new = replace(
            enrolment=enrolment,
            details=form.details,
            actor=ActorKind.STAFF,
            user=self.request.user,
            reason=data["reason"],
        )
        self.pk = new.pk
        return _("%(name)s has taken over the place.") % {"name": new}


class MoveView(ChangeView):
    page_title = gettext_lazy("Move to another run")
    button = pgettext_lazy("participant", "Move")

    def get_form(self, enrolment: Enrolment, data: Any = None) -> MoveForm:
        return MoveForm(data, run=self.run)

    def consequence(self, enrolment: Enrolment) -> str:
        fee = move_fee(enrolment.registration.terms, enrolment.registration.price)
        told = _("The new seat is taken before this one is let go. The participant and the contact are told.")
        if enrolment.status != EnrolmentStatus.CONFIRMED or not fee:
            return f"{told} {_('It costs nothing.')}"
        return f"{told} {_('By the terms accepted it costs %(fee)s.') % {'fee': kroner(fee)}}"

    def act(self, enrolment: Enrolment, data: dict[str, Any], form: MoveForm) -> str:
        to_run = data["to_run"]
        move(
            enrolments=[enrolment],
            to_run=to_run,
            actor=ActorKind.STAFF,
            user=self.request.user,
            reason=data["reason"],
            waive_fee=data["waive_fee"],
        )
        return _("%(name)s has been moved to %(run)s.") % {"name": enrolment, "run": to_run}


class CancelView(ChangeView):
    page_title = gettext_lazy("Cancel participant")
    button = gettext_lazy("Yes, cancel")
    form_class = FeeForm
    is_serious = True

    def consequence(self, enrolment: Enrolment) -> str:
        told = _("The participant and the contact get an e-mail, and the course leaves the calendar.")
        fee = fees_of(enrolment.registration, self.run, [enrolment], timezone.now()).get(enrolment.pk)
        cost = _("By the terms accepted it costs %(fee)s.") % {"fee": kroner(fee)} if fee else _("It costs nothing.")
        freed = _("The seat is offered to the waiting list at once.") if self.run.seats.waiting else ""
        return " ".join(part for part in (told, cost, freed) if part)

    def act(self, enrolment: Enrolment, data: dict[str, Any], form: FeeForm) -> str:
        done = cancel(
            registration=enrolment.registration,
            enrolment_pks=[enrolment.pk],
            actor=ActorKind.STAFF,
            user=self.request.user,
            reason=data["reason"],
            waive_fee=data["waive_fee"],
        )
        return _("%(name)s is cancelled.") % {"name": enrolment} if done else _("It was cancelled already.")
