"""Addresses of courses beside their Wagtail pages."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from courses.calendar import calendar_object, day_event
from courses.models import CourseRun


@require_safe
@cache_control(public=True, max_age=900)
def calendar_feed(request: HttpRequest) -> HttpResponse:
    """Return all runs that take registrations as an iCalendar feed, an event a day, without online links."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    events = []
    # One feed for all, whatever the reader's browser speaks.
    with override(settings.LANGUAGE_CODE):
        for run in CourseRun.objects.listed().taking_registrations().for_display():
            address = request.build_absolute_uri(run.course.get_url(request) or "/")
            for day in run.ordered_days():
                day.run = run
                events.append(
                    day_event(
                        day,
                        uid=f"hold-{run.pk}-dag-{day.pk}@{host}",
                        sequence=run.seats.version,
                        description=run.course.introduction,
                        url=address,
                    )
                )
        name = _("%(provider)s: open courses") % {"provider": settings.PROVIDER["name"]}
    response = HttpResponse(calendar_object(events, name=name), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="kurser.ics"'
    return response
