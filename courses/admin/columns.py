"""Columns and cells of the staff's lists of runs."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.ui.tables import Column

from courses.models import CourseRun
from courses.presentation import price_text
from website.core.danish import DanishOrder, written


def days_label(first: datetime | None, last: datetime | None, count: int) -> str:
    """Return the period of a run in words: "9. dec. 2026", "1. maj–5. jun. 2026 (4 days)", or "" without days."""
    if not first or not last:
        return ""
    begins, ends = timezone.localdate(first), timezone.localdate(last)
    text = span(begins, ends)
    if count > 1:
        text += " " + ngettext("(%(count)s day)", "(%(count)s days)", count) % {"count": count}
    return text


def span(begins: date, ends: date) -> str:
    """Return two dates as one text, without repeating the month or the year they share."""
    # Months are written small in Danish; Django's abbreviations are not.
    last = written(ends, "j. M Y")
    if begins == ends:
        return last
    if (begins.year, begins.month) == (ends.year, ends.month):
        return f"{begins.day}.–{last}"
    return f"{written(begins, 'j. M' if begins.year == ends.year else 'j. M Y')} – {last}"


class DanishOrderMixin:
    """Lets an index view order text columns the Danish way, however it is asked to."""

    danish_fields: frozenset[str] = frozenset()

    def order_queryset(self, queryset: QuerySet) -> QuerySet:
        ordering = self.ordering
        if not isinstance(ordering, str) or ordering.lstrip("-") not in self.danish_fields:
            return super().order_queryset(queryset)
        key = DanishOrder(ordering.lstrip("-"))
        return queryset.order_by(key.desc() if ordering.startswith("-") else key.asc(), "pk")


class RunColumn(Column):
    """A cell rendered by a template that gets the run."""

    def get_value(self, instance: CourseRun) -> Any:
        return instance


class StatusColumn(RunColumn):
    cell_template_name = "courses/admin/cells/status.html"


class SeatsColumn(RunColumn):
    cell_template_name = "courses/admin/cells/seats.html"


class DeadlineColumn(RunColumn):
    cell_template_name = "courses/admin/cells/deadline.html"

    def get_cell_context_data(self, instance: CourseRun, parent_context: dict[str, Any]) -> dict[str, Any]:
        context = super().get_cell_context_data(instance, parent_context)
        closes_at = instance.registration_deadline or instance.first_starts_at
        return context | {"closes_at": closes_at, "is_over": bool(closes_at and closes_at <= timezone.now())}


def run_columns() -> list[Column]:
    """Return the columns of the list of runs after its title."""
    return [
        Column(
            "days",
            label=gettext_lazy("Days"),
            accessor=lambda run: days_label(run.first_starts_at, run.last_ends_at, run.day_count),
            sort_key="first_starts_at",
        ),
        Column("place", label=gettext_lazy("Place"), accessor="place", sort_key="venue__city"),
        StatusColumn("status", label=gettext_lazy("Status"), sort_key="status"),
        SeatsColumn("seats", label=gettext_lazy("Seats"), sort_key="seats__taken"),
        Column(
            "price",
            label=gettext_lazy("Price"),
            accessor=lambda run: price_text(run.effective_price),
            classname="run-nowrap",
        ),
        DeadlineColumn(
            "deadline", label=gettext_lazy("Deadline"), sort_key="registration_deadline", classname="run-nowrap"
        ),
    ]
