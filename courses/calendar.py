"""Course days as calendar events, right to the minute in summer and in winter.

Events carry local clock times with a VTIMEZONE written as rules (RFC 5545, 3.6.5): icalendar's own
`add_missing_timezones()` lists transitions instead, which calendar programs read one hour wrong.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vRecur, vText
from icalendar.prop import vDuration

from courses.models import CourseDay

ZONE = ZoneInfo("Europe/Copenhagen")
PRODID = "-//COK//Kurser//DA"


def vtimezone() -> Timezone:
    """Return Europe/Copenhagen as rules: EU summer time, last Sunday of March to last Sunday of October."""
    summer = TimezoneDaylight()
    summer.add("tzname", "CEST")
    summer.add("dtstart", datetime(1970, 3, 29, 2))  # noqa: DTZ001 - local time by RFC 5545
    summer.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": 3, "BYDAY": "-1SU"}))
    summer.add("tzoffsetfrom", timedelta(hours=1))
    summer.add("tzoffsetto", timedelta(hours=2))
    winter = TimezoneStandard()
    winter.add("tzname", "CET")
    winter.add("dtstart", datetime(1970, 10, 25, 3))  # noqa: DTZ001 - local time by RFC 5545
    winter.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": 10, "BYDAY": "-1SU"}))
    winter.add("tzoffsetfrom", timedelta(hours=2))
    winter.add("tzoffsetto", timedelta(hours=1))
    zone = Timezone()
    zone.add("tzid", ZONE.key)
    zone.add_component(summer)
    zone.add_component(winter)
    return zone


def day_title(day: CourseDay) -> str:
    """Return "Course · run label: heading of the day", without what is not filled in."""
    return f"{day.run}: {day.title}" if day.title else str(day.run)


def day_location(day: CourseDay, *, with_online_link: bool = False) -> str:
    """Return where the day is held. The online link is secret: only participants' own calendars may carry it."""
    venue = day.effective_venue
    if venue:
        return venue.one_line_address
    if not day.run.online_link:
        return ""
    return day.run.online_link if with_online_link else str(_("Online"))


def address(email: str, *, name: str = "", **parameters: str) -> vCalAddress:
    """Return a calendar address: `email` with its CN and other `parameters` (ROLE, PARTSTAT, RSVP)."""
    value = vCalAddress(f"mailto:{email}")
    if name:
        value.params["CN"] = vText(name)
    for key, parameter in parameters.items():
        value.params[key.upper()] = vText(parameter)
    return value


def day_event(
    day: CourseDay,
    *,
    uid: str,
    sequence: int = 0,
    status: str = "CONFIRMED",
    organizer: vCalAddress | None = None,
    attendee: vCalAddress | None = None,
    description: str = "",
    url: str = "",
    with_online_link: bool = False,
    stamp: datetime | None = None,
) -> Event:
    """Return one course day as an event in Danish local time.

    `uid` must be stable for the same participant and day; `sequence` rises at every change; `status`
    is CONFIRMED, TENTATIVE or CANCELLED. `description` may be HTML: its tags are dropped.
    `stamp` (DTSTAMP) is now unless given. `organizer` and `attendee` come from `address()`.
    """
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", stamp or timezone.now())
    event.add("dtstart", datetime.combine(day.date, day.start_time, ZONE))
    event.add("dtend", datetime.combine(day.date, day.end_time, ZONE))
    event.add("summary", day_title(day))
    location = day_location(day, with_online_link=with_online_link)
    if location:
        event.add("location", location)
    if description:
        event.add("description", strip_tags(description))
    if url:
        event.add("url", url)
    if organizer is not None:
        event["organizer"] = organizer
    if attendee is not None:
        event.add("attendee", attendee)
    event.add("status", status)
    event.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    return event


def calendar_object(events: Iterable[Event], *, method: str | None = None, name: str = "") -> bytes:
    """Return a whole iCalendar file (UTF-8, CRLF) of `events`.

    `method` is REQUEST or CANCEL for a mailed invitation, None for a feed. `name` names a feed.
    """
    properties: Mapping[str, Any] = {"prodid": PRODID, "version": "2.0", "calscale": "GREGORIAN"}
    calendar = Calendar()
    for key, value in properties.items():
        calendar.add(key, value)
    if method:
        calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("x-wr-timezone", settings.TIME_ZONE)
        calendar.add("refresh-interval", vDuration(timedelta(hours=6)), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(timedelta(hours=6)))
    calendar.add_component(vtimezone())
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical()
