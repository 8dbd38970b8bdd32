"""What evaluations give to other pages: results to Min side, a summary to the course page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from courses.models import CoursePage
from evaluations.models import Evaluation
from evaluations.results.public import summary_of
from website.core.contributions import MyPageSection, course_sections, my_page_sections

#: So many of the latest evaluations a presenter is shown.
SHOWN = 10


@my_page_sections.register("own-results", order=9)
def own_results(request: HttpRequest) -> MyPageSection | None:
    """Lead presenters to what was answered about their own runs."""
    if not hasattr(request.user, "presenter"):
        return None
    found = Evaluation.objects.closed().of_presenter(request.user).select_related("run__course")
    evaluations = list(found.order_by("-closed_at", "-pk")[:SHOWN])
    if not evaluations:
        return None
    return MyPageSection(_("What participants said"), "evaluations/my_page/results.html", {"evaluations": evaluations})


@course_sections.register("evaluations", order=10)
def public_summary(request: HttpRequest, page: CoursePage) -> tuple[str, dict[str, Any]] | None:
    """What participants said of the course, where an organiser has published it."""
    summary = summary_of(page)
    return ("evaluations/sections/summary.html", {"summary": summary}) if summary else None
