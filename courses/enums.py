"""Named choices of what is offered and when."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CourseKind(models.TextChoices):
    ONE_DAY = "one_day", _("One-day course")
    THEME_DAY = "theme_day", _("Theme day")
    PROGRAMME = "programme", _("Course programme")
    DIPLOMA_MODULE = "diploma_module", _("Diploma module")


class RunStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", _("Open for registration")
    CLOSED = "closed", _("Closed for registration")
    CANCELLED = "cancelled", pgettext_lazy("run", "Cancelled")


#: Runs that take place, as far as anybody knows.
HELD_STATUSES = (RunStatus.OPEN, RunStatus.CLOSED)


class LineRule(models.TextChoices):
    """How the waiting line moves on. See design: entries are always served in order."""

    FIRST_FIT = "first_fit", _("The first entry that fits (a smaller entry may pass a group)")
    STRICT = "strict", _("Strict order (nobody passes)")


class VatCode(models.TextChoices):
    """Tax categories of EN 16931 (UNCL 5305): what an invoice for the course carries."""

    STANDARD = "S", _("25 % VAT")
    EXEMPT = "E", _("Exempt from VAT (teaching, the Danish VAT act § 13(1)(3))")


class OrganisationKind(models.TextChoices):
    MUNICIPALITY = "municipality", _("Municipality")
    REGION = "region", _("Region")
    ASSOCIATION = "association", _("Association")
    OTHER = "other", _("Other")


class FeeKind(models.TextChoices):
    PERCENT = "percent", _("Per cent of the price")
    FIXED = "fixed", _("Fixed fee in DKK")


class RegistrationState(models.TextChoices):
    """What a newcomer meets at a run's registration form, in the order it is decided."""

    CANCELLED = "cancelled", pgettext_lazy("run", "Cancelled")
    PAST = "past", _("Held")
    NOT_YET = "not_yet", _("Registration has not opened")
    CLOSED = "closed", _("Registration is closed")
    OPEN = "open", _("Free seats")
    FEW_SEATS = "few_seats", _("Few seats left")
    LINE = "line", _("Waiting list")
    FULL = "full", _("Fully booked")


#: States in which the form takes registrations.
TAKES_REGISTRATIONS = (RegistrationState.OPEN, RegistrationState.FEW_SEATS, RegistrationState.LINE)
