"""What other programs may read of courses without signing in: `courses` and `runs` of /api/v1/."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Query, Router, Schema
from ninja.pagination import paginate

from courses.enums import CourseKind
from courses.models import CoursePage, CourseRun
from courses.presentation import registration_path
from website.core.api import Pages

router = Router(tags=["courses"])


class TopicOut(Schema):
    slug: str
    name: str


class CourseOut(Schema):
    id: int
    title: str
    url: str = Field(description="The course's page")
    form: str = Field(description="one_day, theme_day, programme or diploma_module")
    introduction: str
    topics: list[TopicOut]
    price: Decimal | None = Field(description="Per participant in DKK, excluding VAT; null where runs differ")
    updated_at: datetime | None = Field(description="When the page was last published")

    @staticmethod
    def resolve_url(course: CoursePage, context: dict) -> str:
        return page_address(course, context["request"])

    @staticmethod
    def resolve_form(course: CoursePage) -> str:
        return course.kind

    @staticmethod
    def resolve_topics(course: CoursePage) -> list:
        return list(course.topics.all())

    @staticmethod
    def resolve_updated_at(course: CoursePage) -> datetime | None:
        return course.last_published_at and timezone.localtime(course.last_published_at)


class RunOut(Schema):
    id: int
    course: str = Field(description="The course's title")
    url: str = Field(description="The course's page")
    label: str = Field(description="Tells runs of one course apart; may be empty")
    starts_at: datetime = Field(description="The first day's start")
    ends_at: datetime = Field(description="The last day's end")
    place: str = Field(description="The town, or Online")
    capacity: int | None = Field(description="Seats in all; null without a limit")
    seats_left: int | None = Field(description="Seats to be had now; 0 while anybody waits, null without a limit")
    registration_open: bool = Field(description="Whether the form takes registrations, for a seat or the waiting list")
    registration_url: str | None = Field(description="The form; null while it is not open")

    @staticmethod
    def resolve_course(run: CourseRun) -> str:
        return run.course.title

    @staticmethod
    def resolve_url(run: CourseRun, context: dict) -> str:
        return page_address(run.course, context["request"])

    @staticmethod
    def resolve_starts_at(run: CourseRun) -> datetime:
        return timezone.localtime(run.starts_at)

    @staticmethod
    def resolve_ends_at(run: CourseRun) -> datetime:
        return timezone.localtime(run.ends_at)

    @staticmethod
    def resolve_seats_left(run: CourseRun) -> int | None:
        return run.seats.left

    @staticmethod
    def resolve_registration_open(run: CourseRun) -> bool:
        return run.takes_registrations()

    @staticmethod
    def resolve_registration_url(run: CourseRun, context: dict) -> str | None:
        if not run.takes_registrations():
            return None
        return context["request"].build_absolute_uri(registration_path(run.pk))


def page_address(page: CoursePage, request: HttpRequest) -> str:
    return request.build_absolute_uri(page.get_url(request) or "/")


@router.get("courses", response=list[CourseOut], summary="Published courses, by title")
@paginate(Pages)
def courses(
    request: HttpRequest,
    form: Annotated[CourseKind | None, Query(description="Only courses of this form")] = None,
    topic: str | None = Query(
        None, max_length=80, pattern=r"^[\w-]*$", description="Only courses on the topic with this slug"
    ),
) -> QuerySet[CoursePage]:
    found = CoursePage.objects.live().public().order_by("title", "pk").prefetch_related("topics")
    if form:
        found = found.filter(kind=form)
    return found.filter(topics__slug=topic) if topic else found


@router.get("runs", response=list[RunOut], summary="Coming runs of published courses, the earliest first")
@paginate(Pages)
def runs(
    request: HttpRequest,
    course: int | None = Query(None, ge=1, le=2**31, description="Only runs of the course with this id"),
    place: str | None = Query(None, max_length=80, pattern=r"^[^\x00]*$", description="Only runs in this town"),
    open: bool | None = Query(None, description="Only runs whose form is open"),
) -> QuerySet[CourseRun]:
    found = CourseRun.objects.listed().for_display()
    found = found.taking_registrations() if open else found.upcoming()
    if course is not None:
        found = found.filter(course_id=course)
    return found.filter(venue__city__iexact=place) if place else found
