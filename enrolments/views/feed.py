"""A person's own calendar feed behind a secret address, and a new address for it."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from enrolments.feed import feed_of
from enrolments.links import feed_link
from enrolments.operations.people import replace_feed

#: Calendar programs ask every few hours; in between they may keep what they have.
FRESH = timedelta(minutes=15)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the person's course days as iCalendar; 304 when nothing has changed, 404 for a dead address."""
    person = feed_link.find(token)
    if person is None:
        response = HttpResponse(_("This calendar has no address any more."), status=404, content_type="text/plain")
    else:
        content, etag = feed_of(person, at=timezone.now())
        if etag in request.headers.get("If-None-Match", ""):
            response = HttpResponseNotModified()
        else:
            response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
            response["Content-Disposition"] = 'inline; filename="mine-kurser.ics"'
        response["ETag"] = etag
    # The address is the key: only the program that asked may keep the answer, and nobody links to it.
    patch_cache_control(response, private=True, max_age=int(FRESH.total_seconds()))
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@login_required
def new_feed_address(request: HttpRequest) -> HttpResponse:
    """Give the feed a new address."""
    replace_feed(request.user)
    messages.success(request, _("Your calendar has a new address. Calendars that use the old one get nothing more."))
    return redirect("accounts:my_page")
