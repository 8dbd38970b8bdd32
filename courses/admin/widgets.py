"""Widgets of the staff's forms."""

from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


class PeoplePicker(forms.SelectMultiple):
    """Several people out of a long list: type, pick, and see them as a row of names.

    A plain multiple select in a custom element; `courses-admin.js` adds the search box, also in rows that an
    InlinePanel adds later. Without JavaScript the select itself stays.
    """

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        return format_html(
            '<people-picker data-search="{}" data-add="{}" data-remove="{}" data-unknown="{}">{}</people-picker>',
            _("Type a name"),
            _("Add"),
            _("Remove %s"),
            _("Nobody of that name. Pick one from the list."),
            super().render(name, value, attrs, renderer),
        )

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=["js/courses-admin.js"])
