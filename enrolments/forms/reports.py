"""The forms of the report builder. What is chosen stands in the address, so that a report can be linked to."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from wagtail.admin.widgets import AdminDateInput

from enrolments.enums import Schedule
from enrolments.models import SavedReport
from enrolments.reports.asked import Asked
from enrolments.reports.kinds import Choices, ReportKind
from enrolments.reports.periods import EVER, OWN, PERIODS

#: The highest number a row can have.
HIGHEST = 2**63 - 1

FILE_FORMATS: list[tuple[str, str | Promise]] = [
    ("xlsx", gettext_lazy("Excel (XLSX)")),
    ("csv", gettext_lazy("CSV")),
    ("pdf", gettext_lazy("PDF")),
]


class ManyWidget(forms.SelectMultiple):
    """Reads every value of a name; the page draws the choices itself."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in (data.getlist(name) if hasattr(data, "getlist") else data.get(name) or []) if value]


class NumbersField(forms.Field):
    """Rows by their numbers. One that is gone is no error: the page says so, and the report finds nothing there."""

    widget = ManyWidget

    def clean(self, value: list[str]) -> tuple[int, ...]:
        for number in value:
            if not (str(number).isascii() and str(number).isdigit() and int(number) <= HIGHEST):
                raise ValidationError(
                    _("“%(value)s” is not the number of anything. Choose in the list.") % {"value": number}
                )
        return tuple(dict.fromkeys(int(number) for number in value))


class WordsField(forms.Field):
    """Words as they were written elsewhere, each once."""

    widget = ManyWidget

    def clean(self, value: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word[:200].replace("\x00", "") for word in value))


class DayField(forms.DateField):
    """A day in any of the Danish forms, refused with the value and the way out."""

    widget = AdminDateInput

    def to_python(self, value: Any) -> date | None:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(
                _("“%(value)s” is not a day. Write it as 23.4.2027.") % {"value": str(value)[:40]}
            ) from None


class ReportForm(forms.Form):
    """What a report is of: when, which courses and whose people, and which columns in which order."""

    periode = forms.ChoiceField(label=gettext_lazy("Period"), required=False)
    fra = DayField(label=gettext_lazy("From date"), required=False)
    til = DayField(label=gettext_lazy("To date"), required=False)
    kursus = NumbersField(label=gettext_lazy("Courses"), required=False)
    hold = NumbersField(label=gettext_lazy("Runs"), required=False)
    kommune = NumbersField(label=gettext_lazy("Municipalities and organisations"), required=False)
    afdeling = WordsField(label=gettext_lazy("Departments"), required=False)
    kolonne = WordsField(label=gettext_lazy("Columns"), required=False)
    afmeldte = forms.BooleanField(label=gettext_lazy("Include the cancelled"), required=False)

    def __init__(self, data: Any = None, *, kind: ReportKind) -> None:
        super().__init__(data)
        self.kind = kind
        self.fields["periode"].choices = [
            (EVER, gettext_lazy("All days")),
            *((period.name, period.label) for period in PERIODS.values()),
            (OWN, gettext_lazy("Days of your own")),
        ]
        if not kind.can_choose_columns:
            del self.fields["kolonne"]

    def clean_periode(self) -> str:
        name = self.cleaned_data["periode"]
        # Days without "own days" chosen (a link written by hand, a page without its script) are meant all the same.
        return OWN if not name and (self.data.get("fra") or self.data.get("til")) else name

    def clean_kolonne(self) -> tuple[str, ...]:
        known = {column.name for column in self.kind.columns()}
        unknown = [name for name in self.cleaned_data["kolonne"] if name not in known]
        if unknown:
            raise ValidationError(
                ngettext(
                    "The report has no column “%(names)s”. Choose among those in the list.",
                    "The report has no columns “%(names)s”. Choose among those in the list.",
                    len(unknown),
                )
                % {"names": ", ".join(name[:40] for name in unknown)}
            )
        return self.cleaned_data["kolonne"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("fra"), cleaned.get("til")
        if cleaned.get("periode") == OWN:
            if start and end and end < start:
                self.add_error(
                    "til",
                    _("The period ends (%(end)s) before it begins (%(start)s). Swap the two days.")
                    % {"start": date_format(start), "end": date_format(end)},
                )
            if not start and not end and not {"fra", "til"} & set(self.errors):
                self.add_error("fra", _("Write the first or the last day, or choose another period."))
        return cleaned

    @property
    def asked(self) -> Asked:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        own = data["periode"] == OWN
        columns = data.get("kolonne", ())
        every = tuple(column.name for column in self.kind.columns())
        choices = Choices(
            start=data["fra"] if own else None,
            end=data["til"] if own else None,
            courses=data["kursus"],
            runs=data["hold"],
            organisations=data["kommune"],
            departments=data["afdeling"],
            columns=() if columns == every else columns,
            with_cancelled=data["afmeldte"],
        )
        return Asked(self.kind, choices, data["periode"] if data["periode"] in PERIODS else OWN)


def query_of(asked: Asked) -> str:
    """Return the address's query that asks for the same, the columns in their order."""
    query = QueryDict(mutable=True)
    choices = asked.choices
    if asked.period in PERIODS:
        query["periode"] = asked.period
    elif choices.start or choices.end:
        query["periode"] = OWN
        for name, day in (("fra", choices.start), ("til", choices.end)):
            if day:
                query[name] = day.isoformat()
    for name, values in (
        ("kursus", choices.courses),
        ("hold", choices.runs),
        ("kommune", choices.organisations),
        ("afdeling", choices.departments),
        ("kolonne", choices.columns),
    ):
        query.setlist(name, [str(value) for value in values])
    if choices.with_cancelled:
        query["afmeldte"] = "on"
    return query.urlencode()


class NameForm(forms.Form):
    """The name a report is saved under."""

    name = forms.CharField(
        label=gettext_lazy("Name of the report"),
        max_length=SavedReport._meta.get_field("name").max_length,
        error_messages={"required": gettext_lazy("Write a name, so that you can find the report again.")},
    )


class SavedReportForm(forms.ModelForm):
    """Name, sharing and when it is sent to whom. Recipients are staff who may see reports."""

    recipients = NumbersField(label=gettext_lazy("Recipients"), required=False)
    schedule = forms.ChoiceField(
        label=pgettext_lazy("saved report", "Send it"), choices=Schedule, widget=forms.RadioSelect
    )
    file_format = forms.ChoiceField(
        label=pgettext_lazy("saved report", "As"), choices=FILE_FORMATS, widget=forms.RadioSelect
    )

    class Meta:
        model = SavedReport
        fields = ["name", "is_shared", "schedule", "file_format", "recipients"]
        error_messages = {"name": {"required": gettext_lazy("Write a name, so that you can find the report again.")}}

    def __init__(self, *args: Any, staff: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff

    def clean_recipients(self) -> list[int]:
        known = {user.pk for user in self.staff}
        return [pk for pk in self.cleaned_data["recipients"] if pk in known]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("schedule") not in (None, Schedule.NEVER) and not cleaned.get("recipients"):
            self.add_error("recipients", _("Choose at least one to send it to, or choose “Not by mail”."))
        return cleaned
