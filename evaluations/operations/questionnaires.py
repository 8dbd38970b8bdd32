"""Questionnaires across rows: versions, the lock that use puts on them, and which is standard for what."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.enums import EvaluationStatus
from evaluations.exceptions import EvaluationError, QuestionnaireLocked
from evaluations.models import Evaluation, Questionnaire
from evaluations.querysets import EvaluationQuerySet

#: What a new version, and a copy, take over.
TAKEN_OVER = ("moment", "course_kind", "introduction_da", "introduction_en", "questions")


@transaction.atomic
def lock(*, pk: int, at: datetime | None = None) -> Questionnaire:
    """Lock the questionnaire from now on and return it as it stands: read the questions from what this returns.

    Whoever edits it at the same time is waited for, or finds it locked. Once locked, it keeps its first time.
    """
    questionnaire = Questionnaire.objects.select_for_update().get(pk=pk)
    if not questionnaire.is_locked:
        questionnaire.locked_at = at or timezone.now()
        questionnaire.save(update_fields=["locked_at"])
    return questionnaire


def begin_change(*, questionnaire: Questionnaire) -> None:
    """Hold the row until the transaction ends, so that what was edited can be saved.

    Raises QuestionnaireLocked when an evaluation has opened with it, though it was free when the editor was opened.
    """
    if questionnaire.pk is None:
        return
    standing = Questionnaire.objects.select_for_update().filter(pk=questionnaire.pk).first()
    if standing is not None and standing.is_locked:
        raise QuestionnaireLocked


@transaction.atomic
def new_version(*, questionnaire: Questionnaire) -> Questionnaire:
    """Return the next version of the questionnaire with the same questions, free to be edited, and not the standard.

    A family has one version in the making at a time: while there is one, that is returned.
    """
    family = Questionnaire.objects.filter(family=questionnaire.family).order_by("version")
    list(family.select_for_update())
    # Read once more: a version that came while this waited for the others' locks is not among those locked.
    newest = list(family)[-1]
    if not newest.is_locked:
        return newest
    return _like(questionnaire, title=questionnaire.title, family=questionnaire.family, version=newest.version + 1)


def copy(*, questionnaire: Questionnaire) -> Questionnaire:
    """Return a questionnaire of its own with the same questions, to build another from."""
    title = _("Copy of %(title)s") % {"title": questionnaire.title}
    return _like(questionnaire, title=title[: Questionnaire._meta.get_field("title").max_length], family=uuid.uuid4())


def _like(questionnaire: Questionnaire, **fields: object) -> Questionnaire:
    taken_over = {name: getattr(questionnaire, name) for name in TAKEN_OVER}
    return Questionnaire.objects.create(**taken_over, **fields)


@transaction.atomic
def make_standard(*, questionnaire: Questionnaire) -> Questionnaire | None:
    """Make it what runs of its kind use at its moment. Return the one that was, and no longer is; None without.

    A locked questionnaire may become the standard: its questions stay. Raises EvaluationError for surveys, which
    choose theirs.
    """
    if not questionnaire.is_of_course:
        raise EvaluationError(_("A survey chooses its questionnaire: there is no standard."))
    # All of them in one order, so that two who do it at once end with one standard.
    rivals = list(Questionnaire.objects.select_for_update().filter(moment=questionnaire.moment).order_by("pk"))
    former = next(
        (
            each
            for each in rivals
            if each.is_standard and each.course_kind == questionnaire.course_kind and each.pk != questionnaire.pk
        ),
        None,
    )
    if former is not None:
        stop_standard(questionnaire=former)
    questionnaire.is_standard = True
    questionnaire.save(update_fields=["is_standard"])
    return former


def stop_standard(*, questionnaire: Questionnaire) -> None:
    """Let runs of its kind no longer use it unless an organiser chooses it."""
    questionnaire.is_standard = False
    questionnaire.save(update_fields=["is_standard"])


def planned_with_older(questionnaire: Questionnaire) -> int:
    """Return how many evaluations that have not opened would ask an older version."""
    return _planned_with_older(questionnaire).count()


def use_in_planned(*, questionnaire: Questionnaire) -> int:
    """Let evaluations that have not opened ask this version instead of an older one. Return how many."""
    return _planned_with_older(questionnaire).update(questionnaire=questionnaire)


def _planned_with_older(questionnaire: Questionnaire) -> EvaluationQuerySet:
    older = Questionnaire.objects.filter(family=questionnaire.family, version__lt=questionnaire.version)
    return Evaluation.objects.filter(
        status=EvaluationStatus.PLANNED, moment=questionnaire.moment, questionnaire__in=older.values("pk")
    )
