"""Where the workspace stands in the admin: its menu item and its addresses."""

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from enrolments.admin import missing_attendance  # noqa: F401 - says what needs attention
from enrolments.admin.workspace import (
    adding,
    attendance,  # noqa: F401 - registers its tab and addresses
    bulk,
    changing,
    history,
    overview,
    participants,
    person,
    printing,
    transcript,
)
from enrolments.admin.workspace.everyone import EveryoneView
from enrolments.admin.workspace.tabs import workspace_urls
from enrolments.permissions import may_see_enrolments

RUN = "run/<int:run_pk>/"
PARTICIPANT = "run/<int:run_pk>/participant/<int:pk>/"


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
            path("", EveryoneView.as_view(), name="index"),
            path(RUN, overview.OverviewView.as_view(), name="run"),
            path(f"{RUN}notes/", overview.RunNotesView.as_view(), name="run_notes"),
            path(f"{RUN}undelivered/", overview.UndeliveredView.as_view(), name="undelivered"),
            path(f"{RUN}participants/", participants.ParticipantsView.as_view(), name="list"),
            path(f"{RUN}participants/<str:form>/", participants.ExportView.as_view(), name="export"),
            path(f"{RUN}chosen/", bulk.BulkView.as_view(), name="bulk"),
            path(f"{RUN}add/", adding.AddView.as_view(), name="add"),
            path(f"{RUN}history/", history.HistoryView.as_view(), name="history"),
            path(f"{RUN}badges/", printing.BadgesView.as_view(), name="badges"),
            path(f"{RUN}kitchen-list/", printing.KitchenListView.as_view(), name="kitchen_list"),
            path(PARTICIPANT, person.ParticipantView.as_view(), name="participant"),
            path(f"{PARTICIPANT}transcript/", transcript.TranscriptView.as_view(), name="transcript"),
            path(f"{PARTICIPANT}notes/", person.PersonNotesView.as_view(), name="participant_notes"),
            path(f"{PARTICIPANT}link/<str:whose>/", person.ReplaceLinkView.as_view(), name="replace_link"),
            path(f"{PARTICIPANT}correct/", changing.CorrectView.as_view(), name="correct"),
            path(f"{PARTICIPANT}replace/", changing.ReplaceView.as_view(), name="replace"),
            path(f"{PARTICIPANT}move/", changing.MoveView.as_view(), name="move"),
            path("run/<int:run_pk>/cancel/<int:pk>/", changing.CancelView.as_view(), name="cancel"),
            *(pattern for patterns in workspace_urls for pattern in patterns),
        ]
