"""A report on evaluations among those of the report builder: a row a run, in aggregate only.

It is of runs: what participants' municipality or department answered is known to nobody, so a report narrowed to one
is empty. Means are those of questions asked at the end of the course, under their standard short names, and only of
scales of the standard length. Response rates under five invited are in no row and no sum.
"""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from enrolments.reports.kinds import Choices, ReportKind, Table, register
from evaluations.enums import Moment
from evaluations.results.across import Pooled, Selection, evaluations_of, pooled
from evaluations.results.overview import COURSE, HELD_ON, RATES, RUN, Overview, frame, named, overview, rates_of
from website.accounts.typing import AnyUser
from website.core.exports import Column, Kind

#: The questions with a column of their own, by short name and how many values they have.
QUESTIONS = {
    "satisfaction": (5, gettext_lazy("Satisfaction, 1 to 5")),
    "relevance": (5, gettext_lazy("Usefulness, 1 to 5")),
    "leader_support": (5, gettext_lazy("Support from the leader, 1 to 5")),
    "confidence": (11, gettext_lazy("Confidence, 0 to 10")),
}
COLUMNS: Sequence[Column] = [
    COURSE,
    RUN,
    HELD_ON,
    *RATES,
    *(
        column
        for name, (_values, heading) in QUESTIONS.items()
        for column in (
            Column(f"{name}_mean", heading, "", Kind.DECIMAL, 12, decimals=1),
            Column(f"{name}_answers", gettext_lazy("Answers"), "", Kind.INTEGER, 9),
        )
    ),
]


def by_run(user: AnyUser, choices: Choices) -> Table:
    """Return a row for each run with closed evaluations that `user` may see, the latest first."""
    if choices.organisations or choices.departments:
        return Table(COLUMNS, frame(COLUMNS, []))
    selection = Selection(start=choices.start, end=choices.end, courses=choices.courses, runs=choices.runs)
    found = overview(user, selection)
    if not found.runs:
        return Table(COLUMNS, frame(COLUMNS, []))
    chosen = evaluations_of(user, selection)
    by_run = _means(pooled(chosen, "run", moment=Moment.END, names=QUESTIONS))
    rows = [{**named(run), **rates_of([run]), **by_run.get(run.pk, {})} for run in found.runs]
    return Table(COLUMNS, frame(COLUMNS, rows), _total(found, chosen))


def _means(found: Sequence[Pooled]) -> dict[Any, dict[str, Any]]:
    means: dict[Any, dict[str, Any]] = {}
    for each in found:
        values, _heading = QUESTIONS[each.question.name]
        if each.estimate and each.row is None and len(each.question.values) == values:
            means.setdefault(each.by, {}).update(
                {
                    f"{each.question.name}_mean": round(each.estimate.mean, 2),
                    f"{each.question.name}_answers": each.tally.answered,
                }
            )
    return means


def _total(found: Overview, chosen: Any) -> dict[str, Any]:
    whole = _means(pooled(chosen, moment=Moment.END, names=QUESTIONS))
    return {**rates_of(found.runs), **whole.get("", {})}


register(
    ReportKind(
        name="evaluations",
        title=gettext_lazy("Evaluations by run"),
        description=gettext_lazy(
            "How many answered before, at the end of and after each run, and the means of the standard questions. It"
            " cannot be divided by municipality or department. The period is that in which the run ends."
        ),
        columns=lambda: COLUMNS,
        table=by_run,
    ),
    order=110,
)
