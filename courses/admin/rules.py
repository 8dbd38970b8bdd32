"""Rules of attendance in the staff's admin: what counts as having attended, and which courses follow which rule."""

from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin import messages
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.log_actions import log
from wagtail.snippets.views import snippets as views

from courses.admin.catalogue import CatalogueViewSet, counted
from courses.models import AttendanceRule, CoursePage, CourseRun
from courses.operations import use_rule_for_all_courses
from website.core.danish import DanishOrder

#: How many courses the page of a rule names; the rest are counted.
SHOWN = 50


def courses_of(rule: AttendanceRule) -> QuerySet[CoursePage]:
    """Return the courses that follow the rule: which chose it, and for the default those that chose none."""
    chosen = CoursePage.objects.filter(attendance_rule=rule)
    return chosen | CoursePage.objects.filter(attendance_rule=None) if rule.is_default else chosen


def begun_runs(rule: AttendanceRule) -> int:
    """Return how many runs that have begun are counted by the rule."""
    return (
        CourseRun.objects.filter(
            course__in=courses_of(rule).order_by().values("pk"), days__starts_at__lte=timezone.now()
        )
        .distinct()
        .count()
    )


class RuleForm(WagtailAdminModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "is_default" not in self.fields:
            return
        if self.instance.pk is None:
            # The first rule there is, is everybody's unless somebody says otherwise.
            self.fields["is_default"].initial = not AttendanceRule.objects.filter(is_default=True).exists()
        elif AttendanceRule.objects.filter(pk=self.instance.pk, is_default=True).exists():
            self.fields["is_default"].disabled = True
            self.fields["is_default"].help_text = _("To change it, mark another rule as the one for all courses.")

    def _get_validation_exclusions(self) -> set[str]:
        # That only one rule is the default is kept by moving the mark, not by refusing it.
        return super()._get_validation_exclusions() | {"is_default"}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        presenters, organisers = data.get("presenters_correct_days"), data.get("organisers_correct_days")
        if presenters is not None and organisers is not None and presenters > organisers:
            self.add_error(
                "presenters_correct_days",
                forms.ValidationError(
                    _("Presenters cannot correct for longer than organisers, who have %(days)s days."),
                    params={"days": organisers},
                ),
            )
        return data


class ConsequencePanel(Panel):
    """What saving a rule does to what has been marked already: said before, with how much it is."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "courses/admin/rule_consequence.html"

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            rule = self.instance
            context = super().get_context_data(parent_context)
            return context | {
                "is_new": rule.pk is None,
                "courses": courses_of(rule).count() if rule.pk else 0,
                "begun_runs": begun_runs(rule) if rule.pk else 0,
            }


class RuleSavingMixin:
    """Only one rule is the default: marking one takes the mark from the other, together or not at all."""

    def save_instance(self) -> AttendanceRule:
        wants_default, self.form.instance.is_default = self.form.instance.is_default, False
        with transaction.atomic():
            rule = super().save_instance()
            if wants_default:
                use_rule_for_all_courses(rule=rule)
        return rule


class RuleCreateView(RuleSavingMixin, views.CreateView):
    pass


class RuleEditView(RuleSavingMixin, views.EditView):
    pass


class RuleInspectView(views.InspectView):
    template_name = "courses/admin/rule_inspect.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        courses = courses_of(self.object)
        count = courses.count()
        return super().get_context_data(
            rule=self.object,
            courses=courses.order_by(DanishOrder("title"), "pk")[:SHOWN],
            course_count=count,
            more_courses=max(0, count - SHOWN),
            begun_runs=begun_runs(self.object),
            can_change=self.user_has_permission("change"),
            **kwargs,
        )


class DefaultRuleView(PermissionCheckedMixin, View):
    """The button that makes a rule everybody's. GET leads back to where the button stands."""

    model = AttendanceRule
    permission_required = "change"
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("wagtailsnippets_courses_attendancerule:inspect", pk)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = get_object_or_404(AttendanceRule, pk=pk)
        with transaction.atomic():
            use_rule_for_all_courses(rule=rule)
            log(instance=rule, action="wagtail.edit", user=request.user)
        messages.success(request, _("Courses without a rule of their own now follow “%(rule)s”.") % {"rule": rule})
        return redirect("wagtailsnippets_courses_attendancerule:inspect", pk)


class RuleViewSet(CatalogueViewSet):
    model = AttendanceRule
    icon = "tasks"
    menu_label = gettext_lazy("Attendance rules")
    menu_name = "attendance-rules"
    url_prefix = "courses/attendance-rules"
    add_view_class = RuleCreateView
    edit_view_class = RuleEditView
    inspect_view_class = RuleInspectView
    inspect_template_name = "courses/admin/rule_inspect.html"
    search_fields = ("name",)
    empty_text = gettext_lazy(
        "No attendance rules yet. Until there is one, whoever attends 80 % of the planned minutes has attended."
    )
    edit_handler = ObjectList(
        [
            ConsequencePanel(),
            FieldPanel("name"),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("minimum_percent"), FieldPanel("absent_after")])],
                heading=gettext_lazy("What counts as having attended"),
            ),
            MultiFieldPanel(
                [FieldPanel("cancel_in_time_days")],
                heading=gettext_lazy("Late cancellations and no-shows"),
                help_text=gettext_lazy(
                    "A no-show had a seat, did not cancel in time, was not excused and came on none of the days."
                ),
            ),
            MultiFieldPanel(
                [FieldRowPanel([FieldPanel("presenters_correct_days"), FieldPanel("organisers_correct_days")])],
                heading=gettext_lazy("How long marks may be corrected"),
                help_text=gettext_lazy("0 days: only on the course day itself. Later, marks are read and not changed."),
            ),
            MultiFieldPanel(
                [FieldPanel("issues_certificates"), FieldPanel("is_default")],
                heading=gettext_lazy("Where it is used"),
                help_text=gettext_lazy("A course chooses its rule on its page, under “Facts and price”."),
            ),
        ],
        base_form_class=RuleForm,
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "name",
            NumberColumn("minimum_percent", label=gettext_lazy("Per cent"), sort_key="minimum_percent"),
            BooleanColumn("issues_certificates", label=gettext_lazy("Certificates")),
            BooleanColumn("is_default", label=gettext_lazy("For all courses")),
            NumberColumn("course_count", label=gettext_lazy("Chosen by courses"), sort_key="course_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AttendanceRule]:
        return AttendanceRule.objects.annotate(course_count=counted(CoursePage.objects, "attendance_rule"))

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("use/<int:pk>/", self.construct_view(DefaultRuleView), name="use"),
        ]
