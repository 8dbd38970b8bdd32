"""What other pages show of questions and answers, each by one tag: they need to know nothing else of them.

{% load question_tags %}
{% contact_answers registration token %}     on the contact's receipt
{% seat_answers enrolment token %}           on the participant's own page
{% staff_answers enrolment %}                on an organiser's page about one participant
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Q
from django.urls import reverse

from courses.models import CourseRun
from enrolments.answer_words import answer_label
from enrolments.enums import AskedOf
from enrolments.links import participant_link, registration_link
from enrolments.models import Answer, Enrolment, Question, Registration
from enrolments.operations.questions import asked_of, may_change_answers, questions_of

register = template.Library()


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A question, what was answered in words, and where its file is fetched."""

    question: str
    value: str
    url: str = ""


@register.inclusion_tag("enrolments/includes/answers_section.html")
def contact_answers(registration: Registration, run: CourseRun) -> dict[str, Any]:
    """The contact's own answers, and the way to all answers of the registration."""
    token, questions = registration_link.token(registration), questions_of(run)
    answers = Answer.objects.filter(registration=registration, enrolment__isnull=True)
    once = asked_of(questions, AskedOf.REGISTRATION)
    return {
        "asked": bool(once) or any(not question.is_sensitive for question in questions),
        "lines": _lines(once, answers, lambda pk: reverse("enrolments:answer_file", args=[token, pk])),
        "may_change": may_change_answers(run),
        "url": reverse("enrolments:answers", args=[token]),
    }


@register.inclusion_tag("enrolments/includes/answers_section.html")
def seat_answers(enrolment: Enrolment, run: CourseRun) -> dict[str, Any]:
    """A participant's own answers, and the way to change them."""
    token, questions = participant_link.token(enrolment), asked_of(questions_of(run), AskedOf.PARTICIPANT)
    answers = Answer.objects.filter(enrolment=enrolment)
    return {
        "asked": bool(questions),
        "lines": _lines(questions, answers, lambda pk: reverse("enrolments:seat_answer_file", args=[token, pk])),
        "may_change": enrolment.is_active and may_change_answers(run),
        "url": reverse("enrolments:seat_answers", args=[token]),
    }


@register.inclusion_tag("enrolments/includes/answers_rows.html")
def staff_answers(enrolment: Enrolment) -> dict[str, Any]:
    """What was answered by or for a participant, for organisers: health data is counted elsewhere, without names."""
    answers = (
        Answer.objects.filter(Q(enrolment=enrolment) | Q(registration=enrolment.registration_id, enrolment=None))
        .filter(question__is_sensitive=False)
        .select_related("question")
        .order_by("question__sort_order", "question_id")
    )
    questions = [answer.question for answer in answers]
    return {"lines": _lines(questions, answers, lambda pk: reverse("enrolments:staff_answer_file", args=[pk]))}


def _lines(questions: Iterable[Question], answers: Iterable[Answer], url_of: Any) -> list[ShownAnswer]:
    """Return the questions that were answered, in their order."""
    known = {answer.question_id: answer for answer in answers}
    return [
        ShownAnswer(
            question.text,
            answer_label(question.kind, answer.value),
            url_of(answer.pk) if answer.file else "",
        )
        for question in questions
        if (answer := known.get(question.pk))
    ]
