"""Secret links: signed from the row and a version on it, so nothing is stored and a link can be replaced."""

import re

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from enrolments.models import Registration

TOKEN = re.compile(r"([0-9a-z]{1,12})-([0-9a-f]{40})")
SALT = "enrolments.registration-link"


def registration_token(registration: Registration) -> str:
    """Return the token of the contact's link to a registration."""
    return f"{int_to_base36(registration.pk)}-{_signature(registration.pk, registration.link_version)}"


def registration_url(registration: Registration) -> str:
    """Return the contact's full secret link."""
    return settings.SITE_URL + reverse("enrolments:registration", args=[registration_token(registration)])


def find_registration(token: str) -> Registration | None:
    """Return the registration whose current link carries `token`, or None for a forged or replaced one."""
    match = TOKEN.fullmatch(token)
    if not match:
        return None
    registration = (
        Registration.objects.select_related("run__course", "run__venue", "run__terms", "terms", "organisation")
        .filter(pk=base36_to_int(match[1]))
        .first()
    )
    if registration is None or not constant_time_compare(
        match[2], _signature(registration.pk, registration.link_version)
    ):
        return None
    return registration


def _signature(pk: int, version: int) -> str:
    return salted_hmac(SALT, f"{pk}:{version}", algorithm="sha256").hexdigest()[:40]
