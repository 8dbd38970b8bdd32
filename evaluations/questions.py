"""A questionnaire as the rest of the app reads it: questions, and the items that one paper asks.

The form, the ballot, the closing and the results all go by these. `parse` reads the blocks; `items_of` repeats
questions about presenters and days for each of them and rows of a matrix for each row.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from evaluations.enums import MEASURED_KINDS, About, QuestionKind

#: The value of "don't know or not relevant".
NO_OPINION = -1
NUMBER_VALUES = range(11)
#: Signs that one text may have.
MAX_TEXT = 2000
RANGE = re.compile(r"(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Text:
    """A text in both languages. `str()` gives the current one; without an English text, the Danish."""

    da: str = ""
    en: str = ""

    def __str__(self) -> str:
        return (self.en if (get_language() or "da").startswith("en") else self.da) or self.da

    def __bool__(self) -> bool:
        return bool(self.da or self.en)


@dataclass(frozen=True, slots=True)
class Condition:
    """Asked only of those whose answer to the earlier `question` is one of `values` (as ballots hold them)."""

    question: str
    values: frozenset[int]

    def is_met_by(self, answers: Iterable[int]) -> bool:
        return any(answer in self.values for answer in answers)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a questionnaire. An option's value is its place, from 0; a number's value is itself."""

    name: str
    kind: str
    text: Text
    help: Text = field(default_factory=Text)
    about: str = About.COURSE
    is_required: bool = False
    options: tuple[Text, ...] = ()
    rows: tuple[Text, ...] = ()
    ends: tuple[Text, Text] = (Text(), Text())
    has_no_opinion: bool = False
    condition: Condition | None = None
    section: Text = field(default_factory=Text)

    @property
    def values(self) -> range:
        """What may be chosen, without "no opinion". Empty for texts and municipalities."""
        return NUMBER_VALUES if self.kind == QuestionKind.NUMBER else range(len(self.options))

    @property
    def is_measured(self) -> bool:
        return self.kind in MEASURED_KINDS

    def label_of(self, value: int) -> str:
        return str(value) if self.kind == QuestionKind.NUMBER else str(self.options[value])


@dataclass(frozen=True, slots=True)
class Subject:
    """What a repeated question is about: a presenter ("p12") or a day ("d2026-04-23"). Frozen when it opens."""

    key: str
    about: str
    label: str
    id: int | None = None


#: The course as a whole.
WHOLE = Subject(key="", about=About.COURSE, label="")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that the paper asks: a question, about a subject; of a matrix, one row."""

    question: Question
    subject: Subject = WHOLE
    row: int | None = None

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What stands in the ballot and in the results."""
        return self.question.name, self.subject.key, self.row

    @property
    def field_name(self) -> str:
        """The name of its field in the form, such as "q-teaching-p12" or "q-goals-r2"."""
        row = "" if self.row is None else f"-r{self.row}"
        return f"q-{self.question.name}" + (f"-{self.subject.key}" if self.subject.key else "") + row


def parse(stream: Any) -> list[Question]:
    """Return the questions of a questionnaire's StreamValue, in order."""
    section = Text()
    questions: list[Question] = []
    for child in stream:
        value = child.value
        if child.block_type == "section":
            section = _text(value)
            continue
        questions.append(_question(child.block_type, value, section, {each.name: each for each in questions}))
    return questions


def _question(kind: str, value: Any, section: Text, earlier: dict[str, Question]) -> Question:
    return Question(
        name=value["name"],
        kind=kind,
        text=_text(value),
        help=_text(value, "help_"),
        about=value["about"] or About.COURSE,
        is_required=bool(value["required"]),
        options=tuple(_text(option) for option in value.get("options") or ()),
        rows=tuple(_text(row) for row in value.get("rows") or ()),
        ends=(_text(value, "low_"), _text(value, "high_")),
        has_no_opinion=bool(value.get("no_opinion")),
        condition=_condition(value["show_if"], earlier),
        section=section,
    )


def _text(value: Any, prefix: str = "") -> Text:
    return Text(value.get(f"{prefix}da") or "", value.get(f"{prefix}en") or "")


def _condition(value: Any, earlier: dict[str, Question]) -> Condition | None:
    asked = earlier.get(value["question"] or "")
    if asked is None:
        return None
    # People count answers from 1; a number is itself.
    first = 0 if asked.kind == QuestionKind.NUMBER else 1
    values = {number - first for number in read_numbers(value["answers"] or "")}
    return Condition(asked.name, frozenset(values & set(asked.values)))


def read_numbers(text: str) -> set[int]:
    """Return the numbers in "1, 2" or "0-6"."""
    numbers: set[int] = set()
    for low, high in RANGE.findall(text):
        numbers.update(range(int(low), int(high or low) + 1))
    return numbers


def items_of(questions: Sequence[Question], subjects: Sequence[Subject] = ()) -> Iterator[Item]:
    """Yield what the paper asks, in order: a question about presenters once for each of them, and so on."""
    for question in questions:
        about = [WHOLE] if question.about == About.COURSE else [s for s in subjects if s.about == question.about]
        for subject in about:
            if question.kind == QuestionKind.MATRIX:
                for row in range(len(question.rows)):
                    yield Item(question, subject, row)
            else:
                yield Item(question, subject)


def is_asked(item: Item, chosen: Mapping[tuple[str, str], Iterable[int]]) -> bool:
    """Whether somebody is asked this who chose those values before.

    `chosen` has an entry for all that the paper asks, by question's name and subject's key; what was not answered
    has an empty one. Asked about the same presenter or day, what was said of that one decides; else of any.
    """
    condition = item.question.condition
    if condition is None:
        return True
    same = chosen.get((condition.question, item.subject.key))
    if same is not None:
        return condition.is_met_by(same)
    return any(condition.is_met_by(values) for (name, _key), values in chosen.items() if name == condition.question)


def subjects_of(stored: Sequence[dict[str, Any]]) -> list[Subject]:
    """Return the subjects as an evaluation stores them."""
    return [Subject(key=each["key"], about=each["about"], label=each["label"], id=each.get("id")) for each in stored]
