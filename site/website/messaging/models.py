"""The outbox: every e-mail that leaves, queued in the transaction of the change it reports."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.core.constraints import choices_check
from website.core.fields import CasefoldEmailField
from website.messaging.enums import RETRYABLE_STATUSES, MailStatus


class OutboxMessage(models.Model):
    """One e-mail to one address.

    `kind` names a registered mail (website.messaging.registry) and `context` is the snapshot it is
    rendered from when it is sent. Secret links are derived then too: none is stored here.
    """

    message_id = models.CharField(_("Message-ID"), max_length=120, unique=True)
    kind = models.CharField(_("mail"), max_length=60)
    to = CasefoldEmailField(_("to"))
    context = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    reference = models.CharField(
        _("about"), max_length=60, blank=True, help_text=_("What the mail is about, such as “registration:12”")
    )
    status = models.CharField(_("status"), max_length=10, choices=MailStatus, default=MailStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("queued at"), auto_now_add=True)
    due_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    undeliverable_at = models.DateTimeField(
        _("undeliverable since"),
        null=True,
        blank=True,
        help_text="When the address was refused for good: at once by a server, or later by a returned mail",
    )

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status__in=RETRYABLE_STATUSES), name="outbox_due"),
            models.Index(fields=["reference"], name="outbox_reference"),
            models.Index(fields=["-created_at", "-id"], name="outbox_newest"),
            models.Index(fields=["to", "sent_at"], name="outbox_address"),
            models.Index(fields=["status", "kind"], name="outbox_status_kind"),
        ]
        constraints = [choices_check("status", MailStatus, name="outbox_status_known")]

    def __str__(self) -> str:
        return f"{self.kind} ({self.status})"


class MailText(models.Model):
    """The words staff have written for one kind of mail. Without a row the words are ours."""

    kind = models.CharField(_("mail"), max_length=60, unique=True)
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("changed by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("mail text")
        verbose_name_plural = _("mail texts")
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
