"""Open an evaluation: the worker makes its keys, freezes what it is about, and writes its roll."""

import logging
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format

from courses.models import CourseDay, CourseRun
from evaluations import sealing
from evaluations.ballots import size_for
from evaluations.enums import About, EvaluationStatus, Moment, Trouble
from evaluations.exceptions import KeyMissing
from evaluations.models import Evaluation
from evaluations.operations.electorate import write_roll
from evaluations.operations.questionnaires import lock
from evaluations.questions import items_of, parse, subjects_of

logger = logging.getLogger(__name__)

#: Letters and digits that nobody takes for one another: the code is read off a screen and typed on a telephone.
ROOM_SIGNS = "23456789abcdefghjkmnpqrstvwxyz"
ROOM_LENGTH = 6


def open_evaluation(*, pk: int, at: datetime | None = None) -> bool:
    """Open an evaluation that is due; return whether it is open now by this call.

    Keys, subjects, ballot size, the questionnaire's lock, the roll and the status are written together or not at
    all. Without the worker's private key nothing is opened: `trouble` tells staff, and the next try is a minute away.
    """
    at = at or timezone.now()
    with transaction.atomic():
        evaluation = Evaluation.objects.to_open(at).select_for_update(no_key=True).filter(pk=pk).first()
        if evaluation is None or not _may_open(evaluation):
            return False
        try:
            public_key, sealed_key = sealing.new_evaluation_keys()
        except KeyMissing:
            logger.error("evaluation %s cannot open: the worker has no EVALUATION_PRIVATE_KEYS", pk)
            Evaluation.objects.filter(pk=pk).update(trouble=Trouble.KEY_MISSING)
            return False
        asked = lock(pk=evaluation.questionnaire_id, at=at)
        evaluation.subjects = run_subjects(evaluation.run_id) if evaluation.run_id else []
        evaluation.public_key, evaluation.sealed_key = public_key, sealed_key
        items = items_of(parse(asked.questions), subjects_of(evaluation.subjects))
        evaluation.ballot_size = size_for(list(items))
        if evaluation.moment == Moment.END and not evaluation.room_code:
            evaluation.room_code = new_room_code()
        evaluation.status, evaluation.trouble = EvaluationStatus.OPEN, Trouble.NONE
        evaluation.save(
            update_fields=[
                "subjects",
                "public_key",
                "sealed_key",
                "ballot_size",
                "room_code",
                "status",
                "trouble",
            ]
        )
        write_roll(evaluation=evaluation)
    return True


def open_due(*, at: datetime | None = None) -> int:
    """Open every evaluation that is due at `at` (default: now), each on its own; return how many."""
    at = at or timezone.now()
    due = list(Evaluation.objects.to_open(at).order_by("opens_at", "pk").values_list("pk", flat=True))
    return sum(_open_safely(pk, at) for pk in due)


def _open_safely(pk: int, at: datetime) -> bool:
    """Open one; one that cannot be opened keeps no other from opening."""
    try:
        return open_evaluation(pk=pk, at=at)
    except Exception as error:
        # An error's own words may quote a row: its kind is told.
        logger.error("evaluation %s was not opened: %s", pk, type(error).__name__)
        return False


def _may_open(evaluation: Evaluation) -> bool:
    """Whether there is somebody to ask: a run that is held, or a survey."""
    if evaluation.run_id is None:
        return True
    run = CourseRun.objects.filter(pk=evaluation.run_id).only("status").get()
    return run.is_held


def run_subjects(run_pk: int) -> list[dict[str, Any]]:
    """Return a run's presenters and days, in the order of its days, as an open evaluation keeps them. Two queries."""
    days = list(CourseDay.objects.filter(run=run_pk).order_by("starts_at").prefetch_related("presenters"))
    presenters = {each.pk: each.name for day in days for each in sorted(day.presenters.all(), key=lambda p: p.pk)}
    with translation.override(settings.LANGUAGE_CODE):  # whoever's doing it is, it is told in our language
        return [
            *({"key": f"p{pk}", "about": About.PRESENTER, "id": pk, "label": name} for pk, name in presenters.items()),
            *_days(days),
        ]


def _days(days: Iterable[CourseDay]) -> Iterable[dict[str, Any]]:
    for day in days:
        label = ": ".join(filter(None, [date_format(day.date, "DATE_FORMAT"), day.title]))
        yield {"key": f"d{day.date}", "about": About.DAY, "id": day.pk, "label": label}


def new_room_code() -> str:
    """Return a code for the room: one of some 700 million, so that a guess finds no room."""
    return "".join(secrets.choice(ROOM_SIGNS) for _sign in range(ROOM_LENGTH))
