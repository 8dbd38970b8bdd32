"""The public registration form: a contact, one to twenty participants, and who pays."""

import hashlib
import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun, Organisation
from enrolments.enums import BillingMethod
from enrolments.forms.fields import (
    BILLING_FIELDS,
    UNUSED_BILLING,
    WAYS_OF_PAYING,
    AddressField,
    MunicipalitySelect,
    OneLineField,
    cvr_field,
    ean_field,
    invoice_email_field,
    municipalities,
    order_reference_field,
    payer_of,
    person_reference_field,
)
from enrolments.forms.participants import MAX_PARTICIPANTS, ParticipantFormSet, posted_rows
from enrolments.forms.questions import QuestionsMixin
from enrolments.operations.details import Affiliation, ContactDetails, PayerDetails
from website.core.danish import kroner

__all__ = [
    "MAX_PARTICIPANTS",
    "ParticipantFormSet",
    "RegistrationForm",
    "municipalities",
    "posted_rows",
    "submission_digest",
]


class RegistrationForm(QuestionsMixin, forms.Form):
    """Everything but the participants. `run` decides which fields there are."""

    contact_name = OneLineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name.")},
    )
    contact_email = AddressField(
        label=_("Your e-mail"),
        max_length=254,
        help_text=_("We send the confirmation and a link for changes here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": _("Write your e-mail address.")},
    )
    contact_phone = OneLineField(
        label=_("Your telephone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    organisation = forms.ModelChoiceField(
        label=_("Municipality"),
        queryset=Organisation.objects.none(),
        to_field_name="code",
        widget=MunicipalitySelect,
        error_messages={
            "required": _("Choose your municipality, or write the name of your organisation."),
            "invalid_choice": _("Choose a municipality from the list, or write the organisation's name."),
        },
    )
    organisation_name = OneLineField(
        label=_("Name of the organisation"),
        max_length=150,
        required=False,
        help_text=_("Write it here if you are not employed in a municipality."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    billing_method = forms.ChoiceField(
        label=_("How do you want to pay?"),
        choices=WAYS_OF_PAYING,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how you want to pay."),
            "invalid_choice": _("Choose e-invoice (EAN) or invoice by e-mail."),
        },
    )
    ean = ean_field()
    invoice_email = invoice_email_field()
    cvr = cvr_field()
    order_reference = order_reference_field()
    person_reference = person_reference_field(
        _("Who the invoice is for the attention of. Your own name if you leave it empty.")
    )
    separate_payers = forms.BooleanField(
        label=_("Different payers"),
        required=False,
        help_text=_("Then you can write who pays for each participant. Otherwise you pay for everybody."),
    )
    waiting_list = forms.BooleanField(
        label=_("Put us on the waiting list if there are not seats for everybody"), required=False
    )
    keep_together = forms.BooleanField(label=_("We only come together: seats for all of us, or none"), required=False)
    accept_terms = forms.BooleanField(
        label=_("I accept the terms of cancellation"),
        error_messages={"required": _("Accept the terms of cancellation to register.")},
    )
    submission = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    seen_price = forms.DecimalField(required=False, widget=forms.HiddenInput, localize=False)

    use_required_attribute = False

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        self.fields["organisation"].queryset = municipalities()
        if self.is_bound:
            self._require_by_choice()
        if run.is_free:
            for name in (*BILLING_FIELDS, "separate_payers"):
                del self.fields[name]
        if not run.terms_id:
            del self.fields["accept_terms"]
        if not run.waiting_list or run.capacity is None:
            del self.fields["waiting_list"], self.fields["keep_together"]

    def _require_by_choice(self) -> None:
        """Ask for a municipality or a name, and for the address of the way of paying that was chosen."""
        self.fields["organisation"].required = not self.data.get("organisation_name", "").strip()
        method = self.data.get("billing_method")
        self.fields["ean"].required = method == BillingMethod.EAN
        self.fields["invoice_email"].required = method == BillingMethod.EMAIL

    def full_clean(self) -> None:
        super().full_clean()
        # Shown again, each is needed by who chooses its way of paying: only the other one may stay empty.
        for name in {"ean", "invoice_email"} & self.fields.keys():
            self.fields[name].required = True

    @classmethod
    def fresh(cls, run: CourseRun, **kwargs: Any) -> "RegistrationForm":
        """Return an empty form whose submission can be told from every other's."""
        return cls(run=run, **kwargs, initial={"submission": cls.new_mark(), "seen_price": run.effective_price})

    @staticmethod
    def new_mark() -> str:
        """Return a mark by which a page can be told from every other."""
        return uuid.uuid4().hex

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "billing_method" in self.fields:
            self._drop_unused_billing(data)
        seen = data.get("seen_price")
        if seen is not None and seen != self.run.effective_price:
            self.data = self.data.copy()
            self.data["seen_price"] = str(self.run.effective_price)
            self.add_error(
                None,
                _("The price has changed from %(old)s to %(new)s since you opened the page. Check and send again.")
                % {"old": kroner(seen), "new": kroner(self.run.effective_price)},
            )
        return data

    def _drop_unused_billing(self, data: dict[str, Any]) -> None:
        """What belongs to the way of paying that was not chosen is of no concern, errors included."""
        for name in UNUSED_BILLING.get(data.get("billing_method"), ()):
            self.errors.pop(name, None)
            data[name] = ""

    @property
    def contact(self) -> ContactDetails:
        data = self.cleaned_data
        return ContactDetails(name=data["contact_name"], email=data["contact_email"], phone=data["contact_phone"])

    @property
    def affiliation(self) -> Affiliation:
        organisation = self.cleaned_data["organisation"]
        return Affiliation(organisation, "" if organisation else self.cleaned_data["organisation_name"])

    @property
    def payer(self) -> PayerDetails | None:
        """Who pays, or None when there is nothing to pay."""
        data = self.cleaned_data
        if "billing_method" not in self.fields:
            return None
        return payer_of(data, reference=data["contact_name"])


#: What a post carries besides what was typed.
UNSIGNED = ("csrfmiddlewaretoken", "submission", "draft")


def submission_digest(run: CourseRun, data: QueryDict) -> str:
    """Return a digest that is the same for the same page posted twice, and for nothing else.

    The page's own mark (or else its masked CSRF token, new at each rendering) is part of it, so
    people who happen to write the same on two pages have two registrations.
    """
    page = data.get("submission") or data.get("csrfmiddlewaretoken", "")
    typed = sorted((key, values) for key, values in data.lists() if key not in UNSIGNED)
    return hashlib.sha256(repr((run.pk, page, typed)).encode()).hexdigest()
