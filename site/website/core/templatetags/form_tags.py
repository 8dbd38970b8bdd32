"""Form fields with the classes and ids of dkfds. Used by templates/components/field.html."""

from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.safestring import SafeString

register = template.Library()

KINDS: list[tuple[type[forms.Widget], str]] = [
    (forms.HiddenInput, "hidden"),
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.SelectMultiple, "select"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.FileInput, "file"),
    (forms.MultiWidget, "several"),
]
CSS_CLASSES = {
    "checkboxes": "form-checkbox",
    "radios": "form-radio",
    "checkbox": "form-checkbox",
    "select": "form-select",
    "file": "form-file",
}


@register.filter
def kind(field: BoundField) -> str:
    """Return how a field is laid out: text, textarea, select, checkbox, checkboxes, radios, file, hidden."""
    return next((name for widget, name in KINDS if isinstance(field.field.widget, widget)), "text")


def _attributes(field: BoundField, extra_class: str) -> dict[str, str]:
    own = field.field.widget.attrs.get("class", "")
    names = [CSS_CLASSES.get(kind(field), "form-input"), own, extra_class]
    return {"class": " ".join(name for name in names if name)}


@register.simple_tag
def widget(field: BoundField, extra_class: str = "") -> SafeString:
    """Return the field's control. Django adds aria-describedby and aria-invalid by itself."""
    return field.as_widget(attrs=_attributes(field, extra_class or ""))


@register.simple_tag
def choices(field: BoundField) -> list[BoundWidget]:
    """Return the options of a radio or checkbox group, each with `tag`, `choice_label`, `id_for_label`."""
    attrs = field.build_widget_attrs(_attributes(field, ""), field.field.widget)
    attrs.setdefault("id", field.auto_id)
    options = field.field.widget.subwidgets(field.html_name, field.value(), attrs=attrs)
    return [BoundWidget(field.field.widget, option, field.form.renderer) for option in options]


@register.filter
def first_id(field: BoundField) -> str:
    """Return the id of the first thing in the field that takes focus: where an error links to."""
    if kind(field) in {"checkboxes", "radios", "several"}:
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


@dataclass
class Problem:
    message: str
    target: str = ""
    row: int | None = None


def _problems(form: forms.BaseForm, row: int | None = None) -> list[Problem]:
    found = [Problem(str(message), row=row) for message in form.non_field_errors()]
    for field in form:
        target = "" if field.is_hidden else first_id(field)
        found += [Problem(str(message), target, row) for message in field.errors]
    return found


@register.simple_tag
def problems(*forms_and_formsets: Any) -> list[Problem]:
    """Return the errors of forms and formsets in the order of the page, each with the id to jump to."""
    found: list[Problem] = []
    for item in forms_and_formsets:
        if not item or not item.is_bound:
            continue
        if isinstance(item, forms.BaseFormSet):
            found += [Problem(str(message)) for message in item.non_form_errors()]
            for number, form in enumerate(item.forms, start=1):
                found += _problems(form, number)
        else:
            found += _problems(item)
    return found
