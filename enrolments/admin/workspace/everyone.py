"""Everybody who is or was registered, on all runs, in one searchable list."""

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.permission_policies import ModelPermissionPolicy

from courses.models import CourseRun, Organisation
from enrolments.enums import EnrolmentStatus
from enrolments.forms.registration import municipalities
from enrolments.models import Enrolment


def newest_runs(request: HttpRequest | None = None) -> QuerySet[CourseRun]:
    return CourseRun.objects.select_related("course").order_by("-pk")


def municipalities_in_order(request: HttpRequest | None = None) -> QuerySet[Organisation]:
    return municipalities()


class EnrolmentFilterSet(WagtailFilterSet):
    status = django_filters.MultipleChoiceFilter(
        label=gettext_lazy("Status"), choices=EnrolmentStatus.choices, widget=forms.CheckboxSelectMultiple
    )
    run = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Run"),
        queryset=newest_runs,
        empty_label=gettext_lazy("All"),
    )
    organisation = django_filters.ModelChoiceFilter(
        label=gettext_lazy("Municipality"),
        queryset=municipalities_in_order,
        empty_label=gettext_lazy("All"),
    )

    class Meta:
        model = Enrolment
        fields: list[str] = []


class EnrolmentIndexView(IndexView):
    """Everybody who is or was registered. Read here; changed on the run's page."""

    model = Enrolment
    permission_policy = ModelPermissionPolicy(Enrolment)
    any_permission_required = ("view",)
    page_title = gettext_lazy("Participants")
    header_icon = "group"
    index_url_name = "participants:index"
    index_results_url_name = "participants:index_results"
    results_template_name = "enrolments/admin/participants_results.html"
    filterset_class = EnrolmentFilterSet
    search_fields = ("name", "email", "organisation__official_name", "organisation_name", "registration__contact_name")
    default_ordering = "-created_at"
    paginate_by = 50
    is_searchable = True

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn("name", label=gettext_lazy("Name"), get_url=run_url, sort_key="name"),
            Column("run", label=gettext_lazy("Run")),
            Column("organisation", label=gettext_lazy("Organisation"), accessor="organisation_label"),
            Column("email", label=gettext_lazy("E-mail"), sort_key="email"),
            Column("status", label=gettext_lazy("Status"), accessor="get_status_display", sort_key="status"),
            DateColumn("created_at", label=gettext_lazy("Registered"), sort_key="created_at", width="12%"),
        ]

    def get_base_queryset(self) -> QuerySet[Enrolment]:
        return Enrolment.objects.visible_to(self.request.user).select_related("run__course", "organisation")

    def search_queryset(self, queryset: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
        """Every word typed must stand somewhere in the participant."""
        for word in (self.search_query or "").split():
            anywhere = Q()
            for field in self.search_fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(anywhere)
        return queryset

    def get_edit_url(self, instance: Enrolment) -> str | None:
        return None

    def get_add_url(self) -> None:
        return None


def run_url(enrolment: Enrolment) -> str:
    return reverse("participants:run", args=[enrolment.run_id])
