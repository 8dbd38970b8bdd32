"""Addresses of registration and attendance."""

from django.urls import URLPattern

app_name = "enrolments"

urlpatterns: list[URLPattern] = []
