"""The participants of a registration: one to twenty on the form, up to two hundred from a list."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from courses.models import CourseRun
from enrolments.enums import BillingMethod
from enrolments.forms.fields import (
    BILLING_FIELDS,
    EAN_NEEDED,
    INVOICE_EMAIL_NEEDED,
    UNUSED_BILLING,
    WAYS_OF_PAYING,
    OrganisationField,
    cvr_field,
    ean_field,
    invoice_email_field,
    line_input,
    order_reference_field,
    payer_of,
    person_reference_field,
)
from enrolments.forms.person import PersonForm
from enrolments.forms.questions import QuestionsMixin
from enrolments.operations.details import Affiliation, ParticipantDetails, PayerDetails

ROW = re.compile(r"participants-(\d{1,4})-(.+)")
#: One form signs up at most this many, a list this many.
MAX_PARTICIPANTS = 20
MAX_LISTED = 200
#: What is a participant's own, and not copied from a colleague. Needs are health data.
OWN_FIELDS = ("name", "email", "dietary", "unnamed")


class ParticipantForm(QuestionsMixin, PersonForm):
    """One participant. `separate_payers` gives each a payer of their own, left empty where it is the contact's."""

    field_order = ("unnamed",)

    unnamed = forms.BooleanField(label=_("Name to follow"), required=False)
    organisation = OrganisationField(
        label=_("Another municipality or organisation"),
        max_length=150,
        required=False,
        help_text=_("The same as yours if you leave it empty."),
        widget=line_input(list="municipalities"),
    )
    billing_method = forms.ChoiceField(
        label=_("Payer"),
        choices=[("", _("Same as under Payment")), *WAYS_OF_PAYING],
        required=False,
        error_messages={"invalid_choice": _("Choose e-invoice (EAN) or invoice by e-mail.")},
    )
    ean = ean_field(required=False)
    invoice_email = invoice_email_field(required=False)
    cvr = cvr_field()
    order_reference = order_reference_field()
    person_reference = person_reference_field()

    def __init__(self, *args: Any, run: CourseRun, separate_payers: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, run=run, **kwargs)
        self.has_payer = separate_payers and not run.is_free
        if not self.has_payer:
            for name in BILLING_FIELDS:
                del self.fields[name]
        if self.answers_follow:
            # Whoever is to follow may still get a link of their own.
            self.fields["name"].required = self.fields["email"].required = False

    @property
    def answers_follow(self) -> bool:
        """Whoever is to follow answers on their own page."""
        return self.is_bound and bool(self.data.get(self.add_prefix("unnamed")))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("unnamed") and data.get("name"):
            self.add_error("unnamed", _("Write the name, or tick that it is to follow: not both."))
        if self.has_payer:
            self._settle_payer(data)
        return data

    def full_clean(self) -> None:
        super().full_clean()
        for name in ("name", "email"):
            # Shown again, each is as needed as it was.
            self.fields[name].required = True

    def _settle_payer(self, data: dict[str, Any]) -> None:
        """Find the way of paying from what is filled in, and ask for its address."""
        if not data.get("billing_method"):
            written = {name for name in BILLING_FIELDS if data.get(name) or name in self.errors}
            if not written:
                return
            by_email = "invoice_email" in written and "ean" not in written
            data["billing_method"] = (BillingMethod.EMAIL if by_email else BillingMethod.EAN).value
        method = data["billing_method"]
        for name in UNUSED_BILLING.get(method, ()):
            self.errors.pop(name, None)
            data[name] = ""
        needed, words = ("ean", EAN_NEEDED) if method == BillingMethod.EAN else ("invoice_email", INVOICE_EMAIL_NEEDED)
        if not data.get(needed) and needed not in self.errors:
            self.add_error(needed, words)

    @property
    def is_filled(self) -> bool:
        data = self.cleaned_data
        return bool(data.get("email") or data.get("name") or data.get("unnamed"))

    @property
    def payer(self) -> PayerDetails | None:
        """The participant's own payer, or None where it is the contact's."""
        if not self.has_payer or not self.cleaned_data.get("billing_method"):
            return None
        return payer_of(self.cleaned_data, reference="")

    @property
    def affiliation(self) -> Affiliation | None:
        return self.cleaned_data.get("organisation")

    @property
    def details(self) -> ParticipantDetails:
        data = self.cleaned_data
        return ParticipantDetails(
            name=data["name"],
            email=data["email"],
            job_title=data["job_title"],
            department=data["department"],
            dietary=data.get("dietary", ""),
            affiliation=self.affiliation,
            payer=self.payer,
            answers=self.given,
        )


class ListedParticipantForm(ParticipantForm):
    """A participant from a list: what looks like a formula is refused, and a file cannot be in a list."""

    def __init__(self, *args: Any, questions: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, questions=[each for each in questions if each.kind != "file"], **kwargs)

    def _clean_fields(self) -> None:
        super()._clean_fields()
        for name, value in list(self.cleaned_data.items()):
            text = value.name if isinstance(value, Affiliation) else value
            if isinstance(text, str) and text.startswith("="):
                self.add_error(name, ValidationError(_("This looks like a formula. Write the value.")))


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
                    _(
                        "%(email)s is already participant %(number)s. Each participant needs an address of their own."
                        " Tick “Name to follow” for those who have none, and leave the address empty."
                    )
                    % {"email": email, "number": seen[email] + 1},
                )
            seen.setdefault(email, at)

    def is_valid(self) -> bool:
        # `clean` may add errors to forms that had been found valid.
        return super().is_valid() and not any(form.errors for form in self.forms)

    @property
    def filled_forms(self) -> list[ParticipantForm]:
        return [form for form in self.forms if form.is_filled]

    @property
    def participants(self) -> list[ParticipantDetails]:
        return [form.details for form in self.filled_forms]

    @property
    def addresses(self) -> list[str]:
        """The addresses that can be read, whatever else is wrong with their rows."""
        return [email for form in self.forms if (email := getattr(form, "cleaned_data", {}).get("email"))]

    def add_already_registered(self, emails: list[str]) -> None:
        """Put the refusal at the fields of those who are registered already, with the way out."""
        for form in self.forms:
            email = form.cleaned_data.get("email")
            if email in emails:
                form.add_error(
                    "email",
                    _(
                        "%(email)s is already registered for this run. If several share the address, tick"
                        " “Name to follow” and leave it empty, or write to us."
                    )
                    % {"email": email},
                )


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
ListedFormSet = forms.formset_factory(
    ListedParticipantForm,
    formset=BaseParticipantFormSet,
    extra=0,
    min_num=1,
    validate_min=True,
    max_num=MAX_LISTED,
    validate_max=True,
    absolute_max=MAX_LISTED + MAX_PARTICIPANTS,
)


def posted_rows(data: QueryDict) -> int:
    """Return how many rows the post says it has; where it does not say, how many it has."""
    said = data.get("participants-TOTAL_FORMS", "")
    if said.isascii() and said.isdigit() and len(said) < 5:
        return int(said)
    indexes = [int(match[1]) for key in data if (match := ROW.match(key))]
    return max(indexes, default=0) + 1


def typed_rows(data: QueryDict, *, most: int = MAX_PARTICIPANTS) -> list[dict[str, str]]:
    """Return what was typed in each row, by field, nothing checked."""
    rows: list[dict[str, str]] = [{} for _ in range(min(posted_rows(data), most))]
    for key in data:
        if (match := ROW.fullmatch(key)) and int(match[1]) < len(rows):
            rows[int(match[1])][match[2]] = data[key]
    return rows


def _with_management_fields(data: QueryDict | None) -> QueryDict | None:
    """All rows are new ones, and a count that cannot be read is the number of rows that were posted."""
    if data is None:
        return None
    data = data.copy()
    data["participants-INITIAL_FORMS"] = "0"
    data["participants-TOTAL_FORMS"] = str(posted_rows(data))
    return data
