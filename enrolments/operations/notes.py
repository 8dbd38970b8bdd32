"""Internal notes. They are no part of the history, and no mail tells of them."""

from courses.models import CourseRun
from enrolments.models import Enrolment


def note_on_run(*, run_pk: int, notes: str) -> None:
    """Keep the staff's notes on a run. Nothing else of the run is written, so nobody's edit is undone."""
    CourseRun.objects.filter(pk=run_pk).update(notes=notes.strip())


def note_on_participant(*, enrolment_pk: int, notes: str) -> None:
    """Keep the staff's notes on a participant."""
    Enrolment.objects.filter(pk=enrolment_pk).update(notes=notes.strip())
