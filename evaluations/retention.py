"""The personal data that evaluations keep: who was asked. It goes with the contact data.

Answers are no personal data of anybody we could name, and are kept with no name from the first second.
"""

from collections.abc import Callable, Iterator
from datetime import date

from django.db.models import Count, Max, Model, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from evaluations.enums import EvaluationStatus
from evaluations.models import SurveyInvitation, Voter
from website.core.contributions import RetentionCategory, retention_categories
from website.core.retention import BATCH

OVER = (EvaluationStatus.CLOSED, EvaluationStatus.STOPPED)


def _entries() -> QuerySet[Voter]:
    """Return the rolls' entries of runs, with the run's last day. Those of what is still open are in use."""
    rows = Voter.objects.filter(evaluation__run__isnull=False, evaluation__status__in=OVER)
    return rows.annotate(since=Max("evaluation__run__days__date"))


def _invitations() -> QuerySet[SurveyInvitation]:
    """Return who stands on the lists of surveys that are over, with the day it closed. Their entries go along."""
    rows = SurveyInvitation.objects.filter(survey__evaluation__status__in=OVER)
    return rows.annotate(since=TruncDate("survey__evaluation__closes_at"))


SWEEPS: tuple[Callable[[], QuerySet], ...] = (_entries, _invitations)


def _due(cutoff: date) -> int:
    return sum(rows().filter(since__lte=cutoff).count() for rows in SWEEPS)


def _forget(cutoff: date) -> Iterator[int]:
    for rows in SWEEPS:
        model: type[Model] = rows().model
        while pks := list(rows().filter(since__lte=cutoff).values_list("pk", flat=True)[:BATCH]):
            model._default_manager.filter(pk__in=pks).delete()
            yield len(pks)


def _next_due(cutoff: date) -> tuple[date, int] | None:
    found: dict[date, int] = {}
    for rows in SWEEPS:
        later = rows().filter(since__gt=cutoff)
        first = later.order_by("since").values_list("since", flat=True).first()
        if first is not None:
            found[first] = found.get(first, 0) + later.filter(since=first).aggregate(rows=Count("pk"))["rows"]
    return min(found.items()) if found else None


retention_categories.add(
    "evaluations",
    RetentionCategory(
        name="evaluations",
        title=_("Who was asked in evaluations and surveys"),
        what=_(
            "The lists of who could answer, and the names and addresses on the lists of surveys. Whether somebody"
            " answered is deleted when the evaluation closes. Answers stand with nobody's name from the beginning."
        ),
        law=_("Kept while somebody may still be asked or told what was changed (GDPR article 5)."),
        trigger=_("The last day of the run, or the day the survey closed"),
        period="contact",
        due=_due,
        forget=_forget,
        next_due=_next_due,
    ),
    order=25,
)
