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
    keys: list[int] = []
    if site is not None and text:
        pages = Page.objects.live().public().descendant_of(site.root_page, inclusive=True)
        keys = list(search_pages(pages, text).values_list("pk", flat=True))
    results = Paginator(keys, PER_PAGE).get_page(request.GET.get("side"))
    shown = {page.pk: page for page in Page.objects.filter(pk__in=results.object_list).specific()}
    results.object_list = [shown[key] for key in results.object_list if key in shown]
    context = {"text": text, "results": results, "says_nothing": bool(text) and not stems(text)}
    return render(request, "home/search.html", context)
