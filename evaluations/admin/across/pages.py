"""The pages across courses that count answers: rates, trends, what came of it, attendance beside satisfaction."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from evaluations.admin.across.base import AcrossPage, Named, SelectionForm
from evaluations.enums import COURSE_MOMENTS, Moment
from evaluations.operations.participation import MIN_INVITED
from evaluations.results.across import evaluations_of
from evaluations.results.effects import Effects, effects_of, effects_table
from evaluations.results.overview import (
    Overview,
    bands_table,
    course_attendance_table,
    courses_table,
    overview,
    run_attendance_table,
    runs_table,
)
from evaluations.results.trends import Step, Trend, rates_table, trends_of, trends_table


class RatesView(AcrossPage):
    """Who answered, by course and by run, with how satisfied they were."""

    template_name = "evaluations/admin/across/rates.html"
    place = "index"

    @cached_property
    def overview(self) -> Overview:
        return overview(self.request.user, self.selection)

    def tables(self) -> list[Named]:
        return [
            Named("courses", gettext_lazy("By course"), courses_table(self.overview)),
            Named("runs", gettext_lazy("By run"), runs_table(self.overview)),
        ]

    def context(self) -> dict[str, Any]:
        courses, runs = self.tables()
        return {
            "overview": self.overview,
            "least": MIN_INVITED,
            "totals": [(Moment(moment).label, self.overview.rate(moment)) for moment in COURSE_MOMENTS],
            "courses": self.shown(courses),
            "runs": self.shown(runs, paged=True),
        }


class TrendsForm(SelectionForm):
    skridt = forms.ChoiceField(label=gettext_lazy("Periods"), choices=Step.choices, required=False)


class TrendsView(AcrossPage):
    """How answers move over time."""

    template_name = "evaluations/admin/across/trends.html"
    place = "trends"
    form_class = TrendsForm

    @property
    def step(self) -> str:
        return self.form.cleaned_data["skridt"] or Step.QUARTER

    @cached_property
    def trends(self) -> list[Trend]:
        return trends_of(evaluations_of(self.request.user, self.selection), self.step)

    def tables(self) -> list[Named]:
        rates = rates_table(evaluations_of(self.request.user, self.selection), self.step)
        return [
            Named("rates", gettext_lazy("Response rates over time"), rates),
            Named("trends", gettext_lazy("Answers over time"), trends_table(self.trends)),
        ]

    def context(self) -> dict[str, Any]:
        rates, trends = self.tables()
        return {
            "trends": self.trends,
            "rates": self.shown(rates),
            "trends_files": self.shown(trends).files,
            "over_time": [trend for trend in self.trends if trend.is_over_time],
            "once": [trend for trend in self.trends if not trend.is_over_time],
        }


class EffectsView(AcrossPage):
    """What people meant to do, and what came of it; how sure they were before, at the end and three months on."""

    template_name = "evaluations/admin/across/effects.html"
    place = "effects"

    @cached_property
    def effects(self) -> Effects:
        return effects_of(evaluations_of(self.request.user, self.selection))

    def tables(self) -> Iterable[Named]:
        return [Named("effects", gettext_lazy("What came of it"), effects_table(self.effects))]

    def context(self) -> dict[str, Any]:
        [table] = self.tables()
        return {"effects": self.effects, "files": self.shown(table).files}


class AttendanceView(AcrossPage):
    """How many came, beside how satisfied they were: of runs and courses, never of a person."""

    template_name = "evaluations/admin/across/attendance.html"
    place = "attendance"

    @cached_property
    def overview(self) -> Overview:
        return overview(self.request.user, self.selection, with_attendance=True)

    def tables(self) -> list[Named]:
        return [
            Named("bands", gettext_lazy("By how many came"), bands_table(self.overview)),
            Named("courses", gettext_lazy("By course"), course_attendance_table(self.overview)),
            Named("runs", gettext_lazy("By run"), run_attendance_table(self.overview)),
        ]

    def context(self) -> dict[str, Any]:
        bands, courses, runs = self.tables()
        return {
            "overview": self.overview,
            "least": MIN_INVITED,
            "bands": self.shown(bands),
            "courses": self.shown(courses),
            "runs": self.shown(runs, paged=True),
        }
