"""What staff should look at: evaluations that cannot be opened or counted, and such that nobody answers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES
from evaluations.enums import EvaluationStatus, Trouble
from evaluations.models import Evaluation
from evaluations.operations.participation import MIN_INVITED
from evaluations.permissions import may_manage
from website.core.contributions import AttentionItem, attention_items

#: So long after people were asked somebody should have answered.
SILENCE = timedelta(days=2)
#: The worker opens and closes every minute: later than this something is wrong with it.
LATE = timedelta(minutes=15)


@attention_items.register("evaluations", order=25)
def evaluations_in_trouble(user: Any) -> Iterator[AttentionItem]:
    """Yield each evaluation that is stuck, and each that nobody has answered. Two queries."""
    if not may_manage(user):
        return
    now = timezone.now()
    active = Evaluation.objects.filter(status__in=[EvaluationStatus.PLANNED, EvaluationStatus.OPEN])
    active = active.select_related("run__course", "survey").defer("public_key", "sealed_key").order_by("pk")
    held = Q(run=None) | Q(run__status__in=HELD_STATUSES)
    late = Q(status=EvaluationStatus.OPEN, closes_at__lte=now - LATE) | held & Q(
        status=EvaluationStatus.PLANNED, opens_at__lte=now - LATE, closes_at__gt=now
    )
    for each in active.filter(~Q(trouble=Trouble.NONE) | late):
        yield AttentionItem(_name(each), _url(each), detail=_why(each), urgent=True)
    silent = (
        active.taking_answers(now)
        .filter(invites_at__lte=now - SILENCE)
        .annotate(asked=Count("voters"), answers=Count("voters", filter=Q(voters__has_answered=True)))
    )
    for each in silent.filter(asked__gte=MIN_INVITED, answers=0):
        detail = _("Nobody has answered, though people were asked more than two days ago. See that the mails arrive.")
        yield AttentionItem(_name(each), _url(each), detail=detail)


def _name(evaluation: Evaluation) -> str:
    if evaluation.run is None:
        return _("The survey “%(title)s”:") % {"title": evaluation.survey}
    return _("%(run)s, evaluation (%(moment)s):") % {
        "run": evaluation.run,
        "moment": evaluation.get_moment_display().lower(),
    }


def _why(evaluation: Evaluation) -> str:
    if evaluation.trouble:
        return _("%(trouble)s. Nothing is lost, and it is tried again every minute.") % {
            "trouble": evaluation.get_trouble_display()
        }
    return overdue(evaluation)


def overdue(evaluation: Evaluation) -> str:
    """Return what the worker should have done with an evaluation and has not, in words; "" when it is in time."""
    now = timezone.now()
    if evaluation.status == EvaluationStatus.OPEN and evaluation.closes_at <= now - LATE:
        return _("It should have been counted. See that the worker runs.")
    if evaluation.status != EvaluationStatus.PLANNED or evaluation.opens_at > now - LATE:
        return ""
    if evaluation.closes_at <= now:
        return _("The time has passed and nobody was asked. Change the times to plan it again.")
    return _("It should have opened. See that the worker runs.")


def _url(evaluation: Evaluation) -> str:
    if evaluation.run_id is None:
        return reverse("surveys:survey", args=[evaluation.survey_id])
    return reverse("participants:evaluation", args=[evaluation.run_id])
