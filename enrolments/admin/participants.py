"""Organisers' side of registrations: everybody in one searchable list, and a run's page with its line."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.permission_policies import ModelPermissionPolicy

from courses.models import CourseRun, Organisation
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.exceptions import (
    EnrolmentError,
    GroupStaysTogether,
    NotEnoughSeats,
    NotWaiting,
    ReasonNeeded,
    RunCancelled,
)
from enrolments.forms.registration import municipalities
from enrolments.models import Enrolment, EnrolmentEvent
from enrolments.operations.cancelling import cancel
from enrolments.operations.line import seat_from_line, waiting_line
from enrolments.permissions import may_change_enrolments, may_see_enrolments
from website.core.danish import DanishOrder


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


class RunMixin(WagtailAdminTemplateMixin):
    """A view on one run's participants: only for those who may see (or change) enrolments."""

    header_icon = "group"
    may = staticmethod(may_see_enrolments)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        verdict = self.may(request.user)
        if not verdict:
            raise PermissionDenied(verdict.reason)
        self.run = get_object_or_404(CourseRun.objects.for_display(), pk=kwargs["run_pk"])
        return super().dispatch(request, *args, **kwargs)

    def get_page_subtitle(self) -> str:
        return str(self.run)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("participants:index"), "label": _("Participants")},
            {"url": self.home_url, "label": str(self.run)},
        ]

    @property
    def home_url(self) -> str:
        return reverse("participants:run", args=[self.run.pk])


class RunParticipantsView(RunMixin, TemplateView):
    """Who comes, who waits and who has cancelled; needs counted without names."""

    template_name = "enrolments/admin/run_participants.html"
    page_title = gettext_lazy("Participants")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        events = Prefetch("events", EnrolmentEvent.objects.select_related("user"))
        enrolments = list(
            self.run.enrolments.select_related("organisation", "registration")
            .prefetch_related(events)
            .order_by(DanishOrder("name"))
        )
        by_status: dict[str, list[Enrolment]] = {status: [] for status in EnrolmentStatus}
        for enrolment in enrolments:
            by_status[enrolment.status].append(enrolment)
        return super().get_context_data(
            run=self.run,
            seats=self.run.seats,
            confirmed=by_status[EnrolmentStatus.CONFIRMED],
            cancelled=by_status[EnrolmentStatus.CANCELLED],
            line=waiting_line(self.run),
            needs=self._needs(by_status[EnrolmentStatus.CONFIRMED]),
            can_change=bool(may_change_enrolments(self.request.user)),
            **kwargs,
        )

    @staticmethod
    def _needs(confirmed: list[Enrolment]) -> list[tuple[str, int]]:
        """Return each dietary or access need with how many have it, the commonest first: no names."""
        counts: dict[str, int] = {}
        for enrolment in confirmed:
            if enrolment.dietary:
                need = enrolment.dietary.strip().capitalize()
                counts[need] = counts.get(need, 0) + 1
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Kept in the history. The participant does not see it."),
    )


class ConfirmMixin(RunMixin):
    """A confirming step that says what will happen, with a reason; then one operation."""

    template_name = "enrolments/admin/confirm.html"
    may = staticmethod(may_change_enrolments)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(ReasonForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        try:
            done = self.act(form.cleaned_data["reason"])
        except ReasonNeeded:
            form.add_error("reason", _("Someone else is next in line. Write why these are seated first."))
            return self._page(form)
        except EnrolmentError as error:
            messages.error(request, refusal(error))
        else:
            messages.success(request, self.success_message(done))
        return redirect(self.home_url)

    def _page(self, form: ReasonForm) -> HttpResponse:
        enrolments = self.chosen()
        if not enrolments:
            messages.error(self.request, _("Nothing to do: somebody may have changed it meanwhile."))
            return redirect(self.home_url)
        return self.render_to_response(
            self.get_context_data(form=form, chosen=enrolments, home_url=self.home_url, **self.words(enrolments))
        )


class SeatView(ConfirmMixin, TemplateView):
    """Give one entry of the line its seats. The entry is named by any participant in it."""

    page_title = gettext_lazy("Give a seat")

    def chosen(self) -> list[Enrolment]:
        return next((list(e.enrolments) for e in waiting_line(self.run) if self.kwargs["pk"] in e.pks), [])

    def act(self, reason: str) -> list[Enrolment]:
        pks = [enrolment.pk for enrolment in self.chosen()]
        return seat_from_line(run_pk=self.run.pk, enrolment_pks=pks, user=self.request.user, reason=reason)

    def words(self, enrolments: list[Enrolment]) -> dict[str, Any]:
        free = self.run.seats.free
        warning = ""
        if free is not None and len(enrolments) > free:
            warning = _("There are not enough free seats. Raise the run's capacity first.")
        elif not any(entry.is_next and self.kwargs["pk"] in entry.pks for entry in waiting_line(self.run)):
            warning = _("Someone else is next in line. Write why these are seated first.")
        return {
            "question": ngettext("Give this participant a seat?", "Give these participants seats?", len(enrolments)),
            "consequence": _("They and their contact get an e-mail with a calendar invitation at once."),
            "warning": warning,
            "button": _("Give a seat"),
        }

    def success_message(self, done: list[Enrolment]) -> str:
        if len(done) == 1:
            return _("%(name)s has got a seat.") % {"name": done[0].name}
        return _("%(count)s participants have got seats.") % {"count": len(done)}


class CancelEnrolmentView(ConfirmMixin, TemplateView):
    """Cancel one participant, as staff."""

    page_title = gettext_lazy("Cancel participant")

    def chosen(self) -> list[Enrolment]:
        return list(self.run.enrolments.active().select_related("registration").filter(pk=self.kwargs["pk"]))

    def act(self, reason: str) -> list[Enrolment]:
        enrolments = self.chosen()
        if not enrolments:
            return []
        return cancel(
            registration=enrolments[0].registration,
            enrolment_pks=[enrolments[0].pk],
            actor=ActorKind.STAFF,
            user=self.request.user,
            reason=reason,
        )

    def words(self, enrolments: list[Enrolment]) -> dict[str, Any]:
        return {
            "question": _("Cancel %(name)s?") % {"name": enrolments[0].name},
            "consequence": _("The participant and the contact get an e-mail, and the course leaves the calendar."),
            "button": _("Yes, cancel"),
        }

    def success_message(self, done: list[Enrolment]) -> str:
        return _("%(name)s is cancelled.") % {"name": done[0].name} if done else _("It was cancelled already.")


def refusal(error: EnrolmentError) -> str:
    """Say in words why an operation on the line was refused."""
    if isinstance(error, NotEnoughSeats):
        return ngettext(
            "There is %(left)s free seat for %(wanted)s participants. Raise the number of seats first.",
            "There are %(left)s free seats for %(wanted)s participants. Raise the number of seats first.",
            error.left,
        ) % {"left": error.left, "wanted": error.wanted}
    if isinstance(error, NotWaiting):
        return _("They are no longer on the waiting list. Somebody may have seated or cancelled them meanwhile.")
    if isinstance(error, RunCancelled):
        return _("The run is cancelled, so nobody can get a seat on it.")
    if isinstance(error, GroupStaysTogether):
        return _("The group only comes together, so it gets seats whole or not at all.")
    return _("It could not be done.")


class ParticipantsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_see_enrolments(request.user))


class ParticipantsViewSet(ViewSet):
    name = "participants"
    icon = "group"
    menu_label = gettext_lazy("Participants")
    menu_name = "participants"
    menu_order = 160
    url_prefix = "participants"
    menu_item_class = ParticipantsMenuItem
    add_to_admin_menu = True

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", EnrolmentIndexView.as_view(), name="index"),
            path("results/", EnrolmentIndexView.as_view(results_only=True), name="index_results"),
            path("run/<int:run_pk>/", RunParticipantsView.as_view(), name="run"),
            path("run/<int:run_pk>/seat/<int:pk>/", SeatView.as_view(), name="seat"),
            path("run/<int:run_pk>/cancel/<int:pk>/", CancelEnrolmentView.as_view(), name="cancel"),
        ]
