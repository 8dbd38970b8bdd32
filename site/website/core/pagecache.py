"""Whole public pages kept in memory, so that a page that many read costs one query.

An entry's key carries the *version of the content* it was rendered from. Versions are counted by
PostgreSQL, in the transaction of the change (migrations: core.0001, courses.0003 and others), and
read in one query before anything is rendered: an entry of an older version is never found again.
So nothing has to be purged, and every process may keep entries of its own.

Deadlines pass without anybody writing anything, so no entry lives longer than `LIFETIME` seconds.

Only what everybody gets is kept: 200s of Wagtail pages, rendered for somebody without session or
messages, that set no cookie, use no CSRF token and are not marked private. The cache stands before
the other middleware, so an entry carries the headers they set (Content-Security-Policy included).
"""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.cache import has_vary_header
from django.utils.translation import get_language_from_request

from website.core.registry import Registry

#: Seconds an entry lives at most.
LIFETIME = 60

#: Query parameters that public pages know. Any other makes the request pass by the cache.
KNOWN_PARAMETERS = frozenset({"q", "emne", "form", "sted", "fra", "til", "side", "kommune"})
LONGEST_QUERY = 300

#: Addresses that are never Wagtail pages: spared the look-up.
NEVER = (
    "/admin/",
    "/api/",
    "/documents/",
    "/django-admin/",
    "/evaluering/",
    "/fremmoede/",
    "/healthz/",
    "/kalender/",
    "/konto/",
    "/media/",
    "/min-side/",
    "/readyz/",
    "/static/",
    "/tilmelding/",
)

#: Scalar SQL expressions that rise with every change of what public pages show.
version_sources: Registry[str] = Registry()
version_sources.add("content", "(SELECT version FROM core_contentversion)", order=10)


def content_version() -> tuple[int, ...] | None:
    """Return what tells one state of the public content from another, in one query; None if unknown."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(version_sources))
        row = cursor.fetchone()
    return None if None in row else row


class PageCacheMiddleware:
    """Answers from memory what any visitor without a session would be given anyhow."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.session_cookies = (settings.SESSION_COOKIE_NAME, "messages")
        # Whether a page's language follows the visitor's browser; else all pages are in LANGUAGE_CODE.
        self.negotiates_language = "django.middleware.locale.LocaleMiddleware" in settings.MIDDLEWARE

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not self.may_read(request):
            return self.get_response(request)
        version = content_version()
        if version is None:
            return self.get_response(request)
        cache = caches["pages"]
        key = self.key(request, version)
        entry = cache.get(key)
        if entry is not None:
            return self.revive(entry)
        response = self.get_response(request)
        if self.may_store(request, response):
            # After rendering, but under the version read before it: at worst an entry nobody finds.
            cache.set(key, (response.content, dict(response.headers)), LIFETIME)
            response["X-Page-Cache"] = "miss"
        return response

    def may_read(self, request: HttpRequest) -> bool:
        """Whether this visitor may be given what everybody is given."""
        return (
            request.method in ("GET", "HEAD")
            and not request.path_info.startswith(NEVER)
            and not any(name in request.COOKIES for name in self.session_cookies)
            and "HTTP_AUTHORIZATION" not in request.META
            and len(request.META.get("QUERY_STRING", "")) <= LONGEST_QUERY
            and request.GET.keys() <= KNOWN_PARAMETERS
        )

    def may_store(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Whether this response holds nothing of one visitor's own."""
        match = request.resolver_match
        control = response.get("Cache-Control", "")
        return (
            request.method == "GET"
            and response.status_code == 200
            and match is not None
            and match.view_name == "wagtail_serve"
            and not response.streaming
            and not response.cookies
            and not request.META.get("CSRF_COOKIE_NEEDS_UPDATE")
            and not any(word in control for word in ("private", "no-store", "no-cache"))
            and not has_vary_header(response, "*")
            and not self.is_known_visitor(request)
        )

    def is_known_visitor(self, request: HttpRequest) -> bool:
        """Whether somebody signed in, or a session began, while the page was rendered."""
        session = getattr(request, "session", None)
        if session is None or not session.accessed:
            return False
        return session.modified or not session.is_empty()

    def key(self, request: HttpRequest, version: tuple[int, ...]) -> str:
        """Return all that tells apart two answers to anonymous visitors."""
        parts = (
            *version,
            request.scheme,
            request.get_host(),
            get_language_from_request(request) if self.negotiates_language else settings.LANGUAGE_CODE,
            request.path_info,
            sorted(request.GET.lists()),
        )
        return blake2b(repr(parts).encode()).hexdigest()

    def revive(self, entry: tuple[bytes, dict[str, Any]]) -> HttpResponse:
        content, headers = entry
        response = HttpResponse(content, headers=headers)
        response["X-Page-Cache"] = "hit"
        return response
