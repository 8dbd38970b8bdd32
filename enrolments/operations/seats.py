"""The lock that everything which gives or frees seats takes first."""

from courses.models import CourseRun, RunSeats


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
