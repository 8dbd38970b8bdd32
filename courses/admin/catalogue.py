"""Venues, presenters, organisations, topics and terms in the staff's admin."""

from typing import Any

from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin import messages
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column, NumberColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import log
from wagtail.snippets.views import snippets as views
from wagtail.snippets.views.snippets import SnippetViewSet

from courses.admin.columns import DanishOrderMixin
from courses.admin.forms import PresenterForm, TermsForm
from courses.admin.guards import GuardedDeleteView
from courses.models import (
    CancellationTerms,
    CourseCoProvider,
    CourseDay,
    CoursePage,
    CourseRun,
    Organisation,
    Presenter,
    Topic,
    Venue,
)
from courses.operations import CourseError, link_presenter_to_user, new_terms_version, use_terms_for_new_runs
from courses.permissions import GIVES_SIGN_IN, may_change_terms


def counted(rows: QuerySet, reference: str) -> Coalesce:
    """Return an annotation that counts `rows` referring by field `reference`, without a join that multiplies."""
    per_row = (
        rows.filter(**{reference: OuterRef("pk")}).order_by().values(reference).annotate(n=Count("pk")).values("n")
    )
    return Coalesce(Subquery(per_row, output_field=IntegerField()), 0)


class CatalogueIndexView(DanishOrderMixin, views.IndexView):
    danish_fields = frozenset({"name", "city", "organisation", "official_name"})
    empty_text = ""


class CatalogueViewSet(SnippetViewSet):
    """What the lists of the catalogue share: Danish order, inspection, no copying, a text when empty."""

    copy_view_enabled = False
    inspect_view_enabled = True
    index_view_class = CatalogueIndexView
    delete_view_class = GuardedDeleteView
    index_results_template_name = "courses/admin/catalogue_results.html"
    search_backend_name = None
    list_per_page = 50
    empty_text = ""

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(empty_text=self.empty_text, **kwargs)


class VenueViewSet(CatalogueViewSet):
    model = Venue
    icon = "home"
    menu_label = gettext_lazy("Venues")
    menu_name = "venues"
    url_prefix = "courses/venues"
    search_fields = ("name", "city", "address", "postcode")
    list_filter = ("city",)
    empty_text = gettext_lazy("No venues yet. A venue is a place where runs are held, with address and directions.")
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            MultiFieldPanel(
                [FieldPanel("address"), FieldRowPanel([FieldPanel("postcode"), FieldPanel("city")])],
                heading=gettext_lazy("Address"),
            ),
            FieldPanel("room_capacity"),
            FieldPanel("directions"),
        ]
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "name",
            Column("city", label=gettext_lazy("Town"), sort_key="city"),
            Column("address", label=gettext_lazy("Address")),
            NumberOrNothing("room_capacity", label=gettext_lazy("Room for"), sort_key="room_capacity"),
            NumberColumn("run_count", label=gettext_lazy("Runs"), sort_key="run_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Venue]:
        return Venue.objects.annotate(run_count=counted(CourseRun.objects, "venue"))


class NumberOrNothing(Column):
    def get_value(self, instance: Any) -> Any:
        value = super().get_value(instance)
        return "" if value is None else value


class PresenterSavingMixin:
    """The presenter and the user they sign in as are saved together or not at all."""

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            return super().form_valid(form)
        except CourseError as error:
            form.add_error("email", str(error))
            self.produced_error_code = "validation_error"
            self.produced_error_message = self.get_error_message()
            return self.form_invalid(form)

    def save_instance(self) -> Presenter:
        presenter = super().save_instance()
        link_presenter_to_user(presenter=presenter)
        return presenter


class PresenterCreateView(PresenterSavingMixin, views.CreateView):
    pass


class PresenterEditView(PresenterSavingMixin, views.EditView):
    pass


class PresenterViewSet(CatalogueViewSet):
    model = Presenter
    icon = "user"
    menu_label = gettext_lazy("Presenters")
    menu_name = "presenters"
    url_prefix = "courses/presenters"
    add_view_class = PresenterCreateView
    edit_view_class = PresenterEditView
    search_fields = ("name", "title", "organisation", "email")
    inspect_view_fields = ["name", "title", "organisation", "email", "biography", "photo"]
    empty_text = gettext_lazy("No presenters yet. With an e-mail address a presenter can sign in and take attendance.")
    edit_handler = ObjectList(
        [
            FieldPanel("name"),
            FieldRowPanel([FieldPanel("title"), FieldPanel("organisation")]),
            # The address opens the roll calls of the presenter's runs: only who takes them all may give it.
            FieldPanel("email", permission=GIVES_SIGN_IN),
            FieldPanel("photo"),
            FieldPanel("biography"),
        ],
        base_form_class=PresenterForm,
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "name",
            Column("title", label=gettext_lazy("Title")),
            Column("organisation", label=gettext_lazy("Organisation"), sort_key="organisation"),
            # Without a user the value is empty, which Wagtail shows as a question.
            BooleanColumn(
                "can_sign_in",
                accessor=lambda presenter: presenter.user_id is not None,
                label=gettext_lazy("Can sign in"),
            ),
            NumberColumn("day_count", label=gettext_lazy("Days"), sort_key="day_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Presenter]:
        presented = counted(CourseDay.presenters.through.objects, "presenter")
        hosted = counted(CourseDay.hosts.through.objects, "presenter")
        return Presenter.objects.annotate(day_count=presented + hosted)


class OrganisationViewSet(CatalogueViewSet):
    model = Organisation
    icon = "group"
    menu_label = gettext_lazy("Organisations")
    menu_name = "organisations"
    url_prefix = "courses/organisations"
    search_fields = ("name", "official_name", "code", "cvr")
    list_filter = ("kind",)
    empty_text = gettext_lazy("No organisations yet. Municipalities, regions and associations stand here.")
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("name"), FieldPanel("official_name")]),
            FieldRowPanel([FieldPanel("kind"), FieldPanel("code")]),
            FieldRowPanel([FieldPanel("cvr"), FieldPanel("website")]),
        ]
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "name",
            Column("official_name", label=gettext_lazy("Official name"), sort_key="official_name"),
            Column("kind", label=gettext_lazy("Kind"), accessor="get_kind_display", sort_key="kind"),
            Column("code", label=gettext_lazy("Code"), sort_key="code"),
            NumberColumn("course_count", label=gettext_lazy("Courses"), sort_key="course_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        return Organisation.objects.annotate(course_count=counted(CourseCoProvider.objects, "organisation"))


class TopicViewSet(CatalogueViewSet):
    model = Topic
    icon = "tag"
    menu_label = gettext_lazy("Topics")
    menu_name = "topics"
    url_prefix = "courses/topics"
    search_fields = ("name",)
    empty_text = gettext_lazy("No topics yet. Topics let readers narrow the course list.")
    edit_handler = ObjectList([FieldPanel("name"), FieldPanel("slug")])

    @cached_property
    def list_display(self) -> list[str | Column]:
        return ["name", NumberColumn("course_count", label=gettext_lazy("Courses"), sort_key="course_count")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        return Topic.objects.annotate(course_count=counted(CoursePage.topics.through.objects, "topic"))


class TermsSavingMixin:
    """Only one version is used for new runs: marking one takes the mark from the other."""

    def save_instance(self) -> CancellationTerms:
        terms = self.form.instance
        if terms.is_default:
            CancellationTerms.objects.filter(is_default=True).exclude(pk=terms.pk).update(is_default=False)
        return super().save_instance()


class TermsCreateView(TermsSavingMixin, views.CreateView):
    pass


class TermsEditView(TermsSavingMixin, views.EditView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Terms somebody may have accepted are shown, not edited."""
        terms = get_object_or_404(CancellationTerms, pk=self.object_pk)
        verdict = may_change_terms(terms)
        if not verdict and self.user_has_permission("change"):
            messages.warning(request, verdict.reason)
            return redirect("wagtailsnippets_courses_cancellationterms:inspect", terms.pk)
        return super().dispatch(request, *args, **kwargs)


class TermsInspectView(views.InspectView):
    template_name = "courses/admin/terms_inspect.html"

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = super().header_more_buttons
        if may_change_terms(self.object):
            return buttons
        return [button for button in buttons if button.icon_name != "edit"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            terms=self.object,
            tiers=self.object.tiers.order_by("-days_before"),
            verdict=may_change_terms(self.object),
            can_add=self.user_has_permission("add"),
            can_change=self.user_has_permission("change"),
            **kwargs,
        )


class TermsActionView(PermissionCheckedMixin, View):
    """A button about one version of the terms. GET leads back to where the button stands."""

    model = CancellationTerms
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("wagtailsnippets_courses_cancellationterms:inspect", pk)


class NewTermsVersionView(TermsActionView):
    permission_required = "add"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        with transaction.atomic():
            fresh = new_terms_version(terms=get_object_or_404(CancellationTerms, pk=pk))
            log(instance=fresh, action="wagtail.create", user=request.user)
        messages.success(request, _("“%(terms)s” is ready to be edited.") % {"terms": fresh})
        return redirect("wagtailsnippets_courses_cancellationterms:edit", fresh.pk)


class DefaultTermsView(TermsActionView):
    permission_required = "change"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        terms = get_object_or_404(CancellationTerms, pk=pk)
        with transaction.atomic():
            use_terms_for_new_runs(terms=terms)
            log(instance=terms, action="wagtail.edit", user=request.user)
        messages.success(request, _("New runs begin with “%(terms)s”.") % {"terms": terms})
        return redirect("wagtailsnippets_courses_cancellationterms:inspect", pk)


class TermsViewSet(CatalogueViewSet):
    model = CancellationTerms
    icon = "doc-full"
    menu_label = gettext_lazy("Terms of cancellation")
    menu_name = "terms"
    url_prefix = "courses/terms"
    add_view_class = TermsCreateView
    edit_view_class = TermsEditView
    inspect_view_class = TermsInspectView
    inspect_template_name = "courses/admin/terms_inspect.html"
    search_fields = ("name", "text")
    empty_text = gettext_lazy("No terms yet. Write what a cancellation costs, and from when, before runs open.")
    edit_handler = ObjectList(
        [
            FieldRowPanel([FieldPanel("name"), FieldPanel("version")]),
            FieldPanel("text"),
            InlinePanel(
                "tiers",
                [
                    FieldRowPanel(
                        [FieldPanel("days_before"), FieldPanel("kind"), FieldPanel("value"), FieldPanel("minimum_fee")]
                    )
                ],
                heading=gettext_lazy("What a cancellation costs"),
                label=gettext_lazy("tier"),
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("cancel_until"), FieldPanel("replace_until")]),
                    FieldRowPanel([FieldPanel("move_until"), FieldPanel("move_fee")]),
                ],
                heading=gettext_lazy("What people may do on their own"),
                help_text=gettext_lazy(
                    "By the links in their e-mails, until these deadlines. After them the wish goes to an organiser, "
                    "who grants or refuses it. 0 days means until the run begins."
                ),
            ),
            FieldPanel("is_default"),
        ],
        base_form_class=TermsForm,
    )

    @cached_property
    def list_display(self) -> list[str | Column]:
        return [
            "name",
            Column("version", label=gettext_lazy("Version"), sort_key="version"),
            BooleanColumn("is_default", label=gettext_lazy("For new runs")),
            NumberColumn("run_count", label=gettext_lazy("Runs"), sort_key="run_count"),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CancellationTerms]:
        return CancellationTerms.objects.annotate(run_count=counted(CourseRun.objects, "terms"))

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("new-version/<int:pk>/", self.construct_view(NewTermsVersionView), name="new_version"),
            path("use/<int:pk>/", self.construct_view(DefaultTermsView), name="use"),
        ]
