"""House-keeping jobs that belong to no app."""

from datetime import UTC, datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from website.core import jobs
from website.core.job_files import sweep_jobs
from website.core.retention import run_retention
from website.core.throttling import forget_what_is_over


@app.periodic(cron="*/2 * * * *")
@app.task(name="core.retry_stalled_jobs", queue="housekeeping", queueing_lock="retry_stalled_jobs", pass_context=True)
async def retry_stalled_jobs(context: JobContext, timestamp: int) -> None:
    """Put jobs of a killed worker back in the queue: they would stay `doing` for ever."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job, retry_at=datetime.now(UTC))


@app.periodic(cron="*/5 * * * *")
@app.task(name="core.publish_scheduled", queue="housekeeping", queueing_lock="publish_scheduled")
def publish_scheduled(timestamp: int) -> None:
    """Publish and unpublish the pages whose time has come."""
    call_command("publish_scheduled")


@app.periodic(cron="15 3 * * *")
@app.task(name="core.nightly_retention", queue="housekeeping", queueing_lock="nightly_retention", lock="retention")
def nightly_retention(timestamp: int) -> None:
    """Delete, every night, the personal data that nobody may keep any longer."""
    if settings.RETENTION_EVERY_NIGHT:
        run_retention()


@app.task(name="core.retention_now", queue="housekeeping", queueing_lock="retention_now", lock="retention")
def retention_now(user_pk: int) -> None:
    """Do the nightly deletion at once, because somebody asked for it. One at a time: they share a lock."""
    run_retention(by=get_user_model().objects.filter(pk=user_pk).first())


@app.periodic(cron="30 3 * * *")
@app.task(name="core.clear_sessions", queue="housekeeping", queueing_lock="clear_sessions")
def clear_sessions(timestamp: int) -> None:
    """Delete sessions that have run out."""
    call_command("clearsessions")


@app.periodic(cron="*/10 * * * *")
@app.task(name="core.forget_counts", queue="housekeeping", queueing_lock="forget_counts")
def forget_counts(timestamp: int) -> None:
    """Delete what limits have counted once its time is over."""
    forget_what_is_over()


@app.task(
    name="core.run_long_job",
    queue="jobs",
    pass_context=True,
    retry=RetryStrategy(max_attempts=jobs.MAX_ATTEMPTS, wait=20, retry_exceptions=jobs.PASSING),
)
def run_long_job(context: JobContext, pk: int, language: str) -> None:
    """Do the work that somebody waits for, if it still waits."""
    jobs.run_job(pk, attempt=context.job.attempts, language=language)


@app.periodic(cron="25 * * * *")
@app.task(name="core.sweep_long_jobs", queue="housekeeping", queueing_lock="sweep_long_jobs")
def sweep_long_jobs(timestamp: int) -> None:
    """Delete files whose time is over, and give up what no worker will ever do."""
    sweep_jobs()
