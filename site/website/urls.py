"""All addresses of the site. Only this module and the settings see every app."""

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from website import health
from website.api import api
from website.core.sitemaps import robots, sitemap

# Documents are fetched through Wagtail, which knows who may read them: never from the folder.
media = [re_path(r"^media/(?P<path>(?!documents/).+)$", serve, {"document_root": settings.MEDIA_ROOT})]

urlpatterns = [
    path("healthz/", health.alive, name="healthz"),
    path("readyz/", health.ready, name="readyz"),
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/", include(wagtailadmin_urls)),
    path("", include("website.accounts.urls")),
    path("", include("website.core.urls")),
    path("documents/", include(wagtaildocs_urls)),
    path("api/v1/", api.urls),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("robots.txt", robots, name="robots"),
    path("", include("courses.urls")),
    path("", include("enrolments.urls")),
    path("", include("evaluations.urls")),
    *(media if settings.SERVE_MEDIA and settings.MEDIA_ROOT else []),
    path("", include("website.home.urls")),
    path("", include(wagtail_urls)),
]
