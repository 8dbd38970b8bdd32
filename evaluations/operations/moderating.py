"""What organisers do with released results: hide, flag and answer texts, publish, and tell what was changed."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluations.emails_changes import queue_changes_made
from evaluations.enums import EvaluationStatus
from evaluations.exceptions import EvaluationError
from evaluations.models import Evaluation, TextAnswer
from website.accounts.models import User


class TextGone(EvaluationError):
    """There is no such text (any more)."""

    message = _("The text is not there any more.")


class NotClosed(EvaluationError):
    """There are no results yet."""

    message = _("There are no results yet: the evaluation is not closed.")


class NothingToTell(EvaluationError):
    """The organiser has not written what was changed."""

    message = _("Write first what you changed.")


class AlreadyTold(EvaluationError):
    """Those who were asked have had the mail: it is sent once."""

    message = _("Those who were asked have been told already. The mail is only sent once.")


def hide_text(*, evaluation_pk: int, text_pk: UUID, hidden: bool, by: User) -> None:
    """Hide a text from presenters, or show it again. Organisers still see it. Raises TextGone."""
    _change(evaluation_pk, text_pk, by, is_hidden=hidden)


def flag_text(*, evaluation_pk: int, text_pk: UUID, flagged: bool, by: User) -> None:
    """Flag a text for the other organisers, or take the flag off. Raises TextGone."""
    _change(evaluation_pk, text_pk, by, is_flagged=flagged)


def reply_to_text(*, evaluation_pk: int, text_pk: UUID, reply: str, by: User) -> None:
    """Keep what the organisers answer to a text; empty: nothing. Raises TextGone."""
    _change(evaluation_pk, text_pk, by, reply=reply.strip())


def _change(evaluation_pk: int, text_pk: UUID, by: User, **fields: object) -> None:
    found = TextAnswer.objects.filter(pk=text_pk, result__evaluation=evaluation_pk)
    if not found.update(**fields, moderated_by=by, moderated_at=timezone.now()):
        raise TextGone


@transaction.atomic
def write_changes(*, evaluation_pk: int, words: str) -> None:
    """Keep the organiser's words on what was changed. Nobody is told. Raises NotClosed."""
    evaluation = _closed(evaluation_pk)
    evaluation.changes_made = words.strip()
    evaluation.save(update_fields=["changes_made"])


@transaction.atomic
def publish_summary(*, evaluation_pk: int, public: bool) -> None:
    """Show (or no longer show) the evaluation in the summary on the course page. Raises NotClosed."""
    evaluation = _closed(evaluation_pk)
    evaluation.is_public = public
    evaluation.save(update_fields=["is_public"])


@transaction.atomic
def tell_changes(*, evaluation_pk: int) -> int:
    """Mail what was changed to everybody who was asked, whether they answered or not; return how many.

    The time and the mails are committed together, and only once. Raises NotClosed, NothingToTell, AlreadyTold.
    """
    evaluation = _closed(evaluation_pk)
    if not evaluation.changes_made.strip():
        raise NothingToTell
    if evaluation.changes_told_at is not None:
        raise AlreadyTold
    evaluation.changes_told_at = timezone.now()
    evaluation.save(update_fields=["changes_told_at"])
    return queue_changes_made(evaluation)


def _closed(evaluation_pk: int) -> Evaluation:
    """Return the evaluation, locked: two who press at once tell once."""
    evaluation = Evaluation.objects.select_for_update(of=("self",)).get(pk=evaluation_pk)
    if evaluation.status != EvaluationStatus.CLOSED:
        raise NotClosed
    return evaluation
