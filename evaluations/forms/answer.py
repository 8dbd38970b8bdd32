"""The paper that people fill in: any questionnaire as a form, and what was filled in as a ballot.

Nothing is kept on the way: the form is filled in, checked and turned into a ballot in one request. What was not
asked (its condition is not met) is neither required nor kept, whatever was sent.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any, Self

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.ballots import Answer, Paper, Value
from evaluations.enums import About, QuestionKind
from evaluations.forms.fields import GroupField, choices_of, field_of, municipalities
from evaluations.forms.layout import Asked, Row, Section, lay_out
from evaluations.models import Evaluation, Questionnaire
from evaluations.questions import Item, Question, Subject, is_asked, items_of, parse, subjects_of

#: Carries which questions were read, so that nobody's answers count for others than those they saw.
SEEN = "set"


class AnswerForm(forms.Form):
    """The questions of one evaluation. `sections` lay them out; `paper()` returns the valid answers.

    `group` is the municipality's code where the invitation tells it: then it is not asked for. A questionnaire that
    asks no municipality takes none.
    """

    error_css_class = "form-error"
    use_required_attribute = False

    def __init__(self, evaluation: Evaluation, data: Any = None, *, group: str = "") -> None:
        super().__init__(data)
        self._ask(parse(evaluation.questionnaire.questions), subjects_of(evaluation.subjects), group)

    @classmethod
    def for_preview(cls, questionnaire: Questionnaire, data: Any = None) -> Self:
        """Return the form of a questionnaire that nobody has been asked yet, with made-up presenters and days."""
        form = cls.__new__(cls)
        forms.Form.__init__(form, data)
        form._ask(parse(questionnaire.questions), _example_subjects(), "")
        return form

    def _ask(self, questions: Sequence[Question], subjects: Sequence[Subject], group: str) -> None:
        self.questions, self.subjects = questions, subjects
        self._takes_group = any(question.kind == QuestionKind.MUNICIPALITY for question in questions)
        self.group = group if self._takes_group else ""
        if self.group:
            questions = [question for question in questions if question.kind != QuestionKind.MUNICIPALITY]
        self.items = list(items_of(questions, subjects))
        self.sections: list[Section] = lay_out(questions, subjects)
        # In the order of the page: so stand errors in their summary, too.
        for asked in self.asked():
            for item in asked.items:
                self.fields[item.field_name] = field_of(item)
        for asked in self.asked():
            asked.rows = [Row(self[item.field_name], item, self._labels_of(item)) for item in asked.items]

    def _labels_of(self, item: Item) -> Sequence[tuple[Any, Any]]:
        field = self.fields[item.field_name]
        if isinstance(field, GroupField):
            return field.choices  # type: ignore[return-value] # a list, as we gave it
        return choices_of(item)

    def asked(self) -> Iterator[Asked]:
        """Yield the questions in the order of the page."""
        for section in self.sections:
            for block in section.blocks:
                yield from block.asked

    @property
    def group_name(self) -> str:
        """The municipality that the invitation tells."""
        return next((str(each) for each in municipalities() if each.code == self.group), self.group)

    @property
    def count(self) -> int:
        return sum(1 for _asked in self.asked())

    @property
    def is_all_optional(self) -> bool:
        return not any(question.is_required for question in self.questions)

    @property
    def seen(self) -> str:
        """What tells this set of questions from any other, in every language."""
        content = repr([(item.question, item.subject.key, item.row) for item in self.items])
        return blake2b(content.encode(), digest_size=8).hexdigest()

    @property
    def is_of_these_questions(self) -> bool:
        """Whether what was sent answers these questions: not those that stood here before somebody changed them."""
        return self.data.get(SEEN, self.seen) == self.seen

    def unchecked(self) -> Self:
        """Show what was sent without judging it: somebody is not done yet."""
        self._errors, self.cleaned_data = ErrorDict(), {}
        return self

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        self._answers: dict[tuple[str, str], Sequence[int]] = {
            (item.question.name, item.subject.key): () for item in self.items
        }
        for item in self.items:
            name = item.field_name
            if not is_asked(item, self._answers):
                self._errors.pop(name, None)
                cleaned.pop(name, None)
            elif name not in self._errors:
                self._take(item, cleaned.get(name))
        if not self._errors and not self._filled_in():
            raise forms.ValidationError(_("You have not answered anything yet."), code="empty")
        return cleaned

    def _take(self, item: Item, value: Any) -> None:
        if value in (None, "", ()):
            if item.question.is_required:
                self.add_error(item.field_name, _missing(item))
            return
        if isinstance(value, int | tuple):
            key = (item.question.name, item.subject.key)
            self._answers[key] = (*self._answers[key], *((value,) if isinstance(value, int) else value))

    def _filled_in(self) -> list[Answer]:
        return list(self._written())

    def _written(self) -> Iterator[Answer]:
        for item in self.items:
            if item.question.kind == QuestionKind.MUNICIPALITY:
                continue
            value: Value | None = self.cleaned_data.get(item.field_name)
            if value not in (None, "", ()):
                yield Answer(*item.key, value)  # type: ignore[arg-type] # what is None was left out

    def paper(self) -> Paper:
        """Return what was answered. Only for a valid form."""
        return Paper(tuple(self._filled_in()), self.group or self._chosen_group())

    def _chosen_group(self) -> str:
        municipality = (item for item in self.items if item.question.kind == QuestionKind.MUNICIPALITY)
        return next((self.cleaned_data.get(item.field_name, "") for item in municipality), "")

    def what_was_typed(self) -> list[tuple[str, str]]:
        """Return pairs (question, what was answered) to be copied from the page, also of what is not valid."""
        found = []
        for asked in self.asked():
            for row in asked.rows:
                chosen = [choice.label for choice in row.choices if choice.is_chosen and choice.value != ""]
                typed = str(row.value).strip() if asked.kind == QuestionKind.TEXT else ", ".join(chosen)
                if typed:
                    about = [each for each in (asked.text, asked.subject.label, row.text) if each]
                    found.append((" – ".join(about), typed))
        return found


def _missing(item: Item) -> str:
    question = item.question
    if question.kind == QuestionKind.TEXT:
        said = gettext("Write an answer to “%(question)s”.")
    elif question.kind == QuestionKind.MUNICIPALITY:
        said = gettext("Choose your municipality.")
    else:
        said = gettext("Choose an answer to “%(question)s”.")
    about = [str(question.text), item.subject.label]
    if item.row is not None:
        about.append(str(question.rows[item.row]))
    return said % {"question": " – ".join(each for each in about if each)}


def _example_subjects() -> list[Subject]:
    presenters = [(number, gettext("Presenter %(number)s") % {"number": number}) for number in (1, 2)]
    days = [(number, gettext("Day %(number)s") % {"number": number}) for number in (1, 2)]
    return [
        *(Subject(f"p{number}", About.PRESENTER, label) for number, label in presenters),
        *(Subject(f"d{number}", About.DAY, label) for number, label in days),
    ]
