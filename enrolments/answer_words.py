"""Answers in words: as they are kept, and as people read them."""

from datetime import date

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from enrolments.enums import QuestionKind
from enrolments.models import Question

YES, NO = "yes", "no"


def answer_label(kind: str, value: str) -> str:
    """Return an answer as people read it: yes or no and dates in words, other things as they stand."""
    if kind == QuestionKind.YES_NO:
        return {YES: _("Yes"), NO: _("No")}.get(value, value)
    if kind == QuestionKind.DATE and (day := date_of(value)):
        return date_format(day, "DATE_FORMAT")
    return value


def choices_of(question: Question) -> list[tuple[str, str]]:
    """Return the answers to choose from, as they are kept and as they are shown."""
    if question.kind == QuestionKind.YES_NO:
        return [(YES, _("Yes")), (NO, _("No"))]
    return [(choice, choice) for choice in question.choice_list]


def date_of(value: str) -> date | None:
    """Return the day that an answer names, or None for what is none."""
    try:
        return parse_date(value)
    except ValueError:
        return None
