"""Close an evaluation: count the ballots, keep what five or more said, destroy everything else.

The worker alone can, since only it has the key. In one transaction, with the box taken (nobody votes meanwhile): open
every ballot, count (operations.releasing), write counts and texts in random order with random numbers, delete the
ballots, delete the evaluation's sealed key (then nothing opens a ballot any more, not from a backup either, once the
worker's own key of that time is destroyed), write the roll anew so that it no longer says who answered. Cut off at
any statement, nothing has happened; once committed, a second closing finds nothing to do. VACUUM comes after.

That there are as many ballots as people ticked off is PostgreSQL's work at every vote. Should it ever not be so
(rows written past the system), both figures are kept and shown; closing does not wait for an explanation.
"""

import logging
import secrets
import traceback
from collections.abc import Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from nacl.public import PrivateKey

from courses.enums import OrganisationKind
from courses.models import Organisation, Presenter
from evaluations.ballots import unpack
from evaluations.enums import About, Audience, EvaluationStatus, Trouble
from evaluations.exceptions import KeyMissing, KeyWrong
from evaluations.models import Ballot, Evaluation, QuestionResult, TextAnswer, Voter
from evaluations.operations.releasing import Cell, Counting
from evaluations.operations.stirring import rewrite_roll, take_box_alone, vacuum
from evaluations.questions import parse, subjects_of
from evaluations.sealing import evaluation_key, unseal

logger = logging.getLogger(__name__)

#: The database went away or somebody holds a row: the same work will succeed in a minute.
PASSING = (OperationalError, InterfaceError)
BATCH = 500


def close_due(*, at: datetime | None = None) -> int:
    """Close every evaluation whose time is over, each on its own; return how many were closed."""
    due = Evaluation.objects.to_close(at).order_by("closes_at", "pk").values_list("pk", flat=True)
    return sum(close_evaluation(pk=pk, at=at) for pk in list(due))


def close_evaluation(*, pk: int, at: datetime | None = None) -> bool:
    """Close an evaluation whose time is over; return whether this call did.

    Never raises: what hinders it is told to staff (`trouble`) and to the log, without a word of anybody's. Nothing is
    lost meanwhile, and the next try is a minute away.
    """
    at = at or timezone.now()
    try:
        with transaction.atomic(durable=True):
            is_closed = _close(pk, at)
    except KeyMissing:
        _tell(pk, Trouble.KEY_MISSING, "the worker has no EVALUATION_PRIVATE_KEYS")
    except KeyWrong:
        _tell(pk, Trouble.KEY_WRONG, "none of EVALUATION_PRIVATE_KEYS is the one it was opened with")
    except PASSING as error:
        logger.warning("evaluation %s was not closed, for now: %s", pk, type(error.__cause__ or error).__name__)
        connection.close_if_unusable_or_obsolete()
    except Exception as error:
        # An error's own words may quote an answer: its kind and the place in the code are told.
        place = "".join(traceback.format_tb(error.__traceback__)[-3:])
        _tell(pk, Trouble.FAILED, f"{type(error).__name__}\n{place}")
    else:
        if is_closed:
            vacuum(Voter, Ballot, Evaluation)
        return is_closed
    return False


def close_within(*, pk: int, at: datetime) -> bool:
    """Close within the caller's transaction, which must be all or nothing; return whether this call did.

    For the demo's load alone. Raises KeyMissing, KeyWrong. The rows left behind are swept with the table's next VACUUM.
    """
    return _close(pk, at)


def _tell(pk: int, trouble: Trouble, why: str) -> None:
    logger.error("evaluation %s cannot be closed: %s", pk, why)
    try:
        Evaluation.objects.filter(pk=pk).exclude(trouble=trouble).update(trouble=trouble)
    except PASSING as error:
        logger.warning("evaluation %s: its trouble was not written: %s", pk, type(error).__name__)
        connection.close_if_unusable_or_obsolete()


# An error's report would show what stood in these functions' variables.
@sensitive_variables()
def _close(pk: int, at: datetime) -> bool:
    take_box_alone(pk)
    evaluation = (
        Evaluation.objects.to_close(at)
        .select_for_update(no_key=True, of=("self",))
        .select_related("questionnaire", "survey")
        .filter(pk=pk)
        .first()
    )
    if evaluation is None:
        return False
    key = _key_of(evaluation)
    groups = _groups(evaluation)
    counting = Counting(parse(evaluation.questionnaire.questions), subjects_of(evaluation.subjects), groups=groups)
    in_box = spoiled = 0
    for sealed in evaluation.ballots.values_list("sealed", flat=True).iterator(chunk_size=BATCH):
        in_box += 1
        try:
            counting.add(unpack(unseal(bytes(sealed), key)))
        except (ValueError, RecursionError):
            spoiled += 1
    publish(evaluation, counting.cells(), groups)
    with connection.cursor() as cursor:  # the box as it is: delete() would fetch every ballot first
        cursor.execute("DELETE FROM evaluations_ballot WHERE evaluation_id = %s", [pk])
    invited, answered = _turnout(evaluation, in_box)
    rewrite_roll(pk, is_over=True)
    Evaluation.objects.filter(pk=pk).update(
        status=EvaluationStatus.CLOSED,
        trouble=Trouble.NONE,
        sealed_key=None,
        closed_at=at,
        invited=invited,
        answered=answered,
        in_box=in_box,
        spoiled=spoiled,
    )
    return True


def _key_of(evaluation: Evaluation) -> PrivateKey:
    """Return the key to the ballots. Raises KeyMissing, KeyWrong.

    A key that does not belong to the public one would open no ballot: all of them would be destroyed as spoiled.
    """
    try:
        key = evaluation_key(bytes(evaluation.sealed_key or b""))
    except (ValueError, TypeError) as error:
        raise KeyWrong from error  # a setting that is no key at all
    if key.public_key.encode() != bytes(evaluation.public_key or b""):
        raise KeyWrong
    return key


def _groups(evaluation: Evaluation) -> dict[str, int]:
    """Return the municipalities that a survey's results are grouped by, code: number. Courses have none."""
    if evaluation.survey_id is None:
        return {}
    return dict(Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).values_list("code", "pk"))


def _turnout(evaluation: Evaluation, in_box: int) -> tuple[int, int]:
    """Return (invited, answered). An open survey has no roll: what lies in its box is all that is known."""
    if evaluation.survey is not None and evaluation.survey.audience == Audience.OPEN:
        return 0, in_box
    found = evaluation.voters.aggregate(invited=Count("pk"), answered=Count("pk", filter=Q(has_answered=True)))
    return found["invited"], found["answered"]


@sensitive_variables()
def publish(evaluation: Evaluation, cells: Sequence[Cell], groups: dict[str, int]) -> None:
    """Write what is released: in the random order of the cells, and the texts of all questions mixed."""
    about = {each.key: each.id for each in subjects_of(evaluation.subjects) if each.about == About.PRESENTER}
    # Whoever was deleted meanwhile keeps their results under the frozen name.
    there = set(Presenter.objects.filter(pk__in=about.values()).values_list("pk", flat=True))
    results = [
        QuestionResult(
            evaluation=evaluation,
            question=cell.question,
            subject=cell.subject,
            presenter_id=presenter if (presenter := about.get(cell.subject)) in there else None,
            row=cell.row,
            group_id=groups.get(cell.group),
            answered=cell.answered,
            no_opinion=cell.no_opinion,
            counts=list(cell.counts),
        )
        for cell in cells
    ]
    QuestionResult.objects.bulk_create(results, batch_size=BATCH)
    texts = [
        TextAnswer(result=result, text=text) for result, cell in zip(results, cells, strict=True) for text in cell.texts
    ]
    secrets.SystemRandom().shuffle(texts)
    TextAnswer.objects.bulk_create(texts, batch_size=BATCH)
