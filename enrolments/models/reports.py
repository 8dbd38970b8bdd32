"""Reports that staff keep, and who sees a municipality's own people."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrolments.enums import Schedule
from enrolments.querysets import TrainingContactQuerySet
from website.core.constraints import choices_check


class SavedReport(models.Model):
    """A report with what was chosen for it, kept under a name and perhaps sent by mail on a schedule.

    `kind` names an entry of the registry of reports, `parameters` holds the choices as JSON types. What it
    shows is always what its owner may see at that moment.
    """

    name = models.CharField(_("name"), max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), on_delete=models.CASCADE, related_name="saved_reports"
    )
    is_shared = models.BooleanField(_("shared with all organisers"), default=False)
    kind = models.CharField(_("report"), max_length=40)
    parameters = models.JSONField(_("choices"), default=dict, blank=True)
    schedule = models.CharField(_("send by mail"), max_length=12, choices=Schedule, default=Schedule.NEVER)
    file_format = models.CharField(_("as"), max_length=4, default="xlsx")
    recipients = models.JSONField(_("recipients"), default=list, blank=True, help_text="Users' numbers")
    next_due_at = models.DateTimeField(_("next sent"), null=True, blank=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        ordering = ["name", "pk"]
        constraints = [
            choices_check("schedule", Schedule, name="saved_report_schedule_known"),
            models.CheckConstraint(
                condition=Q(schedule=Schedule.NEVER) | Q(next_due_at__isnull=False),
                name="saved_report_due_if_scheduled",
            ),
        ]
        indexes = [models.Index(fields=["next_due_at"], name="saved_report_due")]

    def __str__(self) -> str:
        return self.name


class TrainingContact(models.Model):
    """Somebody who sees and exports their own municipality's people, as long as staff let them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="training_contacts"
    )
    organisation = models.ForeignKey(
        "courses.Organisation",
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        related_name="training_contacts",
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("given access by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    granted_at = models.DateTimeField(_("access since"), default=timezone.now)
    expires_on = models.DateField(
        _("access until"), null=True, blank=True, help_text=_("The last day. Empty: until you end it")
    )
    ended_at = models.DateTimeField(_("access ended"), null=True, blank=True)

    objects = TrainingContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("training contact")
        verbose_name_plural = _("training contacts")
        ordering = ["-granted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(ended_at__isnull=True),
                name="training_contact_once_per_organisation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.user}"
