"""Work that takes longer than a page may, with somebody waiting: a large file, a thousand certificates.

`start_job` writes the row and the worker's job in the caller's transaction. The worker calls what is registered in
`job_kinds`, which tells how far it is through `Progress`. A job may be killed at any moment and begins again from
the start, so a kind that writes must be able to meet what it wrote before.
"""

import logging
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from website.core.contributions import job_kinds
from website.core.models import JobStatus, LongJob
from website.storage import private

logger = logging.getLogger(__name__)

#: Seconds between two signs of how far a job is.
TELL_EVERY = 0.4
#: How often a job may be cut off (its worker killed, the machine restarted) before it is given up.
MAX_ATTEMPTS = 5

UNFINISHED = (JobStatus.QUEUED, JobStatus.RUNNING)
#: The database went away: the same work may well succeed in a minute.
PASSING = (OperationalError, InterfaceError)


class JobError(Exception):
    """The work cannot be done, for a reason that the one who waits may know: the message, in their language."""


class JobStopped(Exception):
    """Somebody stopped the job, or another worker has taken it over. Kinds let it pass."""


def start_job(
    *, kind: str, user: Any, title: str, parameters: dict[str, Any] | None = None, total: int | None = None
) -> LongJob:
    """Order the work and return its row; both the row and the worker's job are part of the caller's transaction.

    The same user asking for the same thing while the first is not finished (a button pressed twice) gets the
    first. `parameters` are JSON types without personal data. Raises KeyError for an unknown kind.
    """
    job_kinds.get(kind)
    wanted = {"kind": kind, "requested_by": user, "parameters": parameters or {}}
    with transaction.atomic():
        get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
        if same := LongJob.objects.filter(**wanted, status__in=UNFINISHED).first():
            return same
        job = LongJob.objects.create(**wanted, title=title[:200], total=total)
        _enqueue(job)
    return job


def stop_job(*, job: LongJob) -> bool:
    """Stop a job that waits or runs; return whether it did. A running one ends at its next sign of life."""
    now = timezone.now()
    unfinished = LongJob.objects.filter(pk=job.pk, status__in=UNFINISHED)
    return bool(unfinished.update(status=JobStatus.STOPPED, finished_at=now, error=""))


def repeat_job(*, job: LongJob) -> bool:
    """Order the same work once more, under the same address; return whether it was needed.

    For a job that failed or was stopped, and for one whose file has gone.
    """
    with transaction.atomic():
        job = LongJob.objects.select_for_update().get(pk=job.pk)
        if not may_be_repeated(job):
            return False
        discard_file(job)
        job.status, job.done, job.error, job.result = JobStatus.QUEUED, 0, "", {}
        job.started_at = job.finished_at = job.expires_at = None
        job.save()
        _enqueue(job)
    return True


def may_be_repeated(job: LongJob) -> bool:
    if job.status in (JobStatus.FAILED, JobStatus.STOPPED):
        return True
    if job.status != JobStatus.DONE or not job.filename:
        return False
    return not has_file(job) or not private().exists(str(job.file.name))


def has_file(job: LongJob, at: datetime | None = None) -> bool:
    """Return whether there is a file that may still be fetched."""
    return bool(job.file) and (job.expires_at is None or job.expires_at > (at or timezone.now()))


def run_job(pk: int, *, attempt: int = 0, language: str | None = None) -> None:
    """Do the work of a job. `attempt` counts how often it was cut off before.

    Raises only what another attempt may cure (the database went away); all else ends the job, in words.
    """
    mark = timezone.now()
    unfinished = LongJob.objects.filter(pk=pk, status__in=UNFINISHED)
    if not unfinished.update(status=JobStatus.RUNNING, started_at=mark, done=0):
        return
    job = LongJob.objects.select_related("requested_by").get(pk=pk)
    with translation.override(language or settings.LANGUAGE_CODE):
        progress = Progress(job, mark)
        try:
            if attempt >= MAX_ATTEMPTS:
                raise JobError(_("The work was cut off several times, so it was given up."))
            with progress.told():
                job_kinds.get(job.kind)(job, progress)
            progress.end(JobStatus.DONE)
        except JobStopped:
            progress.discard()
        except JobError as error:
            progress.end(JobStatus.FAILED, error=str(error))
        except PASSING as error:
            progress.discard()
            if attempt + 1 >= MAX_ATTEMPTS:
                _log(job, error)
                progress.end(JobStatus.FAILED, error=_unknown_error())
                return
            raise
        except Exception as error:
            _log(job, error)
            progress.end(JobStatus.FAILED, error=_unknown_error())


class Progress:
    """How far a job is. Given to its kind, which calls `advance` as often as it likes.

    What it tells is written on a connection of its own, at most a few times a second, so that others see it while
    the work is still inside a transaction (a snapshot, say). A job that was stopped, or that another worker has
    taken over since this one was thought dead, raises JobStopped at the next sign.
    """

    def __init__(self, job: LongJob, mark: datetime) -> None:
        self._job, self._mark = job, mark
        self._done, self._total = 0, job.total
        self._told_at = 0.0
        self._stored = ""
        self._filename = ""
        self._result: dict[str, Any] = {}
        # Inside a test's transaction nobody else could see the row: then there is one connection only.
        self._apart = connection if connection.in_atomic_block else connections.create_connection(DEFAULT_DB_ALIAS)

    def advance(self, count: int = 1) -> None:
        """Tell that `count` more of the total is done. Raises JobStopped."""
        self._done += count
        if time.monotonic() - self._told_at >= TELL_EVERY:
            self._tell()

    def set_total(self, total: int) -> None:
        """Tell how much there is to do. Raises JobStopped."""
        self._total = total
        self._tell()

    @contextmanager
    def open_file(self, filename: str) -> Iterator[IO[bytes]]:
        """Give a file to write; when the block ends well it is what the one who waits can fetch, under that name."""
        with tempfile.TemporaryFile() as file:
            yield file
            self._tell()
            file.seek(0)
            self.discard()
            self._stored = private().save(path_of(self._job, PurePath(filename).suffix), File(file))
            self._filename = filename[:150]

    def result(self, **values: Any) -> None:
        """Keep JSON values with the job, for the page that shows it."""
        self._result |= values

    @contextmanager
    def told(self) -> Iterator[None]:
        """Keep the connection that progress is told on as long as the work takes."""
        try:
            yield
        finally:
            if self._apart is not connection:
                self._apart.close()

    def end(self, status: JobStatus, *, error: str = "") -> None:
        """Write how it ended, unless somebody stopped it or took it over meanwhile."""
        if status != JobStatus.DONE:
            self.discard()
        now = timezone.now()
        done = max(self._done, self._total or 0) if status == JobStatus.DONE else self._done
        ended = self._mine().update(
            status=status,
            done=done,
            total=done if status == JobStatus.DONE else self._total,
            result=self._result,
            file=self._stored,
            filename=self._filename,
            error=error[:300],
            finished_at=now,
            expires_at=now + timedelta(days=settings.RETENTION["job_files"]["days"]) if self._stored else None,
        )
        if not ended:
            self.discard()

    def discard(self) -> None:
        """Let go of what was stored."""
        if self._stored:
            private().delete(self._stored)
            self._stored = self._filename = ""

    def _mine(self) -> Any:
        return LongJob.objects.filter(pk=self._job.pk, started_at=self._mark, status=JobStatus.RUNNING)

    def _tell(self) -> None:
        self._told_at = time.monotonic()
        with self._apart.cursor() as cursor:
            cursor.execute(
                f"UPDATE {LongJob._meta.db_table} SET done = %s, total = %s"  # noqa: S608 - our own table's name
                " WHERE id = %s AND started_at = %s AND status = %s",
                [self._done, self._total, self._job.pk, self._mark, JobStatus.RUNNING],
            )
            if not cursor.rowcount:
                raise JobStopped


def path_of(job: LongJob, suffix: str) -> str:
    """Return where a job's file lives: what a killed worker left there is found by the job's number."""
    return f"jobs/{job.created_at:%Y/%m}/{job.pk}{suffix}"


def discard_file(job: LongJob) -> None:
    """Delete a job's file; the row says afterwards that there was one. Does not save."""
    if job.file:
        private().delete(str(job.file.name))
        job.file = ""


def _enqueue(job: LongJob) -> None:
    from website.core.tasks import run_long_job

    # A few at a time, and one of a person's: the rest of the worker stays free for mails and the like.
    lane = f"long-job-{job.requested_by_id % settings.LONG_JOB_LANES}"
    run_long_job.configure(lock=lane).defer(pk=job.pk, language=translation.get_language() or settings.LANGUAGE_CODE)


def _unknown_error() -> str:
    return _("Something went wrong on our side. Nothing was changed for anybody else.")


def _log(job: LongJob, error: Exception) -> None:
    # An error's own words may quote a row: its kind and the place in the code are told, no values.
    place = "".join(traceback.format_tb(error.__traceback__)[-3:])
    logger.error("long job %s (%s) failed: %s\n%s", job.pk, job.kind, type(error).__name__, place)
