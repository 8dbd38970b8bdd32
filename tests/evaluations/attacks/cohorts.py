"""Generated cohorts: people with a municipality, and what each of them answers to each thing they are asked.

Who answered what is decided here, by itself: the tests hold what is published against it, not against the code that
counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from evaluations.ballots import Answer, Paper, Value
from evaluations.enums import QuestionKind
from evaluations.questions import NO_OPINION, Item, Question, is_asked

Key = tuple[str, str, int | None]


@dataclass(frozen=True)
class Voter:
    """One who answered: `said` by what was asked; what they were not asked or skipped is not in it."""

    name: str
    group: str
    said: dict[Key, Value] = field(hash=False, compare=False)

    @property
    def paper(self) -> Paper:
        return Paper(tuple(Answer(*key, value) for key, value in self.said.items()), self.group)

    def answered(self, key: Key) -> bool:
        """Whether they gave a real answer."""
        return key in self.said and self.said[key] != NO_OPINION

    def is_unsure(self, key: Key) -> bool:
        return self.said.get(key) == NO_OPINION


def cohort(source: Random, items: Sequence[Item], *, sizes: dict[str, int], name: str = "") -> list[Voter]:
    """Return so many people of each municipality ("" for none), who skip what they like."""
    eager = source.choice((0.4, 0.7, 0.95, 1.0))
    people = [group for group, size in sizes.items() for _each in range(size)]
    return [Voter(f"{name}{n}", group, _says(source, items, eager)) for n, group in enumerate(people)]


def _says(source: Random, items: Sequence[Item], eager: float) -> dict[Key, Value]:
    said: dict[Key, Value] = {}
    chosen: dict[tuple[str, str], tuple[int, ...]] = {}
    for item in items:
        if item.question.kind == QuestionKind.MUNICIPALITY or source.random() > eager or not is_asked(item, chosen):
            continue
        value = _value(source, item.question)
        said[item.key] = value
        if not isinstance(value, str):
            about = item.question.name, item.subject.key
            chosen[about] = (*chosen.get(about, ()), *(value if isinstance(value, tuple) else (value,)))
    return said


def _value(source: Random, question: Question) -> Value:
    if question.kind == QuestionKind.TEXT:
        return f"tekst {source.random()}"
    if question.has_no_opinion and source.random() < 0.15:
        return NO_OPINION
    if question.kind == QuestionKind.MULTIPLE:
        return tuple(sorted(source.sample(question.values, source.randint(1, len(question.values)))))
    return source.choice(question.values)
