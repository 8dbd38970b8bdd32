"""What makes the roll call an app: the service worker, the manifest, and the page for what is not on the device."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from enrolments.views.roll_call.base import USER_HEADER

#: What the pages of the app are made of, kept on the device before they are needed.
ASSETS = [
    "dkfds/css/dkfds.min.css",
    "dkfds/img/all-svg-icons.svg",
    *(
        f"dkfds/fonts/IBMPlexSans/split/woff2/IBMPlexSans-{weight}-Latin1.woff2"
        for weight in ("Regular", "Medium", "SemiBold", "Bold", "Italic")
    ),
    "css/fonts.css",
    "css/brand.css",
    "css/print.css",
    "css/roll-call.css",
    "css/roll-call-scanner.css",
    "img/mark.svg",
    "img/mark-light.svg",
    "img/favicon.svg",
    "img/favicon.png",
    "img/touch-icon.png",
    "js/base.js",
    "js/roll-call.js",
    "js/roll-call-clock.js",
    "js/roll-call-codes.js",
    "js/roll-call-days.js",
    "js/roll-call-keyboard.js",
    "js/roll-call-list.js",
    "js/roll-call-offline.js",
    "js/roll-call-roll.js",
    "js/roll-call-rows.js",
    "js/roll-call-scanner.js",
    "js/roll-call-store.js",
    "js/roll-call-sync.js",
    "js/roll-call-walk-in.js",
    "qr/decode.js",
    "qr/index.js",
]


def assets() -> list[str]:
    """Return the addresses of the files."""
    return [static(name) for name in ASSETS]


@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker, at the root so that it also sees people sign out; another file makes another worker."""
    settings = {
        "assets": assets(),
        "offline": reverse("enrolments:roll_call_offline"),
        "start": reverse("enrolments:roll_call_list"),
        "signOut": [reverse("account_logout"), reverse("wagtailadmin_logout")],
        "signIn": [reverse("account_login").removesuffix("login/"), reverse("wagtailadmin_login")],
        "userHeader": USER_HEADER,
    }
    # Addresses of ours, and JSON is JavaScript.
    context = {"settings": mark_safe(json.dumps(settings))}
    return render(request, "enrolments/sw.js", context, content_type="text/javascript; charset=utf-8")


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Serve what a telephone needs to install the roll call."""
    start = reverse("enrolments:roll_call_list")
    return JsonResponse(
        {
            "id": start,
            "name": _("Roll call"),
            "short_name": _("Roll call"),
            "description": _("Take attendance, also without a network."),
            "lang": "da",
            "start_url": start,
            "scope": start,
            "display": "standalone",
            "background_color": "#fbf9f4",
            "theme_color": "#0f3d45",
            "icons": [
                {
                    "src": static(f"img/app-{size}.png"),
                    "sizes": f"{size}x{size}",
                    "type": "image/png",
                    "purpose": purpose,
                }
                for size in (192, 512)
                for purpose in ("any", "maskable")
            ],
        },
        content_type="application/manifest+json",
    )


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Show that a page is not on this device. Kept there at installation, so it says nothing of anybody."""
    return render(request, "enrolments/roll_call_offline.html")
