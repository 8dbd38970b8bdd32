"""Put one answer in the ballot box.

In one transaction: share the box (so that nobody closes or stirs it meanwhile), tick the voter off on the roll, put a
sealed ballot of constant size and with a random number in the box. Nothing else is written, here or by the pages that
call this: no time, no address, no session, no job, no mail. Three statements.

The tick is one conditional UPDATE, so a link used twice, in two tabs or in a race counts once: the second finds the
row ticked. It is asked for after the box is shared, in a statement of its own, so what it reads of the evaluation is
no older than the last closing.
"""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from evaluations import sealing
from evaluations.ballots import Paper, pack
from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import AlreadyAnswered, NotInvited, NotOpen
from evaluations.models import Ballot, Evaluation, Voter
from evaluations.operations.locking import share_box

# One statement that ticks, judges whether answers are taken, and returns what the ballot is sealed with.
TICK = """
    UPDATE evaluations_voter AS voter SET has_answered = true
    FROM evaluations_evaluation AS evaluation
    WHERE voter.id = %s AND voter.has_answered = false AND evaluation.id = voter.evaluation_id
      AND evaluation.id = %s AND evaluation.status = %s AND evaluation.opens_at <= %s AND evaluation.closes_at > %s
    RETURNING evaluation.public_key, evaluation.ballot_size
"""


# An error's report would show what stood in this function's variables.
@sensitive_variables()
def cast(*, voter: Voter, paper: Paper, at: datetime | None = None) -> None:
    """Count this paper as the voter's one answer. `at` is when it was handed in (default: now).

    Raises NotOpen, AlreadyAnswered, or NotInvited for somebody who is not on the roll any more; then nothing is
    written. Raises ValueError for a paper longer than any form gives.
    """
    at = at or timezone.now()
    with transaction.atomic():
        share_box(voter.evaluation_id)
        with connection.cursor() as cursor:
            cursor.execute(TICK, [voter.pk, voter.evaluation_id, EvaluationStatus.OPEN, at, at])
            found = cursor.fetchone()
        if found is None:
            raise _refusal(voter, at)
        public_key, size = found
        _put_in_box(voter.evaluation_id, paper, bytes(public_key), size)


@sensitive_variables()
def cast_openly(*, evaluation: Evaluation, paper: Paper, at: datetime | None = None) -> None:
    """Count this paper in an open survey, which has no roll: how often somebody answers nobody can know.

    Raises NotOpen, NotInvited when the survey is for those on its list, and ValueError like `cast`.
    """
    at = at or timezone.now()
    with transaction.atomic():
        share_box(evaluation.pk)
        taking = Evaluation.objects.taking_answers(at).filter(pk=evaluation.pk)
        found = taking.values_list("public_key", "ballot_size", "survey__audience").first()
        if found is None:
            raise NotOpen
        public_key, size, audience = found
        if audience != Audience.OPEN:
            raise NotInvited
        _put_in_box(evaluation.pk, paper, bytes(public_key or b""), size or 0)


@sensitive_variables()
def _put_in_box(evaluation_pk: int, paper: Paper, public_key: bytes, size: int) -> None:
    sealed = sealing.seal(pack(paper, size), public_key)
    # Not save(): nobody who listens for saved rows is to hear of a ballot.
    Ballot.objects.bulk_create([Ballot(evaluation_id=evaluation_pk, sealed=sealed)])


def _refusal(voter: Voter, at: datetime) -> NotOpen | AlreadyAnswered | NotInvited:
    """Return why the voter could not be ticked off."""
    if not Evaluation.objects.taking_answers(at).filter(pk=voter.evaluation_id).exists():
        return NotOpen()
    entry = Voter.objects.filter(pk=voter.pk, evaluation=voter.evaluation_id).values_list("has_answered", flat=True)
    if not entry:
        return NotInvited()
    return AlreadyAnswered()
