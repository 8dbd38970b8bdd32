"""Addresses of courses beside their Wagtail pages."""

from django.urls import path

from courses import views

app_name = "courses"

urlpatterns = [
    path("kurser/kalender.ics", views.calendar_feed, name="calendar"),
]
