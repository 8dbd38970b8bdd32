"""Write roll and box anew in random order, so that no row's version or place tells when it was last touched.

A vote ticks a row of the roll and adds a ballot in one transaction: until both are written anew they carry the same
transaction number (`xmin`), and rows lie (`ctid`) in the order of voting. Every few minutes the worker therefore
*stirs* what was voted on since: each row is deleted and inserted again, in an order that PostgreSQL's cryptographic
source gives, all in one transaction. VACUUM then removes the old versions. Numbers of the roll stay, since people's
links hang on them and they were random from the beginning; ballots get new ones.

Stirring is a kindness that can wait: it gives up after a moment whenever somebody else holds a row, long before
PostgreSQL would look for a circle of waiting, so nobody's vote or cancellation is ever refused because of it.
docs/evaluations-anonymity.md tells what remains to be seen all the same.
"""

import logging

from django.db import OperationalError, connection, transaction
from django.db.models import Model

from evaluations.enums import EvaluationStatus
from evaluations.models import Ballot, Evaluation, Voter
from evaluations.operations.locking import take_box

logger = logging.getLogger(__name__)

#: The order in which rows are written anew: random bytes of the operating system, unlike random().
RANDOM_ORDER = "gen_random_uuid()"
#: A box smaller than this is stirred whenever the roll is; a larger one when a tenth of it is new. Rewriting 80 MB for
#: a single vote would fill the write-ahead log, and without the roll's half a ballot's version tells nothing.
SMALL_BOX = 8 * 1024 * 1024
NEW_PART = 0.1

#: How long to wait for those who vote, and for other people's rows. The latter less than `deadlock_timeout` (1 s).
WAIT_FOR_BOX, WAIT_FOR_ROWS = "5s", "700ms"

#: Evaluations with votes since they were last stirred: their rows are of several transactions.
VOTED_ON = """
    SELECT evaluation.id
    FROM evaluations_evaluation AS evaluation
    JOIN LATERAL (
        SELECT xmin::text FROM evaluations_voter WHERE evaluation_id = evaluation.id
        UNION SELECT xmin::text FROM evaluations_ballot WHERE evaluation_id = evaluation.id
    ) AS versions ON true
    WHERE evaluation.status = %s
      AND EXISTS (SELECT 1 FROM evaluations_ballot WHERE evaluation_id = evaluation.id)
    GROUP BY evaluation.id HAVING count(*) > %s
"""
#: How many ballots, the bytes of one, and how many came since the box was last written anew (of the largest version).
BOX = """
    SELECT coalesce(sum(rows), 0), coalesce(sum(rows) - max(rows), 0) FROM (
        SELECT count(*) AS rows FROM evaluations_ballot WHERE evaluation_id = %s GROUP BY xmin::text
    ) AS versions
"""
#: The inner query puts the rows in order, all deleted by then; the outer one inserts them in it.
REWRITE_BOX = """
    WITH gone AS (DELETE FROM evaluations_ballot WHERE evaluation_id = %s RETURNING sealed)
    INSERT INTO evaluations_ballot (id, evaluation_id, sealed)
    SELECT gen_random_uuid(), %s, sealed FROM (SELECT sealed FROM gone ORDER BY {order}) AS stirred
"""
REWRITE_ROLL = """
    WITH gone AS (DELETE FROM evaluations_voter WHERE evaluation_id = %s RETURNING *)
    INSERT INTO evaluations_voter ({columns})
    SELECT {values} FROM (SELECT * FROM gone ORDER BY {order}) AS stirred
"""


def stir(*, pk: int) -> bool:
    """Write the roll of an open evaluation anew, and its box; return whether it was done. VACUUM is the caller's work.

    Gives up, returning False, when the evaluation is not open or somebody holds its rows for longer than a moment.
    """
    try:
        with transaction.atomic():
            take_box_alone(pk)
            size = Evaluation.objects.filter(pk=pk, status=EvaluationStatus.OPEN).values_list("ballot_size", flat=True)
            if not size:
                return False
            ballots, new = _box(pk)
            if ballots * (size[0] or 0) < SMALL_BOX or new >= NEW_PART * ballots:
                rewrite_box(pk)
            rewrite_roll(pk)
    except OperationalError as error:
        logger.warning("evaluation %s was not stirred: %s", pk, type(error.__cause__ or error).__name__)
        connection.close_if_unusable_or_obsolete()
        return False
    return True


def stir_due() -> int:
    """Stir every open evaluation that was voted on since the last time; return how many were."""
    with connection.cursor() as cursor:
        cursor.execute(VOTED_ON, [EvaluationStatus.OPEN, 1])
        due = [pk for (pk,) in cursor.fetchall()]
    stirred = sum(stir(pk=pk) for pk in due)
    if stirred:
        vacuum(Voter, Ballot)
    return stirred


def clear_remains() -> None:
    """Write the tables into new files: what VACUUM only marks as free can be read by who reads the disk. For the night.

    Whatever somebody is using at that moment is left for the next night.
    """
    vacuum(Voter, Ballot, Evaluation, options="FULL, SKIP_LOCKED")


def take_box_alone(pk: int) -> None:
    """Take the box of evaluation `pk`, and wait for other people's rows a moment only, in the caller's transaction.

    Raises OperationalError when it takes longer.
    """
    _wait_at_most(WAIT_FOR_BOX)
    take_box(pk)
    _wait_at_most(WAIT_FOR_ROWS)


def rewrite_box(pk: int) -> None:
    """Write the ballots anew, with new numbers, in random order. The caller has taken the box."""
    with connection.cursor() as cursor:
        cursor.execute(REWRITE_BOX.format(order=RANDOM_ORDER), [pk, pk])


def rewrite_roll(pk: int, *, is_over: bool = False) -> None:
    """Write the roll anew in random order. The caller has taken the box. `is_over`: it forgets who answered.

    With that, it forgets how many mails were sent to each: who was not reminded has answered before.
    """
    columns = [str(field.column) for field in Voter._meta.concrete_fields]
    forgotten = {"has_answered": "NULL", "mails": "0"} if is_over else {}
    values = ", ".join(forgotten.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        # Nobody else writes the roll meanwhile: an UPDATE that waited for a deleted row would find nothing.
        cursor.execute("LOCK TABLE evaluations_voter IN EXCLUSIVE MODE")
        cursor.execute(REWRITE_ROLL.format(columns=", ".join(columns), values=values, order=RANDOM_ORDER), [pk])


def vacuum(*models: type[Model], options: str = "SKIP_LOCKED, INDEX_CLEANUP ON") -> None:
    """Remove the old versions of rows, those of their long values included. Does nothing inside a transaction."""
    if connection.in_atomic_block:
        return
    for model in models:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM ({options}) {model._meta.db_table}")
        except Exception as error:  # what was written is written, and says so to whoever called
            logger.warning("%s was not vacuumed: %s", model._meta.db_table, type(error.__cause__ or error).__name__)
            connection.close_if_unusable_or_obsolete()


def _box(pk: int) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(BOX, [pk])
        ballots, new = cursor.fetchone()
    return int(ballots), int(new)


def _wait_at_most(time: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [time])
