"""A participant's certificate on their own page."""

from typing import Any

from django import template
from django.urls import reverse

from enrolments.links import participant_link
from enrolments.models import Certificate, Enrolment

register = template.Library()


@register.inclusion_tag("enrolments/includes/certificate.html")
def seat_certificate(enrolment: Enrolment) -> dict[str, Any]:
    """Show the participant's newest certificate: to fetch, or revoked with the reason; nothing without one."""
    newest = Certificate.objects.filter(enrolment=enrolment, anonymised_at=None).order_by("-version").first()
    token = participant_link.token(enrolment)
    return {"certificate": newest, "url": reverse("enrolments:seat_certificate", args=[token])}
