"""What participants are told of their certificates: issued, with the document; revoked; a new version.

What is queued is the certificate's number alone. Words, link and document are made when the mail is sent, from
what was frozen: a certificate that is revoked meanwhile goes along with no mail.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.certificates import words
from enrolments.certificates.documents import CertificateGone, certificate_pdf, filename
from enrolments.emails.words import NOTHING, call_block
from enrolments.links import participant_link
from enrolments.models import Certificate, Enrolment
from website.core.pdf import CONTENT_TYPE
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.registry import Attachment, mail_kinds
from website.messaging.showing import ShownMail, show
from website.messaging.texts import Block, Filled, Placeholder, Value, compose, register_text_mail, words_of

Context = dict[str, Any]

ISSUED, REVOKED, REISSUED = (f"enrolments.certificate_{what}" for what in ("issued", "revoked", "reissued"))


def queue_issued(certificates: Iterable[Certificate]) -> int:
    """Send each certificate to its participant; return how many mails it takes. Two queries for all."""
    return _queue(ISSUED, certificates)


def queue_revoked(certificate: Certificate) -> int:
    return _queue(REVOKED, [certificate])


def queue_reissued(certificate: Certificate) -> int:
    """Tell the participant of the new version, and that the one before no longer counts."""
    return _queue(REISSUED, [certificate])


def address_of(enrolment: Enrolment) -> str:
    """Return where a participant's certificate is sent: their own address, else the contact's; maybe nowhere."""
    return enrolment.email or enrolment.registration.contact_email


def _queue(kind: str, certificates: Iterable[Certificate]) -> int:
    mails = [
        QueuedMail(kind, address, {"certificate": certificate.pk}, f"enrolment:{certificate.enrolment_id}")
        for certificate in certificates
        if (address := address_of(certificate.enrolment))
    ]
    return len(queue_mails(mails))


def _sample() -> Context | None:
    newest = Certificate.objects.filter(anonymised_at=None, enrolment__anonymised_at=None).order_by("-pk").first()
    return {"certificate": newest.pk} if newest else None


NAME = Placeholder("name", gettext_lazy("the participant's name"))
COURSE = Placeholder("course", gettext_lazy("the course's title"))
HELD = Placeholder("dates", gettext_lazy("when the course was held"))
HOURS = Placeholder("hours", gettext_lazy("how many hours of the course they attended"))
REASON = Placeholder("reason", gettext_lazy("why the certificate was revoked"), required=True)
OLD_REASON = Placeholder("reason", gettext_lazy("why the version before was revoked"))
DOWNLOAD = Placeholder(
    "certificate", gettext_lazy("the button to fetch the certificate; empty if it is revoked meanwhile"), block=True
)
VERIFY = Placeholder("verify", gettext_lazy("the address where anybody can verify the certificate"))
CALL = Placeholder("call", gettext_lazy("whom to call or write to"), block=True)


@register_text_mail(
    ISSUED,
    title=gettext_lazy("Certificate"),
    about=gettext_lazy(
        "To each participant who gets a certificate, with the certificate as a PDF. Some days after the last day"
        " when the requirement is met, or when an organiser issues it."
    ),
    subject=gettext_lazy("Your certificate: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Thank you for taking part in {course}, {dates}. You attended {hours}, and here is your certificate."
        " It is attached to this e-mail, and you can fetch it here:\n\n"
        "{certificate}\n\n"
        "Keep the e-mail: after some months we delete your address, and the page with the certificate closes.\n\n"
        "Whoever you show the certificate to can check that it is genuine: {verify}\n\n"
        "{call}"
    ),
    placeholders=(NAME, COURSE, HELD, HOURS, DOWNLOAD, VERIFY, CALL),
    sample=_sample,
)
def fill_issued(context: Context) -> Filled:
    return _filled(_read(context))


@register_text_mail(
    REISSUED,
    title=gettext_lazy("Certificate, new version"),
    about=gettext_lazy("To the participant whose certificate is issued anew. The version before no longer counts."),
    subject=gettext_lazy("New version of your certificate: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Your certificate for {course}, {dates}, has been issued in a new version. It is attached to this e-mail,"
        " and you can fetch it here:\n\n"
        "{certificate}\n\n"
        "The version before no longer counts: whoever checks it is told that it has been replaced."
        " The reason is: {reason}\n\n"
        "{call}"
    ),
    placeholders=(NAME, COURSE, HELD, HOURS, OLD_REASON, DOWNLOAD, VERIFY, CALL),
    sample=_sample,
)
def fill_reissued(context: Context) -> Filled:
    certificate = _read(context)
    before = (
        Certificate.objects.filter(enrolment=certificate.enrolment_id, version__lt=certificate.version)
        .order_by("-version")
        .values_list("revoked_reason", flat=True)
        .first()
    )
    return _filled(certificate, reason=before or "")


@register_text_mail(
    REVOKED,
    title=gettext_lazy("Certificate revoked"),
    about=gettext_lazy("To the participant whose certificate an organiser revokes, with the reason."),
    subject=gettext_lazy("Your certificate has been revoked: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Your certificate for {course}, {dates}, has been revoked. The reason is: {reason}\n\n"
        "Whoever checks it from now on is told that it has been revoked. You cannot use it any more.\n\n"
        "Is that a mistake? Then let us know.\n\n"
        "{call}"
    ),
    placeholders=(NAME, COURSE, HELD, REASON, VERIFY, CALL),
    sample=_sample,
)
def fill_revoked(context: Context) -> Filled:
    certificate = _read(context)
    return _filled(certificate, reason=certificate.revoked_reason)


def preview_issued(certificate: Certificate) -> ShownMail:
    """Return the mail that would carry this certificate, which need not be saved, with its links masked."""
    kind = mail_kinds.get(ISSUED)
    with translation.override(settings.LANGUAGE_CODE):
        subject, body = words_of(kind.text)  # type: ignore[arg-type] # registered with words, above
        return show(compose(_filled(certificate), subject=subject, body=body))


def _read(context: Context) -> Certificate:
    rows = Certificate.objects.select_related("enrolment__run__course", "enrolment__registration")
    certificate = rows.get(pk=context["certificate"])
    if certificate.anonymised_at:
        raise CertificateGone
    return certificate


def _filled(certificate: Certificate, **more: Value) -> Filled:
    """Return what all mails about a certificate have, and what this one adds."""
    data, course = certificate.data, certificate.enrolment.run.course
    values: dict[str, Value] = {
        "name": data["name"],
        "course": data["course"],
        "dates": words.held_on(data),
        "hours": words.attended(data),
        "certificate": NOTHING,
        "verify": data["url"],
        "call": call_block(name=course.contact_name, phone=course.contact_phone, email=course.contact_email),
    }
    if certificate.is_revoked:
        return Filled(values=values | more, reply_to=course.contact_email)
    values["certificate"] = Block.button(_("Fetch your certificate"), download_url(certificate))
    document = Attachment(filename(certificate), certificate_pdf(certificate), CONTENT_TYPE)
    return Filled(values=values | more, reply_to=course.contact_email, attachments=(document,))


def download_url(certificate: Certificate) -> str:
    """Return the participant's secret address of their certificate. Derived when it is needed, never stored."""
    token = participant_link.token(certificate.enrolment)
    return settings.SITE_URL + reverse("enrolments:seat_certificate", args=[token])
