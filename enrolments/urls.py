"""Addresses of registration and attendance."""

from django.urls import path

from enrolments.views.receipt import CancelView, ReceiptView
from enrolments.views.registration import RegisterView

app_name = "enrolments"

urlpatterns = [
    path("tilmelding/<int:run_pk>/", RegisterView.as_view(), name="register"),
    path("tilmelding/min/<str:token>/", ReceiptView.as_view(), name="registration"),
    path("tilmelding/min/<str:token>/afbestil/", CancelView.as_view(), name="cancel"),
]
