"""Where surveys stand in the admin: their menu item and their addresses."""

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet

from evaluations.admin.surveys import acts, editing, importing, invitations, pages, results
from evaluations.permissions import may_manage

SURVEY = "<int:pk>/"


class SurveysMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_manage(request.user))


class SurveysViewSet(ViewSet):
    name = "surveys"
    icon = "globe"
    menu_label = gettext_lazy("Surveys")
    menu_name = "surveys"
    url_prefix = "evaluations/surveys"
    menu_item_class = SurveysMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", pages.SurveysView.as_view(), name="index"),
            path("new/", editing.NewSurveyView.as_view(), name="new"),
            path(SURVEY, pages.SurveyView.as_view(), name="survey"),
            path(f"{SURVEY}edit/", editing.EditSurveyView.as_view(), name="edit"),
            path(f"{SURVEY}invited/", invitations.InvitationsView.as_view(), name="invitations"),
            path(f"{SURVEY}invited/one/", invitations.OneInvitationView.as_view(), name="invitation"),
            path(f"{SURVEY}invited/undo/<uuid:batch>/", invitations.UndoListView.as_view(), name="undo"),
            path(f"{SURVEY}invite/", importing.InviteView.as_view(), name="invite"),
            path(f"{SURVEY}invite/template.<str:form>", importing.TemplateFileView.as_view(), name="template"),
            path(f"{SURVEY}results/", results.ResultsView.as_view(), name="results"),
            path(f"{SURVEY}results/flag/<uuid:text>/", results.FlagView.as_view(), name="flag"),
            path(f"{SURVEY}results/file/<str:form>/", results.FileView.as_view(), name="file"),
            path(f"{SURVEY}extend/", acts.ExtendView.as_view(), name="extend"),
            path(f"{SURVEY}close/", acts.CloseView.as_view(), name="close"),
            path(f"{SURVEY}stop/", acts.StopView.as_view(), name="stop"),
            path(f"{SURVEY}resume/", acts.ResumeView.as_view(), name="resume"),
            path(f"{SURVEY}delete/", acts.DeleteView.as_view(), name="delete"),
            path(f"{SURVEY}copy/", acts.CopyView.as_view(), name="copy"),
        ]
