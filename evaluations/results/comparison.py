"""How an evaluation's figures stand beside earlier ones: of the same course, of its kind, and of all courses.

Only the same question is compared (`question_key`), asked at the same moment and about the course as a whole: no
presenter is held up against others. A difference is told only where the 95 % intervals do not overlap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, IntegerField, Sum, TextChoices, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from evaluations.models import Evaluation, Questionnaire, QuestionResult
from evaluations.questions import NUMBER_VALUES, parse
from evaluations.results.charts import Mean, mean_in_words
from evaluations.results.figures import Estimate, Figure, Tally, estimate_of, points, pool, question_key
from evaluations.results.sheet import Sheet

#: As many values as a measured question can have: a number's eleven.
MOST_VALUES = len(NUMBER_VALUES)
COURSE, KIND, ALL = "course", "kind", "all"
#: The same survey an earlier year (results.earlier_surveys).
SURVEY = "survey"


class Verdict(TextChoices):
    """What a comparison says. Without a difference that is certain, nothing is said of up or down."""

    HIGHER = "higher", pgettext_lazy("comparison", "Higher")
    LOWER = "lower", pgettext_lazy("comparison", "Lower")
    UNSURE = "unsure", gettext_lazy("No certain difference")


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure beside earlier answers to the same question; `evaluations`: of how many runs (or one survey)."""

    scope: str
    label: str
    evaluations: int
    answered: int
    mean: Mean
    verdict: str

    @property
    def words(self) -> str:
        return str(Verdict(self.verdict).label)

    @property
    def arrow(self) -> str:
        """Drawn beside the words, never instead of them."""
        return {Verdict.HIGHER: "↑", Verdict.LOWER: "↓"}.get(Verdict(self.verdict), "")

    @property
    def people(self) -> str:
        answers = ngettext("%(count)s answer", "%(count)s answers", self.answered) % {"count": self.answered}
        if self.scope == SURVEY:
            return answers
        runs = ngettext("%(count)s run", "%(count)s runs", self.evaluations) % {"count": self.evaluations}
        return f"{runs}, {answers}"


Comparisons = dict[tuple[str, int | None], list[Compared]]


def compared(evaluation: Evaluation, figures: Iterable[Figure]) -> Comparisons:
    """Return the comparisons of each measured figure about the whole course, by (short name, row), the nearest first.

    Three queries, however many earlier evaluations there are: PostgreSQL adds the counts up.
    """
    asked = [each for each in figures if each.question.is_measured and not each.subject.key and each.group is None]
    if evaluation.run is None or evaluation.closed_at is None or not asked:
        return {}
    earlier = Evaluation.objects.closed().filter(moment=evaluation.moment, closed_at__lt=evaluation.closed_at)
    earlier = earlier.exclude(pk=evaluation.pk).exclude(run=None)
    course = evaluation.run.course
    # The narrowest that holds it; the wider ones hold it too.
    scope = Case(
        When(evaluation__run__course=course.pk, then=Value(0)),
        When(evaluation__run__course__kind=course.kind, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    sums = list(
        QuestionResult.objects.filter(
            evaluation__in=earlier, subject="", group=None, question__in={each.question.name for each in asked}
        )
        .annotate(scope=scope)
        .values("scope", "question", "row", "evaluation__questionnaire")
        .annotate(
            runs=Count("evaluation", distinct=True),
            people=Sum("answered"),
            without=Sum("no_opinion"),
            **{f"sum_{place}": Sum(f"counts__{place}") for place in range(MOST_VALUES)},
        )
        .order_by()
    )
    keys = _keys({each["evaluation__questionnaire"] for each in sums})
    found: Comparisons = {}
    for figure in asked:
        key = question_key(figure.question)
        same = [
            each
            for each in sums
            if each["question"] == figure.question.name
            and each["row"] == figure.row
            and key in keys[each["evaluation__questionnaire"]]
        ]
        lines = [_compared(figure, same, widest, evaluation) for widest in range(3)]
        found[figure.question.name, figure.row] = [line for line in lines if line]
    return found


def set_beside(sheet: Sheet) -> None:
    """Put each figure's comparisons on its part of the sheet."""
    put_beside(
        sheet, compared(sheet.evaluation, [figure for _question, part in sheet.parts for figure in part.figures])
    )


def put_beside(sheet: Sheet, found: Comparisons) -> None:
    """Put these comparisons on the parts of the sheet that are about everything."""
    for question, part in sheet.parts:
        if part.subject.key:
            continue
        for figure in part.figures:
            lines = found.get((question.name, figure.row))
            if lines:
                label = "" if figure.row is None else str(question.rows[figure.row])
                part.beside.append((label, lines))


def _keys(questionnaires: set[int]) -> dict[int, set[tuple[str, str, int, int]]]:
    """Return the questions of each questionnaire, as comparisons know them."""
    stored = Questionnaire.objects.filter(pk__in=questionnaires).only("questions")
    return {each.pk: {question_key(question) for question in parse(each.questions)} for each in stored}


def _compared(figure: Figure, sums: Sequence[Any], widest: int, evaluation: Evaluation) -> Compared | None:
    within = [each for each in sums if each["scope"] <= widest]
    # A wider pool that holds no more than the one before says nothing new.
    if not any(each["scope"] == widest for each in within):
        return None
    length = len(figure.question.values)
    tallies = [
        Tally(each["people"], each["without"], tuple(each[f"sum_{place}"] or 0 for place in range(length)))
        for each in within
    ]
    total = pool(tallies)
    estimate = estimate_of(figure.question, total) if total else None
    own = figure.estimate
    if total is None or estimate is None or own is None:
        return None
    return Compared(
        scope=(COURSE, KIND, ALL)[widest],
        label=_label(widest, evaluation),
        evaluations=sum(each["runs"] for each in within),
        answered=total.answered,
        mean=mean_in_words(estimate, points(figure.question)),
        verdict=verdict(own, estimate),
    )


def verdict(own: Estimate, other: Estimate) -> str:
    """Return whether the first mean is certainly higher or lower: only where their intervals do not overlap."""
    if own.is_above(other):
        return Verdict.HIGHER
    return Verdict.LOWER if other.is_above(own) else Verdict.UNSURE


def _label(widest: int, evaluation: Evaluation) -> str:
    if widest == 0:
        return _("Earlier runs of the course")
    if widest == 1 and evaluation.run:
        return _("Courses of the kind “%(kind)s”") % {"kind": evaluation.run.course.get_kind_display()}
    return _("All courses")
