"""The lock that everything which gives or frees seats takes first."""

from django.db.models import Max

from courses.models import CourseRun, RunSeats
from enrolments.models import Enrolment


def lock_run(pk: int, *, known: CourseRun | None = None) -> CourseRun:
    """Lock the run's seats and return the run as it stands under the lock, with `seats` and days.

    `known`: the run as the caller read it before (`for_display`). It is used again if nothing in the
    run or its days has changed since, so that the lock is held for less long.

    Contract: call inside a transaction; whoever changes enrolments of several runs locks them in
    pk order. Whoever writes without this lock is still refused by PostgreSQL when seats run out
    (CHECK run_not_overbooked), only less kindly.

    Raises CourseRun.DoesNotExist.
    """
    try:
        seats = RunSeats.objects.select_for_update().get(pk=pk)
    except RunSeats.DoesNotExist as error:
        raise CourseRun.DoesNotExist(f"no run {pk}") from error
    if known is not None and known.seats.run_version == seats.run_version:
        run = known
    else:
        # Read after the lock is held: a joined row would be as old as the statement that waited.
        run = CourseRun.objects.for_display().with_course_in_short().get(pk=pk)
    run.seats = seats
    return run


def next_line_order(run: CourseRun) -> int:
    """Return the place behind everybody in the run's line. Call it under the run's lock."""
    if not run.seats.waiting and not run.seats.held:
        return 1
    last = Enrolment.objects.in_line().filter(run=run).order_by().aggregate(last=Max("line_order"))["last"]
    return (last or 0) + 1
