"""What was done to a run, what participants were told of it, and messages to them."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.enums import RunChangeKind, RunChangeStatus
from website.core.constraints import choices_check


class RunChange(models.Model):
    """A change of date, venue or presenter, a cancellation or a confirmation: told to participants, or not yet.

    `before` is the run as participants last knew it (enrolments.snapshots). Further changes while one is
    pending keep the first `before`: people are told the difference between what they know and what is.
    """

    run = models.ForeignKey(
        "courses.CourseRun", verbose_name=_("run"), on_delete=models.CASCADE, related_name="changes"
    )
    kind = models.CharField(_("what"), max_length=10, choices=RunChangeKind)
    status = models.CharField(_("status"), max_length=10, choices=RunChangeStatus, default=RunChangeStatus.PENDING)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    message = models.TextField(_("message to the participants"), blank=True)
    recipients = models.PositiveIntegerField(_("told"), default=0)
    created_at = models.DateTimeField(_("changed at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("changed by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    handled_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("decided by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("change of a run")
        verbose_name_plural = _("changes of runs")
        ordering = ["-created_at", "-pk"]
        constraints = [
            choices_check("kind", RunChangeKind, name="run_change_kind_known"),
            choices_check("status", RunChangeStatus, name="run_change_status_known"),
            models.UniqueConstraint(
                fields=["run"],
                condition=models.Q(status=RunChangeStatus.PENDING),
                name="run_change_one_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_status_display()})"


class RunMessage(models.Model):
    """A message an organiser wrote to all or some participants of a run."""

    run = models.ForeignKey(
        "courses.CourseRun", verbose_name=_("run"), on_delete=models.CASCADE, related_name="messages"
    )
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("message"))
    audience = models.JSONField(default=dict, help_text="The filter that chose the recipients")
    recipients = models.PositiveIntegerField(_("recipients"), default=0)
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("sent by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("message to participants")
        verbose_name_plural = _("messages to participants")
        ordering = ["-sent_at", "-pk"]

    def __str__(self) -> str:
        return self.subject
