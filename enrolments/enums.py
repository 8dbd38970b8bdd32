"""Named choices of who comes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EnrolmentStatus(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    WAITING = "waiting", _("On the waiting list")
    CANCELLED = "cancelled", pgettext_lazy("participant", "Cancelled")


#: Someone who comes or wants to come: one such enrolment for an address on a run.
ACTIVE_STATUSES = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.WAITING)


class BillingMethod(models.TextChoices):
    NONE = "none", _("Nothing to pay")
    EAN = "ean", _("E-invoice (EAN)")
    EMAIL = "email", _("Invoice by e-mail")


class EventKind(models.TextChoices):
    """What the history of an enrolment tells."""

    REGISTERED = "registered", _("Registered")
    WAITLISTED = "waitlisted", _("Put on the waiting list")
    SEATED = "seated", _("Given a seat from the waiting list")
    CANCELLED = "cancelled", pgettext_lazy("participant", "Cancelled")


class ActorKind(models.TextChoices):
    CONTACT = "contact", _("The contact")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("The system")


class AttendanceStatus(models.TextChoices):
    PRESENT = "present", _("Present")
    LATE = "late", _("Late")
    ABSENT = "absent", _("Absent")
    EXCUSED = "excused", _("Excused")


#: Marks that count as having been there.
ATTENDED_STATUSES = (AttendanceStatus.PRESENT, AttendanceStatus.LATE)


class MarkSource(models.TextChoices):
    ROLL_CALL = "roll_call", _("Roll call")
    IMPORT = "import", _("Import")
