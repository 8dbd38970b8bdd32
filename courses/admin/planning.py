"""The planning view: all runs by week, as a picture and as a list."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.widgets import AdminDateInput

from courses.admin.filters import courses_in_order, towns
from courses.enums import RunStatus
from courses.models import CoursePage, Presenter
from courses.planning import Entry, Week, days_in_period, entries_with_conflicts, folded, monday_of, weeks_of
from website.core.danish import written

DEFAULT_WEEKS = 27  # this one and the next 26
PERMISSION = "courses.view_courserun"

# The picture: a column a week, a row a weekday; lengths in units of its viewBox.
CELL, GAP, LEFT, TOP, BOTTOM = 20, 4, 36, 22, 22
STEP = CELL + GAP


class PeriodForm(forms.Form):
    start = forms.DateField(
        label=gettext_lazy("From the week of"),
        required=False,
        widget=AdminDateInput,
        validators=[MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2099, 12, 31))],
    )
    weeks = forms.TypedChoiceField(
        label=gettext_lazy("Weeks"),
        required=False,
        coerce=int,
        empty_value=DEFAULT_WEEKS,
        choices=[(n, n) for n in (4, 13, DEFAULT_WEEKS, 53)],
    )
    course = forms.ModelChoiceField(
        label=gettext_lazy("Course"),
        required=False,
        queryset=CoursePage.objects.none(),
        empty_label=gettext_lazy("All"),
    )
    town = forms.ChoiceField(label=gettext_lazy("Town"), required=False)
    presenter = forms.ModelChoiceField(
        label=gettext_lazy("Presenter"),
        required=False,
        queryset=Presenter.objects.all(),
        empty_label=gettext_lazy("All"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["course"].queryset = courses_in_order()
        self.fields["town"].choices = [("", _("All")), *towns()]

    def shows(self, entry: Entry) -> bool:
        """Whether the entry passes what was chosen."""
        chosen = self.cleaned_data
        if (course := chosen.get("course")) and entry.run.course_id != course.pk:
            return False
        if (town := chosen.get("town")) and entry.town != town:
            return False
        presenter = chosen.get("presenter")
        return not presenter or presenter in entry.people


def picture(weeks: list[Week], *, today: date) -> dict[str, Any]:
    """Return where everything stands in the picture of `weeks`, ready for the template to draw."""
    cells, labels, months = [], [], []
    for column, week in enumerate(weeks):
        x = LEFT + column * STEP
        labels.append({"x": x + CELL / 2, "text": week.number, "now": week.monday <= today <= week.sunday})
        if column == 0 or week.sunday.day <= 7:
            months.append({"x": x, "text": date_format(week.sunday, "M").lower()})
        by_date = dict(week.days)
        for row in range(7):
            day = week.monday + timedelta(days=row)
            cells.append(_cell(day, by_date.get(day, []), x=x, y=TOP + row * STEP, today=today))
    names = [{"y": TOP + row * STEP + CELL * 0.72, "text": WEEKDAYS_ABBR[row]} for row in range(7)]
    return {
        "width": LEFT + len(weeks) * STEP,
        "height": TOP + 7 * STEP + BOTTOM,
        "cell": CELL,
        "left": LEFT,
        "weekdays": names,
        "months": [
            month
            for month, later in zip(months, [*months[1:], None], strict=True)
            if not later or later["x"] - month["x"] > STEP
        ],
        "months_y": TOP - 9,
        "labels": labels,
        "labels_y": TOP + 7 * STEP + 13,
        "cells": cells,
    }


def _cell(day: date, entries: list[Entry], *, x: int, y: int, today: date) -> dict[str, Any]:
    width = CELL / len(entries) if entries else CELL
    title = ngettext("%(date)s: %(count)s run", "%(date)s: %(count)s runs", len(entries)) % {
        "date": written(day, "l j. F"),
        "count": len(entries),
    }
    return {
        "x": x,
        "y": y,
        "date": day,
        "title": title,
        "parts": [
            {"x": round(x + n * width, 2), "width": round(width, 2), "status": entry.run.status}
            for n, entry in enumerate(entries)
        ],
        "conflict": any(entry.conflicts for entry in entries),
        "weekend": day.weekday() >= 5,
        "today": day == today,
    }


class PlanningView(WagtailAdminTemplateMixin, TemplateView):
    template_name = "courses/admin/planning.html"
    page_title = gettext_lazy("Planning")
    header_icon = "calendar-alt"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": "", "label": self.get_page_title()}]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        form = PeriodForm({"start": monday_of(today), "weeks": DEFAULT_WEEKS} | self.request.GET.dict())
        form.is_valid()
        start = monday_of(form.cleaned_data.get("start") or today)
        count = form.cleaned_data.get("weeks") or DEFAULT_WEEKS
        end = start + timedelta(weeks=count, days=-1)
        # Conflicts are found among all runs; only then is what was not asked for left out.
        entries = [entry for entry in entries_with_conflicts(days_in_period(start, end)) if form.shows(entry)]
        weeks = weeks_of(entries, first=start, weeks=count)
        context = super().get_context_data(
            form=form,
            start=start,
            end=end,
            weeks=list(folded(weeks)),
            picture=picture(weeks, today=today),
            entries=entries,
            runs=len({entry.run.pk for entry in entries}),
            conflicts=sum(bool(entry.conflicts) for entry in entries),
            today=today,
            statuses=RunStatus.choices,
            earlier=self._moved(start - timedelta(weeks=count)),
            later=self._moved(start + timedelta(weeks=count)),
            can_change=self.request.user.has_perm("courses.change_courserun"),
            **kwargs,
        )
        context["media"] = form.media
        return context

    def _moved(self, start: date) -> str:
        query = self.request.GET.copy()
        query["start"] = start.isoformat()
        return f"?{query.urlencode()}"


class PlanningMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)


class PlanningViewSet(ViewSet):
    name = "planning"
    icon = "calendar-alt"
    menu_label = gettext_lazy("Planning")
    menu_name = "planning"
    url_prefix = "courses/planning"
    menu_item_class = PlanningMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", PlanningView.as_view(), name="index")]
