"""The history of an enrolment."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.enums import ActorKind, EventKind
from enrolments.models.registration import Enrolment
from website.core.constraints import choices_check


class EnrolmentEvent(models.Model):
    """One line of an enrolment's history, written in the transaction of the change it tells of."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=20, choices=EventKind)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.CharField(_("by"), max_length=12, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    data = models.JSONField(
        default=dict,
        blank=True,
        help_text="What changed, in field names and numbers: never what a person wrote or is called",
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["at", "pk"]
        constraints = [
            choices_check("kind", EventKind, name="enrolment_event_kind_known"),
            choices_check("actor", ActorKind, name="enrolment_event_actor_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
