"""Files that somebody ordered: outside the admin, since not everybody who fetches one works here."""

from django.urls import path

from website.core.views.jobs import FetchView, JobsView, JobView

app_name = "files"
urlpatterns = [
    path("filer/", JobsView.as_view(), name="index"),
    path("filer/<int:pk>/", JobView.as_view(), name="job"),
    path("filer/<int:pk>/hent/", FetchView.as_view(), name="fetch"),
]
