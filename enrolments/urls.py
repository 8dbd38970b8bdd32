"""Addresses of registration and attendance."""

from django.urls import path, register_converter

from enrolments.views.brief import BriefView
from enrolments.views.offer import OfferView
from enrolments.views.feed import feed, new_feed_address
from enrolments.views.drafts import DeleteDraftView, DraftView
from enrolments.views.lists import ListView
from enrolments.views.receipt import CancelView, ReceiptView
from enrolments.views.registration import RegisterView
from enrolments.views.roll_call import HistoryView, RollCallListView, RollCallRunView, RollCallView
from website.core.converters import IsoDate

register_converter(IsoDate, "isodate")

app_name = "enrolments"

urlpatterns = [
    path("tilmelding/<int:run_pk>/", RegisterView.as_view(), name="register"),
    path("tilmelding/<int:run_pk>/liste/", ListView.as_view(), name="register_list"),
    path("tilmelding/kladde/<str:token>/", DraftView.as_view(), name="draft"),
    path("tilmelding/kladde/<str:token>/slet/", DeleteDraftView.as_view(), name="delete_draft"),
    path("tilmelding/min/<str:token>/", ReceiptView.as_view(), name="registration"),
    path("tilmelding/min/<str:token>/afbestil/", CancelView.as_view(), name="cancel"),
    path("tilbud/<str:token>/", OfferView.as_view(), name="offer"),
    path("kalender/<str:token>.ics", feed, name="feed"),
    path("min-side/kalender/", new_feed_address, name="new_feed_address"),
    path("tilmelding/deltager/<str:token>/", ReceiptView.as_view(), name="participant"),
    path("fremmoede/", RollCallListView.as_view(), name="roll_call_list"),
    path("fremmoede/hold/<int:run_pk>/", RollCallRunView.as_view(), name="roll_call_run"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/", RollCallView.as_view(), name="roll_call"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/overblik/", BriefView.as_view(), name="presenter_brief"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/historik/", HistoryView.as_view(), name="roll_call_history"),
    path(
        "fremmoede/hold/<int:run_pk>/<isodate:date>/historik/<int:enrolment_pk>/",
        HistoryView.as_view(),
        name="roll_call_participant_history",
    ),
]
