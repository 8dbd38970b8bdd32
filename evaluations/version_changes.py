"""What changed from one version of a questionnaire to another, question by question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from evaluations.enums import About, QuestionKind
from evaluations.models import Questionnaire
from evaluations.questionnaire_facts import is_comparable
from evaluations.questions import Question, Text, parse

#: What can be said of a question: (what, in words).
Facts = dict[str, str]


class ChangeKind(models.TextChoices):
    ADDED = "added", pgettext_lazy("question", "New")
    REMOVED = "removed", pgettext_lazy("question", "Removed")
    CHANGED = "changed", pgettext_lazy("question", "Changed")
    MOVED = "moved", pgettext_lazy("question", "Moved")


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing about a question, before and after, in words. Empty: there was nothing."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one question. `breaks`: its results are no longer compared with earlier ones."""

    kind: ChangeKind
    name: str
    text: str
    details: tuple[Detail, ...] = ()
    breaks: bool = False


def changes(old: Questionnaire, new: Questionnaire) -> list[Change]:
    """Return what became of each question, in the order of the new version; what was removed comes last.

    A question is the same when its short name is.
    """
    before = {question.name: question for question in parse(old.questions)}
    after = {question.name: question for question in parse(new.questions)}
    moved = _moved(list(before), list(after))
    known = {name: dict(_facts(each, before)) for name, each in before.items()}
    found = [
        change
        for name, question in after.items()
        if (
            change := _change(before.get(name), question, known.get(name), dict(_facts(question, after)), name in moved)
        )
    ]
    return [*found, *(Change(ChangeKind.REMOVED, name, before[name].text.da) for name in before if name not in after)]


def introduction_changes(old: Questionnaire, new: Questionnaire) -> list[Detail]:
    """Return what changed above the questions."""
    pairs = [
        (_("Introduction in Danish"), old.introduction_da, new.introduction_da),
        (_("Introduction in English"), old.introduction_en, new.introduction_en),
    ]
    return [Detail(what, before, after) for what, before, after in pairs if before != after]


def _change(old: Question | None, new: Question, before: Facts | None, after: Facts, moved: bool) -> Change | None:
    if old is None or before is None:
        return Change(ChangeKind.ADDED, new.name, new.text.da)
    details = tuple(Detail(what, before[what], said) for what, said in after.items() if before[what] != said)
    if details:
        return Change(ChangeKind.CHANGED, new.name, new.text.da, details, breaks=not is_comparable(old, new))
    return Change(ChangeKind.MOVED, new.name, new.text.da) if moved else None


def _facts(question: Question, by_name: dict[str, Question]) -> Iterator[tuple[str, str]]:
    """Yield everything about a question in words, always in the same order."""
    yield _("Kind"), str(QuestionKind(question.kind).label)
    yield _("Question in Danish"), question.text.da
    yield _("Question in English"), question.text.en
    yield _("Answers"), _listed(question.options)
    yield _("Rows"), _listed(question.rows)
    yield _("Ends of the scale"), " – ".join(_both(text) for text in question.ends if text)
    yield _("“Don't know or not relevant”"), _yes(question.has_no_opinion)
    yield _("Help in Danish"), question.help.da
    yield _("Help in English"), question.help.en
    yield _("Must be answered"), _yes(question.is_required)
    yield _("About"), str(About(question.about).label)
    yield _("Show only if"), _condition(question, by_name)
    yield pgettext("questionnaire", "Section"), _both(question.section)


def _listed(texts: Sequence[Text]) -> str:
    return "\n".join(f"{number}. {_both(text)}" for number, text in enumerate(texts, 1))


def _both(text: Text) -> str:
    return f"{text.da} ({text.en})" if text.en else text.da


def _yes(value: bool) -> str:
    return _("Yes") if value else _("No")


def _condition(question: Question, by_name: dict[str, Question]) -> str:
    """Return such as "intention: 1, 2": answers by the numbers that the editor takes."""
    if question.condition is None:
        return ""
    first = 0 if by_name[question.condition.question].kind == QuestionKind.NUMBER else 1
    numbers = ", ".join(str(value + first) for value in sorted(question.condition.values))
    return f"{question.condition.question}: {numbers}"


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return the fewest names that one has to move to get from one order to the other."""
    common = [name for name in before if name in after]
    places = [after.index(name) for name in common]
    # The longest run of places that rise stays; the rest has moved.
    best: list[list[int]] = []
    for at, place in enumerate(places):
        runs = [best[earlier] for earlier in range(at) if places[earlier] < place]
        best.append([*_longest(runs), at])
    stays = _longest(best)
    return {name for at, name in enumerate(common) if at not in stays}


def _longest(runs: Sequence[list[int]]) -> list[int]:
    return sorted(runs, key=len)[-1] if runs else []
