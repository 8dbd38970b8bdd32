"""Registrations (one submission by one contact) and enrolments (one participant on one run)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.enums import VatCode
from enrolments.enums import (
    ACTIVE_STATUSES,
    ENDED_STATUSES,
    IN_LINE_STATUSES,
    BillingMethod,
    EnrolmentStatus,
)
from enrolments.querysets import EnrolmentQuerySet, RegistrationQuerySet
from website.core.constraints import choices_check
from website.core.fields import CasefoldEmailField, CVRField, EANField


class Affiliated(models.Model):
    """From an organisation that we know, or from one that is named in words."""

    organisation = models.ForeignKey(
        "courses.Organisation",
        verbose_name=_("municipality"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    organisation_name = models.CharField(_("organisation"), max_length=150, blank=True)

    class Meta:
        abstract = True

    @property
    def organisation_label(self) -> str:
        return str(self.organisation) if self.organisation else self.organisation_name


class Registration(Affiliated):
    """One submission of the form by one contact, with what was agreed: price, VAT and terms."""

    run = models.ForeignKey(
        "courses.CourseRun", verbose_name=_("run"), on_delete=models.PROTECT, related_name="registrations"
    )
    contact_name = models.CharField(_("contact"), max_length=120)
    contact_email = CasefoldEmailField(_("contact's email address"))
    contact_phone = models.CharField(_("contact's telephone"), max_length=30, blank=True)
    keep_together = models.BooleanField(_("together or not at all"), default=False)
    price = models.DecimalField(_("price per participant (DKK, excl. VAT)"), max_digits=9, decimal_places=2)
    vat_code = models.CharField(_("VAT"), max_length=1, choices=VatCode)
    terms = models.ForeignKey(
        "courses.CancellationTerms",
        verbose_name=_("terms accepted"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    accepted_terms_at = models.DateTimeField(_("terms accepted at"), null=True, blank=True)
    submission = models.CharField(
        max_length=64,
        unique=True,
        editable=False,
        help_text="Digest of the submitted form: posted twice is one registration",
    )
    link_version = models.PositiveIntegerField(default=1, editable=False)
    origin = models.ForeignKey(
        "self",
        verbose_name=_("moved from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="continuations",
        help_text=_("The registration on another run that participants came from"),
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("The organiser who registered on behalf of the contact"),
    )
    is_walk_in = models.BooleanField(
        _("at the door"), default=False, help_text=_("Made in the roll call for somebody who had not registered")
    )
    anonymised_at = models.DateTimeField(_("personal data deleted at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("registered at"), auto_now_add=True)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["contact_email"], name="registration_contact_email")]
        constraints = [
            choices_check("vat_code", VatCode, name="registration_vat_code_known"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="registration_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(organisation__isnull=False) | ~models.Q(organisation_name=""),
                name="registration_has_organisation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.contact_name}"

    @property
    def number(self) -> str:
        """The number people may name on the telephone."""
        return f"T{self.pk:06d}"

    @property
    def has_price(self) -> bool:
        return self.price > 0


class Payer(models.Model):
    """Who pays. A registration has one or more; each enrolment exactly one."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="payers")
    billing_method = models.CharField(_("billing"), max_length=10, choices=BillingMethod)
    name = models.CharField(_("organisation to invoice"), max_length=150)
    ean = EANField(_("EAN number"), blank=True)
    order_reference = models.CharField(_("order or requisition number"), max_length=60, blank=True)
    person_reference = models.CharField(_("reference person"), max_length=120, blank=True)
    invoice_email = CasefoldEmailField(_("email address for the invoice"), blank=True)
    cvr = CVRField(_("CVR number"), blank=True)
    frozen_at = models.DateTimeField(_("invoiced at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        constraints = [
            choices_check("billing_method", BillingMethod, name="payer_billing_method_known"),
            models.CheckConstraint(
                condition=~models.Q(billing_method=BillingMethod.EAN) | models.Q(ean__regex=r"^[0-9]{13}$"),
                name="payer_by_ean_has_ean",
            ),
            models.CheckConstraint(
                condition=~models.Q(billing_method=BillingMethod.EMAIL) | ~models.Q(invoice_email=""),
                name="payer_by_email_has_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_billing_method_display()})"


class Enrolment(Affiliated):
    """One participant on one run, with their own organisation, department, title and status."""

    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), on_delete=models.PROTECT, related_name="enrolments"
    )
    run = models.ForeignKey(
        "courses.CourseRun", verbose_name=_("run"), on_delete=models.PROTECT, related_name="enrolments"
    )
    payer = models.ForeignKey(
        Payer, verbose_name=_("payer"), on_delete=models.PROTECT, null=True, blank=True, related_name="enrolments"
    )
    person = models.ForeignKey(
        "enrolments.Person",
        verbose_name=_("person"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="enrolments",
        help_text=_("Who it is, once they have signed in with the address"),
    )
    name = models.CharField(_("name"), max_length=120, blank=True, help_text=_("Empty while the name is to follow"))
    email = CasefoldEmailField(_("email address"), blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    dietary = models.CharField(_("dietary and access needs"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=EnrolmentStatus)
    form_order = models.PositiveSmallIntegerField(_("place in the form"), default=0)
    line_order = models.PositiveBigIntegerField(
        _("place in the waiting list"), null=True, blank=True, editable=False, help_text=_("Smaller is served first")
    )
    offer = models.ForeignKey(
        "enrolments.Offer",
        verbose_name=_("offer"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="enrolments",
        editable=False,
    )
    replaces = models.OneToOneField(
        "self",
        verbose_name=_("takes over from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
        editable=False,
    )
    moved_from = models.OneToOneField(
        "self",
        verbose_name=_("moved from"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="moved_to",
        editable=False,
    )
    fee = models.DecimalField(
        _("fee (DKK, excl. VAT)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        editable=False,
        help_text=_("What was shown and accepted when the participant was cancelled or moved"),
    )
    notes = models.TextField(_("internal notes"), blank=True, help_text=_("Only staff see these"))
    link_version = models.PositiveIntegerField(default=1, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Rises when details change")
    calendar_sequence = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("registered at"), auto_now_add=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    anonymised_at = models.DateTimeField(_("personal data deleted at"), null=True, blank=True, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["registration_id", "form_order"]
        indexes = [
            models.Index(fields=["run", "status"], name="enrolment_run_status"),
            models.Index(fields=["email"], name="enrolment_email"),
            models.Index(
                fields=["run", "line_order"],
                condition=models.Q(status__in=IN_LINE_STATUSES),
                name="enrolment_line",
            ),
        ]
        constraints = [
            choices_check("status", EnrolmentStatus, name="enrolment_status_known"),
            models.UniqueConstraint(
                fields=["run", "email"],
                condition=models.Q(status__in=ACTIVE_STATUSES) & ~models.Q(email=""),
                name="enrolment_once_per_address_and_run",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=ENDED_STATUSES, cancelled_at__isnull=False)
                | (~models.Q(status__in=ENDED_STATUSES) & models.Q(cancelled_at__isnull=True)),
                name="enrolment_cancelled_at_when_ended",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=EnrolmentStatus.OFFERED) | models.Q(offer__isnull=False),
                name="enrolment_offered_has_offer",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=IN_LINE_STATUSES) | models.Q(line_order__isnull=False),
                name="enrolment_in_line_has_place",
            ),
            models.CheckConstraint(
                condition=models.Q(fee__isnull=True) | models.Q(fee__gte=0), name="enrolment_fee_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("Name to follow"))

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_STATUSES

    @property
    def is_unnamed(self) -> bool:
        """Whether the seat is booked and the name is to follow."""
        return not self.name
