"""Limits on signing in that hold however many processes serve the site.

allauth counts attempts in Django's default cache. Ours may be each process's own (one machine
without Redis), and then five attempts would be five per process; a code used once could be used
again at the next process. So allauth is given the cache "throttle", which all processes share.
"""

from allauth.core.internal import ratelimit
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import caches
from django.utils.functional import SimpleLazyObject


def share_between_processes() -> None:
    """Point allauth's counters at the shared cache (allauth has no setting for it)."""
    shared = SimpleLazyObject(lambda: caches["throttle"])
    for module in (ratelimit, totp):
        assert hasattr(module, "cache"), f"{module.__name__} counts elsewhere now"  # noqa: S101
        module.cache = shared
