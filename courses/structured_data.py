"""Courses and runs as schema.org data (JSON-LD), so that search engines can show dates and prices.

https://schema.org/Course, https://schema.org/CourseInstance. The script element that carries it is data,
not code: the Content-Security-Policy lets it stand.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.timezone import localtime

from courses.enums import RegistrationState
from courses.models import CoursePage
from courses.presentation import RunView

AVAILABILITY = {
    RegistrationState.OPEN: "https://schema.org/InStock",
    RegistrationState.FEW_SEATS: "https://schema.org/LimitedAvailability",
    RegistrationState.LINE: "https://schema.org/BackOrder",
    RegistrationState.NOT_YET: "https://schema.org/PreOrder",
}


def course_graph(course: CoursePage, runs: list[RunView], request: HttpRequest) -> dict[str, Any]:
    """Return the course with its coming runs as one JSON-LD object."""
    address = course.get_url(request)
    graph: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": course.title,
        "description": course.introduction or strip_tags(course.purpose) or course.title,
        "inLanguage": "da",
        "provider": {"@type": "Organization", "name": settings.PROVIDER["long_name"], "url": settings.SITE_URL},
    }
    if address:
        graph["url"] = request.build_absolute_uri(address)
    if runs:
        graph["hasCourseInstance"] = [_instance(run, request) for run in runs]
    return graph


def _instance(run: RunView, request: HttpRequest) -> dict[str, Any]:
    is_cancelled = run.state == RegistrationState.CANCELLED
    venue = run.run.venue
    instance: dict[str, Any] = {
        "@type": "CourseInstance",
        "name": str(run.run),
        "courseMode": "Onsite" if venue else "Online",
        "startDate": localtime(run.days[0].day.starts_at).isoformat(),
        "endDate": localtime(run.days[-1].day.ends_at).isoformat(),
        "eventStatus": f"https://schema.org/Event{'Cancelled' if is_cancelled else 'Scheduled'}",
    }
    if venue:
        instance["location"] = {
            "@type": "Place",
            "name": venue.name,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": venue.address,
                "postalCode": venue.postcode,
                "addressLocality": venue.city,
                "addressCountry": "DK",
            },
        }
    if run.presenters:
        people = dict.fromkeys(person.name for day in run.days for person in day.presenters)
        instance["instructor"] = [{"@type": "Person", "name": name} for name in people]
    if run.state in AVAILABILITY:
        instance["offers"] = {
            "@type": "Offer",
            "category": "Paid" if run.run.effective_price else "Free",
            "price": str(run.run.effective_price),
            "priceCurrency": "DKK",
            "availability": AVAILABILITY[run.state],
        }
        if run.register_url:
            instance["offers"]["url"] = request.build_absolute_uri(run.register_url)
    return instance
