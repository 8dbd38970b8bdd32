"""A long job and a real worker: others see how far it is, and `kill -9` costs time, never the file."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import connection

from tests.core.job_worker import LINES
from tests.factories import UserFactory
from tests.messaging.killing import database_url
from website.core.contributions import job_kinds
from website.core.jobs import start_job, stop_job
from website.core.models import JobStatus, LongJob
from website.core.tasks import retry_stalled_jobs

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 60


@pytest.fixture
def gated():
    job_kinds.add("tests.gated", lambda job, progress: None)
    yield
    del job_kinds._entries["tests.gated"]


@pytest.fixture
def worker(tmp_path, gated):
    """Return a function that starts a worker; what still runs at the end is ended."""
    processes = []

    def start() -> subprocess.Popen:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "website.settings.e2e",
            "DATABASE_URL": database_url(),
            "PRIVATE_STORAGE_URL": f"file://{tmp_path / 'private'}",
            "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.ROOT / "site")]),
        }
        command = [sys.executable, "-m", "tests.core.job_worker", str(tmp_path / "gate")]
        processes.append(subprocess.Popen(command, cwd=settings.ROOT, env=environment))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.05)


def stands(job: LongJob) -> str:
    job.refresh_from_db()
    return job.status


def as_if_silent_for_an_hour() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")


def test_a_killed_job_begins_again_and_its_file_is_whole(worker, tmp_path):
    job = start_job(kind="tests.gated", user=UserFactory(), title="Tal")
    first = worker()
    until(lambda: stands(job) == JobStatus.RUNNING and job.done > 0)
    assert job.total == LINES  # seen from here, while the worker's snapshot is still open

    first.kill()
    first.wait()
    assert stands(job) == JobStatus.RUNNING
    as_if_silent_for_an_hour()
    retry_stalled_jobs.defer(timestamp=0)
    (tmp_path / "gate").touch()
    worker()
    until(lambda: stands(job) == JobStatus.DONE)

    content = FileSystemStorage(tmp_path / "private").open(job.file.name).read()
    assert content == b"".join(b"%d\n" % number for number in range(LINES))
    assert (job.done, job.total, job.result) == (LINES, LINES, {"rows": LINES})


def test_a_running_job_that_is_stopped_ends_and_leaves_no_file(worker, tmp_path):
    job = start_job(kind="tests.gated", user=UserFactory(), title="Tal")
    worker()
    until(lambda: stands(job) == JobStatus.RUNNING and job.done > 0)

    assert stop_job(job=job)

    def has_ended() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT status FROM procrastinate_jobs WHERE task_name = 'core.run_long_job'")
            return cursor.fetchone() == ("succeeded",)

    until(has_ended)
    assert stands(job) == JobStatus.STOPPED
    assert not job.file
    assert not list((tmp_path / "private").rglob("*.csv"))
