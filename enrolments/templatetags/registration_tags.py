"""Cells of the table of colleagues."""

from typing import Any

from django import forms, template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from website.core.templatetags.form_tags import widget

register = template.Library()


@register.simple_tag
def list_cell(form: forms.Form, column: Any, number: int) -> SafeString:
    """Return the table cell of one field of one row, named by its column and its row; its errors stand in it."""
    if column.name not in form.fields:
        return mark_safe("<td></td>")
    field = form[column.name]
    attrs = field.field.widget.attrs
    attrs["aria-labelledby"] = f"col-{column.name} row-{number}"
    if isinstance(field.field.widget, forms.RadioSelect):
        # A row of buttons is too wide for a cell.
        field.field.widget = forms.Select(attrs=attrs, choices=[("", "–"), *field.field.widget.choices])
    if isinstance(field.field.widget, forms.Textarea):
        field.field.widget = forms.TextInput(attrs={**attrs, "rows": None})
    errors: SafeString | str = ""
    if field.errors:
        words = format_html_join(mark_safe("<br>"), "{}", ((message,) for message in field.errors))
        errors = format_html(
            '<span class="form-error-message" id="{}_error"><span class="sr-only">{} </span>{}</span>',
            field.auto_id,
            _("Error:"),
            words,
        )
    # Hints stand in no cell, so the control must not point at one.
    field.field.help_text = ""
    control = widget(field)
    if isinstance(field.field.widget, forms.CheckboxInput):
        # The design system draws the box on the label.
        control = format_html(
            '<span class="form-group-checkbox">{}<label class="form-label" for="{}"><span class="sr-only">{}</span>'
            "</label></span>",
            control,
            field.id_for_label,
            column.label,
        )
    is_wrong = " list-cell--error" if field.errors else ""
    return format_html(
        '<td class="list-cell list-cell--{}{}" data-label="{}">{}{}</td>',
        column.name if not column.name.startswith("question") else "question",
        is_wrong,
        column.label,
        control,
        errors,
    )
