"""What courses add to Wagtail's admin: the menu group, guards, buttons and the panel of what needs attention."""

from collections.abc import Iterator, Sequence

from django.contrib.auth import get_user_model
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.ui.components import Component
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from courses.admin.attention import AttentionPanel
from courses.admin.catalogue import OrganisationViewSet, PresenterViewSet, TermsViewSet, TopicViewSet, VenueViewSet
from courses.admin.guards import (
    GuardedPageDeletion,
    back_url,
    confirm_unpublishing,
    refuse_deletion,
    refuse_page_deletion,
)
from courses.admin.menu import course_viewsets
from courses.admin.planning import PlanningViewSet
from courses.admin.rules import RuleViewSet
from courses.admin.runs import RunViewSet
from courses.models import CoursePage

User = get_user_model()


class CoursesGroup(SnippetViewSetGroup):
    menu_label = gettext_lazy("Courses")
    menu_name = "courses"
    menu_icon = "calendar-alt"
    menu_order = 150
    items = (
        RunViewSet,
        PlanningViewSet,
        VenueViewSet,
        PresenterViewSet,
        OrganisationViewSet,
        TopicViewSet,
        TermsViewSet,
        RuleViewSet,
        *course_viewsets,
    )


register_snippet(CoursesGroup)


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/courses-admin.css"))


@hooks.register("construct_homepage_panels")
def attention(request: HttpRequest, panels: list[Component]) -> None:
    panel = AttentionPanel(request)
    if panel.items:
        panels.append(panel)


@hooks.register("before_delete_snippet")
def refuse_rows_in_use(request: HttpRequest, instances: Sequence[Model]) -> HttpResponse | None:
    ours = [instance for instance in instances if instance._meta.app_label == "courses"]
    return refuse_deletion(request, ours, back=back_url(request, ours))


@hooks.register("before_delete_page")
def refuse_page_with_runs(request: HttpRequest, page: Page) -> HttpResponse | None:
    return refuse_page_deletion(request, [page], back=reverse("wagtailadmin_pages:edit", args=[page.pk]))


@hooks.register("before_unpublish_page")
def ask_before_unpublishing(request: HttpRequest, page: Page) -> HttpResponse | None:
    return confirm_unpublishing(request, [page])


# After Wagtail's own, so that ours is the one that is kept.
hooks.register("register_bulk_action", GuardedPageDeletion, order=100)


@hooks.register("before_bulk_action")
def guard_bulk_action(
    request: HttpRequest, action_type: str, objects: Sequence[Model], action_class_instance: object
) -> HttpResponse | None:
    if action_type == "delete":
        rows = [obj for obj in objects if obj._meta.app_label == "courses" and not isinstance(obj, Page)]
        return refuse_deletion(request, rows, back=back_url(request, rows))
    if action_type == "unpublish":
        return confirm_unpublishing(request, [obj for obj in objects if isinstance(obj, Page)])
    return None


def _new_run_button(page: Page, user: User, *, priority: int) -> Iterator[Button]:
    if page.specific_class and issubclass(page.specific_class, CoursePage) and user.has_perm("courses.add_courserun"):
        url = f"{reverse('wagtailsnippets_courses_courserun:add')}?course={page.pk}"
        yield Button(_("New run"), url=url, icon_name="calendar-alt", priority=priority)


@hooks.register("register_page_header_buttons")
def new_run_in_header(page: Page, user: User, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    yield from _new_run_button(page, user, priority=5)


@hooks.register("register_page_listing_more_buttons")
def new_run_in_listing(page: Page, user: User, next_url: str | None = None) -> Iterator[Button]:
    yield from _new_run_button(page, user, priority=3)
