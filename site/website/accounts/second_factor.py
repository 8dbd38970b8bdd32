"""What a session has shown of a second factor."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from website.accounts.permissions import SECOND_FACTORS


def is_shown(request: HttpRequest) -> bool:
    """Whether this session was opened, confirmed or enrolled with a second factor."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def remember_enrolment(request: HttpRequest, authenticator: Authenticator, **kwargs: Any) -> None:
    """Count enrolling the first authenticator as showing it (allauth's signal, per request).

    Only the first: a session that merely knows the password must not let itself in by adding another.
    """
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=SECOND_FACTORS).exclude(
        pk=authenticator.pk
    )
    if authenticator.type in SECOND_FACTORS and not others.exists():
        record_authentication(request, request.user, "mfa", id=authenticator.pk, type=authenticator.type)
