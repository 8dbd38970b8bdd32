"""What a mail says is what was so when it was queued: runs and registrations as plain values.

Rebuilt as unsaved model instances, so that templates and the calendar read them like any other.
"""

import json
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings

from courses.models import CourseDay, CoursePage, CourseRun, Venue
from courses.presentation import vat_text
from enrolments.links import registration_link
from enrolments.models import Registration

VENUE_FIELDS = ("name", "address", "postcode", "city", "directions")


@dataclass(frozen=True, slots=True, eq=False)  # one object for one snapshot, so that what is made of it can be kept
class RunSnapshot:
    title: str
    label: str
    url: str
    days: list[CourseDay]
    place: str
    directions: str
    online_link: str
    practical: str
    contact_name: str
    contact_email: str
    contact_phone: str


@dataclass(frozen=True, slots=True)
class RegistrationSnapshot:
    number: str
    contact_name: str
    contact_email: str
    organisation: str
    price: Decimal
    vat: str
    terms: str
    url: str


def snapshot_run(run: CourseRun) -> dict[str, Any]:
    """Return what mails tell of a run, as JSON types."""
    course = run.course
    return {
        "title": course.title,
        "label": run.label,
        "url": _page_url(course),
        "venue": _snapshot_venue(run.venue),
        "online_link": run.online_link,
        "practical": run.practical,
        "contact_name": course.contact_name,
        "contact_email": course.contact_email,
        "contact_phone": course.contact_phone,
        "days": [
            {
                "pk": day.pk,
                "date": day.date.isoformat(),
                "start": day.start_time.isoformat(),
                "end": day.end_time.isoformat(),
                "title": day.title,
                "venue": _snapshot_venue(day.venue),
            }
            for day in run.ordered_days()
        ],
    }


def run_from(snapshot: dict[str, Any]) -> RunSnapshot:
    """Rebuild a run from its snapshot. Hundreds of mails tell of the same one: it is rebuilt once, to be read only."""
    return _run_from(json.dumps(snapshot, sort_keys=True))


@lru_cache(maxsize=128)
def _run_from(known: str) -> RunSnapshot:
    snapshot = json.loads(known)
    venue = _venue_from(snapshot["venue"])
    run = CourseRun(
        course=CoursePage(title=snapshot["title"]),
        label=snapshot["label"],
        venue=venue,
        online_link=snapshot["online_link"],
    )
    days = [
        CourseDay(
            pk=day["pk"],
            run=run,
            date=date.fromisoformat(day["date"]),
            start_time=time.fromisoformat(day["start"]),
            end_time=time.fromisoformat(day["end"]),
            title=day["title"],
            venue=_venue_from(day["venue"]),
        )
        for day in snapshot["days"]
    ]
    return RunSnapshot(
        title=snapshot["title"],
        label=snapshot["label"],
        url=snapshot["url"],
        days=days,
        place=venue.one_line_address if venue else "",
        directions=venue.directions if venue else "",
        online_link=snapshot["online_link"],
        practical=snapshot["practical"],
        contact_name=snapshot["contact_name"],
        contact_email=snapshot["contact_email"],
        contact_phone=snapshot["contact_phone"],
    )


def snapshot_registration(registration: Registration) -> dict[str, Any]:
    """Return what mails tell of a registration. The secret link is left out: it is derived at sending."""
    return {
        "pk": registration.pk,
        "link_version": registration.link_version,
        "contact_name": registration.contact_name,
        "contact_email": registration.contact_email,
        "organisation": registration.organisation_label,
        "price": str(registration.price),
        "vat_code": registration.vat_code,
        "terms": registration.terms.text if registration.terms else "",
    }


def registration_from(snapshot: dict[str, Any]) -> RegistrationSnapshot:
    """Rebuild a registration from its snapshot, with its secret link."""
    row = Registration(pk=snapshot["pk"], link_version=snapshot["link_version"])
    return RegistrationSnapshot(
        number=row.number,
        contact_name=snapshot["contact_name"],
        contact_email=snapshot["contact_email"],
        organisation=snapshot["organisation"],
        price=Decimal(snapshot["price"]),
        vat=vat_text(snapshot["vat_code"], Decimal(snapshot["price"])),
        terms=snapshot["terms"],
        url=registration_link.url(row),
    )


def _page_url(course: CoursePage) -> str:
    """Return the course page's full address, or nothing for a page outside every site."""
    parts = course.get_url_parts()
    return f"{settings.SITE_URL}{parts[2]}" if parts and parts[2] else ""


def _snapshot_venue(venue: Venue | None) -> dict[str, str] | None:
    return {field: getattr(venue, field) for field in VENUE_FIELDS} if venue else None


def _venue_from(snapshot: dict[str, str] | None) -> Venue | None:
    return Venue(**snapshot) if snapshot else None
