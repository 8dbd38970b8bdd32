"""A survey's list: put people on it, take away those who have not been written to, and leave others in peace.

Whoever has been mailed may have answered, and nobody may learn whether: they stay on the list, and only get no more
mails.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import EvaluationError, SurveyGone
from evaluations.models import Evaluation, SurveyInvitation, Voter
from evaluations.operations.electorate import sync_roll
from evaluations.operations.locking import share_box

BATCH = 1000


class TakesNoInvitations(EvaluationError):
    message = _("The survey is over, or has no list: everyone with the link may answer.")


class MailedAlready(EvaluationError):
    message = _("The invitation has been mailed, so it stays. You can stop further mails to the address.")


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite. Without a municipality their answer counts in the whole only."""

    email: str
    name: str = ""
    organisation_pk: int | None = None


def invite(*, survey_pk: int, people: Iterable[Invitee]) -> tuple[UUID, int]:
    """Put people on a survey's list; return the list's name, by which it can be undone, and how many were new.

    Addresses that stand there already are left as they are, whoever put them there meanwhile. If the survey is
    open they are on its roll at once, and the next round of mails invites them. Raises TakesNoInvitations.
    """
    batch = uuid4()
    with transaction.atomic():
        evaluation = _open_list(survey_pk)
        SurveyInvitation.objects.bulk_create(
            (
                SurveyInvitation(
                    survey_id=survey_pk,
                    batch=batch,
                    email=each.email,
                    name=each.name,
                    organisation_id=each.organisation_pk,
                )
                for each in people
            ),
            batch_size=BATCH,
            ignore_conflicts=True,
        )
        count = SurveyInvitation.objects.filter(survey=survey_pk, batch=batch).count()
    if evaluation.status == EvaluationStatus.OPEN:
        sync_roll(evaluation=evaluation)  # the worker would within minutes
    return batch, count


def not_mailed(survey_pk: int) -> QuerySet[SurveyInvitation]:
    """Return the invitations that nobody has been mailed of: nobody has their links."""
    mailed = Voter.objects.filter(invitation=OuterRef("pk"), mails__gt=0)
    return SurveyInvitation.objects.filter(~Exists(mailed), survey=survey_pk)


def undo_list(*, survey_pk: int, batch: UUID) -> tuple[int, int]:
    """Take a list's people away again; return how many went, and how many stay because they have been mailed."""
    with transaction.atomic():
        _open_list(survey_pk)
        gone = _remove(not_mailed(survey_pk).filter(batch=batch))
        return gone, SurveyInvitation.objects.filter(survey=survey_pk, batch=batch).count()


def remove_invitation(*, survey_pk: int, pk: int) -> None:
    """Take somebody off the list who has not been mailed. Raises MailedAlready."""
    with transaction.atomic():
        _open_list(survey_pk)
        if not _remove(not_mailed(survey_pk).filter(pk=pk)):
            raise MailedAlready


def set_wants_no_mail(*, survey_pk: int, pk: int, wants_none: bool) -> None:
    """Send somebody no more mails about the survey, or again. Their link works all the same."""
    SurveyInvitation.objects.filter(survey=survey_pk, pk=pk).update(wants_no_mail=wants_none)


def _remove(rows: QuerySet[SurveyInvitation]) -> int:
    pks = list(rows.values_list("pk", flat=True))
    # A voter's row is PostgreSQL's to judge once more: should somebody have been mailed just now (their link would
    # lead nowhere), or have answered after all, it stays.
    Voter.objects.filter(invitation__in=pks, has_answered=False, mails=0)._raw_delete(using=DEFAULT_DB_ALIAS)
    on_roll = Exists(Voter.objects.filter(invitation=OuterRef("pk")))
    free = list(SurveyInvitation.objects.filter(~on_roll, pk__in=pks).values_list("pk", flat=True))
    # In one statement: nothing else hangs on an invitation, and PostgreSQL would refuse if it did.
    return SurveyInvitation.objects.filter(pk__in=free)._raw_delete(using=DEFAULT_DB_ALIAS) or 0


def _open_list(survey_pk: int) -> Evaluation:
    """Return the evaluation of a survey that takes invitations; mails and the worker wait for the caller.

    Raises TakesNoInvitations, SurveyGone.
    """
    pk = Evaluation.objects.filter(survey=survey_pk).values_list("pk", flat=True).first()
    if pk is None:
        raise SurveyGone
    share_box(pk)
    rows = Evaluation.objects.select_for_update(no_key=True, of=("self",))
    evaluation = rows.select_related("survey").filter(survey=survey_pk).first()
    if evaluation is None:
        raise SurveyGone
    is_over = evaluation.status not in (EvaluationStatus.PLANNED, EvaluationStatus.OPEN)
    if is_over or evaluation.survey is None or evaluation.survey.audience != Audience.INVITED:
        raise TakesNoInvitations
    return evaluation
