"""A half-finished registration, kept so that the contact can come back to it by a link."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _

from website.core.fields import CasefoldEmailField


class GroupDraft(models.Model):
    """What a contact has filled in of a registration for up to 200 participants.

    `data` is the form as it was posted: a field name to its list of values. It is emptied when the draft
    becomes a registration, and the row goes when it has not been touched for a while.
    """

    run = models.ForeignKey("courses.CourseRun", verbose_name=_("run"), on_delete=models.CASCADE, related_name="drafts")
    contact_email = CasefoldEmailField(_("contact's email address"), blank=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    link_version = models.PositiveIntegerField(default=1, editable=False)
    registration = models.OneToOneField(
        "enrolments.Registration",
        verbose_name=_("registration"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="draft",
    )
    created_at = models.DateTimeField(_("begun at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed at"), auto_now=True)

    class Meta:
        verbose_name = _("half-finished registration")
        verbose_name_plural = _("half-finished registrations")
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["updated_at"], name="group_draft_updated")]

    def __str__(self) -> str:
        return f"{self.pk} ({self.run_id})"
