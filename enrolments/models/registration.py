"""Registrations (one submission by one contact) and enrolments (one participant on one run)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from courses.enums import VatCode
from enrolments.enums import ACTIVE_STATUSES, ActorKind, BillingMethod, EnrolmentStatus, EventKind
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
    name = models.CharField(_("name"), max_length=120)
    email = CasefoldEmailField(_("email address"), blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    dietary = models.CharField(_("dietary and access needs"), max_length=300, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=EnrolmentStatus)
    form_order = models.PositiveSmallIntegerField(_("place in the form"), default=0)
    calendar_sequence = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("registered at"), auto_now_add=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["registration_id", "form_order"]
        indexes = [
            models.Index(fields=["run", "status"], name="enrolment_run_status"),
            models.Index(fields=["email"], name="enrolment_email"),
        ]
        constraints = [
            choices_check("status", EnrolmentStatus, name="enrolment_status_known"),
            models.UniqueConstraint(
                fields=["run", "email"],
                condition=models.Q(status__in=ACTIVE_STATUSES) & ~models.Q(email=""),
                name="enrolment_once_per_address_and_run",
            ),
            models.CheckConstraint(
                condition=models.Q(status=EnrolmentStatus.CANCELLED, cancelled_at__isnull=False)
                | (~models.Q(status=EnrolmentStatus.CANCELLED) & models.Q(cancelled_at__isnull=True)),
                name="enrolment_cancelled_at_when_cancelled",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE_STATUSES


class EnrolmentEvent(models.Model):
    """One line of an enrolment's history, written in the transaction of the change it tells of."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("what"), max_length=12, choices=EventKind)
    at = models.DateTimeField(_("when"), auto_now_add=True)
    actor = models.CharField(_("by"), max_length=10, choices=ActorKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

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
