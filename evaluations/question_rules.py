"""What makes a questionnaire one that can be answered. Each rule finds its errors where they are: at a block's field.

`errors_of` is asked by the block itself (what holds everywhere), `errors_for` by the questionnaire (what depends on
when it is put to people). Both take what stands in the editor, so parts may still be empty.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.blocks.list_block import ListBlockValidationError
from wagtail.blocks.struct_block import StructBlockValidationError

from evaluations.enums import About, Moment, QuestionKind
from evaluations.questions import NUMBER_VALUES, RANGE

SECTION = "section"
#: Kinds whose answers a condition can name.
CHOOSABLE = (QuestionKind.SCALE, QuestionKind.NUMBER, QuestionKind.SINGLE, QuestionKind.MULTIPLE)
NUMBERS = re.compile(r"^\s*\d{1,2}(\s*[-–]\s*\d{1,2})?(\s*,\s*\d{1,2}(\s*[-–]\s*\d{1,2})?)*\s*$")

#: An error by the place of its block; what a StreamBlock calls block_errors.
Errors = dict[int, ValidationError]


def errors_of(stream: Sequence[Any]) -> Errors:
    """Return what is wrong wherever the questionnaire is used: names, conditions, answers that are alike."""
    found: Errors = {}
    earlier: dict[str, Any] = {}
    for place, child in enumerate(stream):
        if child.block_type == SECTION:
            continue
        name = child.value.get("name") or ""
        wrong: dict[str, ValidationError] = {}
        if name and name in earlier:
            wrong["name"] = ValidationError(
                _("Another question is called “%(name)s”. Give this one a name of its own.") % {"name": name}
            )
        for part in ("options", "rows"):
            if error := _alike(child.value.get(part)):
                wrong[part] = error
        later = {each.value.get("name") for each in list(stream)[place:] if each.block_type != SECTION}
        if error := _condition(child.value.get("show_if") or {}, earlier, later):
            wrong["show_if"] = error
        if wrong:
            found[place] = StructBlockValidationError(block_errors=wrong)
        if name:
            earlier.setdefault(name, child)
    return _once_municipality(stream, found)


def errors_for(stream: Sequence[Any], moment: str) -> Errors:
    """Return what is wrong at that moment: surveys have no presenters and days, courses no municipality."""
    found: Errors = {}
    for place, child in enumerate(stream):
        if moment != Moment.SURVEY and child.block_type == QuestionKind.MUNICIPALITY:
            found[place] = ValidationError(
                _("Only surveys ask for the municipality. On a course it could tell who answered.")
            )
        elif moment == Moment.SURVEY and child.value.get("about", About.COURSE) not in ("", About.COURSE):
            error = ValidationError(_("A survey has neither presenters nor days. Ask about the whole."))
            found[place] = StructBlockValidationError(block_errors={"about": error})
    return found


def has_questions(stream: Sequence[Any]) -> bool:
    return any(child.block_type != SECTION for child in stream)


def _once_municipality(stream: Sequence[Any], found: Errors) -> Errors:
    asked = [place for place, child in enumerate(stream) if child.block_type == QuestionKind.MUNICIPALITY]
    for place in asked[1:]:
        found[place] = ValidationError(_("The municipality is asked for already. Ask once."))
    for place in asked[:1]:
        if list(stream)[place].value.get("about", About.COURSE) not in ("", About.COURSE):
            error = ValidationError(_("The municipality is asked for once, not for each presenter or day."))
            found[place] = StructBlockValidationError(block_errors={"about": error})
    return found


def _alike(texts: Any) -> ValidationError | None:
    """Return the error at the second of two answers that read the same; None when all differ."""
    seen: set[str] = set()
    wrong: dict[int, ValidationError] = {}
    for place, text in enumerate(texts or ()):
        said = (text.get("da") or "").strip().casefold()
        if said and said in seen:
            error = ValidationError(_("This stands here twice."))
            wrong[place] = StructBlockValidationError(block_errors={"da": error})
        seen.add(said)
    return ListBlockValidationError(block_errors=wrong) if wrong else None


def _condition(value: Any, earlier: dict[str, Any], later: set[str]) -> ValidationError | None:
    question, answers = (value.get("question") or "").strip(), (value.get("answers") or "").strip()
    if not question and not answers:
        return None
    wrong = {}
    if not question:
        wrong["question"] = _("Say which question the answers belong to.")
    elif question not in earlier:
        wrong["question"] = _not_earlier(question, earlier, later)
    elif reason := _no_condition(earlier[question]):
        wrong["question"] = reason
    if not answers:
        wrong["answers"] = _("Say which answers, by their numbers.")
    elif not NUMBERS.match(answers):
        wrong["answers"] = _("“%(answers)s” are no numbers of answers. Write such as 1, 2 or 0-6.") % {
            "answers": answers
        }
    elif not wrong:
        wrong.update(_outside(earlier[question], answers))
    return (
        StructBlockValidationError(block_errors={name: ValidationError(message) for name, message in wrong.items()})
        if wrong
        else None
    )


def _not_earlier(question: str, earlier: dict[str, Any], later: set[str]) -> str:
    if question in later:
        return _("“%(name)s” does not stand above this question. A condition is about an earlier answer.") % {
            "name": question
        }
    names = [name for name, child in earlier.items() if not _no_condition(child)]
    if not names:
        return _("There is no question “%(name)s”, and none above this one can be a condition.") % {"name": question}
    return _("There is no question “%(name)s” above this one. There are: %(names)s.") % {
        "name": question,
        "names": ", ".join(names),
    }


def _no_condition(child: Any) -> str:
    """Return why a question cannot be a condition, or ""."""
    name = {"name": child.value.get("name")}
    if child.block_type not in CHOOSABLE:
        return _("“%(name)s” cannot be a condition: one has to choose between answers there.") % name
    if child.value.get("about", About.COURSE) not in ("", About.COURSE):
        return _("“%(name)s” is asked once for each presenter or day, so it cannot be a condition.") % name
    return ""


def _outside(child: Any, answers: str) -> Iterator[tuple[str, str]]:
    """Yield the error of numbers that no answer has."""
    is_number = child.block_type == QuestionKind.NUMBER
    first, last = (NUMBER_VALUES[0], NUMBER_VALUES[-1]) if is_number else (1, len(child.value.get("options") or ()))
    for low, high in RANGE.findall(answers):
        if int(high or low) < int(low) or int(low) < first or int(high or low) > last:
            message = _("“%(name)s” has the answers %(first)s to %(last)s.")
            yield "answers", message % {"name": child.value.get("name"), "first": first, "last": last}
