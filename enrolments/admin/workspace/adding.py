"""Add a participant by hand: also past the deadline, with what will happen said beside each choice."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.enums import RegistrationState, RunStatus
from courses.models import CourseRun, RunSeats
from enrolments.admin.workspace.tabs import RunMixin
from enrolments.admin.workspace.words import refusal
from enrolments.enums import BillingMethod
from enrolments.exceptions import AlreadyRegistered, EnrolmentError, ReasonNeeded
from enrolments.forms.fields import (
    AddressField,
    OneLineField,
    cvr_field,
    ean_field,
    invoice_email_field,
    municipalities,
    order_reference_field,
    person_reference_field,
)
from enrolments.models import SeatHold
from enrolments.operations.adding import Agreed, Place, add, places
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from enrolments.permissions import may_change_enrolments


class KronerField(forms.DecimalField):
    """An amount as people write it: 1250, 1250,50 or 1.250,50."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and "," in value:
            value = value.replace(".", "")
        return super().to_python(value)


class AddForm(forms.Form):
    """Who, from where, whom to write to, who pays, what was agreed, and which place."""

    name = OneLineField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Leave it empty to book a seat whose name is to follow."),
    )
    email = AddressField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Leave it empty if they have none of their own: mails go to the contact then."),
    )
    job_title = OneLineField(label=gettext_lazy("Job title"), max_length=120, required=False)
    department = OneLineField(label=gettext_lazy("Department or workplace"), max_length=120, required=False)
    dietary = OneLineField(label=gettext_lazy("Dietary and access needs"), max_length=300, required=False)
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("Municipality"),
        queryset=None,
        required=False,
        empty_label=gettext_lazy("Another organisation"),
    )
    organisation_name = OneLineField(
        label=gettext_lazy("Name of the organisation"),
        max_length=150,
        required=False,
        help_text=gettext_lazy("When it is not a municipality"),
    )
    contact_name = OneLineField(
        label=gettext_lazy("Contact's name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Leave the contact empty when it is the participant."),
    )
    contact_email = AddressField(label=gettext_lazy("Contact's e-mail"), max_length=254, required=False)
    contact_phone = OneLineField(label=gettext_lazy("Contact's telephone"), max_length=30, required=False)
    price = KronerField(
        label=gettext_lazy("Price (DKK, excl. VAT)"), max_digits=9, decimal_places=2, min_value=0, localize=True
    )
    billing_method = forms.ChoiceField(
        label=gettext_lazy("Billing"),
        required=False,
        choices=[(method.value, method.label) for method in (BillingMethod.EAN, BillingMethod.EMAIL)],
    )
    ean = ean_field(required=False)
    invoice_email = invoice_email_field(required=False)
    cvr = cvr_field()
    order_reference = order_reference_field()
    person_reference = person_reference_field()
    agreed = forms.ChoiceField(
        label=gettext_lazy("How was it agreed?"),
        choices=Agreed.choices,
        help_text=gettext_lazy("Price and terms of cancellation are noted as agreed in this way, today."),
    )
    place = forms.ChoiceField(label=gettext_lazy("What place?"), widget=forms.RadioSelect)
    reason = OneLineField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Kept in the history. The participant does not see it."),
    )
    tell = forms.BooleanField(
        label=gettext_lazy("Send the usual mails to the participant and the contact"), required=False, initial=True
    )
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    GROUPS = (
        (gettext_lazy("Participant"), ("name", "email", "job_title", "department", "dietary")),
        (gettext_lazy("Organisation"), ("organisation", "organisation_name")),
        (gettext_lazy("Contact person"), ("contact_name", "contact_email", "contact_phone")),
        (
            gettext_lazy("Payment"),
            (
                "price",
                "billing_method",
                "ean",
                "invoice_email",
                "cvr",
                "order_reference",
                "person_reference",
            ),
        ),
        (pgettext_lazy("add a participant", "Agreement and place"), ("agreed", "place", "reason", "tell")),
    )

    use_required_attribute = False

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = municipalities()
        self.fields["place"].choices = described_places(run)
        self.fields["place"].initial = next((value for value, _label in self.fields["place"].choices), "")
        self.fields["price"].initial = run.effective_price
        if not run.asks_dietary:
            del self.fields["dietary"]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [(label, [self[name] for name in names if name in self.fields]) for label, names in self.GROUPS]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("organisation") and not data.get("organisation_name"):
            self.add_error("organisation", _("Choose a municipality, or write the organisation's name."))
        self._clean_contact(data)
        if data.get("price"):
            self._clean_payer(data)
        return data

    def _clean_contact(self, data: dict[str, Any]) -> None:
        if not data.get("contact_name") and not data.get("name") and "name" not in self.errors:
            self.add_error("contact_name", _("Write the contact's name: there is no participant's name yet."))
        no_address = not data.get("contact_email") and not data.get("email")
        if no_address and not {"contact_email", "email"} & self.errors.keys():
            self.add_error("contact_email", _("Write an address that we can send to: the participant's or here."))

    def _clean_payer(self, data: dict[str, Any]) -> None:
        wanted, message = {
            BillingMethod.EAN.value: ("ean", _("Write the EAN number that we send the e-invoice to.")),
            BillingMethod.EMAIL.value: ("invoice_email", _("Write the e-mail address that we send the invoice to.")),
        }.get(data.get("billing_method", ""), ("billing_method", _("Choose how it is paid.")))
        if not data.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, message)

    @property
    def participant(self) -> ParticipantDetails:
        names = ("name", "email", "job_title", "department", "dietary")
        return ParticipantDetails(**{name: self.cleaned_data.get(name, "") for name in names})

    @property
    def contact(self) -> ContactDetails:
        data = self.cleaned_data
        return ContactDetails(
            name=data["contact_name"] or data["name"],
            email=data["contact_email"] or data["email"],
            phone=data["contact_phone"],
        )

    @property
    def affiliation(self) -> Affiliation:
        organisation = self.cleaned_data["organisation"]
        return Affiliation(organisation, "" if organisation else self.cleaned_data["organisation_name"])

    @property
    def payer(self) -> PayerDetails | None:
        data = self.cleaned_data
        if not data["price"]:
            return None
        method = BillingMethod(data["billing_method"])
        by_ean = method == BillingMethod.EAN
        return PayerDetails(
            billing_method=method,
            ean=data["ean"] if by_ean else "",
            order_reference=data["order_reference"],
            person_reference=data["person_reference"] or self.contact.name,
            invoice_email="" if by_ean else data["invoice_email"],
            cvr="" if by_ean else data["cvr"],
        )


def described_places(run: CourseRun) -> list[tuple[str, str]]:
    """Return the places there are to give, each with what taking it does."""
    seats = RunSeats.objects.get(pk=run.pk)
    held = sum(SeatHold.objects.filter(run=run, released_at=None, registration=None).values_list("seats", flat=True))
    free, waiting = seats.free or 0, seats.waiting
    passing = (
        " "
        + ngettext(
            "%(count)s in line is passed, which takes a reason.",
            "%(count)s in line are passed, which takes a reason.",
            waiting,
        )
        % {"count": waiting}
        if waiting
        else ""
    )
    words = {
        Place.SEAT: (
            _("A seat (the run has no limit).")
            if seats.capacity is None
            else ngettext("A free seat (%(free)s is free).", "A free seat (%(free)s are free).", free) % {"free": free}
        )
        + passing,
        Place.HELD: ngettext(
            "A seat that is held back (%(held)s is held).", "A seat that is held back (%(held)s are held).", held
        )
        % {"held": held},
        Place.RAISE: _("One more seat: the run goes from %(old)s to %(new)s seats.")
        % {"old": seats.capacity or 0, "new": (seats.capacity or 0) + 1}
        + passing,
        Place.LINE: ngettext(
            "Last on the waiting list, behind %(count)s. They are offered a seat when it is their turn.",
            "Last on the waiting list, behind %(count)s. They are offered a seat when it is their turn.",
            waiting,
        )
        % {"count": waiting},
    }
    return [(place.value, words[place]) for place in places(run)]


class AddView(RunMixin, TemplateView):
    """Register somebody who rang or wrote."""

    tab = "participants"
    may = staticmethod(may_change_enrolments)
    template_name = "enrolments/admin/workspace/add.html"
    page_title = gettext_lazy("Add a participant")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form", None) or AddForm(run=self.run, initial={"submission": uuid.uuid4().hex})
        return super().get_context_data(
            form=form,
            is_closed=self.run.registration_state()
            in (RegistrationState.CLOSED, RegistrationState.PAST, RegistrationState.NOT_YET),
            is_cancelled=self.run.status == RunStatus.CANCELLED,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AddForm(request.POST, run=self.run)
        if not form.is_valid():
            return self._again(form)
        data = form.cleaned_data
        try:
            enrolment = add(
                run_pk=self.run.pk,
                submission=data["submission"],
                participant=form.participant,
                contact=form.contact,
                affiliation=form.affiliation,
                payer=form.payer,
                place=Place(data["place"]),
                agreed=Agreed(data["agreed"]),
                user=request.user,
                price=data["price"],
                reason=data["reason"],
                tell=data["tell"],
            )
        except AlreadyRegistered as error:
            form.add_error(
                "email",
                f"{refusal(error)} {_('If it is a shared mailbox, leave this empty and write it as the contact.')}",
            )
        except ReasonNeeded as error:
            form.add_error("reason", refusal(error))
        except EnrolmentError as error:
            form.add_error("place", refusal(error))
        else:
            messages.success(request, _("%(name)s is added.") % {"name": enrolment})
            return redirect(reverse("participants:participant", args=[self.run.pk, enrolment.pk]))
        return self._again(form)

    def _again(self, form: AddForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))
