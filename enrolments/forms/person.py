"""What is asked of every participant, whichever form asks it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from courses.models import CourseRun
from enrolments.forms.fields import AddressField, OneLineField, line_input


class PersonForm(forms.Form):
    """One participant's details. The run decides whether needs are asked for."""

    name = OneLineField(
        label=_("Name"),
        max_length=120,
        widget=line_input(),
        error_messages={"required": _("Write the participant's name.")},
    )
    email = AddressField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write the participant's e-mail address.")},
    )
    job_title = OneLineField(label=_("Job title"), max_length=120, required=False, widget=line_input())
    department = OneLineField(label=_("Department or workplace"), max_length=120, required=False, widget=line_input())
    dietary = OneLineField(
        label=_("Dietary and access needs"),
        max_length=300,
        required=False,
        help_text=_("The kitchen sees the need, not the name. We delete it after the last day."),
        widget=line_input(),
    )

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not run.asks_dietary:
            del self.fields["dietary"]
