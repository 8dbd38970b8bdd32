"""People across runs: joined by addresses they have shown to be theirs. They outlive a change of job."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from website.core.fields import CasefoldEmailField


class Person(models.Model):
    """Somebody who has signed in. Their enrolments are those with their verified addresses."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="person",
    )
    link_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Of the calendar feed's secret address"
    )
    created_at = models.DateTimeField(_("first signed in at"), auto_now_add=True)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return f"{self.pk}"


class PersonAddress(models.Model):
    """An address that a person has shown to be theirs."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="addresses")
    email = CasefoldEmailField(_("email address"), unique=True)
    verified_at = models.DateTimeField(_("verified at"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk}"
