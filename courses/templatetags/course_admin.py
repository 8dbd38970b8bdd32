"""What the staff's templates need to show runs."""

from django import template

from courses.admin.columns import days_label
from courses.models import CourseRun

register = template.Library()


@register.simple_tag
def run_days(run: CourseRun) -> str:
    """Return the period of a run that `for_list()` annotated."""
    return days_label(run.first_starts_at, run.last_ends_at, run.day_count)
