"""What long jobs leave behind: files whose time is over, files that nobody knows of, and work that was lost."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from website.core.contributions import RetentionCategory, my_data, retention_categories
from website.core.jobs import UNFINISHED, discard_file
from website.core.models import JobStatus, LongJob
from website.core.retention import BATCH, first_due
from website.storage import private

#: A job that waits or runs without anything in the worker's queue is lost; not before, a commit may be on its way.
LOST_AFTER = timedelta(minutes=10)
#: A file without a row may be one whose job is just being ended.
STRAY_AFTER = timedelta(hours=1)

_ALIVE = """
    SELECT (args ->> 'pk')::bigint FROM procrastinate_jobs
    WHERE task_name = 'core.run_long_job' AND status IN ('todo', 'doing')
"""


def sweep_jobs() -> None:
    """Delete files past their time and files without a row, and tell of the work that was lost."""
    delete_files(LongJob.objects.filter(expires_at__lte=timezone.now()))
    give_up_lost_jobs()
    delete_stray_files()


def delete_files(jobs: QuerySet[LongJob]) -> int:
    """Delete the files of those jobs and return how many; the rows stay and say that there was one."""
    deleted = 0
    for job in jobs.exclude(file="")[:BATCH]:
        discard_file(job)
        job.save(update_fields=["file"])
        deleted += 1
    return deleted


def give_up_lost_jobs() -> int:
    """Tell whoever waits for work that no worker will do any more; return how many there were."""
    unfinished = LongJob.objects.filter(status__in=UNFINISHED, created_at__lt=timezone.now() - LOST_AFTER)
    # Looked for first: old work that is ordered again between the two questions is not lost.
    lost = set(unfinished.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE)
        lost -= {pk for (pk,) in cursor}
    return unfinished.filter(pk__in=lost).update(
        status=JobStatus.FAILED, error=_("The work was lost before it was done."), finished_at=timezone.now()
    )


def delete_stray_files() -> int:
    """Delete stored files that no job's row names: of a worker killed at the last moment, of a user deleted."""
    storage, deleted = private(), 0
    for path in list(_files("jobs")):
        if LongJob.objects.filter(file=path).exists():
            continue
        if storage.get_modified_time(path) < timezone.now() - STRAY_AFTER:
            storage.delete(path)
            deleted += 1
    return deleted


def _files(folder: str) -> Iterator[str]:
    try:
        folders, files = private().listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _files(f"{folder}/{name}")


def _until(cutoff: date) -> QuerySet[LongJob]:
    return LongJob.objects.exclude(file="").filter(finished_at__date__lte=cutoff)


def _forget(cutoff: date) -> Iterator[int]:
    while True:
        deleted = delete_files(_until(cutoff))
        yield deleted
        if deleted < BATCH:
            return


def _next_due(cutoff: date) -> tuple[date, int] | None:
    return first_due(LongJob.objects.exclude(file="").filter(finished_at__date__gt=cutoff), TruncDate("finished_at"))


retention_categories.add(
    "job_files",
    RetentionCategory(
        name="job_files",
        title=gettext_lazy("Files that people ordered"),
        what=gettext_lazy("Exports and other large files, made for whoever asked. They can be made again."),
        law=gettext_lazy("Kept only so long that they can be fetched (GDPR article 5)."),
        trigger=gettext_lazy("When the file was ready"),
        period="job_files",
        due=lambda cutoff: _until(cutoff).count(),
        forget=_forget,
        next_due=_next_due,
    ),
    order=80,
)


@my_data.register("files", order=80)
def files_data(user: Any) -> list[dict[str, Any]]:
    """Return the files that somebody ordered; what is in them is about others."""
    return [
        {"name": job.title, "status": job.status, "made_at": job.created_at.isoformat()}
        for job in LongJob.objects.filter(requested_by=user).order_by("pk")
    ]
