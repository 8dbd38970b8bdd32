"""The summary that everyone sees on a course page: a few measured questions, pooled, and what was changed. No texts."""

from dataclasses import dataclass

from courses.models import CoursePage
from evaluations.enums import About, Moment, QuestionKind
from evaluations.models import Evaluation, QuestionResult
from evaluations.questions import Question, parse
from evaluations.results.charts import Chart, counted_chart
from evaluations.results.figures import Tally, pool, question_key

#: So many questions, the first of the newest questionnaire, and so many of the latest changes.
QUESTIONS, CHANGES = 3, 2
SHOWN_KINDS = (QuestionKind.SCALE, QuestionKind.NUMBER)


@dataclass(frozen=True, slots=True)
class Asked:
    question: Question
    chart: Chart


@dataclass(frozen=True, slots=True)
class Summary:
    """`runs`: how many evaluations it is made of. `changes`: the evaluations whose changes are told, newest first."""

    asked: tuple[Asked, ...]
    runs: int
    changes: tuple[Evaluation, ...]


def summary_of(course: CoursePage) -> Summary | None:
    """Return the pooled answers of the course's published evaluations; None without any.

    One query for a course that has none, else two. Only evaluations at the end of a course count.
    """
    published = (
        Evaluation.objects.closed()
        .filter(run__course=course.pk, is_public=True, moment=Moment.END)
        .select_related("questionnaire")
        .defer("sealed_key", "public_key", "subjects")
        .order_by("-closed_at", "-pk")
    )
    evaluations = list(published)
    if not evaluations:
        return None
    questions = {each.questionnaire_id: parse(each.questionnaire.questions) for each in evaluations}
    shown = [
        question
        for question in questions[evaluations[0].questionnaire_id]
        if question.kind in SHOWN_KINDS and question.about == About.COURSE and question.condition is None
    ]
    same = {pk: {question_key(question) for question in asked} for pk, asked in questions.items()}
    results = QuestionResult.objects.filter(
        evaluation__in=evaluations, question__in=[question.name for question in shown], subject="", row=None, group=None
    )
    tallies: dict[str, list[Tally]] = {}
    keys = {question.name: question_key(question) for question in shown}
    for result in results.order_by("pk").values(
        "question", "answered", "no_opinion", "counts", "evaluation__questionnaire"
    ):
        if keys[result["question"]] in same[result["evaluation__questionnaire"]]:
            counted = Tally(result["answered"], result["no_opinion"], tuple(result["counts"]))
            tallies.setdefault(result["question"], []).append(counted)
    shown_charts: list[Asked] = []
    for question in shown:
        total = pool(tallies.get(question.name, ()))
        if total is not None and len(shown_charts) < QUESTIONS:
            shown_charts.append(Asked(question, counted_chart(question, total)))
    changes = tuple(each for each in evaluations if each.changes_made.strip())[:CHANGES]
    if not shown_charts and not changes:
        return None
    return Summary(tuple(shown_charts), len(evaluations), changes)
