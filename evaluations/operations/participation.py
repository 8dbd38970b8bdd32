"""How many were asked and how many have answered: the one thing that is known of an open evaluation."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q

from evaluations.enums import EvaluationStatus
from evaluations.models import Evaluation, Voter

#: With fewer invited than this nobody is told how many have answered: it would soon tell who.
MIN_INVITED = 5


@dataclass(frozen=True, slots=True)
class Participation:
    """How many were asked; with five or more, how many of them answered, else None."""

    invited: int = 0
    answered: int | None = None

    @property
    def is_hidden(self) -> bool:
        return self.answered is None

    @property
    def rate(self) -> float | None:
        """The share that answered, 0 to 1; None under five invited."""
        return None if self.answered is None else self.answered / self.invited

    @property
    def percent(self) -> int | None:
        """The same in whole per cent."""
        return None if self.rate is None else round(100 * self.rate)

    @classmethod
    def of(cls, invited: int, answered: int) -> "Participation":
        return cls(invited, answered if invited >= MIN_INVITED else None)


def participation(evaluations: Iterable[Evaluation]) -> dict[int, Participation]:
    """Return the participation of each evaluation by its number: of a closed one as it was stored. One query.

    Nobody has been asked in one that is planned or stopped. Open surveys have no list, and so no participation.
    """
    rows = list(evaluations)
    opened = [each.pk for each in rows if each.status == EvaluationStatus.OPEN]
    counted = (
        Voter.objects.filter(evaluation__in=opened)
        .values_list("evaluation")
        .annotate(invited=Count("pk"), answered=Count("pk", filter=Q(has_answered=True)))
        .order_by()
        if opened
        else ()
    )
    found = {pk: Participation.of(invited, answered) for pk, invited, answered in counted}
    found |= {
        each.pk: Participation.of(each.invited or 0, each.answered or 0)
        for each in rows
        if each.status == EvaluationStatus.CLOSED
    }
    return {each.pk: found.get(each.pk, Participation()) for each in rows}
