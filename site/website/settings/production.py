"""Production: everything of importance comes from the environment, and a missing or insecure value
stops every process at its start (web server, worker and commands alike). README.md lists them."""

from django.core.exceptions import ImproperlyConfigured

from website.requirements import problems

from .base import *  # noqa: F403
from .base import CSRF_TRUSTED_ORIGINS, PROVIDER, SILENCED_SYSTEM_CHECKS, SITE_URL, env

if found := problems(env.ENVIRON):
    raise ImproperlyConfigured("Production does not start:\n" + "\n".join(f"  - {problem}" for problem in found))

CSRF_TRUSTED_ORIGINS = CSRF_TRUSTED_ORIGINS or [SITE_URL]

_host = SITE_URL.removeprefix("https://").partition(":")[0]
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=f"{PROVIDER['name']} <kurser@{_host}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# A proxy that ends TLS tells the scheme in a header. Name it only if the proxy always sets or drops
# it: whoever reaches the server past the proxy could claim anything.
if _header := env("SECURE_PROXY_SSL_HEADER", default=""):
    SECURE_PROXY_SSL_HEADER = ("HTTP_" + _header.upper().replace("-", "_"), "https")

SILENCED_SYSTEM_CHECKS = [
    *SILENCED_SYSTEM_CHECKS,
    "security.W021",  # browsers' preload list: a decision about the whole domain (SECURE_HSTS_PRELOAD)
]
