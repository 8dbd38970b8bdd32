"""Addresses of registration and attendance."""

from django.urls import include, path, register_converter

from enrolments import change_urls
from enrolments.views.answers import (
    ContactAnswersView,
    ContactFileView,
    ParticipantAnswersView,
    ParticipantFileView,
    StaffFileView,
)
from enrolments.views.brief import BriefView
from enrolments.views.certificates import CertificateView, VerifyFormView
from enrolments.views.drafts import DeleteDraftView, DraftView
from enrolments.views.feed import feed, new_feed_address
from enrolments.views.history import course_history
from enrolments.views.lists import ListView
from enrolments.views.mark_grid import MarkGridView, SignInSheetView
from enrolments.views.municipality import DepartmentView, MunicipalityListView, MunicipalityYearView
from enrolments.views.offer import OfferView
from enrolments.views.registration import RegisterView
from enrolments.views.roll_call import (
    HistoryView,
    RollCallListView,
    RollCallRunView,
    RollCallView,
    SyncView,
    manifest,
    offline,
    service_worker,
)
from website.core.converters import IsoDate
from website.core.middleware import allows_camera

register_converter(IsoDate, "isodate")

app_name = "enrolments"

urlpatterns = [
    path("tilmelding/<int:run_pk>/", RegisterView.as_view(), name="register"),
    path("tilmelding/<int:run_pk>/liste/", ListView.as_view(), name="register_list"),
    path("tilmelding/kladde/<str:token>/", DraftView.as_view(), name="draft"),
    path("tilmelding/kladde/<str:token>/slet/", DeleteDraftView.as_view(), name="delete_draft"),
    path("", include(change_urls)),
    path("kalender/<str:token>.ics", feed, name="feed"),
    path("min-side/kalender/", new_feed_address, name="new_feed_address"),
    path("tilbud/<str:token>/", OfferView.as_view(), name="offer"),
    path("tilmelding/min/<str:token>/svar/", ContactAnswersView.as_view(), name="answers"),
    path("tilmelding/min/<str:token>/fil/<int:pk>/", ContactFileView.as_view(), name="answer_file"),
    path("tilmelding/deltager/<str:token>/svar/", ParticipantAnswersView.as_view(), name="seat_answers"),
    path("tilmelding/deltager/<str:token>/fil/<int:pk>/", ParticipantFileView.as_view(), name="seat_answer_file"),
    path("svar/fil/<int:pk>/", StaffFileView.as_view(), name="staff_answer_file"),
    path("min-side/kursushistorik/", course_history, name="course_history"),
    path("kommune/", MunicipalityListView.as_view(), name="municipalities"),
    path("kommune/<str:code>/", MunicipalityYearView.as_view(), name="municipality_year"),
    path("kommune/<str:code>/afdeling/<str:key>/", DepartmentView.as_view(), name="municipality_department"),
    path("bevis/", VerifyFormView.as_view(), name="verify"),
    path("bevis/<str:code>/", CertificateView.as_view(), name="certificate"),
    path("", include("enrolments.door_urls")),
    path("sw.js", service_worker, name="service_worker"),
    path("manifest.webmanifest", manifest, name="manifest"),
    path("uden-net/", offline, name="roll_call_offline"),
    path("fremmoede/", RollCallListView.as_view(), name="roll_call_list"),
    path("fremmoede/hold/<int:run_pk>/", RollCallRunView.as_view(), name="roll_call_run"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/", allows_camera(RollCallView.as_view()), name="roll_call"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/sync/", SyncView.as_view(), name="roll_call_sync"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/ark/", SignInSheetView.as_view(), name="sign_in_sheet"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/indtast/", MarkGridView.as_view(), name="mark_grid"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/overblik/", BriefView.as_view(), name="presenter_brief"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/historik/", HistoryView.as_view(), name="roll_call_history"),
    path(
        "fremmoede/hold/<int:run_pk>/<isodate:date>/historik/<int:enrolment_pk>/",
        HistoryView.as_view(),
        name="roll_call_participant_history",
    ),
]
