"""What has been sent by the clock, so that it is sent once."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """A reminder or a brief that has been queued. `about` names the row it is about, such as "enrolment:12"."""

    kind = models.CharField(_("what"), max_length=40)
    about = models.CharField(_("about"), max_length=60)
    sent_at = models.DateTimeField(_("queued at"), auto_now_add=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [models.UniqueConstraint(fields=["kind", "about"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
