"""Who is staff, and what staff must have shown before they may work."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser

from website.accounts.models import User

#: What counts as a second factor. Recovery codes stand in for one; they cannot be one.
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_staff(user: User | AnonymousUser) -> bool:
    """Whether the person works in the admin: by role, or as superuser."""
    return user.is_authenticated and user.is_active and user.has_perm("wagtailadmin.access_admin")


def has_second_factor(user: User | AnonymousUser) -> bool:
    """Whether the user has an authenticator app or a passkey."""
    return Authenticator.objects.filter(user_id=user.pk, type__in=SECOND_FACTORS).exists()
