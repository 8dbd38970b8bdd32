"""Form fields with the classes and ids of dkfds: `{% form_field form.name %}`, or templates/components/field.html.

Written in Python, not in a template: a form has some thirty fields, and as templates within templates they
were most of what a form cost.
"""

from dataclasses import dataclass
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

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


#: Controls that are one tag and nothing else: written here without a template of their own.
PLAIN_INPUTS = {
    f"django/forms/widgets/{kind}.html" for kind in ("text", "email", "number", "url", "hidden", "password")
}


@register.simple_tag
def widget(field: BoundField, extra_class: str = "") -> SafeString:
    """Return the field's control. Django adds aria-describedby and aria-invalid by itself."""
    control = field.field.widget
    attrs = _attributes(field, extra_class or "")
    if control.template_name not in PLAIN_INPUTS or not isinstance(control, forms.widgets.Input):
        return field.as_widget(attrs=attrs)
    attrs = field.build_widget_attrs(attrs, control)
    if field.auto_id and "id" not in control.attrs:
        attrs.setdefault("id", field.auto_id)
    return _input(control.get_context(field.html_name, field.value(), attrs)["widget"])


def _input(context: dict[str, Any]) -> SafeString:
    """Return the tag of Django's own context of an input."""
    value = "" if context["value"] is None else format_html(' value="{}"', context["value"])
    return format_html(
        '<input type="{}" name="{}"{}{}>', context["type"], context["name"], value, flatatt(context["attrs"])
    )


@register.simple_tag
def form_field(
    field: BoundField, *, label: Any = "", hint: Any = "", extra_class: str = "", is_plain: bool = False
) -> SafeString:
    """Return a field with its label, hint, errors and control.

    `label` and `hint` stand instead of the field's own; `is_plain` leaves out that it is optional.
    """
    layout = kind(field)
    if layout == "hidden":
        return widget(field)
    errors = field_errors(field)
    hint = hint or field.help_text
    is_optional = not field.field.required and not is_plain
    named = format_html("{}{}", label or field.label, _optional() if is_optional else "")
    hinted = format_html('<span class="form-hint" id="{}_helptext">{}</span>', field.auto_id, hint) if hint else ""
    group = "form-group form-error" if errors else "form-group"
    if layout == "checkbox":
        return format_html(
            '<div class="{}">{}<div class="form-group-checkbox">{}<label class="form-label" for="{}">{}</label>{}</div>'
            "</div>",
            *(group, errors, widget(field, extra_class), field.id_for_label, named, hinted),
        )
    if layout in ("checkboxes", "radios", "several"):
        described = " ".join(
            f"{field.auto_id}_{what}" for what, there in (("helptext", hint), ("error", errors)) if there
        )
        if layout == "several":
            inner: Any = widget(field, extra_class)
        else:
            single = "radio" if layout == "radios" else "checkbox"
            inner = format_html_join(
                "",
                '<div class="form-group-{}">{}<label class="form-label" for="{}">{}</label></div>',
                ((single, _input(each.data), each.id_for_label, each.choice_label) for each in choices(field)),
            )
        return format_html(
            '<div class="{}"><fieldset{}><legend class="form-label">{}</legend>{}{}{}</fieldset></div>',
            *(group, flatatt({"aria-describedby": described} if described else {}), named, hinted, errors, inner),
        )
    return format_html(
        '<div class="{}"><label class="form-label" for="{}">{}</label>{}{}{}</div>',
        *(group, field.id_for_label, named, hinted, errors, widget(field, extra_class)),
    )


@register.simple_tag
def field_errors(field: BoundField) -> SafeString:
    """Return what is wrong with a field, named by the id that its control points at; or nothing."""
    if not field.errors:
        return mark_safe("")
    said = format_html('<span class="sr-only">{} </span>', _("Error:"))
    messages = format_html_join(mark_safe("<br>"), "{}{}", ((said, message) for message in field.errors))
    return format_html('<span class="form-error-message" id="{}_error">{}</span>', field.auto_id, messages)


def _optional() -> SafeString:
    return format_html(' <span class="optional">{}</span>', _("(optional)"))


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
