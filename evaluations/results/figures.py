"""Figures: the released results of an evaluation with their questions, shares, means and intervals.

Nothing here reads anything but QuestionResult, which holds only what five or more answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from courses.models import Organisation
from evaluations.enums import QuestionKind
from evaluations.models import Evaluation, QuestionResult
from evaluations.questions import WHOLE, Item, Question, Subject, items_of, parse, subjects_of

#: The 97.5 % quantiles of Student's t by degrees of freedom, from NIST/SEMATECH e-Handbook of Statistical Methods,
#: table 1.3.6.7.2. Between two rows the one before is taken: its interval is a little wider, never too narrow.
T_975 = {
    1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
    11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 16: 2.120, 17: 2.110, 18: 2.101, 19: 2.093, 20: 2.086,
    21: 2.080, 22: 2.074, 23: 2.069, 24: 2.064, 25: 2.060, 26: 2.056, 27: 2.052, 28: 2.048, 29: 2.045, 30: 2.042,
    40: 2.021, 60: 2.000, 100: 1.984,
}  # fmt: skip

#: What makes two questions the same: the short name, the kind, how many values and how many rows there are.
QuestionKey = tuple[str, str, int, int]


class Counted(Protocol):
    """Anything with counted answers: a QuestionResult, a Figure, a Tally."""

    @property
    def answered(self) -> int: ...
    @property
    def no_opinion(self) -> int: ...
    @property
    def counts(self) -> Sequence[int]: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Counted answers of one or several results to the same question."""

    answered: int
    no_opinion: int
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean as on the scale, and between what it lies with 95 % confidence.

    Without any spread there are no bounds: that all answered the same says nothing of how sure the mean is.
    """

    mean: float
    low: float | None = None
    high: float | None = None

    def is_above(self, other: "Estimate") -> bool:
        """Whether the whole interval lies above the other's. False when either has none."""
        return self.low is not None and other.high is not None and self.low > other.high


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that could be chosen: how many did, and which share of those who answered (0 to 1)."""

    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Figure:
    """The answers to one question (about one subject, of one row of a matrix, of one municipality), counted."""

    question: Question
    subject: Subject
    row: int | None
    group: Organisation | None
    answered: int
    no_opinion: int
    counts: tuple[int, ...]

    @property
    def key(self) -> tuple[str, str, int | None]:
        """As ballots and results know it."""
        return self.question.name, self.subject.key, self.row

    @property
    def choices(self) -> list[Choice]:
        """The answers that could be chosen, in the question's order; none of a text."""
        return [
            Choice(self.question.label_of(value), count, count / self.answered if self.answered else 0.0)
            for value, count in zip(self.question.values, self.counts, strict=False)
        ]

    @property
    def estimate(self) -> Estimate | None:
        return estimate_of(self.question, self)

    @property
    def mean(self) -> float | None:
        return self.estimate.mean if self.estimate else None

    @property
    def interval(self) -> tuple[float, float] | None:
        found = self.estimate
        return (found.low, found.high) if found and found.low is not None and found.high is not None else None

    @property
    def points(self) -> range:
        return points(self.question)


def question_key(question: Question) -> QuestionKey:
    """Return what must be the same in two questions for their answers to be added up or compared."""
    return question.name, question.kind, len(question.values), len(question.rows)


def points(question: Question) -> range:
    """Return the values as people read them: labels of a scale count from 1; a number is itself."""
    return question.values if question.kind == QuestionKind.NUMBER else range(1, len(question.values) + 1)


def interval(counts: Sequence[int], values: Sequence[float]) -> Estimate | None:
    """Return the mean with its 95 % interval by Student's t; `counts[i]` chose `values[i]`. None without answers.

    The interval ends where the scale does.
    """
    total = sum(counts)
    if not total:
        return None
    mean = sum(count * value for count, value in zip(counts, values, strict=True)) / total
    squares = sum(count * (value - mean) ** 2 for count, value in zip(counts, values, strict=True))
    if total < 2 or not squares:
        return Estimate(mean)
    half = t_quantile(total - 1) * sqrt(squares / (total - 1) / total)
    return Estimate(mean, max(mean - half, min(values)), min(mean + half, max(values)))


def t_quantile(freedom: int) -> float:
    """Return Student's 97.5 % quantile, never too small. `freedom` is 1 or more."""
    return T_975[max(known for known in T_975 if known <= freedom)]


def estimate_of(question: Question, counted: Counted) -> Estimate | None:
    """Return the mean of a scale, a number or a matrix's row, as on the scale; None of what has no order."""
    if not question.is_measured or len(counted.counts) != len(question.values):
        return None
    return interval(counted.counts, points(question))


def pool(results: Iterable[Counted]) -> Tally | None:
    """Return the sums of results to the same question (`question_key`); None without any.

    Raises ValueError when they do not have equally many values.
    """
    found = list(results)
    if not found:
        return None
    counts = tuple(sum(column) for column in zip(*(each.counts for each in found), strict=True))
    return Tally(sum(each.answered for each in found), sum(each.no_opinion for each in found), counts)


def figures_of(evaluation: Evaluation) -> list[Figure]:
    """Return what was released of an evaluation, in the questionnaire's order: of everyone, then by municipality.

    Two queries at most: the questionnaire, unless it is there, and the results.
    """
    stored = evaluation.results.select_related("group").order_by("group__name", "id")
    return figures(evaluation, stored)


def figures(evaluation: Evaluation, stored: Iterable[QuestionResult]) -> list[Figure]:
    """Return these results of an evaluation with their questions. Of what is no question any more, nothing."""
    items = items_of(parse(evaluation.questionnaire.questions), subjects_of(evaluation.subjects))
    places = {item.key: (place, item) for place, item in enumerate(items)}
    found: list[tuple[bool, int, Figure]] = []
    for result in stored:
        placed = places.get((result.question, result.subject, result.row))
        if placed is not None:
            found.append((result.group_id is not None, placed[0], figure(placed[1], result)))
    return [each for _grouped, _place, each in sorted(found, key=lambda entry: entry[:2])]


def figure(item: Item, result: QuestionResult) -> Figure:
    return Figure(
        question=item.question,
        subject=item.subject if item.subject.key else WHOLE,
        row=item.row,
        group=result.group,
        answered=result.answered,
        no_opinion=result.no_opinion,
        counts=tuple(result.counts),
    )
