"""What every page of the site shares."""

from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from website.core.video import FRAME_ORIGINS


class BasePage(Page):
    """A page with an introduction and a picture for lists; every page type builds on it."""

    introduction = models.TextField(
        _("introduction"),
        max_length=600,
        blank=True,
        help_text=_("One to three sentences, shown under the title and in lists"),
    )
    picture = models.ForeignKey(
        "images.CustomImage",
        verbose_name=_("picture"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Shown at the top of the page and in lists"),
    )

    content_panels = [*Page.content_panels, FieldPanel("introduction"), FieldPanel("picture")]
    search_fields = [*Page.search_fields, index.SearchField("introduction")]

    class Meta:
        abstract = True

    @property
    def has_video(self) -> bool:
        """Whether the body holds a video. Reads the stored blocks without building them."""
        body = getattr(self, "body", None)
        return bool(body) and any(block["type"] == "video" for block in body.raw_data)

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Serve the page; one with a video may, after a click, frame the video's host. No other page may."""
        response = super().serve(request, *args, **kwargs)
        if self.has_video:
            response._csp_update = {**(getattr(response, "_csp_update", None) or {}), "frame-src": list(FRAME_ORIGINS)}
        return response


class ContentVersion(models.Model):
    """One row that PostgreSQL counts up, by triggers, whenever something that public pages show changes.

    Part of every cached page's key (see `website.core.pagecache`). Never written by Python.
    """

    version = models.BigIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="content_version_one_row")]

    def __str__(self) -> str:
        return str(self.version)


class RetentionRun(models.Model):
    """What the nightly job deleted of one category: a count, never what it was."""

    category = models.CharField(_("category"), max_length=40)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    rows = models.PositiveIntegerField(_("deleted"), default=0)
    failed = models.BooleanField(_("failed"), default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: the nightly job"),
    )

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        ordering = ["-started_at", "-pk"]
        default_permissions = ("view", "add")
        indexes = [models.Index(fields=["category", "-started_at"], name="retention_newest")]

    def __str__(self) -> str:
        return f"{self.category}: {self.rows}"
