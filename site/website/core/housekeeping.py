"""What the machinery leaves behind: jobs that are done, sessions that have run out, old logs of deletions."""

from collections.abc import Iterator
from datetime import date

from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from website.core.contributions import RetentionCategory, retention_categories
from website.core.models import LongJob, RetentionRun
from website.core.retention import BATCH

#: Jobs carry numbers of rows only; still, nobody needs the old ones.
_DONE = """
    FROM procrastinate_jobs AS job
    WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
    AND (SELECT max(at) FROM procrastinate_events AS event WHERE event.job_id = job.id) < %s
"""


def _due(cutoff: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_DONE}", [_end_of(cutoff)])
        return cursor.fetchone()[0]


def _forget(cutoff: date) -> Iterator[int]:
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM procrastinate_jobs WHERE id IN (SELECT job.id {_DONE} LIMIT {BATCH})",  # noqa: S608
                [_end_of(cutoff)],
            )
            deleted = cursor.rowcount
        yield deleted
        if deleted < BATCH:
            break
    yield Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
    yield LongJob.objects.filter(finished_at__date__lte=cutoff, file="").delete()[0]
    # A year of what the nights deleted is enough to look back on.
    RetentionRun.objects.filter(started_at__date__lt=date(cutoff.year - 1, cutoff.month, 1)).delete()


def _end_of(cutoff: date) -> str:
    return f"{cutoff.isoformat()} 23:59:59.999999 Europe/Copenhagen"


retention_categories.add(
    "technical",
    RetentionCategory(
        name="technical",
        title=_("Technical traces"),
        what=_("Jobs that are done, and sessions that have run out."),
        law=_("Kept so that a fault can be found (GDPR article 5)."),
        trigger=_("When the job ended"),
        period="technical",
        due=_due,
        forget=_forget,
    ),
    order=90,
)
