"""Fields of registration's forms: lines of text, addresses, digits, municipalities, and who pays."""

from collections.abc import Callable
from typing import Any
from unicodedata import category

from django import forms
from django.core.cache import cache
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from courses.enums import OrganisationKind
from courses.models import Organisation
from enrolments.enums import BillingMethod
from enrolments.operations.details import Affiliation, PayerDetails
from website.core.danish import DanishOrder
from website.core.fields import validate_cvr, validate_ean

#: What says who pays, on the form as a whole and for each participant.
BILLING_FIELDS = ("billing_method", "ean", "order_reference", "person_reference", "invoice_email", "cvr")
#: What belongs to a way of paying that was not chosen.
UNUSED_BILLING = {BillingMethod.EAN: ("invoice_email", "cvr"), BillingMethod.EMAIL: ("ean",)}
WAYS_OF_PAYING = [
    (BillingMethod.EAN.value, _("E-invoice to an EAN number")),
    (BillingMethod.EMAIL.value, _("Invoice by e-mail")),
]
EAN_NEEDED = _("Write the EAN number that we send the e-invoice to.")
INVOICE_EMAIL_NEEDED = _("Write the e-mail address that we send the invoice to.")
#: So many seconds the list of municipalities is taken from the cache: it is on every form and all but never changes.
MUNICIPALITIES_FOR = 60


class OneLineField(forms.CharField):
    """A line of text: line breaks and repeated spaces become one space (they may end in a mail's header).

    Other control characters, which come along when text is pasted, are dropped: calendars refuse them.
    NUL is left for the field to refuse.
    """

    def to_python(self, value: Any) -> str:
        line = " ".join(super().to_python(value).split())
        if line.isprintable():
            return line
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


class OrganisationField(OneLineField):
    """A municipality by name or code, or another organisation by its name; cleaned to an affiliation or None."""

    def clean(self, value: Any) -> Affiliation | None:
        name = super().clean(value)
        return affiliation_named(name) if name else None


def line_input(**attrs: str) -> forms.TextInput:
    """Return the control of a line that browsers must not fill in with the visitor's own."""
    return forms.TextInput(attrs={"autocomplete": "off", **attrs})


def ean_field(*, required: bool = True) -> DigitsFormField:
    return DigitsFormField(
        label=_("EAN number"),
        max_length=30,
        required=required,
        help_text=_("13 digits"),
        validators=[validate_ean],
        error_messages={"required": EAN_NEEDED},
        widget=line_input(inputmode="numeric"),
    )


def order_reference_field() -> OneLineField:
    return OneLineField(label=_("Order or requisition number"), max_length=60, required=False, widget=line_input())


def person_reference_field(help_text: Any = "") -> OneLineField:
    return OneLineField(
        label=_("Reference person"), max_length=120, required=False, help_text=help_text, widget=line_input()
    )


def invoice_email_field(*, required: bool = True) -> AddressField:
    return AddressField(
        label=_("E-mail for the invoice"),
        max_length=254,
        required=required,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": INVOICE_EMAIL_NEEDED},
    )


def cvr_field() -> DigitsFormField:
    return DigitsFormField(
        label=_("CVR number"),
        required=False,
        max_length=20,
        help_text=_("8 digits"),
        validators=[validate_cvr],
        widget=line_input(inputmode="numeric"),
    )


def payer_of(data: dict[str, Any], *, reference: str) -> PayerDetails:
    """Return the payer in a form's cleaned data; `reference` stands for a reference person left empty."""
    return PayerDetails(
        billing_method=BillingMethod(data["billing_method"]),
        ean=data["ean"],
        order_reference=data["order_reference"],
        person_reference=data["person_reference"] or reference,
        invoice_email=data["invoice_email"],
        cvr=data["cvr"],
    )


def municipalities() -> QuerySet[Organisation]:
    """Return Denmark's municipalities in Danish order."""
    return Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).order_by(DanishOrder("name"))


def known_municipalities() -> list[Organisation]:
    """Return the municipalities as they stood a moment ago, in Danish order."""
    return _remembered("rows", lambda: list(municipalities().only("name", "official_name", "code")))


def municipality_names() -> SafeString:
    """Return the municipalities as the options of a datalist."""

    def write() -> SafeString:
        return format_html_join("", '<option value="{}"></option>', ((str(each),) for each in known_municipalities()))

    return _remembered("names", write)


def _remembered(what: str, make: Callable[[], Any]) -> Any:
    key = f"enrolments.municipalities.{what}"
    known = cache.get(key)
    if not known:
        known = make()
        cache.set(key, known, MUNICIPALITIES_FOR)
    return known


class MunicipalitySelect(forms.Select):
    """The list of municipalities, whose options are written once and not at each rendering."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        options = _remembered("options", self._options)
        chosen = f'<option value="{escape(value or "")}">'
        options = mark_safe(options.replace(chosen, f"{chosen[:-1]} selected>", 1))
        attrs = self.build_attrs(self.attrs, attrs)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(attrs), options)

    @staticmethod
    def _options() -> SafeString:
        first = format_html('<option value="">{}</option>', gettext("Choose municipality"))
        rows = ((each.code, str(each)) for each in known_municipalities())
        return first + format_html_join("", '<option value="{}">{}</option>', rows)


def affiliation_named(name: str) -> Affiliation:
    """Return the municipality of that name or code, however it is written; else the organisation as named."""
    known = municipalities_by_spelling().get(plain_municipality(name))
    return Affiliation(known) if known else Affiliation(name=name)


def municipalities_by_spelling() -> dict[str, Organisation]:
    """Return the municipalities by their names and codes, as `plain_municipality` gives what people write."""
    return {
        spelling: each
        for each in known_municipalities()
        for spelling in (plain_municipality(each.name), plain_municipality(str(each)), each.code)
    }


def plain_municipality(name: str) -> str:
    """Return a municipality's name so that its spellings are alike: "AARHUS kommune" and "Århus" are "århus"."""
    words = name.casefold().replace("aa", "å").split()
    return " ".join(words[:-1] if len(words) > 1 and words[-1] == "kommune" else words)
