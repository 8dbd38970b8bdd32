"""A person's courses as Min side shows them, fetched once a request in a constant number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.documents import get_document_model

from courses.enums import RunStatus
from courses.models import CoursePage, CourseRun
from courses.presentation import RunView
from enrolments.check_in_codes import OwnCode
from enrolments.enums import ACTIVE_STATUSES, IN_LINE_STATUSES, ON_THE_ROLL, EnrolmentStatus
from enrolments.links import offer_link, participant_link, registration_link
from enrolments.models import Enrolment, Registration
from enrolments.operations.check_in import is_open
from enrolments.operations.line import entries_of
from website.accounts.operations import addresses_of

SHOWN_PAST = 30
SHOWN_REGISTRATIONS = 30


@dataclass
class MyCourse:
    """One enrolment of the person, with its run as pages show it."""

    enrolment: Enrolment
    run: RunView
    is_contact: bool = False
    position: int | None = None

    @property
    def title(self) -> str:
        return str(self.run.run)

    @property
    def is_cancelled_run(self) -> bool:
        return self.run.run.status == RunStatus.CANCELLED

    @property
    def offer_url(self) -> str:
        """Where to answer the offer that waits; nothing without one, or where somebody else answers for them.

        The page of an offer shows the others it is to, and leads to the whole registration: it is the contact's.
        """
        offer = self.enrolment.offer
        if self.enrolment.status != EnrolmentStatus.OFFERED or offer is None or not offer.is_open(self.run.at):
            return ""
        if not self.is_contact:
            return ""
        return offer_link.url(offer)

    @property
    def door(self) -> OwnCode | None:
        """The code for the door, where there is one to show it at."""
        return OwnCode(self.enrolment) if self.enrolment.status in ON_THE_ROLL and self.run.run.is_held else None

    @property
    def digits_id(self) -> str:
        return f"digits-{self.enrolment.pk}"

    @property
    def checks_in_now(self) -> bool:
        """Whether participants check themselves in just now."""
        return self.door is not None and any(is_open(day.day, self.run.at) for day in self.run.days)

    @property
    def url(self) -> str:
        """Where the participant changes or cancels their seat."""
        return participant_link.url(self.enrolment)


@dataclass
class MyRegistration:
    """One registration that the person made for others."""

    registration: Registration
    run: RunView
    seats: int
    in_line: int

    @property
    def url(self) -> str:
        return registration_link.url(self.registration)


@dataclass
class Material:
    course: CoursePage
    documents: list = field(default_factory=list)


class MyCourses:
    """What somebody with these addresses takes part in, and has registered others for, at one moment."""

    def __init__(self, emails: list[str], at: datetime | None = None) -> None:
        self.emails, self.at = emails, at or timezone.now()

    @cached_property
    def runs(self) -> dict[int, RunView]:
        """The runs of all that stands here, by primary key."""
        pks = {enrolment.run_id for enrolment in self._enrolments}
        pks |= {registration.run_id for registration in self._registrations}
        runs = CourseRun.objects.for_display().with_course_in_short().filter(pk__in=pks)
        return {run.pk: RunView(run, self.at) for run in runs}

    @cached_property
    def _enrolments(self) -> list[Enrolment]:
        rows = Enrolment.objects.filter(email__in=self.emails).exclude(email="")
        return list(rows.select_related("offer", "registration").order_by("-pk"))

    @cached_property
    def _registrations(self) -> list[Registration]:
        """Registrations made for others, the newest first."""
        others = Enrolment.objects.filter(registration=OuterRef("pk")).exclude(email__in=self.emails)
        rows = Registration.objects.filter(Exists(others), contact_email__in=self.emails).exclude(contact_email="")
        return list(
            rows.annotate(
                seats=Count("enrolments", Q(enrolments__status=EnrolmentStatus.CONFIRMED)),
                in_line=Count("enrolments", Q(enrolments__status__in=IN_LINE_STATUSES)),
            ).order_by("-pk")[:SHOWN_REGISTRATIONS]
        )

    @cached_property
    def _courses(self) -> list[MyCourse]:
        courses = [
            MyCourse(each, self.runs[each.run_id], is_contact=each.registration.contact_email in self.emails)
            for each in self._enrolments
        ]
        positions = self._positions(courses)
        for course in courses:
            course.position = positions.get(course.enrolment.pk)
        return courses

    def _positions(self, courses: Iterable[MyCourse]) -> dict[int, int]:
        """Return each place in line, counted from 1: one query for all runs together."""
        runs = {c.enrolment.run_id for c in courses if c.enrolment.status in IN_LINE_STATUSES}
        if not runs:
            return {}
        in_line = (
            Enrolment.objects.in_line()
            .filter(run__in=runs)
            .select_related("registration")
            .order_by("run", "line_order", "pk")
        )
        return {
            enrolment.pk: entry.position
            for _, line in groupby(in_line, key=lambda enrolment: enrolment.run_id)
            for entry in entries_of(line)
            for enrolment in entry.enrolments
        }

    def _is_over(self, run: RunView) -> bool:
        return bool(run.days) and run.days[-1].day.ends_at <= self.at

    @property
    def upcoming(self) -> list[MyCourse]:
        """What is to come, the next first: seats, places in line, and seats on runs that have been cancelled."""
        coming = [c for c in self._courses if c.enrolment.status in ACTIVE_STATUSES and not self._is_over(c.run)]
        return sorted(coming, key=lambda c: (c.run.first is None, c.run.first, c.enrolment.pk))

    @property
    def past(self) -> list[MyCourse]:
        """What was: held with a seat, or given up. The latest first."""
        ended = [c for c in self._courses if c.enrolment.status not in ACTIVE_STATUSES]
        held = [c for c in self._courses if c.enrolment.status in ON_THE_ROLL and self._is_over(c.run)]
        dated = sorted(held + ended, key=lambda c: (c.run.first is not None, c.run.first), reverse=True)
        return dated[:SHOWN_PAST]

    @property
    def registrations(self) -> list[MyRegistration]:
        return [
            MyRegistration(row, self.runs[row.run_id], seats=row.seats, in_line=row.in_line)
            for row in self._registrations
        ]

    @property
    def material(self) -> list[Material]:
        """The documents that stand on the pages of courses one has a seat on, in two queries."""
        pks = {
            c.run.run.course_id for c in self._courses if c.enrolment.status in ON_THE_ROLL and not c.is_cancelled_run
        }
        if not pks:
            return []
        courses = list(CoursePage.objects.filter(pk__in=pks).only("title", "body", "url_path").order_by("title"))
        placed = {course.pk: list(dict.fromkeys(_documents_on(course))) for course in courses}
        documents = get_document_model().objects.in_bulk({pk for pks in placed.values() for pk in pks})
        found = [Material(c, [documents[pk] for pk in placed[c.pk] if pk in documents]) for c in courses]
        return [material for material in found if material.documents]


def _documents_on(course: CoursePage) -> Iterable[int]:
    """Yield the documents an editor has placed in the page's body. Reads the stored blocks without building them."""
    for block in course.body.raw_data:
        if block["type"] == "documents":
            for item in block["value"]["documents"]:
                yield item["value"] if isinstance(item, dict) else item


def my_courses(request: HttpRequest) -> MyCourses:
    """Return the courses of whoever is signed in: fetched once for all sections of the page."""
    if not hasattr(request, "_my_courses"):
        request._my_courses = MyCourses(addresses_of(request.user))
    return request._my_courses
