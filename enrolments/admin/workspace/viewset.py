"""Where the workspace stands in the admin: its menu item and its addresses."""

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from enrolments.admin.workspace.confirming import CancelEnrolmentView, SeatView
from enrolments.admin.workspace.everyone import EnrolmentIndexView
from enrolments.admin.workspace.overview import RunParticipantsView
from enrolments.admin.workspace.tabs import workspace_urls
from enrolments.permissions import may_see_enrolments


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
            *(pattern for patterns in workspace_urls for pattern in patterns),
        ]
