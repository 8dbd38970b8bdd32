"""What a question may depend on, and what may still change of one that people have answered. Problems by field."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from enrolments.answer_words import answer_label, choices_of
from enrolments.enums import QuestionKind
from enrolments.models import Question

WITH_CHOICES = (QuestionKind.CHOICE, QuestionKind.YES_NO)


def may_hang_on(*, course_id: int | None, run_id: int | None) -> QuerySet[Question]:
    """Return the questions that one of this course or run may hang on: those with answers to choose from."""
    scope = Q(course=course_id) if course_id else Q()
    if run_id:
        course = CourseRun.objects.filter(pk=run_id).values("course")
        scope = Q(run=run_id) | Q(course__in=course)
    return Question.objects.filter(scope, kind__in=WITH_CHOICES).select_related("course", "run__course")


def answer_as_kept(question: Question, written: str) -> str | None:
    """Return the answer that was meant, as it is kept ("Ja" is "yes"); None if it is none of the question's."""
    wanted = written.strip().casefold()
    for value, label in choices_of(question):
        if wanted in (value.casefold(), str(label).casefold()):
            return value
    return None


def problems(question: Question, *, old: Question | None) -> dict[str, str]:
    """Return what is wrong with a question that is about to be saved, a sentence by field; nothing if all is well.

    `old` is the question as it stands in the database, if it does. A condition is put as it is kept.
    """
    found: dict[str, str] = {}
    found |= _condition_problems(question)
    if question.for_presenters and question.is_sensitive:
        found["for_presenters"] = _("Presenters are not told of people's health.")
    elif question.for_presenters and question.kind == QuestionKind.FILE:
        found["for_presenters"] = _("Presenters are not sent files: they may tell who wrote them.")
    if old is not None:
        found |= _dependents_problems(question)
        found |= _locked(question, old)
    return found


def answers_text(count: int) -> str:
    return ngettext("%(count)s person has answered", "%(count)s people have answered", count) % {"count": count}


def _condition_problems(question: Question) -> dict[str, str]:
    other = question.shown_if
    if other is None:
        question.shown_if_answer = ""
        return {}
    if other.kind not in WITH_CHOICES:
        return {"shown_if": _("“%(question)s” has no answers to choose from.") % {"question": other}}
    if not may_hang_on(course_id=question.course_id, run_id=question.run_id).filter(pk=other.pk).exists():
        return {"shown_if": _("“%(question)s” is not asked together with this one.") % {"question": other}}
    if other.asked_of != question.asked_of:
        return {"shown_if": _("“%(question)s” is not asked of the same person.") % {"question": other}}
    if question.pk and _leads_to(other, question.pk):
        return {"shown_if": _("“%(question)s” is itself only shown after this one.") % {"question": other}}
    answer = answer_as_kept(other, question.shown_if_answer)
    if answer is None:
        answers = ", ".join(str(label) for _value, label in choices_of(other))
        return {
            "shown_if_answer": _("Write one of the answers to “%(question)s”: %(answers)s.")
            % {"question": other, "answers": answers}
        }
    question.shown_if_answer = answer
    return {}


def _leads_to(question: Question | None, pk: int) -> bool:
    """Whether following the conditions from `question` comes to the one of that number."""
    seen: set[int] = set()
    while question is not None and question.pk not in seen:
        if question.pk == pk:
            return True
        seen.add(question.pk)
        question = question.shown_if
    return False


def _dependents_problems(question: Question) -> dict[str, str]:
    """What other questions hang on must stay one of the answers, asked of the same, in the same place."""
    for other in question.dependents.all():
        named = {"question": other.text, "answer": answer_label(question.kind, other.shown_if_answer)}
        if question.kind not in WITH_CHOICES:
            return {"kind": _("“%(question)s” is only shown after an answer to this one. Change that first.") % named}
        if other.shown_if_answer not in dict(choices_of(question)):
            return {
                "choices": _("“%(question)s” is only shown when the answer is “%(answer)s”. Keep that answer.") % named
            }
        if other.asked_of != question.asked_of:
            return {
                "asked_of": _("“%(question)s” is only shown after an answer to this one. Change that first.") % named
            }
        if not may_hang_on(course_id=other.course_id, run_id=other.run_id).filter(pk=question.pk).exists() or (
            question.course_id is None and other.run_id != question.run_id
        ):
            field = "run" if question.run_id else "course"
            return {field: _("“%(question)s” is only shown after an answer to this one. Change that first.") % named}
    return {}


def _locked(question: Question, old: Question) -> dict[str, str]:
    """What would make nonsense of answers that were given."""
    count = old.answers.count()
    if not count:
        return {}
    why = {"why": answers_text(count)}
    found = {}
    for field in ("kind", "asked_of"):
        if getattr(question, field) != getattr(old, field):
            found[field] = _("%(why)s, so this cannot change. Make a new question, and untick “asked now” here.") % why
    if (question.course_id, question.run_id) != (old.course_id, old.run_id):
        found["run" if question.run_id else "course"] = (
            _("%(why)s, so this cannot change. Make a new question, and untick “asked now” here.") % why
        )
    if question.kind == QuestionKind.CHOICE and (gone := set(old.choice_list) - set(question.choice_list)):
        found["choices"] = _("%(why)s, so “%(answer)s” must stay. You can add answers.") % (
            why | {"answer": next(choice for choice in old.choice_list if choice in gone)}
        )
    if old.is_sensitive and not question.is_sensitive:
        found["is_sensitive"] = _("%(why)s, and were told that it is deleted after the last day.") % why
    return found
