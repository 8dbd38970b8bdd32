"""All evaluations of runs, for staff: how each stands, how many have answered, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Case, DurationField, Exists, F, OrderBy, OuterRef, Q, QuerySet, When
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy
from wagtail.admin.paginator import WagtailPaginator
from wagtail.admin.viewsets.base import ViewSet

from courses.enums import HELD_STATUSES
from courses.models import CoursePage
from evaluations.admin.across.base import CourseField
from evaluations.admin.all_results import AllResultsPage, ResultsMenuItem
from evaluations.attention import LATE
from evaluations.enums import COURSE_MOMENTS, EvaluationStatus, Moment, Trouble
from evaluations.models import Evaluation
from evaluations.operations.participation import Participation, participation
from website.core.danish import DanishOrder

ROWS = 50
NOT_OPENED = gettext_lazy("Should have opened, and has not")
NOT_CLOSED = gettext_lazy("Should have closed, and has not")


def in_trouble(at: datetime | None = None) -> Q:
    """Evaluations that the worker cannot open or close, or has not long after it was time."""
    late = (at or timezone.now()) - LATE
    return (
        ~Q(trouble=Trouble.NONE)
        | Q(status=EvaluationStatus.OPEN, closes_at__lte=late)
        | Q(status=EvaluationStatus.PLANNED, opens_at__lte=late, run__status__in=HELD_STATUSES)
    )


class ListForm(forms.Form):
    """What the list is narrowed to; stands in the address."""

    status = forms.ChoiceField(
        label=gettext_lazy("Status"),
        choices=[
            ("", pgettext_lazy("evaluations", "All")),
            *EvaluationStatus.choices,
            ("alarm", gettext_lazy("Something is wrong")),
        ],
        required=False,
    )
    hvornaar = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[("", pgettext_lazy("moments", "All")), *((each.value, each.label) for each in COURSE_MOMENTS)],
        required=False,
    )
    kursus = CourseField(
        label=gettext_lazy("Course"),
        queryset=CoursePage.objects.none(),
        required=False,
        empty_label=gettext_lazy("All courses"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        evaluated = Evaluation.objects.filter(run__course=OuterRef("pk"))
        self.fields["kursus"].queryset = CoursePage.objects.filter(Exists(evaluated)).order_by(DanishOrder("title"))

    def narrowed(self, found: QuerySet[Evaluation]) -> QuerySet[Evaluation]:
        """Narrow the evaluations. A choice that makes no sense (any more) narrows nothing: the others still do."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("status") == "alarm":
            found = found.filter(in_trouble())
        elif chosen.get("status"):
            found = found.filter(status=chosen["status"])
        if chosen.get("hvornaar"):
            found = found.filter(moment=chosen["hvornaar"])
        if chosen.get("kursus"):
            found = found.filter(run__course=chosen["kursus"])
        return found


def by_need(at: datetime) -> list[Case | str | OrderBy]:
    """First what is wrong, then what is open, then what is nearest in time, to come or past."""
    return [
        Case(When(in_trouble(at), then=0), When(status=EvaluationStatus.OPEN, then=1), default=2),
        Case(
            When(opens_at__gt=at, then=F("opens_at") - at), default=at - F("opens_at"), output_field=DurationField()
        ).asc(),
        "-pk",
    ]


@dataclass(frozen=True, slots=True)
class Line:
    """An evaluation as the list shows it."""

    evaluation: Evaluation
    participation: Participation
    alarm: str | Promise

    @property
    def run_url(self) -> str:
        return reverse("participants:evaluation", args=[self.evaluation.run_id])

    @property
    def results_url(self) -> str:
        if not self.evaluation.is_closed:
            return ""
        return reverse("participants:evaluation_results", args=[self.evaluation.run_id, self.evaluation.pk])

    @property
    def moment(self) -> str:
        return str(Moment(self.evaluation.moment).label)

    @property
    def status(self) -> EvaluationStatus:
        """As people see it: what waits for a run that is not held is stopped."""
        return (
            EvaluationStatus.STOPPED if self.evaluation.waits_for_its_run else EvaluationStatus(self.evaluation.status)
        )

    @property
    def was_asked(self) -> bool:
        return self.evaluation.status in (EvaluationStatus.OPEN, EvaluationStatus.CLOSED)


def line_of(evaluation: Evaluation, found: Participation, at: datetime) -> Line:
    alarm: str | Promise = ""
    if evaluation.trouble:
        alarm = Trouble(evaluation.trouble).label
    elif evaluation.waits_for_its_run:
        pass
    elif evaluation.status == EvaluationStatus.PLANNED and evaluation.opens_at <= at - LATE:
        alarm = NOT_OPENED
    elif evaluation.status == EvaluationStatus.OPEN and evaluation.closes_at <= at - LATE:
        alarm = NOT_CLOSED
    return Line(evaluation, found, alarm)


class EvaluationsView(AllResultsPage):
    """The evaluations of all runs: first what needs somebody, then what is nearest in time."""

    template_name = "evaluations/admin/list.html"
    page_title = gettext_lazy("All evaluations")
    header_icon = "form"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = ListForm(self.request.GET)
        found = form.narrowed(
            Evaluation.objects.visible_to(self.request.user)
            .filter(run__isnull=False)
            .select_related("run__course")
            .defer("public_key", "sealed_key", "subjects", "changes_made")
        )
        at = timezone.now()
        page = WagtailPaginator(found.order_by(*by_need(at)), ROWS).get_page(self.request.GET.get("p"))
        shown = list(page)
        counted = participation(shown)
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(
            form=form,
            page=page,
            lines=[line_of(each, counted[each.pk], at) for each in shown],
            query=query.urlencode(),
            is_narrowed=any(self.request.GET.get(name) for name in form.fields),
            **kwargs,
        )


class EvaluationsViewSet(ViewSet):
    name = "evaluations_list"
    icon = "form"
    menu_label = gettext_lazy("All evaluations")
    menu_name = "evaluations-list"
    url_prefix = "evaluations/all"
    menu_item_class = ResultsMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [path("", EvaluationsView.as_view(), name="index")]
