"""The worker that browser tests let run: it does what waits, and what comes of that."""

from datetime import timedelta

from django.utils import timezone

from evaluations import tasks
from tests.e2e.conftest import Site
from tests.e2e.helpers import mails_to
from tests.evaluations.factories import open_evaluation


def test_the_worker_also_does_the_jobs_that_its_jobs_defer(site: Site):
    """It stops when none waits: while the last one ran, and before that had deferred the mails it wrote."""
    evaluation = open_evaluation(people=5, invites_at=timezone.now() - timedelta(minutes=1))

    # The last to be taken: when the worker looks for more, there is none.
    tasks.ask.configure(queueing_lock="ask-now", priority=-100).defer(timestamp=0)
    site.run_worker()

    for voter in evaluation.voters.select_related("enrolment"):
        assert len(mails_to(site, voter.enrolment.email)) == 1
