"""A message an organiser writes to all or some of a run."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import transaction
from django.utils import translation

from courses.models import CourseRun
from enrolments.emails.runs import mails_to
from enrolments.exceptions import ChangedMeanwhile
from enrolments.models import Notice, RunMessage
from enrolments.operations.run_audience import Audience, Recipient, recipients
from enrolments.operations.run_changes import queue_in_batches
from enrolments.snapshots import snapshot_run
from website.accounts.models import User
from website.messaging.operations import QueuedMail

MESSAGE_NOTICE = "run-message"


def send_message(
    *, run_pk: int, user: User, subject: str, body: str, audience: Audience, submission: str, seen: str
) -> RunMessage:
    """Send a message to an audience, and keep it in the run's history, in one transaction.

    `submission` names the form as it was opened: the same one again returns the message that it sent. `seen` is
    the digest of what was previewed. Raises ChangedMeanwhile when words or recipients are others now.
    """
    with transaction.atomic():
        # Two posts at once: the second waits for the first at the notice's unique name, and finds its message.
        _notice, is_new = Notice.objects.get_or_create(kind=MESSAGE_NOTICE, about=submission)
        if not is_new:
            return RunMessage.objects.get(run=run_pk, audience__submission=submission)
        run = CourseRun.objects.for_display().get(pk=run_pk)
        told = recipients(run, audience)
        if not told or digest(subject, body, told) != seen:
            raise ChangedMeanwhile
        message = RunMessage.objects.create(
            run=run,
            subject=subject,
            body=body,
            audience={**audience.as_json(), "submission": submission},
            recipients=len(told),
            sent_by=user,
        )
        queue_in_batches(message_mails(run, told, subject=subject, body=body, pk=message.pk))
        return message


def message_mails(
    run: CourseRun, told: Iterable[Recipient], *, subject: str, body: str, pk: int = 0
) -> Iterator[QueuedMail]:
    """Yield the mail of each recipient; `pk` is the message's, once it has one."""
    with translation.override(settings.LANGUAGE_CODE):
        known = snapshot_run(run)
    extra = {"subject": subject, "message": body, "message_pk": pk}
    for recipient in told:
        yield from mails_to(recipient, kind="enrolments.run_message", run_pk=run.pk, run=known, extra=extra)


def digest(subject: str, body: str, told: Iterable[Recipient]) -> str:
    """Return a fingerprint of the words and of who would get them."""
    seen = json.dumps([subject, body, sorted(recipient.email for recipient in told)])
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
