"""Questions of a run's own as fields of a form, named `question-<pk>`: text, choice, date, yes or no, file.

A question with a condition is settled by what was answered before it: where the condition is not met it is
neither asked for nor kept. Without JavaScript it stands there with a line that says when it is meant.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.answer_words import answer_label, choices_of, date_of
from enrolments.enums import AskedOf, QuestionKind
from enrolments.models import Answer, Question
from enrolments.operations.details import GivenAnswer
from enrolments.operations.questions import answers_mark

TEXT_LENGTH = 2000
#: From this many answers to choose from a list is easier than a row of buttons.
MANY_CHOICES = 7
#: What a file may be, by its ending, and the bytes that each kind begins with.
FILE_TYPES = {
    ".pdf": (b"%PDF-",),
    ".docx": (b"PK\x03\x04",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
}


def field_name(question: Question) -> str:
    return f"question-{question.pk}"


def condition_text(question: Question, questions: Mapping[int, Question]) -> str:
    """Return the line that says when a question is meant."""
    other = questions[question.shown_if_id]
    return _("Only if you answer “%(answer)s” to “%(question)s”.") % {
        "answer": answer_label(other.kind, question.shown_if_answer),
        "question": other.text,
    }


class AnswerTextField(forms.CharField):
    """Lines of text without the control characters that come along when text is pasted. NUL is refused."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value).replace("\r\n", "\n")
        return "".join(c for c in text if c in "\n\t\0" or c.isprintable())


class AnswerFileField(forms.FileField):
    """A document or a picture of the kinds and the size we take."""

    default_error_messages = {"empty": gettext_lazy("The file “%(name)s” is empty. Choose another one.")}

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if isinstance(file, UploadedFile):
            self._check(file)
        return file

    def to_python(self, data: Any) -> Any:
        if isinstance(data, UploadedFile) and data.size == 0:
            raise forms.ValidationError(self.error_messages["empty"] % {"name": data.name})
        return super().to_python(data)

    def _check(self, file: UploadedFile) -> None:
        limit = settings.ANSWER_FILE_MAX_MB
        if (file.size or 0) > limit * 1024 * 1024:
            raise forms.ValidationError(
                _("The file “%(name)s” is %(size)s MB. It can be at most %(limit)s MB.")
                % {"name": file.name, "size": -(-file.size // (1024 * 1024)), "limit": limit}
            )
        beginnings = FILE_TYPES.get(PurePosixPath(file.name or "").suffix.lower())
        file.seek(0)
        head = file.read(8)
        file.seek(0)
        if not beginnings or not head.startswith(beginnings):
            raise forms.ValidationError(
                _("We cannot take the file “%(name)s”. Choose a PDF, a Word document (docx), a JPG or a PNG.")
                % {"name": file.name}
            )


def build_field(question: Question) -> forms.Field:
    """Return the form field of a question. Whether it must be answered is settled by the form."""
    common: dict[str, Any] = {"label": question.text, "help_text": question.help_text, "required": question.required}
    match question.kind:
        case QuestionKind.DATE:
            return forms.DateField(
                **common | {"help_text": _hints(question.help_text, _("For example 23.4.2027"))},
                widget=forms.DateInput(attrs={"autocomplete": "off", "class": "form-input--short"}),
                error_messages={
                    "required": _("Write a date."),
                    "invalid": _("Write a date such as 23.4.2027."),
                },
            )
        case QuestionKind.CHOICE | QuestionKind.YES_NO:
            choices = choices_of(question)
            many = len(choices) >= MANY_CHOICES
            return forms.ChoiceField(
                **common,
                choices=[("", _("Choose an answer")), *choices] if many else choices,
                widget=forms.Select if many else forms.RadioSelect,
                error_messages={
                    "required": _("Choose an answer."),
                    "invalid_choice": _("Choose one of the answers."),
                },
            )
        case QuestionKind.FILE:
            kinds = _("PDF, Word (docx), JPG or PNG, at most %(limit)s MB") % {"limit": settings.ANSWER_FILE_MAX_MB}
            return AnswerFileField(
                **common | {"help_text": _hints(question.help_text, kinds)},
                max_length=150,
                widget=forms.FileInput(attrs={"accept": ",".join(FILE_TYPES)}),
                error_messages={
                    "required": _("Choose a file."),
                    "max_length": _("The file's name is too long. Give it a shorter one."),
                },
            )
    return AnswerTextField(
        **common,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write an answer.")},
    )


class QuestionsMixin:
    """A form with questions, given as `questions`. What was answered is in `given`, not in `cleaned_data`.

    `answers` are those given before (by question): the form then changes them. The fields stand at the end of
    the form, each after the one it hangs on; `question_fields` yields them for the template.
    """

    questions: Sequence[Question] = ()
    given: list[GivenAnswer]

    def __init__(
        self,
        *args: Any,
        questions: Sequence[Question] = (),
        answers: Mapping[int, Answer] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.given = questions, []
        self.answers = answers or {}
        self._by_pk = {question.pk: question for question in questions}
        for question in questions:
            name = field_name(question)
            field = self.fields[name] = build_field(question)
            field.question_pk = question.pk
            if (known := self.answers.get(question.pk)) and name not in self.initial:
                self.initial[name] = _initial(question, known)
            if question.kind == QuestionKind.FILE:
                self._tell_of_file(field, name, known)
            if question.shown_if_id:
                self._hang_on(field, question)

    @property
    def answers_follow(self) -> bool:
        """Whether somebody else answers later, so that nothing has to be answered now."""
        return False

    @property
    def question_fields(self) -> list[forms.BoundField]:
        return [self[field_name(question)] for question in self.questions]

    def full_clean(self) -> None:
        for question in self.questions:
            if question.shown_if_id or self.answers_follow or self._keeps_file(question):
                self.fields[field_name(question)].required = False
        super().full_clean()
        for question in self.questions:
            # Shown again, each is as optional as it was.
            self.fields[field_name(question)].required = question.required
            self._remember_file(question)
        if hasattr(self, "cleaned_data"):
            for question in self.questions:
                self.cleaned_data.pop(field_name(question), None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.given = []
        met: dict[int, Any] = {}
        for question in self.questions:
            name = field_name(question)
            if question.shown_if_id and met.get(question.shown_if_id) != question.shown_if_answer:
                self.errors.pop(name, None)
                continue
            value = data.get(name)
            kept = self._keeps_file(question) and not value
            is_needed = question.required and not self.answers_follow
            if is_needed and name not in self.errors and value in (None, "") and not kept:
                self.add_error(name, self.fields[name].error_messages["required"])
            met[question.pk] = value
            if value not in (None, ""):
                self.given.append(_given(question, value))
            elif kept:
                self.given.append(GivenAnswer(question.pk, keep=True))
        return data

    @property
    def seen_answers(self) -> str:
        """A mark of the answers that the form shows."""
        return answers_mark({pk: answer for pk, answer in self.answers.items() if pk in self._by_pk})

    def _hang_on(self, field: forms.Field, question: Question) -> None:
        """Give the field its condition: as data for the script, as words in the hint for who has none."""
        field.condition = (question.shown_if_id, question.shown_if_answer)
        condition = condition_text(question, self._by_pk)
        field.help_text = format_html("<span data-condition>{}</span> {}", condition, field.help_text)

    def _keeps_file(self, question: Question) -> bool:
        known = self.answers.get(question.pk)
        return question.kind == QuestionKind.FILE and bool(known and known.file)

    def _tell_of_file(self, field: forms.Field, name: str, known: Answer | None) -> None:
        """Say which file there is; and which one a browser could not keep while rows were added."""
        lost = self.initial.get(name)
        if known and known.file:
            self.initial.pop(name, None)
            field.help_text = _hints(
                _("You have sent “%(name)s”. Choose another file to replace it.") % {"name": known.value},
                field.help_text,
            )
        elif isinstance(lost, str) and lost:
            field.help_text = _hints(_choose_again(lost), field.help_text)

    def _remember_file(self, question: Question) -> None:
        """A browser never sends a file back: say so where the page is shown again."""
        if question.kind != QuestionKind.FILE:
            return
        file = self.files.get(self.add_prefix(field_name(question)))
        if file is not None and not self.errors.get(field_name(question)):
            field = self.fields[field_name(question)]
            field.help_text = _hints(_choose_again(file.name), build_field(question).help_text)
            if question.shown_if_id:
                self._hang_on(field, question)
            # What the template reads was taken from the field before.
            self[field_name(question)].help_text = field.help_text


class AnswersForm(QuestionsMixin, forms.Form):
    """The questions alone: what somebody changes later. `seen` is what they had before them."""

    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)

    use_required_attribute = False


def typed_answers(
    data: Mapping[str, Any], files: Mapping[str, Any], questions: Sequence[Question], prefix: str = ""
) -> dict[str, str]:
    """Return what was typed in the questions' fields (of a file: its name), as `initial` of a form shown anew."""
    names = [field_name(question) for question in questions]
    typed = {name: data.get(f"{prefix}{name}", "") for name in names}
    chosen = {name: files[f"{prefix}{name}"].name for name in names if f"{prefix}{name}" in files}
    return typed | chosen


def split_questions(questions: Sequence[Question]) -> tuple[list[Question], list[Question]]:
    """Return the contact's questions, and those of each participant."""
    once = [question for question in questions if question.asked_of == AskedOf.REGISTRATION]
    return once, [question for question in questions if question.asked_of == AskedOf.PARTICIPANT]


def _given(question: Question, value: Any) -> GivenAnswer:
    if question.kind == QuestionKind.FILE:
        return GivenAnswer(question.pk, PurePosixPath(value.name.replace("\\", "/")).name, file=value)
    return GivenAnswer(question.pk, value.isoformat() if question.kind == QuestionKind.DATE else value)


def _initial(question: Question, answer: Answer) -> Any:
    if question.kind == QuestionKind.DATE:
        return date_of(answer.value) or answer.value
    return answer.value


def _hints(*hints: str) -> str:
    """Return hints one after another, each a sentence."""
    sentences = [hint if hint.endswith((".", "?", "!", ":")) else f"{hint}." for hint in hints if hint]
    return " ".join(sentences)


def _choose_again(name: str | None) -> str:
    return _("You chose “%(name)s”, but your browser cannot keep it. Choose it again before you send.") % {"name": name}
