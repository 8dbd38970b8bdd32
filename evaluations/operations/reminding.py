"""Ask and remind: a mail with one's own link, and twice more to those who have not answered.

An evaluation that is open stands at a stage: 1 from its invitation on, 2 and 3 from its reminders on. A voter's
counter says to which stage they have been written to, and is raised in the transaction that queues the mail: nobody
gets a mail twice, whatever is killed or runs at once. Whoever joins the roll late is invited, and not reminded of
what they have just been told. No time is kept with a voter.
"""

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from courses.enums import HELD_STATUSES
from enrolments.operations.notices import is_hour_to_send
from evaluations.emails import REFERENCE, queue_evaluation_mails
from evaluations.emails_surveys import KINDS as SURVEY_KINDS
from evaluations.emails_surveys import REFERENCE as SURVEY_REFERENCE
from evaluations.emails_surveys import queue_survey_mails
from evaluations.models import Evaluation, Voter
from evaluations.operations.electorate import concerned, sync_roll
from evaluations.operations.locking import share_box
from evaluations.operations.participation import MIN_INVITED
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.registry import private_kinds

logger = logging.getLogger(__name__)

#: Voters written to in one transaction: somebody who votes meanwhile waits no longer than that takes.
BATCH = 200


def tend_rolls(*, at: datetime | None = None) -> int:
    """Bring the roll of every open evaluation up to date, then queue the mails that are due; return how many mails."""
    at = at or timezone.now()
    sent = 0
    opened = Evaluation.objects.taking_answers(at).select_related("run__course", "survey").order_by("pk")
    for evaluation in opened:
        try:
            sync_roll(evaluation=evaluation)
            sent += send_due(evaluation=evaluation, at=at)
        except Exception as error:
            # One that cannot be tended keeps the others from nothing. An error's own words may quote a row.
            logger.error("evaluation %s was not tended: %s", evaluation.pk, type(error).__name__)
    return sent


def stage_of(evaluation: Evaluation, at: datetime) -> int:
    """Return up to which mail it is time at `at`: 0 for none yet."""
    moments = (evaluation.invites_at, evaluation.first_reminder_at, evaluation.second_reminder_at)
    return max((stage for stage, moment in enumerate(moments, start=1) if moment and moment <= at), default=0)


def send_due(*, evaluation: Evaluation, at: datetime | None = None) -> int:
    """Queue the mails of one evaluation that are due at `at`, to who has not answered; return how many.

    None at night, none of a run that is not held, and none while fewer than five could answer: nothing of what they
    said could be shown. In the room they may answer all the same.
    """
    at = at or timezone.now()
    stage = stage_of(evaluation, at)
    if not stage or not is_hour_to_send(at) or not evaluation.takes_answers(at):
        return 0
    if evaluation.run is not None and evaluation.run.status not in HELD_STATUSES:
        return 0
    if concerned(evaluation)[:MIN_INVITED].count() < MIN_INVITED:
        return 0
    sent = 0
    while count := _send_batch(evaluation, stage):
        sent += count
    return sent


def _send_batch(evaluation: Evaluation, stage: int) -> int:
    with transaction.atomic():
        share_box(evaluation.pk)
        # Whoever votes at this moment is left for the next minute, and then has answered.
        rows = concerned(evaluation).filter(mails__lt=stage, has_answered=False)
        if evaluation.run_id is None:
            rows = rows.filter(invitation__wants_no_mail=False).select_related("invitation")
        else:
            rows = rows.exclude(enrolment__email="").select_related("enrolment")
        voters = list(rows.order_by("?").select_for_update(of=("self",), no_key=True, skip_locked=True)[:BATCH])
        if not voters:
            return 0
        if evaluation.run_id is None:
            _queue_of_survey(evaluation, stage, voters)
        else:
            queue_evaluation_mails(evaluation, stage, voters)
        Voter.objects.filter(pk__in=[voter.pk for voter in voters]).update(mails=stage)
    return len(voters)


def _queue_of_survey(evaluation: Evaluation, stage: int, voters: list[Voter]) -> None:
    invited = [voter for voter in voters if voter.mails]
    queue_survey_mails(SURVEY_KINDS[0], evaluation, [voter for voter in voters if not voter.mails])
    queue_survey_mails(SURVEY_KINDS[stage - 1], evaluation, invited)


def forget_mails() -> int:
    """Delete what the outbox holds of evaluations that are closed: it tells who had not answered. Return how many.

    What a worker has in hand at this moment goes the next time.
    """
    closed = Evaluation.objects.closed()
    ours = Q(reference__in=_references(REFERENCE, closed.filter(run__isnull=False), "pk"))
    surveys = Q(reference__in=_references(SURVEY_REFERENCE, closed.filter(survey__isnull=False), "survey_id"))
    mails = OutboxMessage.objects.filter(ours | surveys, kind__in=private_kinds())
    return mails.exclude(status=MailStatus.SENDING).delete()[0]


def _references(kind: str, evaluations: QuerySet[Evaluation], field: str) -> QuerySet[Evaluation]:
    reference = Concat(Value(f"{kind}:"), Cast(field, CharField()), output_field=CharField())
    return evaluations.order_by().values_list(reference)
