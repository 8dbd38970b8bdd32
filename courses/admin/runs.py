"""Runs in the staff's admin: list, form, inspection, and repeating one."""

import datetime as dt
from typing import Any

from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, Q, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.panels import TabbedInterface
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.views import snippets as views
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.admin.columns import DanishOrderMixin, run_columns
from courses.admin.filters import RunFilterSet
from courses.admin.forms import RepeatForm
from courses.admin.guards import GuardedDeleteView
from courses.admin.panels import run_tabs
from courses.enums import RunStatus
from courses.models import CancellationTerms, CoursePage, CourseRun, RunSeats
from courses.operations import CourseError, repeat_run
from courses.presentation import price_text
from courses.watchers import NextStep, after_saving, run_buttons, run_watchers, status_pages
from website.core.database import violated_constraint

#: What the database may still refuse after the form was content, by the constraint's name: field and words.
RACES = {
    "run_not_overbooked": (
        "capacity",
        gettext_lazy("Somebody has just taken a seat, so there cannot be so few. Look at the number of seats again."),
    ),
    "day_once_per_run": (None, gettext_lazy("The run already has one of these dates. Load the page again.")),
}


def public_url(run: CourseRun, request: HttpRequest) -> str | None:
    """Return where the public sees the run, or None while nobody can."""
    if run.status == RunStatus.DRAFT or not run.course.live:
        return None
    return run.course.get_url(request)


def contributed_buttons(run: CourseRun, request: HttpRequest) -> list[Button]:
    """Return what other apps lead to from the run's pages."""
    steps = (step for steps in run_buttons for step in steps(run, request.user))
    return [
        Button(step.label, url=step.url, icon_name=step.icon, priority=priority)
        for priority, step in enumerate(steps, start=40)
    ]


def lock_and_read(pk: int) -> CourseRun:
    """Return the run as it stands, with its seats locked: the lock that enrolments take before anything else."""
    RunSeats.objects.select_for_update().get(pk=pk)
    return CourseRun.objects.for_display().get(pk=pk)


class RunIndexView(DanishOrderMixin, views.IndexView):
    danish_fields = frozenset({"venue__city"})

    def get_base_queryset(self) -> QuerySet[CourseRun]:
        return CourseRun.objects.for_list()

    def search_queryset(self, queryset: QuerySet[CourseRun]) -> QuerySet[CourseRun]:
        """Every word typed must stand somewhere in the run, its course or its venue."""
        for word in self.search_query.split():
            anywhere = Q()
            for field in self.search_fields:
                anywhere |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(anywhere)
        return queryset

    def get_list_more_buttons(self, instance: CourseRun) -> list[Button]:
        buttons = super().get_list_more_buttons(instance)
        if self.user_has_permission("add"):
            url = reverse(RunViewSet.repeat_url_name, args=[instance.pk])
            buttons.append(Button(_("Repeat run"), url=url, icon_name="copy", priority=15))
        if url := public_url(instance, self.request):
            buttons.append(Button(_("See it on the website"), url=url, icon_name="globe", priority=25))
        return buttons


class RunSavingMixin:
    """What creating and changing a run share: races told in words, and what to know afterwards."""

    #: Where a change of status goes on, which the form does not make.
    status_page: NextStep | None = None

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError as error:
            name = violated_constraint(error)
            if name in RACES:
                field, text = RACES[name]
            elif isinstance(error, ProtectedError) or not name or "day_id" in name:
                field, text = None, _("Somebody has just taken attendance on a day you remove. Load the page again.")
            else:
                raise
            form.add_error(field, text)
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)

    def save_instance(self) -> CourseRun:
        pk = self.form.instance.pk
        # Read anew, and under the lock of its seats: the form has already written on its own instance.
        old = lock_and_read(pk) if pk else None
        if old:
            self._keep_status(old)
        known = [(watcher, watcher.before(old)) for watcher in run_watchers] if old else []
        # Days may swap dates, or all move a week on: what counts is how they stand in the end.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS day_once_per_run DEFERRED")
            run = super().save_instance()
            cursor.execute("SET CONSTRAINTS day_once_per_run IMMEDIATE")
        if known:
            changed = CourseRun.objects.for_display().get(pk=run.pk)
            for watcher, before in known:
                watcher.after(changed, before, self.request.user)
        self._warn(run)
        return run

    def _keep_status(self, old: CourseRun) -> None:
        """Leave to others what is not the form's to write: a status decided meanwhile, or one with its own page."""
        run = self.form.instance
        run.confirmed_at = old.confirmed_at
        if "status" not in self.form.changed_data:
            run.status = old.status
        elif step := next((step for page in status_pages if (step := page(old, run.status))), None):
            run.status = old.status
            self.status_page = step

    def save_action(self) -> HttpResponse:
        response = super().save_action()
        if self.status_page:
            messages.warning(self.request, self.status_page.text)
            return redirect(self.status_page.url)
        for step in (step for find in after_saving if (step := find(self.object, self.request.user))):
            messages.warning(self.request, step.text, buttons=[messages.button(step.url, step.label)])
        return response

    def _warn(self, run: CourseRun) -> None:
        if run.status == RunStatus.OPEN and not run.course.live:
            messages.warning(
                self.request,
                _("The course “%(course)s” is not published, so nobody can find the run yet.") % {"course": run.course},
            )

    def get_success_buttons(self) -> list[tuple]:
        buttons = super().get_success_buttons()
        if url := public_url(self.object, self.request):
            buttons.append(messages.button(url, _("See it on the website"), new_window=True))
        return buttons


class RunCreateView(RunSavingMixin, views.CreateView):
    def get_initial_form_instance(self) -> CourseRun:
        """Begin with the default terms, and the course the organiser came from (?course=)."""
        run = CourseRun(terms=CancellationTerms.objects.filter(is_default=True).first())
        course_id = self.request.GET.get("course", "")
        if course_id.isascii() and course_id.isdigit() and len(course_id) < 19:
            run.course_id = CoursePage.objects.filter(pk=course_id).values_list("pk", flat=True).first()
        return run


class RunEditView(RunSavingMixin, views.EditView):
    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = super().header_more_buttons
        if self.user_has_permission("add"):
            url = reverse(RunViewSet.repeat_url_name, args=[self.object.pk])
            buttons.append(Button(_("Repeat run"), url=url, icon_name="copy", priority=10))
        if url := public_url(self.object, self.request):
            buttons.append(Button(_("See it on the website"), url=url, icon_name="globe", priority=15))
        return [*buttons, *contributed_buttons(self.object, self.request)]


class RunDeleteView(GuardedDeleteView):
    def get_success_message(self) -> str:
        return _("The run “%(run)s” is deleted.") % {"run": self.object}


class RunInspectView(views.InspectView):
    template_name = "courses/admin/run_inspect.html"

    def get_object(self, queryset: QuerySet | None = None) -> CourseRun:
        self.object = super().get_object(queryset)
        return self.object

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = super().header_more_buttons
        if url := public_url(self.object, self.request):
            buttons.append(Button(_("See it on the website"), url=url, icon_name="globe", priority=15))
        return [*buttons, *contributed_buttons(self.object, self.request)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.object
        days = run.days.select_related("venue").prefetch_related("hosts", "presenters")
        return super().get_context_data(
            run=run,
            days=sorted(days, key=lambda day: (day.date, day.start_time)),
            price=price_text(run.effective_price),
            public_url=public_url(run, self.request),
            can_edit_course=run.course.permissions_for_user(self.request.user).can_edit(),
            **kwargs,
        )


class RepeatView(PermissionCheckedMixin, WagtailAdminTemplateMixin, FormView):
    """Make a new run like an old one, on new dates."""

    model = CourseRun
    permission_required = "add"
    form_class = RepeatForm
    template_name = "courses/admin/repeat_run.html"
    page_title = gettext_lazy("Repeat run")
    header_icon = "copy"
    index_url_name = edit_url_name = None

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.run = CourseRun.objects.select_related("course", "venue").filter(pk=kwargs["pk"]).first()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.run is None:
            return redirect(self.index_url_name)
        if not self.run.days.exists():
            messages.error(request, _("The run has no days to repeat."))
            return redirect(self.edit_url_name, self.run.pk)
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.run)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse(self.index_url_name), "label": _("Runs")},
            {"url": reverse(self.edit_url_name, args=[self.run.pk]), "label": str(self.run)},
            {"url": "", "label": _("Repeat run")},
        ]

    def get_initial(self) -> dict[str, Any]:
        """Suggest the same weekday, far enough ahead: half a year on, or as soon as that is to come."""
        first = self.run.starts_at and timezone.localdate(self.run.starts_at)
        ahead = max(timezone.localdate(), first) + dt.timedelta(weeks=26)
        return {"first_date": ahead - dt.timedelta(days=(ahead - first).days % 7), "label": self.run.label}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(run=self.run, days=self.run.ordered_days(), **kwargs)
        context["media"] = context["form"].media
        return context

    def form_valid(self, form: RepeatForm) -> HttpResponse:
        try:
            with transaction.atomic():
                repeated = repeat_run(run=self.run, **form.cleaned_data)
                log(instance=repeated, action="wagtail.create", user=self.request.user)
        except (CourseError, ValidationError) as error:
            form.add_error("first_date", error.messages if isinstance(error, ValidationError) else str(error))
            return self.form_invalid(form)
        messages.success(
            self.request,
            _("A draft of “%(run)s” is made. Check the dates and open it for registration.") % {"run": repeated},
        )
        return redirect(self.edit_url_name, quote(repeated.pk))


class RunViewSet(SnippetViewSet):
    model = CourseRun
    icon = "calendar-alt"
    menu_label = gettext_lazy("Runs")
    menu_name = "runs"
    url_prefix = "courses/runs"
    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = RunIndexView
    add_view_class = RunCreateView
    edit_view_class = RunEditView
    delete_view_class = RunDeleteView
    inspect_view_class = RunInspectView
    index_results_template_name = "courses/admin/run_results.html"
    inspect_template_name = "courses/admin/run_inspect.html"
    filterset_class = RunFilterSet
    search_backend_name = None
    search_fields = ("label", "course__title", "venue__name", "venue__city")
    list_per_page = 30
    repeat_url_name = "wagtailsnippets_courses_courserun:repeat"

    @cached_property
    def list_display(self) -> list[str | Column]:
        return ["__str__", *run_columns()]

    def get_edit_handler(self) -> TabbedInterface:
        return run_tabs().bind_to_model(self.model)

    def get_urlpatterns(self) -> list[URLPattern]:
        repeat = self.construct_view(RepeatView)
        return [*super().get_urlpatterns(), path("repeat/<int:pk>/", repeat, name="repeat")]
