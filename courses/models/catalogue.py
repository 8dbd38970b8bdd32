"""What runs refer to: organisations, venues, presenters, topics and terms."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.search import index

from courses.enums import FeeKind, OrganisationKind
from website.core.constraints import choices_check
from website.core.danish import DanishOrder
from website.core.fields import CasefoldEmailField, CVRField

municipality_code = RegexValidator(r"^\d{4}$", _("A municipality code has four digits, such as 0751."))


class Topic(index.Indexed, models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("short name in the address"), max_length=80, unique=True)

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = [DanishOrder("name")]

    def __str__(self) -> str:
        return self.name


class Organisation(index.Indexed, models.Model):
    """A municipality (the 98 are preloaded), an association or another body."""

    kind = models.CharField(_("kind"), max_length=20, choices=OrganisationKind, default=OrganisationKind.OTHER)
    code = models.CharField(
        _("municipality code"), max_length=4, blank=True, validators=[municipality_code], help_text=_("Four digits")
    )
    name = models.CharField(_("name"), max_length=150)
    official_name = models.CharField(_("official name"), max_length=150, blank=True)
    cvr = CVRField(_("CVR number"), blank=True)
    website = models.URLField(_("website"), blank=True)

    search_fields = [
        index.SearchField("name"),
        index.SearchField("official_name"),
        index.AutocompleteField("name"),
        index.AutocompleteField("official_name"),
        index.FilterField("kind"),
    ]

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = [DanishOrder("name")]
        constraints = [
            choices_check("kind", OrganisationKind, name="organisation_kind_known"),
            models.UniqueConstraint(
                fields=["code"], condition=~models.Q(code=""), name="organisation_municipality_code_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=OrganisationKind.MUNICIPALITY) | models.Q(code__regex=r"^[0-9]{4}$"),
                name="organisation_municipality_has_code",
            ),
        ]

    def __str__(self) -> str:
        return self.official_name or self.name


class Venue(index.Indexed, models.Model):
    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=150, blank=True)
    postcode = models.CharField(
        _("postcode"),
        max_length=4,
        blank=True,
        validators=[RegexValidator(r"^\d{4}$", _("A postcode has four digits."))],
    )
    city = models.CharField(_("town"), max_length=80)
    directions = models.TextField(_("how to get there"), blank=True, help_text=_("Public transport, parking, access"))
    room_capacity = models.PositiveIntegerField(_("room for"), null=True, blank=True, help_text=_("Persons"))

    search_fields = [
        index.SearchField("name"),
        index.SearchField("city"),
        index.AutocompleteField("name"),
        index.AutocompleteField("city"),
    ]

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        ordering = [DanishOrder("city"), DanishOrder("name")]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"

    @property
    def one_line_address(self) -> str:
        """Return "Name, street, postcode town", without what is not filled in."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(part for part in (self.name, self.address, town) if part)


class Presenter(index.Indexed, models.Model):
    """Someone who hosts or presents on a day. With a user they may take attendance on their own runs."""

    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=120, blank=True)
    organisation = models.CharField(_("organisation"), max_length=150, blank=True)
    biography = models.TextField(_("about the presenter"), blank=True)
    photo = models.ForeignKey(
        "images.CustomImage",
        verbose_name=_("photo"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    email = CasefoldEmailField(
        _("email address"), blank=True, help_text=_("Never shown. Lets the presenter sign in and take attendance.")
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="presenter",
    )

    search_fields = [
        index.SearchField("name"),
        index.SearchField("organisation"),
        index.AutocompleteField("name"),
        index.AutocompleteField("organisation"),
    ]

    class Meta:
        verbose_name = _("presenter")
        verbose_name_plural = _("presenters")
        ordering = [DanishOrder("name")]
        constraints = [
            models.UniqueConstraint(fields=["email"], condition=~models.Q(email=""), name="presenter_email_unique")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def byline(self) -> str:
        """Return "Name, title, organisation", without what is not filled in."""
        return ", ".join(part for part in (self.name, self.title, self.organisation) if part)


class CancellationTerms(index.Indexed, ClusterableModel):
    """One version of the terms. Registrations keep the version they accepted, so an old one never changes."""

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"), default=1, validators=[MinValueValidator(1)])
    text = models.TextField(_("terms in words"), help_text=_("What the participant accepts"))
    is_default = models.BooleanField(_("used for new runs"), default=False)
    cancel_until = models.PositiveSmallIntegerField(
        _("cancel until (days before)"),
        default=0,
        help_text=_("Until this many days before the first day people cancel on their own; later they ask you"),
    )
    move_until = models.PositiveSmallIntegerField(
        _("move until (days before)"),
        default=14,
        help_text=_("Until this many days before the first day people move to another run on their own"),
    )
    move_fee = models.DecimalField(
        _("fee for moving (DKK)"),
        max_digits=9,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )
    replace_until = models.PositiveSmallIntegerField(
        _("replace until (days before)"),
        default=0,
        help_text=_("Until this many days before the first day a colleague may take the seat. 0: until it begins"),
    )

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("terms of cancellation")
        verbose_name_plural = _("terms of cancellation")
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="terms_version_unique"),
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="terms_one_default"
            ),
            models.CheckConstraint(condition=models.Q(move_fee__gte=0), name="terms_move_fee_not_negative"),
        ]

    def __str__(self) -> str:
        return _("%(name)s, version %(version)s") % {"name": self.name, "version": self.version}


class AttendanceRule(index.Indexed, models.Model):
    """What counts as having attended a course, how late is absent, and who may correct marks how long.

    Reports and certificates read it; a certificate keeps what it was issued under.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    minimum_percent = models.PositiveSmallIntegerField(
        _("must attend (per cent)"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Of the run's planned minutes"),
    )
    absent_after = models.PositiveSmallIntegerField(
        _("absent after (minutes late)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Who comes later than this counts as absent that day. Empty: only the minutes missed count"),
    )
    cancel_in_time_days = models.PositiveSmallIntegerField(
        _("cancelled in time (days before)"),
        default=1,
        help_text=_("Who cancels later than this many days before the first day is counted as a late cancellation"),
    )
    presenters_correct_days = models.PositiveSmallIntegerField(
        _("presenters correct marks for (days)"), default=7, help_text=_("Counted from the course day")
    )
    organisers_correct_days = models.PositiveSmallIntegerField(
        _("organisers correct marks for (days)"),
        null=True,
        blank=True,
        default=90,
        help_text=_("Counted from the course day. Empty: always"),
    )
    issues_certificates = models.BooleanField(
        _("issues certificates"),
        default=True,
        help_text=_("Participants who meet the requirement get a certificate after the last day"),
    )
    is_default = models.BooleanField(_("used for courses without a rule of their own"), default=False)

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("attendance rule")
        verbose_name_plural = _("attendance rules")
        ordering = [DanishOrder("name")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minimum_percent__gte=1, minimum_percent__lte=100), name="rule_percent_in_range"
            ),
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="rule_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def default(cls) -> "AttendanceRule":
        """Return the rule of courses without one of their own; an unsaved one with the usual values where none is."""
        return cls.objects.filter(is_default=True).first() or cls(name=str(_("Standard")))


class CancellationTier(models.Model):
    """From `days_before` days before the first day, a cancellation costs this."""

    terms = ParentalKey(CancellationTerms, on_delete=models.CASCADE, related_name="tiers")
    days_before = models.PositiveIntegerField(
        _("days before"), help_text=_("The fee applies from this many days before the first day")
    )
    kind = models.CharField(_("fee"), max_length=10, choices=FeeKind, default=FeeKind.PERCENT)
    value = models.DecimalField(_("amount"), max_digits=9, decimal_places=2, validators=[MinValueValidator(Decimal(0))])
    minimum_fee = models.DecimalField(
        _("at least (DKK)"),
        max_digits=9,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0))],
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ["-days_before"]
        constraints = [
            choices_check("kind", FeeKind, name="tier_kind_known"),
            models.UniqueConstraint(fields=["terms", "days_before"], name="tier_once_per_day_count"),
            models.CheckConstraint(condition=models.Q(value__gte=0, minimum_fee__gte=0), name="tier_not_negative"),
        ]

    def __str__(self) -> str:
        unit = "%" if self.kind == FeeKind.PERCENT else "kr."
        return f"{self.days_before}: {self.value} {unit}"

    def clean(self) -> None:
        if self.kind == FeeKind.PERCENT and self.value is not None and self.value > 100:
            raise ValidationError(
                {"value": _("A percentage cannot be above 100. You wrote %(value)s.") % {"value": self.value}}
            )
