"""What came of it: the same runs asked at two moments, in aggregate only.

Nobody is followed from one moment to the next: the answers are anonymous. The people asked are the same, but those who
answered need not be. So two sums of the same runs stand side by side; a difference between means is only told where
the 95 % intervals do not overlap. What one intended and what one has done are two questions, with answers of their own:
their shares stand beside each other, their means are never compared.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from enrolments.reports.kinds import Table
from evaluations.enums import COURSE_MOMENTS, OPTION_KINDS, Moment, QuestionKind
from evaluations.models import Evaluation
from evaluations.questions import Question
from evaluations.results.across import Pair, Paired, Pooled, paired, questions_by_moment
from evaluations.results.charts import Chart, Mean, counted_chart, mean_in_words, percent
from evaluations.results.comparison import Verdict, verdict
from evaluations.results.figures import points
from evaluations.results.overview import MEASURED, RUNS, frame
from evaluations.results.trends import QUESTION
from evaluations.standards import HAS_USED, INTENDS
from website.core.exports import Column, Kind

#: What is intended at the end, and what came of it: the short names of the standard questionnaires.
INTENTION, USE = "intention", "use"

MOMENT = Column("moment", gettext_lazy("When"), "", width=26)
ANSWER = Column("answer", gettext_lazy("Answer"), "", width=36)
CHOSEN = Column("chosen", gettext_lazy("Chose it"), "", Kind.INTEGER, 9)
SHARE = Column("share", gettext_lazy("Share"), "", Kind.PERCENT, 9)
EFFECT_COLUMNS: Sequence[Column] = [QUESTION, MOMENT, RUNS, ANSWER, CHOSEN, SHARE, *MEASURED]


@dataclass(frozen=True, slots=True)
class Side:
    """One moment's answers."""

    moment: str
    pooled: Pooled

    @property
    def label(self) -> str:
        return str(Moment(self.moment).label)

    @property
    def chart(self) -> Chart:
        return counted_chart(self.pooled.question, self.pooled.tally, f"{self.label}: {self.pooled.text}")

    @property
    def mean(self) -> Mean | None:
        estimate = self.pooled.estimate
        return mean_in_words(estimate, points(self.pooled.question)) if estimate else None

    def share(self, places: frozenset[int]) -> float:
        """Return the share of those who answered that chose one of these places."""
        counts, answered = self.pooled.tally.counts, self.pooled.tally.answered
        return sum(count for place, count in enumerate(counts) if place in places) / answered if answered else 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """One question at two moments, over the `runs` that have released answers to both."""

    first: Side
    second: Side
    runs: int

    @property
    def text(self) -> str:
        return self.second.pooled.text

    @property
    def is_measured(self) -> bool:
        return self.first.mean is not None and self.second.mean is not None

    @property
    def change(self) -> str:
        """How the second mean stands to the first, in words."""
        return str(Verdict(self._verdict).label) if self.is_measured else ""

    @property
    def arrow(self) -> str:
        return {Verdict.HIGHER: "↑", Verdict.LOWER: "↓"}.get(self._verdict, "") if self.is_measured else ""

    @property
    def _verdict(self) -> Verdict:
        first, second = self.first.pooled.estimate, self.second.pooled.estimate
        return Verdict(verdict(second, first)) if first and second else Verdict.UNSURE


@dataclass(frozen=True, slots=True)
class Effects:
    """All that can be held together: intention and use, means at two moments, choices at two moments."""

    use: Effect | None
    measured: list[Effect]
    choices: list[Effect]

    def __bool__(self) -> bool:
        return bool(self.use or self.measured or self.choices)

    @property
    def intend(self) -> str:
        """Which share meant to use it within three months, in words."""
        return percent(self.use.first.share(INTENDS)) if self.use else ""

    @property
    def have_used(self) -> str:
        return percent(self.use.second.share(HAS_USED)) if self.use else ""


def effects_of(chosen: QuerySet[Evaluation]) -> Effects:
    """Return what the same runs answered at two moments. Four queries."""
    asked = questions_by_moment(chosen)
    pairs = [Pair((Moment.END, INTENTION), (Moment.FOLLOW_UP, USE)), *_same_questions(asked)]
    found = [_effect(pair, each) for pair, each in zip(pairs, paired(chosen, pairs), strict=True)]
    use, *same = found
    kept = [each for each in same if each is not None]
    return Effects(
        use=use if use and _is_standard(use) else None,
        measured=[each for each in kept if each.is_measured],
        choices=[each for each in kept if not each.is_measured],
    )


def _same_questions(asked: dict[str, dict[str, Question]]) -> Iterator[Pair]:
    """Yield the questions with the same short name at two moments that follow on each other."""
    kinds = {*OPTION_KINDS, QuestionKind.NUMBER} - {QuestionKind.MATRIX}
    for first, second in pairwise(COURSE_MOMENTS):
        for name, question in asked.get(second, {}).items():
            if name in asked.get(first, {}) and question.kind in kinds:
                yield Pair((first, name), (second, name))


def _effect(pair: Pair, found: Paired | None) -> Effect | None:
    if found is None:
        return None
    return Effect(Side(pair.first[0], found.first), Side(pair.second[0], found.second), found.runs)


def _is_standard(use: Effect) -> bool:
    """Whether both have the answers of the standard questionnaires, of which we know what they mean."""
    return all(
        side.pooled.question.kind == QuestionKind.SINGLE and len(side.pooled.question.options) == 5
        for side in (use.first, use.second)
    )


def effects_table(effects: Effects) -> Table:
    """Return every answer with its share, and each mean in a row of its own."""
    found = [*([effects.use] if effects.use else []), *effects.measured, *effects.choices]
    rows = [row for effect in found for side in (effect.first, effect.second) for row in _rows(effect, side)]
    return Table(EFFECT_COLUMNS, frame(EFFECT_COLUMNS, rows))


def _rows(effect: Effect, side: Side) -> Iterator[dict[str, object]]:
    about = {"question": side.pooled.text, "moment": side.label, "runs": effect.runs}
    tally, question, estimate = side.pooled.tally, side.pooled.question, side.pooled.estimate
    for value, count in zip(question.values, tally.counts, strict=True):
        share = round(count / tally.answered, 4)
        yield {**about, "answer": question.label_of(value), "chosen": count, "share": share}
    if estimate:
        bounds = {
            name: round(bound, 2)
            for name, bound in (("low", estimate.low), ("high", estimate.high))
            if bound is not None
        }
        yield {**about, "mean": round(estimate.mean, 2), **bounds, "answers": tally.answered}
