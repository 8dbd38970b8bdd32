"""What enrolments add to Wagtail's admin."""

from collections.abc import Iterator
from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.widgets.button import Button

from courses.models import CourseRun
from enrolments.admin import (  # noqa: F401 - register hooks, tabs
    attendance_report,
    briefs,
    certificates,
    line,
    report_builder,
    requests,
    run_changes,
    run_messages,
    run_questions,
    run_ways,
    training,
    walk_ins,
)
from enrolments.admin.workspace.viewset import ParticipantsViewSet
from enrolments.permissions import may_see_enrolments


@hooks.register("register_admin_viewset")
def participants_viewset() -> ParticipantsViewSet:
    return ParticipantsViewSet()


@hooks.register("register_snippet_listing_buttons")
def run_participants_button(snippet: Any, user: Any, next_url: str | None = None) -> Iterator[Button]:
    """Lead from the list of runs to a run's participants."""
    if isinstance(snippet, CourseRun) and may_see_enrolments(user):
        url = reverse("participants:run", args=[snippet.pk])
        yield Button(_("Participants"), url=url, icon_name="group", priority=5)


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/enrolments-admin.css"))
