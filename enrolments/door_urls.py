"""Addresses of checking in at the door, and of the participant's code."""

from django.urls import path

from enrolments.views.check_in import CheckInView, ScannedView, SeatCheckInView
from enrolments.views.codes import ParticipantCodeView
from enrolments.views.door import CountScreenView, DoorScreenView

urlpatterns = [
    path("tilmelding/deltager/<str:token>/tjek-ind/", SeatCheckInView.as_view(), name="seat_check_in"),
    path("fremmoede/tjek-ind/", CheckInView.as_view(), name="check_in"),
    path("fremmoede/tjek-ind/<int:day_pk>/<str:token>/", ScannedView.as_view(), name="check_in_scanned"),
    path("fremmoede/kode/<str:code>/", ParticipantCodeView.as_view(), name="participant_code"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/doer/", DoorScreenView.as_view(), name="door_screen"),
    path("fremmoede/hold/<int:run_pk>/<isodate:date>/skaerm/", CountScreenView.as_view(), name="count_screen"),
]
