"""Addresses of evaluations: answering, the room, thanks. What is more particular stands before the token."""

from django.urls import path

from evaluations.views.answer import AnswerView
from evaluations.views.results import OwnFileView, OwnResultsView
from evaluations.views.room import RoomView
from evaluations.views.screen import ScreenView, SheetView
from evaluations.views.survey import SurveyView
from evaluations.views.thanks import ThanksView

app_name = "evaluations"

urlpatterns = [
    path("evaluering/tak/", ThanksView.as_view(), name="thanks"),
    path("evaluering/rum/<str:code>/", RoomView.as_view(), name="room"),
    path("evaluering/skaerm/<int:run_pk>/", ScreenView.as_view(), name="screen"),
    path("evaluering/skaerm/<int:run_pk>/ark/", SheetView.as_view(), name="sheet"),
    path("evaluering/resultater/<int:pk>/", OwnResultsView.as_view(), name="results"),
    path("evaluering/resultater/<int:pk>/<str:form>/", OwnFileView.as_view(), name="results_file"),
    path("evaluering/undersoegelse/<slug:slug>/", SurveyView.as_view(), name="survey"),
    path("evaluering/<str:token>/", AnswerView.as_view(), name="answer"),
]
