"""The search page."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from wagtail.models import Page, Site

from website.core.search import LONGEST, search_pages, stems

PER_PAGE = 10


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show the live public pages that hold every word of `?q=`, the best first; `?side=` turns the page."""
    text = request.GET.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    site = Site.find_for_request(request)
    pages = Page.objects.none()
    if site is not None and text:
        pages = Page.objects.live().public().descendant_of(site.root_page, inclusive=True)
        pages = search_pages(pages, text).specific()
    results = Paginator(pages, PER_PAGE).get_page(request.GET.get("side"))
    context = {"text": text, "results": results, "says_nothing": bool(text) and not stems(text)}
    return render(request, "home/search.html", context)
