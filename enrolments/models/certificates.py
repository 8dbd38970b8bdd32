"""What somebody gets for having taken part: frozen when it is issued, revoked in the open, never changed."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Certificate(models.Model):
    """One version of a participant's certificate for a run. A mistake is mended by revoking it and issuing the next.

    `data` is everything the document says, as JSON, so that it reads the same whatever becomes of course and
    run. PostgreSQL refuses any change of what was issued, save that personal data goes when its time is over.
    """

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", verbose_name=_("participant"), on_delete=models.PROTECT, related_name="certificates"
    )
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    code = models.CharField(_("code"), max_length=20, unique=True, help_text="Random; what /bevis/<code>/ asks for")
    data = models.JSONField(_("what it says"), default=dict)
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("issued by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: by the system, when the requirement was met"),
    )
    exception = models.CharField(
        _("why without the requirement"),
        max_length=300,
        blank=True,
        help_text=_("An organiser's reason for issuing it although the requirement is not met. Only staff see it"),
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("revoked by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    revoked_reason = models.CharField(
        _("why revoked"), max_length=300, blank=True, help_text=_("Shown to whoever checks the code")
    )
    anonymised_at = models.DateTimeField(_("personal data deleted at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "version"], name="certificate_version_unique"),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=models.Q(revoked_at__isnull=True),
                name="certificate_one_valid_per_participant",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_reason="")
                | (models.Q(revoked_at__isnull=False) & ~models.Q(revoked_reason="")),
                name="certificate_revoked_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.version})"

    @property
    def is_revoked(self) -> bool:
        return self.revoked_at is not None
