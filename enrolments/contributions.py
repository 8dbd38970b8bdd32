"""What enrolments give to signing in and to Min side."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from enrolments.api import router
from enrolments.links import feed_link
from enrolments.models import Person
from enrolments.my_courses import my_courses
from enrolments.operations import people
from enrolments.personal_data import about
from enrolments.reports.missing import days_missing_attendance, missing_text
from website.accounts.contributions import address_added, address_removed, known_addresses, signed_in
from website.accounts.models import User
from website.accounts.operations import addresses_of
from website.core.api import api_routers
from website.core.contributions import MyPageSection, my_data, my_page_sections

#: So many days without attendance a presenter is told of.
MISSING_SHOWN = 5

api_routers.add("enrolments", router, order=20)
known_addresses.add("enrolments", people.knows_address)
signed_in.add("enrolments", people.settle_person)
address_removed.add("enrolments", people.drop_address)


@address_added.register("enrolments")
def give_addresses(user: User, *emails: str) -> None:
    """Make further proven addresses the user's person's; whoever had them merges into that person."""
    people.give_addresses(people.settle_person(user), list(emails))


@my_data.register("courses", order=20)
def courses_data(user: User) -> dict[str, Any]:
    return about(addresses_of(user))


@my_page_sections.register("presenting", order=5)
def presenting(request: HttpRequest) -> MyPageSection | None:
    """Lead presenters to their roll calls, and to days of theirs that are over and not taken."""
    if not hasattr(request.user, "presenter"):
        return None
    missing = [(day, missing_text(day)) for day in days_missing_attendance(request.user, own=True)[:MISSING_SHOWN]]
    return MyPageSection(_("You teach"), "enrolments/my_page/presenting.html", {"missing": missing})


@my_page_sections.register("upcoming", order=10)
def upcoming(request: HttpRequest) -> MyPageSection:
    """Seats and places in line. The one section that is there also when it is empty: it says what to do."""
    courses = my_courses(request).upcoming
    offers = [course for course in courses if course.offer_url]
    return MyPageSection(
        _("Upcoming courses"), "enrolments/my_page/upcoming.html", {"courses": courses, "offers": offers}
    )


@my_page_sections.register("registrations", order=20)
def registrations(request: HttpRequest) -> MyPageSection | None:
    found = my_courses(request).registrations
    if not found:
        return None
    return MyPageSection(
        _("Registrations you have made for others"), "enrolments/my_page/registrations.html", {"registrations": found}
    )


@my_page_sections.register("material", order=30)
def material(request: HttpRequest) -> MyPageSection | None:
    found = my_courses(request).material
    return MyPageSection(_("Material"), "enrolments/my_page/material.html", {"material": found}) if found else None


@my_page_sections.register("calendar", order=40)
def calendar(request: HttpRequest) -> MyPageSection | None:
    """The calendar feed, once there is something for it."""
    mine = my_courses(request)
    if not mine.upcoming and not mine.past:
        return None
    person = Person.objects.filter(user=request.user).first()
    address = feed_link.url(person) if person else ""
    context = {"address": address, "webcal": f"webcal:{address.partition(':')[2]}"}
    return MyPageSection(_("Your courses in your calendar"), "enrolments/my_page/calendar.html", context)


@my_page_sections.register("past", order=50)
def past(request: HttpRequest) -> MyPageSection | None:
    courses = my_courses(request).past
    return (
        MyPageSection(_("Earlier courses"), "enrolments/my_page/past.html", {"courses": courses}) if courses else None
    )
