"""From papers to what may be known: counts and texts of five or more, and nothing else.

Pure: no database, no keys. `Counting` takes papers one by one and keeps counts; `cells` gives what is released.
The rules, each of which the tests try to break:

- A cell (a question, of one presenter or day, of one row of a matrix) is released when at least five people gave a
  real answer to it. What has fewer is never returned, so nobody can store it.
- "No opinion" is counted apart and makes nobody one of the five.
- By municipality (surveys only) a cell is released when five of that municipality answered, *and* only so many
  municipalities that everyone minus those released is nobody, or again five or more: the smallest give way. This is
  judged for each question by itself, since not everybody answers each.
- Texts come in random order, of everyone only, and hold nothing that says which of them one person wrote.

What does not belong on the paper (questions, subjects and values that nobody was asked, the same question twice, an
answer to what was not asked of somebody) is passed over: a damaged paper spoils itself only.
"""

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluations.ballots import Answer, Paper
from evaluations.enums import QuestionKind
from evaluations.models.results import MIN_ANSWERS
from evaluations.questions import MAX_TEXT, NO_OPINION, Item, Question, Subject, is_asked, items_of

Key = tuple[str, str, int | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """What is released of one question. `group` is a municipality's code; empty: everyone. Texts are shuffled."""

    question: str
    subject: str
    row: int | None
    group: str
    answered: int
    no_opinion: int
    counts: tuple[int, ...]
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class Count:
    """How many answered one thing, and what."""

    counts: list[int]
    answered: int = 0
    no_opinion: int = 0
    texts: list[str] = field(default_factory=list)

    @property
    def people(self) -> int:
        """Those who said anything at all, "no opinion" included."""
        return self.answered + self.no_opinion


class Counting:
    """Counts papers. `groups` are the known municipalities' codes; without any, what papers say of it is not read."""

    def __init__(
        self, questions: Sequence[Question], subjects: Sequence[Subject] = (), *, groups: Collection[str] = ()
    ) -> None:
        self._items = list(items_of(questions, subjects))
        self._asked = [(item.question.name, item.subject.key) for item in self._items]
        self._groups = frozenset(groups)
        self._all: dict[Key, Count] = {item.key: _empty(item) for item in self._items}
        self._by_group: dict[Key, dict[str, Count]] = {item.key: {} for item in self._items}

    def add(self, paper: Paper) -> None:
        """Count one paper."""
        group = paper.group if isinstance(paper.group, str) and paper.group in self._groups else ""
        given = _given(paper.answers)
        chosen: dict[tuple[str, str], tuple[int, ...]] = dict.fromkeys(self._asked, ())
        for item in self._items:
            if not is_asked(item, chosen):
                continue
            if item.question.kind == QuestionKind.MUNICIPALITY:
                read: tuple[int, ...] | str | None = () if group else None
            else:
                read = _read(item.question, given.get(item.key, ()))
            if read is None:
                continue
            if isinstance(read, tuple):
                about = item.question.name, item.subject.key
                chosen[about] = (*chosen[about], *read)
            _count(self._all[item.key], read)
            if group and item.question.kind != QuestionKind.TEXT:
                _count(self._by_group[item.key].setdefault(group, _empty(item)), read)

    def cells(self) -> list[Cell]:
        """Return what may be released, in random order."""
        found = [cell for item in self._items for cell in self._released(item)]
        secrets.SystemRandom().shuffle(found)
        return found

    def _released(self, item: Item) -> Iterator[Cell]:
        everyone = self._all[item.key]
        if everyone.answered < MIN_ANSWERS:
            return
        yield _cell(item, "", everyone)
        by_group = self._by_group[item.key]
        for group in releasable(everyone, by_group):
            yield _cell(item, group, by_group[group])


def releasable(everyone: Count, by_group: dict[str, Count]) -> list[str]:
    """Return the groups that may be released beside everyone: large enough, and what is left over, too.

    Left over are those of all other groups and of none. "No opinion" counts as well: one person's among the rest
    would be known if nobody else were left.
    """
    large = [group for group, count in by_group.items() if count.answered >= MIN_ANSWERS]
    kept = sorted(large, key=lambda group: (-by_group[group].answered, group))
    while kept:
        answered = everyone.answered - sum(by_group[group].answered for group in kept)
        people = everyone.people - sum(by_group[group].people for group in kept)
        if not people or answered >= MIN_ANSWERS:
            break
        kept.pop()
    return kept


def _given(answers: Iterable[Answer]) -> dict[Key, list[Any]]:
    """Return what a paper says about each thing, in its order; a damaged one may say several things."""
    given: dict[Key, list[Any]] = {}
    for answer in answers:
        key = answer.question, answer.subject, answer.row
        if isinstance(answer.question, str) and isinstance(answer.subject, str) and _is_row(answer.row):
            given.setdefault(key, []).append(answer.value)
    return given


def _is_row(row: object) -> bool:
    return row is None or _is_number(row)


def _is_number(value: object) -> bool:
    # JSON's true and 1.0 are no choices, though Python holds them equal to 1.
    return type(value) is int


def _read(question: Question, values: Sequence[Any]) -> tuple[int, ...] | str | None:
    """Return the first of the values that answers the question: what was chosen, or a text. None: not answered."""
    for value in values:
        read = _text(value) if question.kind == QuestionKind.TEXT else _choice(question, value)
        if read:
            return read
    return None


def _choice(question: Question, value: Any) -> tuple[int, ...] | None:
    several = question.kind == QuestionKind.MULTIPLE and isinstance(value, tuple)
    chosen = {each for each in (value if several else (value,)) if _is_number(each)}
    if chosen == {NO_OPINION} and question.has_no_opinion:
        return (NO_OPINION,)
    return tuple(sorted(each for each in chosen if each in question.values)) or None


def _text(value: Any) -> str | None:
    """Return the text as the database can hold it; None for what is no text or empty."""
    if not isinstance(value, str):
        return None
    # A half sign or a NUL that no form lets through would make the whole box impossible to count, for ever.
    storable = value.replace("\0", "").encode(errors="replace").decode()
    return "\n".join(storable.splitlines()).strip()[:MAX_TEXT].strip() or None


def _empty(item: Item) -> Count:
    return Count([0] * len(item.question.values))


def _count(count: Count, read: tuple[int, ...] | str) -> None:
    if read == (NO_OPINION,):
        count.no_opinion += 1
        return
    count.answered += 1
    if isinstance(read, str):
        count.texts.append(read)
        return
    for value in read:
        # Every scale begins at 0, so a value is its own place.
        count.counts[value] += 1


def _cell(item: Item, group: str, count: Count) -> Cell:
    texts = list(count.texts)
    secrets.SystemRandom().shuffle(texts)
    question, subject, row = item.key
    return Cell(question, subject, row, group, count.answered, count.no_opinion, tuple(count.counts), tuple(texts))
