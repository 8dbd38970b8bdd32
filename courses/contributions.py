"""What courses give to pages that gather from several apps."""

from typing import Any

from django.http import HttpRequest

from courses.api import router
from courses.models import CourseIndexPage, CourseRun
from courses.presentation import present
from website.core.api import api_routers
from website.core.contributions import home_sections
from website.core.pagecache import version_sources

# Rises with every registration, cancellation and edit of a run or its days.
version_sources.add("runs", "(SELECT COALESCE(sum(version), 0)::bigint FROM courses_runseats)", order=20)

api_routers.add("courses", router, order=10)

NEXT_RUNS = 4


@home_sections.register("next-runs", order=10)
def next_runs(request: HttpRequest) -> tuple[str, dict[str, Any]] | None:
    """The next runs that take registrations; left out when there is none."""
    runs = CourseRun.objects.listed().taking_registrations().for_display()[:NEXT_RUNS]
    shown = [present(run) for run in runs]
    if not shown:
        return None
    index = CourseIndexPage.objects.live().first()
    return "courses/sections/next_runs.html", {"runs": shown, "list_url": index.get_url(request) if index else ""}
