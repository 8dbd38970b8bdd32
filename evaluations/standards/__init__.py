"""The questionnaires that the system comes with: reference data, loaded by a migration."""

from typing import Any

from evaluations.standards.questions import HAS_USED, INTENDS
from evaluations.standards.sets import SETS, StandardSet

__all__ = ["HAS_USED", "INTENDS", "SETS", "StandardSet", "ensure_standards"]


def ensure_standards(model: type[Any]) -> list[str]:
    """Load the standard sets that are not there in any version, and return their titles.

    `model` is Questionnaire (in a migration: as it was then). What stands is left alone, whatever staff made of it;
    and where they have marked another as the standard, that keeps the mark.
    """
    loaded = []
    field = model._meta.get_field("questions")
    for each in SETS:
        if model._default_manager.filter(family=each.family).exists():
            continue
        others = model._default_manager.filter(is_standard=True, moment=each.moment, course_kind=each.course_kind)
        model._default_manager.create(
            family=each.family,
            title=each.title,
            moment=each.moment,
            course_kind=each.course_kind,
            is_standard=not others.exists(),
            introduction_da=each.introduction_da,
            introduction_en=each.introduction_en,
            questions=field.to_python(list(each.questions)),
        )
        loaded.append(each.title)
    return loaded
