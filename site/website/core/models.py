"""What every page of the site shares."""

from typing import Any

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import FieldPanel
from wagtail.models import Page
from wagtail.search import index

from website.core.constraints import choices_check
from website.core.video import FRAME_ORIGINS
from website.storage import private


class JobStatus(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("job", "Waiting")
    RUNNING = "running", pgettext_lazy("job", "Running")
    DONE = "done", pgettext_lazy("job", "Done")
    FAILED = "failed", pgettext_lazy("job", "Failed")
    STOPPED = "stopped", pgettext_lazy("job", "Stopped")


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
        blocks = getattr(getattr(self, "body", None), "raw_data", ())  # a plain text has none
        return any(block["type"] == "video" for block in blocks)

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


class LongJob(models.Model):
    """Work that takes longer than a page may: a large file, a thousand certificates. Somebody waits for it.

    The worker does it (website.core.jobs) and counts `done` up to `total`; the file, if it makes one, is kept
    privately until `expires_at`. `parameters` and `result` are JSON types and never hold personal data.
    """

    kind = models.CharField(_("kind"), max_length=40, help_text="An entry of website.core.contributions.job_kinds")
    title = models.CharField(_("title"), max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("ordered by"),
        on_delete=models.CASCADE,
        related_name="long_jobs",
    )
    parameters = models.JSONField(default=dict, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=JobStatus, default=JobStatus.QUEUED)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), null=True, blank=True)
    result = models.JSONField(default=dict, blank=True)
    file = models.FileField(_("file"), storage=private, upload_to="jobs/%Y/%m/", blank=True)
    filename = models.CharField(_("file name"), max_length=150, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("ordered at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    expires_at = models.DateTimeField(_("file kept until"), null=True, blank=True)

    class Meta:
        verbose_name = _("long job")
        verbose_name_plural = _("long jobs")
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [choices_check("status", JobStatus, name="long_job_status_known")]
        indexes = [models.Index(fields=["requested_by", "-created_at"], name="long_job_of_user")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
