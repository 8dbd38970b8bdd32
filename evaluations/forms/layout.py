"""How a paper stands on the page: sections, in them blocks about one subject, in them questions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from django.forms.boundfield import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from evaluations.enums import About, QuestionKind
from evaluations.questions import MAX_TEXT, WHOLE, Item, Question, Subject, Text, items_of

#: So many labels of a scale, each of so many signs, fit beside each other.
MOST_LYING, LONGEST_LYING = 7, 34


@dataclass(frozen=True, slots=True)
class Choice:
    """One button, box or line to choose."""

    value: int | str
    label: str
    id: str
    is_chosen: bool
    lang: str = ""
    is_no_opinion: bool = False


@dataclass
class Asked:
    """One question about one subject, as the page shows it."""

    question: Question
    subject: Subject
    items: list[Item]
    #: The condition in words; empty for what everybody is asked.
    only_if: str = ""
    #: Whether to say that it need not be answered: not said where nothing must.
    is_marked_optional: bool = False
    number: int = 0
    rows: list["Row"] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Where the page has it."""
        return "asked-" + self.items[0].field_name.removesuffix("-r0").removeprefix("q-")

    @property
    def kind(self) -> str:
        return self.question.kind

    @property
    def text(self) -> str:
        return str(self.question.text)

    @property
    def help(self) -> str:
        return str(self.question.help)

    @property
    def lang(self) -> str:
        """The language of its words, where it is another than the page's."""
        return language_of(self.question.text)

    @property
    def low(self) -> str:
        return str(self.question.ends[0])

    @property
    def high(self) -> str:
        return str(self.question.ends[1])

    @property
    def limit(self) -> int:
        return MAX_TEXT

    @property
    def field(self) -> "Row":
        """Its only field; of a matrix the first row's."""
        return self.rows[0]

    @property
    def is_lying(self) -> bool:
        """Whether it is a scale of few and short enough labels to stand beside each other on a wide screen."""
        labels = [choice.label for choice in self.field.choices]
        return self.kind == QuestionKind.SCALE and len(labels) <= MOST_LYING and max(map(len, labels)) <= LONGEST_LYING

    @property
    def columns(self) -> list[Choice]:
        """The heads of a matrix."""
        return self.rows[0].choices

    @property
    def shown_if(self) -> str:
        return self.question.condition.question if self.question.condition else ""

    @property
    def shown_values(self) -> str:
        """The answers that make it meant, for the script: "0 3"."""
        condition = self.question.condition
        return " ".join(str(value) for value in sorted(condition.values)) if condition else ""


@dataclass
class Row:
    """One field: the question's own, or one row of a matrix."""

    bound: BoundField
    item: Item
    labels: Sequence[tuple[int | str, str]]

    @property
    def id(self) -> str:
        return self.bound.auto_id

    @property
    def name(self) -> str:
        return self.bound.html_name

    @property
    def errors(self) -> list[str]:
        return list(self.bound.errors)

    @property
    def value(self) -> str:
        return self.bound.value() or ""

    @property
    def text(self) -> str:
        """What stands before its answers in a matrix."""
        return str(self.item.question.rows[self.item.row]) if self.item.row is not None else ""

    @cached_property
    def choices(self) -> list[Choice]:
        chosen = self.bound.value()
        values = {str(each) for each in (chosen if isinstance(chosen, list | tuple) else [chosen])}
        options = self.item.question.options
        return [
            Choice(
                value=value,
                label=str(label),
                id=f"{self.id}_{place}",
                is_chosen=str(value) in values,
                lang=language_of(options[place]) if place < len(options) else "",
                is_no_opinion=value == -1,
            )
            for place, (value, label) in enumerate(self.labels)
        ]


@dataclass
class Block:
    """Questions about one presenter or day, under its name; or about the course, under none."""

    subject: Subject
    asked: list[Asked]

    @property
    def id(self) -> str:
        """Where the page has its heading: sections may each have one about the same subject."""
        return f"about-{self.asked[0].id}"


@dataclass
class Section:
    title: Text
    blocks: list[Block]

    @property
    def lang(self) -> str:
        return language_of(self.title)

    @property
    def id(self) -> str:
        return f"section-{self.blocks[0].asked[0].id}"


def language_of(text: Text) -> str:
    """Return "da" where a page in English has to show Danish words; else nothing."""
    return "da" if text.da and not text.en and (get_language() or "da").startswith("en") else ""


def lay_out(questions: Sequence[Question], subjects: Sequence[Subject]) -> list[Section]:
    """Return the sections of a paper, its questions numbered as they stand.

    Questions about presenters that stand together are gathered by presenter: one thinks of one person at a time.
    """
    by_name = {question.name: question for question in questions}
    all_optional = not any(question.is_required for question in questions)
    numbers = iter(range(1, 10_000))

    def asked(question: Question, subject: Subject) -> Asked:
        about = [subject] if subject.key else []
        return Asked(
            question,
            subject,
            list(items_of([question], about)),
            only_if=condition_text(question, by_name),
            is_marked_optional=not question.is_required and not all_optional,
            number=next(numbers),
        )

    sections = []
    for title, together in groupby(questions, key=lambda question: question.section):
        blocks = list(_blocks(list(together), subjects, asked))
        if blocks:
            sections.append(Section(title, blocks))
    return sections


def _blocks(
    questions: Sequence[Question], subjects: Sequence[Subject], asked: Callable[[Question, Subject], Asked]
) -> Iterator[Block]:
    for about, group in groupby(questions, key=lambda question: question.about):
        together = list(group)
        for subject in [WHOLE] if about == About.COURSE else [s for s in subjects if s.about == about]:
            yield Block(subject, [asked(question, subject) for question in together])


def condition_text(question: Question, by_name: dict[str, Question]) -> str:
    """Return the line that says when a question is meant; empty for one that always is."""
    if question.condition is None:
        return ""
    other = by_name[question.condition.question]
    values = sorted(question.condition.values)
    labels = _ranges(values) if other.kind == QuestionKind.NUMBER else [_quoted(other.label_of(v)) for v in values]
    return _("Only if you answer %(answers)s to “%(question)s”") % {
        "answers": either(labels),
        "question": str(other.text),
    }


def _quoted(label: str) -> str:
    return _("“%(label)s”") % {"label": label}


def either(labels: Sequence[str]) -> str:
    """Return "a", "a or b", "a, b or c"."""
    if len(labels) < 2:
        return "".join(labels)
    return _("%(first)s or %(last)s") % {"first": ", ".join(labels[:-1]), "last": labels[-1]}


def _ranges(values: Sequence[int]) -> list[str]:
    """Return 0, 1, 2, 5 as "0–2", "5"."""
    found: list[list[int]] = []
    for value in values:
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return [str(low) if low == high else f"{low}–{high}" for low, high in found]
