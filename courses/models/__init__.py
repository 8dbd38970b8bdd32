"""What is offered and when."""

from courses.models.catalogue import (
    AttendanceRule,
    CancellationTerms,
    CancellationTier,
    Organisation,
    Presenter,
    Topic,
    Venue,
)
from courses.models.pages import CourseCoProvider, CourseIndexPage, CoursePage
from courses.models.runs import CourseDay, CourseRun, RunSeats

__all__ = [
    "AttendanceRule",
    "CancellationTerms",
    "CancellationTier",
    "CourseCoProvider",
    "CourseDay",
    "CourseIndexPage",
    "CoursePage",
    "CourseRun",
    "Organisation",
    "Presenter",
    "RunSeats",
    "Topic",
    "Venue",
]
