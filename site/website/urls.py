"""All addresses of the site. Only this module and the settings see every app."""

from django.urls import include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

urlpatterns = [
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", include(wagtailadmin_urls)),
    path("", include("website.accounts.urls")),
    path("documents/", include(wagtaildocs_urls)),
    path("", include("enrolments.urls")),
    path("", include(wagtail_urls)),
]
