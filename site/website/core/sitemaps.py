"""/sitemap.xml and /robots.txt: what search engines may find."""

from datetime import datetime

from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as sitemap_view
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from wagtail.models import Page, PageQuerySet, Site

#: Nothing here is secret by being named: these are forms, tools and answers to one person.
DISALLOWED = ("/admin/", "/api/", "/evaluering/", "/fremmoede/", "/kalender/", "/konto/", "/soeg/", "/tilmelding/")


class PageSitemap(Sitemap):
    """The live pages of the visited site that anybody may read."""

    limit = 5000

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    def items(self) -> PageQuerySet:
        site = Site.find_for_request(self.request)
        if site is None:
            return Page.objects.none()
        return site.root_page.get_descendants(inclusive=True).live().public().order_by("path")

    def location(self, page: Page) -> str:
        return page.get_url(self.request) or "/"

    def lastmod(self, page: Page) -> datetime | None:
        return page.last_published_at


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return sitemap_view(request, {"pages": PageSitemap(request)})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DISALLOWED), ""]
    lines.append(f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}")
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
