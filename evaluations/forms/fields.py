"""Fields of what a questionnaire asks. None is required by itself: what must be answered depends on what was asked."""

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from courses.models import Organisation
from enrolments.forms.fields import known_municipalities
from evaluations.enums import QuestionKind
from evaluations.questions import MAX_TEXT, NO_OPINION, Item

#: Signs that turn the direction of what follows: in a list of texts one could disguise another.
TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Controls, halves of signs, and numbers that stand for no sign.
UNSHOWN = frozenset({"Cc", "Cs", "Cn"})


class _OneGroup(forms.RadioSelect):
    """Radio buttons, of which a browser sends one. A request that carries several different ones is told apart."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        sent = list(dict.fromkeys(data.getlist(name))) if hasattr(data, "getlist") else [data.get(name)]
        return sent[0] if len(sent) == 1 else sent or None


class _AllOfIt(forms.Textarea):
    """A text. Sent in several fields of one name, it is all kept."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return "\n".join(data.getlist(name)) if hasattr(data, "getlist") else data.get(name)


class OneField(forms.TypedChoiceField):
    """One of the values; as a number."""

    widget = _OneGroup
    default_error_messages = {
        "invalid_choice": _("Choose one of the answers."),
        "several": _("Choose one answer only."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            raise forms.ValidationError(self.error_messages["several"], code="several")
        return super().to_python(value)


class SeveralField(forms.TypedMultipleChoiceField):
    """Any of the values, each once, in their order; as numbers."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": _("Choose among the answers.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=(), required=False, **kwargs)

    def clean(self, value: Any) -> tuple[int, ...]:
        return tuple(sorted(set(super().clean(value))))


class WordsField(forms.CharField):
    """Lines of text, at most MAX_TEXT signs of them; what shows nothing is left out."""

    widget = _AllOfIt

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        lines = unicodedata.normalize("NFC", str(value or "").replace("\r\n", "\n").replace("\r", "\n"))
        return "".join(sign for sign in lines if sign in "\n\t" or not _is_unshown(sign)).strip()

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > MAX_TEXT:
            too_many = len(value) - MAX_TEXT
            message = ngettext_lazy(
                "Write at most %(limit)s characters. There is %(count)s too many.",
                "Write at most %(limit)s characters. There are %(count)s too many.",
                too_many,
            )
            raise forms.ValidationError(message % {"limit": MAX_TEXT, "count": too_many}, code="max_length")

    def run_validators(self, value: str) -> None:
        """NUL is left out above; there is nothing else to refuse."""


def _is_unshown(sign: str) -> bool:
    return sign in TURNS or unicodedata.category(sign) in UNSHOWN


class GroupField(forms.ChoiceField):
    """One of the municipalities, by its code."""

    default_error_messages = {"invalid_choice": _("Choose a municipality on the list.")}

    def __init__(self, **kwargs: Any) -> None:
        choices: list[tuple[str, Any]] = [("", _("Choose municipality"))]
        choices += [(each.code, each) for each in municipalities()]
        super().__init__(choices=choices, required=False, **kwargs)


def municipalities() -> list[Organisation]:
    """Return the municipalities in Danish order."""
    return known_municipalities()


def field_of(item: Item) -> forms.Field:
    """Return the form's field for one thing that the paper asks."""
    question = item.question
    match question.kind:
        case QuestionKind.TEXT:
            return WordsField(widget=_AllOfIt(attrs={"rows": 4}))
        case QuestionKind.MUNICIPALITY:
            return GroupField()
        case QuestionKind.MULTIPLE:
            return SeveralField(choices=choices_of(item))
    return OneField(choices=choices_of(item))


def choices_of(item: Item) -> list[tuple[int, str]]:
    """Return what may be chosen, in the language in use: (value, label)."""
    question = item.question
    choices = [(value, question.label_of(value)) for value in question.values]
    if question.has_no_opinion:
        choices.append((NO_OPINION, str(_("Don't know or not relevant"))))
    return choices
