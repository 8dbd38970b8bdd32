"""What somebody asks an organiser for when the deadline of the terms has passed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.enums import ActorKind, RequestKind, RequestStatus
from website.core.constraints import choices_check


class ChangeRequest(models.Model):
    """A wish to cancel, replace or move one participant. An organiser grants or refuses it.

    `data` holds what granting needs: the colleague's details (replace) or the run's number (move). It is
    emptied when the request is settled: what came of it stands in the history.
    """

    enrolment = models.ForeignKey(
        "enrolments.Enrolment", verbose_name=_("participant"), on_delete=models.PROTECT, related_name="requests"
    )
    kind = models.CharField(_("wish"), max_length=10, choices=RequestKind)
    data = models.JSONField(default=dict, blank=True)
    message = models.TextField(_("message"), max_length=2000, blank=True)
    actor = models.CharField(_("asked by"), max_length=12, choices=ActorKind)
    status = models.CharField(_("status"), max_length=10, choices=RequestStatus, default=RequestStatus.OPEN)
    created_at = models.DateTimeField(_("asked at"), auto_now_add=True)
    handled_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reply = models.TextField(_("reply"), max_length=2000, blank=True)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["created_at", "pk"]
        constraints = [
            choices_check("kind", RequestKind, name="request_kind_known"),
            choices_check("status", RequestStatus, name="request_status_known"),
            choices_check("actor", ActorKind, name="request_actor_known"),
            models.UniqueConstraint(
                fields=["enrolment", "kind"],
                condition=models.Q(status=RequestStatus.OPEN),
                name="request_open_once_per_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_status_display()})"
