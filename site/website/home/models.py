"""The front page and plain article pages."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import StreamField
from wagtail.search import index

from website.core.blocks import BodyBlock
from website.core.models import BasePage


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

    class Meta:
        verbose_name = _("front page")
        verbose_name_plural = _("front pages")


class ArticlePage(BasePage):
    body = StreamField(BodyBlock(), verbose_name=_("content"), blank=True)

    parent_page_types = ["home.HomePage", "home.ArticlePage"]
    subpage_types = ["home.ArticlePage"]
    template = "home/article_page.html"

    content_panels = [*BasePage.content_panels, FieldPanel("body")]
    search_fields = [*BasePage.search_fields, index.SearchField("body")]

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
