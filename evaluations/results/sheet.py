"""The results of one evaluation as they are read: section by section, question by question.

What was asked and not released stands there too, as such. Who reads decides what is in it (`reader_of`): presenters
see nothing that was said of another presenter, and no text that has been hidden. All of it takes four queries at most,
whatever the number of questions, texts and presenters.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from courses.models import Presenter
from evaluations.enums import About, QuestionKind
from evaluations.models import Evaluation, QuestionResult, TextAnswer
from evaluations.permissions import may_see_all_results
from evaluations.questions import Item, Question, Subject, items_of, parse, subjects_of
from evaluations.results.charts import Chart, Matrix, chart_of, matrix_of
from evaluations.results.figures import Figure, figure
from website.accounts.typing import AnyUser

if TYPE_CHECKING:
    from evaluations.results.comparison import Compared
    from evaluations.results.earlier_surveys import Shares


#: So many texts of a question are shown at once, the rest when asked for.
FIRST_TEXTS = 12


class Texts(TextChoices):
    """Which texts are shown."""

    ALL = "", pgettext_lazy("texts", "All")
    OPEN = "open", pgettext_lazy("texts", "Not hidden")
    FLAGGED = "flagged", pgettext_lazy("texts", "Flagged ones")
    REPLIED = "replied", pgettext_lazy("texts", "With a reply")
    HIDDEN = "hidden", pgettext_lazy("texts", "Hidden")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose eyes it is for: `presenters` are those that the reader is."""

    sees_all: bool
    presenters: frozenset[int] = frozenset()

    def sees(self, subject: Subject) -> bool:
        return self.sees_all or subject.about != About.PRESENTER or subject.id in self.presenters


@dataclass(slots=True)
class Part:
    """The answers to a question about one subject: a figure, the rows of a matrix, or texts. Else withheld."""

    subject: Subject
    figure: Figure | None = None
    rows: list[Figure | None] = field(default_factory=list)
    texts: list[TextAnswer] | None = None
    answered: int = 0
    #: What it is compared with, by row ("" when there are none): filled where it is asked for (results.comparison).
    beside: list[tuple[str, list["Compared"]]] = field(default_factory=list)
    #: Of a survey's choice, the shares of the years before (results.earlier_surveys).
    shares: "Shares | None" = None

    @property
    def is_withheld(self) -> bool:
        return self.figure is None and self.texts is None and not any(self.rows)

    @property
    def figures(self) -> list[Figure]:
        return [self.figure] if self.figure else [row for row in self.rows if row]

    @property
    def first_texts(self) -> list[TextAnswer]:
        return (self.texts or [])[:FIRST_TEXTS]

    @property
    def more_texts(self) -> list[TextAnswer]:
        return (self.texts or [])[FIRST_TEXTS:]

    @property
    def chart(self) -> Chart | None:
        return chart_of(self.figure) if self.figure else None

    @property
    def matrix(self) -> Matrix | None:
        if not any(self.rows):
            return None
        question = next(row for row in self.rows if row).question
        caption = f"{question.text} – {self.subject.label}" if self.subject.label else ""
        return matrix_of(question, self.rows, caption)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its parts: one, or one for each presenter or day."""

    question: Question
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    evaluation: Evaluation
    reader: Reader
    sections: tuple[Section, ...]

    @property
    def asked(self) -> Iterator[Asked]:
        return (asked for section in self.sections for asked in section.asked)

    @property
    def parts(self) -> Iterator[tuple[Question, Part]]:
        return ((asked.question, part) for asked in self.asked for part in asked.parts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was released."""
        return all(part.is_withheld for _question, part in self.parts)

    @property
    def has_texts(self) -> bool:
        """Whether anything that people wrote was released, seen by this reader or not."""
        return any(part.texts is not None for _question, part in self.parts)

    @property
    def withheld(self) -> int:
        return sum(part.is_withheld for _question, part in self.parts)


ORGANISER = Reader(sees_all=True)


def reader_of(user: AnyUser) -> Reader:
    """Return what the person may read of evaluations that they may see at all (`may_see_results`)."""
    if may_see_all_results(user):
        return ORGANISER
    return Reader(False, frozenset(Presenter.objects.filter(user=user).values_list("pk", flat=True)))


def sheet_of(evaluation: Evaluation, reader: Reader, *, texts: str = Texts.ALL) -> Sheet:
    """Return the released results that the reader may see; `texts` says which of the texts."""
    questions = [each for each in parse(evaluation.questionnaire.questions) if each.kind != QuestionKind.MUNICIPALITY]
    items = [item for item in items_of(questions, subjects_of(evaluation.subjects)) if reader.sees(item.subject)]
    stored = {
        (each.question, each.subject, each.row): each
        for each in QuestionResult.objects.filter(evaluation=evaluation, group=None)
    }
    written = _texts(evaluation, reader, texts)
    sections = []
    for title, of_section in groupby(items, key=lambda item: item.question.section):
        asked = []
        for _name, of_question in groupby(of_section, key=lambda item: item.question.name):
            found = list(of_question)
            asked.append(Asked(found[0].question, tuple(_parts(found, stored, written))))
        sections.append(Section(str(title), tuple(asked)))
    return Sheet(evaluation, reader, tuple(sections))


def _parts(
    items: Sequence[Item],
    stored: dict[tuple[str, str, int | None], QuestionResult],
    written: dict[object, list[TextAnswer]],
) -> Iterator[Part]:
    for _key, of_subject in groupby(items, key=lambda item: item.subject.key):
        found = list(of_subject)
        part = Part(found[0].subject)
        for item in found:
            result = stored.get(item.key)
            if item.row is not None:
                part.rows.append(_figure(item, result))
            elif result is None:
                continue
            elif item.question.kind == QuestionKind.TEXT:
                part.texts, part.answered = written.get(result.pk, []), result.answered
            else:
                part.figure, part.answered = _figure(item, result), result.answered
        yield part


def _figure(item: Item, result: QuestionResult | None) -> Figure | None:
    return figure(item, result) if result else None


def _texts(evaluation: Evaluation, reader: Reader, which: str) -> dict[object, list[TextAnswer]]:
    """Return the texts by their result. What a presenter may not see is not even fetched."""
    found = TextAnswer.objects.filter(result__evaluation=evaluation, result__group=None)
    if not reader.sees_all:
        found = found.filter(is_hidden=False)
    match which:
        case Texts.FLAGGED:
            found = found.filter(is_flagged=True)
        case Texts.REPLIED:
            found = found.exclude(reply="")
        case Texts.HIDDEN:
            found = found.filter(is_hidden=True)
        case Texts.OPEN:
            found = found.filter(is_hidden=False)
    by_result: dict[object, list[TextAnswer]] = {}
    for text in found:
        by_result.setdefault(text.result_id, []).append(text)
    return by_result
