"""The states of an e-mail that leaves."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailStatus(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    BOUNCED = "bounced", _("Bounced")


#: States from which a mail is (or may be) tried again.
RETRYABLE_STATUSES = (MailStatus.QUEUED, MailStatus.SENDING)
#: States from which staff may send a mail again: it is not under way.
RESENDABLE_STATUSES = (MailStatus.SENT, MailStatus.FAILED, MailStatus.BOUNCED)
#: States in which a mail did not reach anybody.
UNDELIVERED_STATUSES = (MailStatus.FAILED, MailStatus.BOUNCED)
