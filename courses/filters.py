"""The filters of the course list: what may stand in the address, and what it means."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from courses.enums import CourseKind
from courses.models import CourseRun, Topic
from website.core.danish import danish_key, period
from website.formats.da.formats import DATE_INPUT_FORMATS

ONLINE = "online"


class DanishDateField(forms.DateField):
    """A date as Danes write it, or ISO, whatever language the visitor reads in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=DATE_INPUT_FORMATS, localize=False, **kwargs)
        self.widget = forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": str(_("dd.mm.yyyy"))}
        )

    def clean(self, value: Any) -> date | None:
        try:
            return super().clean(value)
        except forms.ValidationError as error:
            message = _("“%(value)s” is not a date. Write it as 23.4.2027.") % {"value": str(value)[:40]}
            raise forms.ValidationError(message, code="invalid") from error


@dataclass(frozen=True)
class ActiveFilter:
    """One filter in use: its words, and the query keys that go with it when it is taken away."""

    text: str
    query: str


class CourseFilterForm(forms.Form):
    """Filters by word, topic, form, place and the first day's date. Each error concerns its own field only."""

    q = forms.CharField(label=_("Search"), max_length=100, required=False, widget=forms.TextInput({"type": "search"}))
    emne = forms.ModelChoiceField(
        Topic.objects.all(), label=_("Topic"), to_field_name="slug", required=False, empty_label=_("All topics")
    )
    form = forms.ChoiceField(label=_("Form"), required=False)
    sted = forms.ChoiceField(label=_("Place"), required=False)
    fra = DanishDateField(label=_("Starts no earlier than"), required=False)
    til = DanishDateField(label=_("Starts no later than"), required=False)

    def __init__(self, data: QueryDict) -> None:
        data = data.copy()
        for name in self.base_fields:
            if name in data:
                data[name] = data[name].replace("\0", "").strip()  # PostgreSQL's texts hold no NUL
        places = self._places(data.get("sted", ""))
        written = {town.casefold(): town for town, _label in places}
        if data.get("sted"):
            data["sted"] = written.get(data["sted"].casefold(), data["sted"])
        super().__init__(data, auto_id="filter-%s")
        self.fields["form"].choices = [("", _("All forms")), *CourseKind.choices]
        self.fields["sted"].choices = [("", _("All places")), *places]
        self.fields["sted"].error_messages["invalid_choice"] = _("There is no such place. Choose one from the list.")
        self.fields["emne"].error_messages["invalid_choice"] = _("There is no such topic. Choose one from the list.")
        self.fields["form"].error_messages["invalid_choice"] = _("There is no such form. Choose one from the list.")

    @staticmethod
    def _places(chosen: str) -> list[tuple[str, Any]]:
        """Return the towns of coming runs; a town of an old bookmark stays, so that it finds nothing in words."""
        runs = CourseRun.objects.public().upcoming().order_by()
        towns: set[str] = set()
        online = False
        for town, link in runs.values_list("venue__city", "online_link").distinct():
            if town:
                towns.add(town)
            online = online or (not town and bool(link))
        known = {town.casefold() for town in towns} | {ONLINE}
        if chosen and len(chosen) <= 80 and chosen.casefold() not in known:
            towns.add(chosen)
        places: list[tuple[str, Any]] = [(town, town) for town in sorted(towns, key=danish_key)]
        return [*places, (ONLINE, _("Online"))] if online or chosen == ONLINE else places

    def clean_q(self) -> str:
        return " ".join(self.cleaned_data["q"].split())

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        first, last = data.get("fra"), data.get("til")
        if first and last and last < first:
            self.add_error("til", _("The last date must not come before the first."))
        return data

    @property
    def value(self) -> dict[str, Any]:
        """What is filtered by: the fields that hold, without those in error."""
        self.is_valid()
        return self.cleaned_data

    @property
    def filters_runs(self) -> bool:
        """Whether a filter asks for runs of a place or period."""
        return any(self.value.get(name) for name in ("sted", "fra", "til"))

    def without(self, *names: str) -> str:
        """Return the query string without those fields and without the page number."""
        query = self.data.copy()
        for name in (*names, "side"):
            query.pop(name, None)
        for name in list(query):
            if name not in self.fields or not query[name]:
                del query[name]
        return f"?{query.urlencode()}"

    @property
    def active(self) -> list[ActiveFilter]:
        """Return the filters in use, each with the way to take it away."""
        value, found = self.value, []
        if value.get("q"):
            found.append(ActiveFilter(f"“{value['q']}”", self.without("q")))
        if value.get("emne"):
            found.append(ActiveFilter(value["emne"].name, self.without("emne")))
        if value.get("form"):
            found.append(ActiveFilter(str(CourseKind(value["form"]).label), self.without("form")))
        if value.get("sted"):
            found.append(ActiveFilter(dict(self.fields["sted"].choices)[value["sted"]], self.without("sted")))
        first, last = value.get("fra"), value.get("til")
        if first and last:
            found.append(ActiveFilter(period(first, last), self.without("fra", "til")))
        elif first:
            found.append(ActiveFilter(str(_("from %(date)s") % {"date": period(first, first)}), self.without("fra")))
        elif last:
            found.append(ActiveFilter(str(_("until %(date)s") % {"date": period(last, last)}), self.without("til")))
        return found
