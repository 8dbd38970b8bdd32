"""The forms behind the secret links: a colleague, corrections, the contact, and a message to the organiser."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from enrolments.forms.fields import (
    AddressField,
    OneLineField,
    order_reference_field,
    person_reference_field,
)
from enrolments.forms.person import PersonForm
from enrolments.models import Enrolment, Payer, Registration
from enrolments.operations.correcting import FIELDS, ReferenceDetails
from enrolments.operations.details import ParticipantDetails

#: The longest message to an organiser (ChangeRequest.message).
MAX_MESSAGE = 2000


class DetailsForm(PersonForm):
    """One participant's details, as the operations take them."""

    use_required_attribute = False

    @property
    def details(self) -> ParticipantDetails:
        return ParticipantDetails(**{name: self.cleaned_data.get(name, "") for name in FIELDS})


class ColleagueForm(DetailsForm):
    """Who takes over the seat."""


class CorrectForm(DetailsForm):
    """A participant's details as they stand, with the version that is shown.

    With `hides_needs` what stands of their needs is not shown, and stays unless something else is written: the
    participant may have written it for the kitchen, and not for the contact.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, *args: Any, enrolment: Enrolment, hides_needs: bool = False, **kwargs: Any) -> None:
        initial = {name: getattr(enrolment, name) for name in (*FIELDS, "version")}
        self.hides_needs, self.hidden_needs = hides_needs, ""
        if hides_needs:
            self.hidden_needs, initial["dietary"] = enrolment.dietary, ""
        super().__init__(*args, initial=initial, **kwargs)
        if hides_needs and "dietary" in self.fields:
            self.fields["dietary"].help_text = _(
                "What is written already is not shown here. Leave the field empty to keep it."
            )

    @property
    def details(self) -> ParticipantDetails:
        details = super().details
        return details if details.dietary else replace(details, dietary=self.hidden_needs)

    def keep_typed_over(self, current: Enrolment) -> None:
        """Show what was typed again, over the version that stands now."""
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = current.version


class SeatLinkForm(forms.Form):
    """Where the link to a seat without a name is sent."""

    email = AddressField(
        label=_("The colleague's e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the colleague's e-mail address.")},
    )

    use_required_attribute = False


class MessageForm(forms.Form):
    """A word to the organiser who decides after the deadline."""

    message = forms.CharField(
        label=_("Message to the organiser"),
        max_length=MAX_MESSAGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "form-input"}),
        help_text=_("Tell why, if it helps. Write nothing about health."),
    )

    use_required_attribute = False


class ContactForm(forms.Form):
    """The contact's name and telephone, and what each invoice is to carry."""

    contact_name = OneLineField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Write your name.")},
    )
    contact_phone = OneLineField(
        label=_("Your telephone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)

    use_required_attribute = False

    def __init__(self, *args: Any, registration: Registration, payers: Sequence[Payer], seen: str, **kwargs: Any):
        names = ("contact_name", "contact_phone")
        initial: dict[str, Any] = {name: getattr(registration, name) for name in names} | {"seen": seen}
        self.payers = [payer for payer in payers if not payer.frozen_at]
        for payer in self.payers:
            initial[f"order_reference-{payer.pk}"] = payer.order_reference
            initial[f"person_reference-{payer.pk}"] = payer.person_reference
        super().__init__(*args, initial=initial, **kwargs)
        for payer in self.payers:
            self.fields[f"order_reference-{payer.pk}"] = order_reference_field()
            self.fields[f"person_reference-{payer.pk}"] = person_reference_field()

    def by_payer(self) -> Iterator[tuple[Payer, list[BoundField]]]:
        """Yield each payer that can be corrected with its two fields."""
        for payer in self.payers:
            yield payer, [self[f"order_reference-{payer.pk}"], self[f"person_reference-{payer.pk}"]]

    @property
    def references(self) -> list[ReferenceDetails]:
        return [
            ReferenceDetails(
                payer_pk=payer.pk,
                order_reference=self.cleaned_data[f"order_reference-{payer.pk}"],
                person_reference=self.cleaned_data[f"person_reference-{payer.pk}"],
            )
            for payer in self.payers
        ]

    def keep_typed_over(self, seen: str) -> None:
        """Show what was typed again, over what stands now."""
        self.data = self.data.copy()
        self.data["seen"] = seen
