"""Freed seats become offers to the waiting line, in the transaction that freed them."""

from datetime import datetime

from courses.models import CourseRun
from enrolments.models import Offer


def serve_line(run: CourseRun, *, at: datetime | None = None) -> list[Offer]:
    """Offer the run's free seats to its line by the rule, and queue the mails; return the offers made.

    Call it under the run's lock (`lock_run`), in the transaction of whatever may have freed a seat.
    """
    return []
