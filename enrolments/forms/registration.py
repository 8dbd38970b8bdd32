"""The public registration form: a contact, one to twenty participants, and who pays."""

import hashlib
import re
import uuid
from typing import Any
from unicodedata import category

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from courses.enums import OrganisationKind
from courses.models import CourseRun, Organisation
from enrolments.enums import BillingMethod
from enrolments.forms.questions import QuestionsMixin
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from website.core.danish import DanishOrder, kroner
from website.core.fields import validate_cvr, validate_ean
from website.core.widgets import LongSelect

ROW = re.compile(r"participants-(\d{1,4})-")
#: One form signs up at most this many.
MAX_PARTICIPANTS = 20


class OneLineField(forms.CharField):
    """A line of text: line breaks and repeated spaces become one space (they may end in a mail's header).

    Other control characters, which come along when text is pasted, are dropped: calendars refuse them.
    NUL is left for the field to refuse.
    """

    def to_python(self, value: Any) -> str:
        line = " ".join(super().to_python(value).split())
        return "".join(character for character in line if character == "\0" or category(character) != "Cc")


class AddressField(forms.EmailField):
    """An e-mail address, casefolded; a wrong one is shown back with the way out."""

    default_error_messages = {"invalid": _("Write an e-mail address such as anna@kommune.dk.")}

    def to_python(self, value: Any) -> str:
        # Before it is checked: a casefolded address may be longer.
        return super().to_python(value).casefold()


class DigitsFormField(forms.CharField):
    """Digits that people group with spaces, dots or hyphens."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).translate(str.maketrans("", "", " .-\u00a0"))


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
        widget=LongSelect,
        empty_label=_("Choose municipality"),
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
        choices=[
            (BillingMethod.EAN.value, _("E-invoice to an EAN number")),
            (BillingMethod.EMAIL.value, _("Invoice by e-mail")),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose how you want to pay."),
            "invalid_choice": _("Choose e-invoice (EAN) or invoice by e-mail."),
        },
    )
    ean = DigitsFormField(
        label=_("EAN number"),
        max_length=30,
        help_text=_("13 digits"),
        validators=[validate_ean],
        error_messages={"required": _("Write the EAN number that we send the e-invoice to.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    order_reference = OneLineField(
        label=_("Order or requisition number"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    person_reference = OneLineField(
        label=_("Reference person"),
        max_length=120,
        required=False,
        help_text=_("Who the invoice is for the attention of. Your own name if you leave it empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    invoice_email = AddressField(
        label=_("E-mail for the invoice"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the e-mail address that we send the invoice to.")},
    )
    cvr = DigitsFormField(
        label=_("CVR number"),
        required=False,
        max_length=20,
        help_text=_("8 digits"),
        validators=[validate_cvr],
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
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
            for name in ("billing_method", "ean", "order_reference", "person_reference", "invoice_email", "cvr"):
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
        return cls(run=run, **kwargs, initial={"submission": uuid.uuid4().hex, "seen_price": run.effective_price})

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
        unused = {BillingMethod.EAN: ("invoice_email", "cvr"), BillingMethod.EMAIL: ("ean",)}
        for name in unused.get(data.get("billing_method"), ()):
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
        return PayerDetails(
            billing_method=BillingMethod(data["billing_method"]),
            ean=data["ean"],
            order_reference=data["order_reference"],
            person_reference=data["person_reference"] or data["contact_name"],
            invoice_email=data["invoice_email"],
            cvr=data["cvr"],
        )


class ParticipantForm(QuestionsMixin, forms.Form):
    name = OneLineField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the participant's name.")},
    )
    email = AddressField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the participant's e-mail address.")},
    )
    job_title = OneLineField(
        label=_("Job title"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    department = OneLineField(
        label=_("Department or workplace"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    dietary = OneLineField(
        label=_("Dietary and access needs"),
        max_length=300,
        required=False,
        help_text=_("The kitchen sees the need, not the name. We delete it after the last day."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not run.asks_dietary:
            del self.fields["dietary"]

    @property
    def details(self) -> ParticipantDetails:
        return ParticipantDetails(**self.cleaned_data, answers=self.given)


class BaseParticipantFormSet(forms.BaseFormSet):
    """One to twenty participants. Rows left empty do not count; addresses are told apart casefolded."""

    default_error_messages = {
        "too_few_forms": _("Write at least one participant."),
        "too_many_forms": ngettext_lazy(
            "You can register at most %(num)d participant at a time.",
            "You can register at most %(num)d participants at a time.",
            "num",
        ),
    }

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(_with_management_fields(data), *args, prefix="participants", **kwargs)

    def clean(self) -> None:
        seen: dict[str, int] = {}
        for at, form in enumerate(self.forms):
            email = form.cleaned_data.get("email") if form.is_valid() else None
            if not email:
                continue
            if email in seen:
                form.add_error(
                    "email",
                    _("%(email)s is already participant %(number)s. Each participant needs an address of their own.")
                    % {"email": email, "number": seen[email] + 1},
                )
            seen.setdefault(email, at)

    def is_valid(self) -> bool:
        # `clean` may add errors to forms that had been found valid.
        return super().is_valid() and not any(form.errors for form in self.forms)

    @property
    def filled_forms(self) -> list[ParticipantForm]:
        return [form for form in self.forms if form.cleaned_data.get("email")]

    @property
    def participants(self) -> list[ParticipantDetails]:
        return [form.details for form in self.filled_forms]

    def add_already_registered(self, emails: list[str]) -> None:
        """Put the refusal at the fields of those who are registered already."""
        for form in self.filled_forms:
            if form.cleaned_data["email"] in emails:
                email = form.cleaned_data["email"]
                form.add_error("email", _("%(email)s is already registered for this run.") % {"email": email})


ParticipantFormSet = forms.formset_factory(
    ParticipantForm,
    formset=BaseParticipantFormSet,
    extra=0,
    min_num=1,
    validate_min=True,
    max_num=MAX_PARTICIPANTS,
    validate_max=True,
    absolute_max=2 * MAX_PARTICIPANTS,
)


def municipalities() -> QuerySet[Organisation]:
    """Return Denmark's municipalities in Danish order."""
    return Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).order_by(DanishOrder("name"))


def submission_digest(run: CourseRun, data: QueryDict) -> str:
    """Return a digest that is the same for the same page posted twice, and for nothing else.

    The page's own mark (or else its masked CSRF token, new at each rendering) is part of it, so
    people who happen to write the same on two pages have two registrations.
    """
    page = data.get("submission") or data.get("csrfmiddlewaretoken", "")
    typed = sorted((key, values) for key, values in data.lists() if key not in ("csrfmiddlewaretoken", "submission"))
    return hashlib.sha256(repr((run.pk, page, typed)).encode()).hexdigest()


def _with_management_fields(data: QueryDict | None) -> QueryDict | None:
    """All rows are new ones, and a count that cannot be read is the number of rows that were posted."""
    if data is None:
        return None
    data = data.copy()
    data["participants-INITIAL_FORMS"] = "0"
    data["participants-TOTAL_FORMS"] = str(posted_rows(data))
    return data


def posted_rows(data: QueryDict) -> int:
    """Return how many rows the post says it has; where it does not say, how many it has."""
    said = data.get("participants-TOTAL_FORMS", "")
    if said.isascii() and said.isdigit() and len(said) < 5:
        return int(said)
    indexes = [int(match[1]) for key in data if (match := ROW.match(key))]
    return max(indexes, default=0) + 1
