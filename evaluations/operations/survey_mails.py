"""Mail a survey's list: the invitation, and two reminders to those who have not answered.

How far somebody has been mailed is counted on their row of the roll, and it is raised for everybody alike, whether a
mail went or not: the count says nothing of who has answered.
"""

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from enrolments.operations.notices import is_hour_to_send
from evaluations.emails_surveys import KINDS, queue_survey_mails
from evaluations.enums import Audience
from evaluations.models import Evaluation, Voter
from evaluations.operations.locking import share_box

BATCH = 500


def send_due_mails(*, at: datetime | None = None) -> int:
    """Queue the mails of surveys that are due at `at` (default: now); return how many. Nothing before 8.00.

    Somebody who is put on the list late is invited, and spared the reminders that are over by then.
    """
    at = at or timezone.now()
    if not is_hour_to_send(at):
        return 0
    open_now = Evaluation.objects.taking_answers(at).filter(survey__audience=Audience.INVITED, invites_at__lte=at)
    return sum(_mail_all(pk, at) for pk in open_now.order_by("pk").values_list("pk", flat=True))


def _mail_all(pk: int, at: datetime) -> int:
    sent = 0
    while (found := _mail_batch(pk, at))[0]:
        sent += found[1]
    return sent


def stage(evaluation: Evaluation, at: datetime) -> int:
    """Return how many mails somebody has had by then who was on the list from the beginning."""
    times = (evaluation.invites_at, evaluation.first_reminder_at, evaluation.second_reminder_at)
    return max((number for number, due in enumerate(times, start=1) if due and due <= at), default=0)


def _mail_batch(pk: int, at: datetime) -> tuple[int, int]:
    """Mail up to `BATCH` people in one transaction; return how many were looked at, and how many got a mail."""
    with transaction.atomic():
        share_box(pk)
        # One at a time: a second worker waits here, and then finds nobody left to mail.
        rows = Evaluation.objects.select_for_update(no_key=True, of=("self",)).select_related("survey")
        evaluation = rows.taking_answers(at).filter(pk=pk).first()
        if evaluation is None or (due := stage(evaluation, at)) == 0:
            return 0, 0
        voters = list(
            Voter.objects.filter(evaluation=pk, mails__lt=due)
            .select_for_update(no_key=True, of=("self",), skip_locked=True)
            .select_related("invitation")
            .order_by("pk")[:BATCH]
        )
        mails: dict[str, list[Voter]] = defaultdict(list)
        for voter in voters:
            if voter.invitation is None or voter.invitation.wants_no_mail:
                continue
            if not voter.mails:
                mails[KINDS[0]].append(voter)
            elif not voter.has_answered:
                mails[KINDS[due - 1]].append(voter)
        for kind, them in mails.items():
            queue_survey_mails(kind, evaluation, them)
        Voter.objects.filter(pk__in=[voter.pk for voter in voters]).update(mails=due)
        return len(voters), sum(map(len, mails.values()))
