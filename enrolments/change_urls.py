"""Addresses behind the two secret doors: the contact's registration and the participant's own seat."""

from django.urls import include, path

from enrolments.views.certificates import SeatCertificateView
from enrolments.views.changes import (
    CancelView,
    MoveView,
    ReplaceView,
    SeatCancelView,
    SeatMoveView,
    SeatReplaceView,
)
from enrolments.views.details import CorrectContactView, CorrectView, SeatCorrectView, SendLinkView
from enrolments.views.participant import ParticipantView, SeatCalendarView
from enrolments.views.receipt import ReceiptView

contact_urlpatterns = [
    path("", ReceiptView.as_view(), name="registration"),
    path("afbestil/", CancelView.as_view(), name="cancel"),
    path("flyt/", MoveView.as_view(), name="move"),
    path("oplysninger/", CorrectContactView.as_view(), name="correct_contact"),
    path("ret/<int:pk>/", CorrectView.as_view(), name="correct"),
    path("kollega/<int:pk>/", ReplaceView.as_view(), name="replace"),
    path("send-link/<int:pk>/", SendLinkView.as_view(), name="send_link"),
]

participant_urlpatterns = [
    path("", ParticipantView.as_view(), name="participant"),
    path("afbestil/", SeatCancelView.as_view(), name="seat_cancel"),
    path("flyt/", SeatMoveView.as_view(), name="seat_move"),
    path("ret/", SeatCorrectView.as_view(), name="seat_correct"),
    path("kollega/", SeatReplaceView.as_view(), name="seat_replace"),
    path("kursusbevis/", SeatCertificateView.as_view(), name="seat_certificate"),
    path("kalender.ics", SeatCalendarView.as_view(), name="seat_calendar"),
]

urlpatterns = [
    path("tilmelding/min/<str:token>/", include(contact_urlpatterns)),
    path("tilmelding/deltager/<str:token>/", include(participant_urlpatterns)),
]
