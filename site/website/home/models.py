"""The front page and plain article pages."""

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.models import Page, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index
from wagtail.url_routing import RouteResult

from website.core.blocks import BodyBlock
from website.core.models import BasePage

# What most visitors come for: the course list (a fixed address, see website/urls.py).
COURSE_LIST = "/kurser/"
TEASERS = 3


class ArticleQuerySet(PageQuerySet):
    def teasers(self, parent: Page) -> "ArticleQuerySet":
        """Return the articles right under `parent` that have a picture to show, the newest first.

        Pages without one (contact, privacy, accessibility) are found in menu and footer.
        """
        return (
            self.child_of(parent)
            .live()
            .public()
            .filter(picture__isnull=False)
            .select_related("picture")
            .prefetch_related("picture__renditions")
            .order_by("-first_published_at", "pk")
        )


class HomePage(BasePage):
    heading = models.CharField(_("heading"), max_length=120, blank=True, help_text=_("The large line at the top"))
    body = StreamField(BodyBlock(), verbose_name=_("content"), blank=True)

    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    template = "home/home_page.html"

    content_panels = [
        *BasePage.content_panels[:1],
        FieldPanel("heading"),
        *BasePage.content_panels[1:],
        FieldPanel("body"),
    ]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    def route(self, request: HttpRequest, path_components: list[str]) -> RouteResult:
        """Find all pages on the way at once: Wagtail asks twice for each level."""
        paths = [f"{self.url_path}{'/'.join(path_components[:n])}/" for n in range(1, len(path_components) + 1)]
        found = {page.url_path: page for page in Page.objects.filter(url_path__in=paths)} if paths else {}
        if not paths or len(found) < len(paths):
            return super().route(request, path_components)
        page: Page = self
        for path in paths:
            found[path]._cached_parent_obj = page  # as Wagtail's own routing leaves it, for the breadcrumbs
            page = found[path]
        return page.specific.route(request, [])

    class Meta:
        verbose_name = _("front page")
        verbose_name_plural = _("front pages")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["main_action"] = COURSE_LIST
        context["articles"] = ArticlePage.objects.teasers(self)[:TEASERS]
        return context


class ArticlePage(BasePage):
    body = StreamField(BodyBlock(), verbose_name=_("content"), blank=True)

    objects = PageManager.from_queryset(ArticleQuerySet)()

    parent_page_types = ["home.HomePage", "home.ArticlePage"]
    subpage_types = ["home.ArticlePage", "evaluations.SurveyResultsPage"]
    template = "home/article_page.html"

    content_panels = [*BasePage.content_panels, FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        context["children"] = [] if self.numchild == 0 else ArticlePage.objects.teasers(self)
        return context
