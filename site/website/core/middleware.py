"""Response headers that the framework does not set for us."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

# Wagtail's admin writes inline scripts and styles. No nonce here: it would cancel 'unsafe-inline'.
ADMIN_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
    ]
)


@cache
def strict_policy() -> str:
    """Return the policy of the settings, put together once."""
    return str(build_policy())


class StrictContentSecurityPolicyMiddleware(CSPMiddleware):
    """Sets the policy of the settings; a page that asks for something of its own gets it put together anew.

    What the settings leave out is not looked for: a policy for reports only, addresses without one.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if settings.DEBUG or self.get_policy_parts(request, response) != PolicyParts():
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, strict_policy())
        return response


class AdminContentSecurityPolicyMiddleware:
    """Gives Wagtail's admin its own, looser policy; every other page keeps the strict one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_preview = "/preview/" in request.path or request.path.endswith("/view_draft/")
        if request.path.startswith("/admin/") and not is_preview:
            response["Content-Security-Policy"] = ADMIN_POLICY
        return response


# Nothing on the site uses these; a script that gets in somehow shall not either. The camera alone has its pages.
FEATURES = (
    *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope"),
    *("magnetometer", "microphone", "midi", "payment", "usb", "xr-spatial-tracking"),
)
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in FEATURES)
WITH_CAMERA = PERMISSIONS_POLICY.replace("camera=()", "camera=(self)")


def allows_camera(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the pages of a view ask for the camera: whoever looks at them is still asked by their browser."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response["Permissions-Policy"] = WITH_CAMERA
        return response

    return answer


class PermissionsPolicyMiddleware:
    """Tells browsers which of their abilities the site never uses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
