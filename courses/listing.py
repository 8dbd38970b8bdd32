"""What the course list and a course page show, gathered in a constant number of queries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.paginator import Page as PaginatorPage
from django.core.paginator import Paginator
from django.db.models import F, Min, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from courses.enums import RegistrationState, RunStatus
from courses.filters import ONLINE, CourseFilterForm
from courses.models import CourseIndexPage, CoursePage, CourseRun
from courses.presentation import RunView, present, with_days, with_people
from courses.querysets import CourseRunQuerySet
from website.core.search import search_pages
from website.images.models import CustomImage

COURSES_PER_PAGE = 12
#: As many past runs as a course page tells of.
HISTORY = 10


#: States of runs that nobody can register for any more, now or later.
OUT_OF_REACH = (RegistrationState.CLOSED, RegistrationState.FULL, RegistrationState.CANCELLED)


@dataclass
class CourseCard:
    """A course in the list, with its coming runs that match the filters, the earliest first."""

    course: CoursePage
    runs: list[RunView] = field(default_factory=list)

    @property
    def next_run(self) -> RunView | None:
        """The first run that takes registrations, else the first that is to come."""
        return next((run for run in self.runs if run.takes_registrations), self.runs[0] if self.runs else None)

    @property
    def others(self) -> int:
        return max(0, len(self.runs) - 1)


def coming_runs(at: datetime) -> CourseRunQuerySet:
    """Runs that are not cancelled and have not begun at `at`, the earliest first."""
    return CourseRun.objects.upcoming(at).filter(first_starts_at__gt=at)


def filter_runs(runs: CourseRunQuerySet, value: dict[str, Any]) -> CourseRunQuerySet:
    """Keep the runs that the filters on place and first day ask for."""
    place = value.get("sted")
    if place == ONLINE:
        runs = runs.filter(venue=None).exclude(online_link="")
    elif place:
        runs = runs.filter(venue__city__iexact=place)
    if value.get("fra") or value.get("til"):
        runs = runs.annotate(first_date=Min("days__date"))
    if value.get("fra"):
        runs = runs.filter(first_date__gte=value["fra"])
    if value.get("til"):
        runs = runs.filter(first_date__lte=value["til"])
    return runs


def _matching(index: CourseIndexPage, value: dict[str, Any]) -> QuerySet[CoursePage]:
    """Return the published courses that the filters on the course itself ask for, best hit first."""
    courses = CoursePage.objects.child_of(index).live().public()
    if value.get("emne"):
        courses = courses.filter(topics=value["emne"])
    if value.get("form"):
        courses = courses.filter(kind=value["form"])
    return search_pages(courses, value["q"]) if value.get("q") else courses.order_by("title", "pk")


def _first_start(runs: CourseRunQuerySet) -> Subquery:
    """Return a course's first start among `runs`, as an expression."""
    return Subquery(runs.filter(course=OuterRef("pk")).order_by("first_starts_at").values("first_starts_at")[:1])


def list_courses(index: CourseIndexPage, form: CourseFilterForm, *, number: str = "1") -> PaginatorPage:
    """Return one page of `CourseCard`s: by the next run one can register for, courses without runs last.

    A search puts the best hit first. `number` is what stands in the address: one too high gives the
    last page, nonsense the first.
    """
    at = timezone.now()
    value = form.value
    runs = filter_runs(coming_runs(at), value)
    open_runs = filter_runs(coming_runs(at).taking_registrations(at), value)
    courses = _matching(index, value).annotate(next_open=_first_start(open_runs), next_start=_first_start(runs))
    if form.filters_runs:
        courses = courses.filter(next_start__isnull=False)
    order: list[Any] = [F("next_open").asc(nulls_last=True), F("next_start").asc(nulls_last=True), "title", "pk"]
    if "search_rank" in courses.query.annotations:  # a search for something
        order.insert(0, "-search_rank")
    courses = courses.order_by(*order).prefetch_related(Prefetch("picture", CustomImage.objects.prefetch_renditions()))
    page = Paginator(courses, COURSES_PER_PAGE).get_page(number)
    cards = {course.pk: CourseCard(course) for course in page.object_list}
    for run in runs.filter(course__in=list(cards)).for_display():
        cards[run.course_id].runs.append(present(run, at))
    page.object_list = list(cards.values())
    return page


@dataclass
class CourseRuns:
    """The runs a course page shows: those to come, and those that have begun or are over."""

    coming: list[RunView]
    begun: list[RunView]

    @property
    def open(self) -> list[RunView]:
        return [run for run in self.coming if run.takes_registrations]

    @property
    def next(self) -> RunView | None:
        """The first run one can register for, else the first that is held."""
        held = [run for run in self.coming if run.run.is_held]
        return next(iter(self.open or held), None)


def runs_of(course: CoursePage, at: datetime | None = None) -> CourseRuns:
    """Return the runs that the page of `course` shows at `at` (default: now).

    To come, the earliest first, and after them those that are cancelled, full or closed, so that
    who looks for one learns why. Begun or over, the latest first, at most `HISTORY` of them.
    """
    at = at or timezone.now()
    if course.pk is None:
        return CourseRuns([], [])
    runs = CourseRun.objects.filter(course_id=course.pk).exclude(status=RunStatus.DRAFT).with_period()
    history = (
        runs.filter(first_starts_at__lte=at).exclude(status=RunStatus.CANCELLED).order_by("-first_starts_at", "-pk")
    )
    shown = with_days(
        runs.filter(Q(first_starts_at__gt=at) | Q(pk__in=history.values("pk")[:HISTORY])).order_by(
            "first_starts_at", "pk"
        )
    )
    views = []
    for run in shown:
        run.course = course  # the page at hand, so that a preview shows its own price
        views.append(present(run, at))
    with_people(views)
    coming = [run for run in views if not run.begun]
    return CourseRuns(
        # What cannot be had stands last; sorting keeps the order of dates otherwise.
        coming=sorted(coming, key=lambda run: run.state in OUT_OF_REACH),
        begun=[run for run in reversed(views) if run.begun],
    )
