"""Seats that are kept for someone: offered to an entry of the waiting line, or held by an organiser."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from enrolments.enums import OfferStatus
from website.core.constraints import choices_check


class Offer(models.Model):
    """Freed seats held for one entry of the line until they answer or the time is up.

    The enrolments it is about carry `offer` and have status OFFERED while it is open: PostgreSQL counts
    them as held. `seats` is how many it was about when it was made.
    """

    run = models.ForeignKey("courses.CourseRun", verbose_name=_("run"), on_delete=models.PROTECT, related_name="offers")
    registration = models.ForeignKey(
        "enrolments.Registration", verbose_name=_("registration"), on_delete=models.PROTECT, related_name="offers"
    )
    seats = models.PositiveSmallIntegerField(_("seats"))
    status = models.CharField(_("status"), max_length=10, choices=OfferStatus, default=OfferStatus.OPEN)
    created_at = models.DateTimeField(_("offered at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"))
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    link_version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["expires_at"], condition=models.Q(status=OfferStatus.OPEN), name="offer_open_expires")
        ]
        constraints = [
            choices_check("status", OfferStatus, name="offer_status_known"),
            models.CheckConstraint(condition=models.Q(seats__gt=0), name="offer_has_seats"),
            models.CheckConstraint(
                condition=models.Q(status=OfferStatus.OPEN, answered_at__isnull=True)
                | (~models.Q(status=OfferStatus.OPEN) & models.Q(answered_at__isnull=False)),
                name="offer_answered_at_when_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} → {self.registration_id} ({self.status})"

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether it can still be accepted at `at` (default: now)."""
        return self.status == OfferStatus.OPEN and self.expires_at > (at or timezone.now())


class SeatHold(models.Model):
    """Seats an organiser keeps out of everybody's reach, with a logged reason.

    With a registration they are kept for that group: freed seats are added until all of it fits.
    """

    run = models.ForeignKey("courses.CourseRun", verbose_name=_("run"), on_delete=models.PROTECT, related_name="holds")
    seats = models.PositiveSmallIntegerField(_("seats"), default=0)
    registration = models.ForeignKey(
        "enrolments.Registration",
        verbose_name=_("for the group of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="holds",
    )
    reason = models.CharField(_("reason"), max_length=300)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("held at"), auto_now_add=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    class Meta:
        verbose_name = _("held seats")
        verbose_name_plural = _("held seats")
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["registration"],
                condition=models.Q(released_at__isnull=True),
                name="hold_once_per_group",
            ),
            models.CheckConstraint(
                condition=models.Q(registration__isnull=False) | models.Q(seats__gt=0), name="hold_has_seats"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seats} ({self.reason})"
