"""Evaluations for tests, with the real keys, roll and box: what the worker does at opening, without its waiting.

questionnaire(TEACHING, TEXT)                   a questionnaire of these questions
open_evaluation(people=6)                       open now, with six confirmed participants on the roll
paper(("teaching", 3), ("learned", "Meget"))    a filled-in ballot
closed_evaluation(people=6, counts={"teaching": [0, 1, 2, 3, 0]})    closed, with what was released
"""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from courses.models import CourseRun
from evaluations import ballots, sealing
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Ballot, Evaluation, Questionnaire, QuestionResult, TextAnswer, Voter
from evaluations.questions import items_of, parse, subjects_of
from tests import factories

LABELS = ("Meget utilfreds", "Utilfreds", "Hverken eller", "Tilfreds", "Meget tilfreds")


def options(*labels: str) -> list[dict[str, str]]:
    return [{"da": label, "en": ""} for label in labels]


def question(kind: str, name: str, text: str, **more: Any) -> dict[str, Any]:
    """Return one question as the blocks of a questionnaire store it."""
    return {"type": kind, "value": {"name": name, "da": text, **more}}


TEACHING = question(
    "scale", "teaching", "Hvor tilfreds er du med undervisningen?", options=options(*LABELS), no_opinion=True
)
CONFIDENCE = question("number", "confidence", "Hvor sikker er du på, at du kan bruge det?")
PRESENTER = question(
    "scale", "presenter", "Hvor god var underviseren?", options=options("Dårlig", "Middel", "God"), about="presenter"
)
LEARNED = question("text", "learned", "Hvad tager du med hjem?")
QUESTIONS = (TEACHING, CONFIDENCE, PRESENTER, LEARNED)


def questionnaire(*questions: dict[str, Any], moment: str = Moment.END, **fields: Any) -> Questionnaire:
    """Return a saved questionnaire of these questions (default: one of each common kind).

    With `is_standard=True` it takes the mark from the one that the migrations loaded.
    """
    if fields.get("is_standard"):
        # One of those that the migrations load may be.
        kind = fields.get("course_kind", "")
        Questionnaire.objects.filter(moment=moment, course_kind=kind).update(is_standard=False)
    made = Questionnaire(title=fields.pop("title", "Spørgeskema"), moment=moment, **fields)
    made.questions = made._meta.get_field("questions").to_python(list(questions or QUESTIONS))
    made.save()
    return made


def open_evaluation(
    *, run: CourseRun | None = None, people: int = 6, asked: Questionnaire | None = None, **fields: Any
) -> Evaluation:
    """Return an evaluation that is open now, with `people` confirmed participants of the run on its roll."""
    run = run or factories.CourseRunFactory(capacity=None, with_days=1)
    asked = asked or questionnaire()
    now = timezone.now()
    subjects = subjects_of_run(run)
    public_key, sealed_key = sealing.new_evaluation_keys()
    evaluation = Evaluation.objects.create(
        **{
            "run": run,
            "moment": asked.moment,
            "questionnaire": asked,
            "status": EvaluationStatus.OPEN,
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=14),
            "room_code": uuid.uuid4().hex[:10],
            "public_key": public_key,
            "sealed_key": sealed_key,
            "ballot_size": ballots.size_for(list(items_of(parse(asked.questions), subjects_of(subjects)))),
            "subjects": subjects,
            **fields,
        }
    )
    Questionnaire.objects.filter(pk=asked.pk, locked_at=None).update(locked_at=now)
    add_voters(evaluation, people)
    return evaluation


def subjects_of_run(run: CourseRun) -> list[dict[str, Any]]:
    """Return the run's presenters and days as an open evaluation stores them."""
    days = list(run.days.order_by("starts_at"))
    presenters = {each.pk: each for day in days for each in day.presenters.all()}
    return [
        *({"key": f"p{pk}", "about": "presenter", "id": pk, "label": each.name} for pk, each in presenters.items()),
        *({"key": f"d{day.date}", "about": "day", "id": day.pk, "label": str(day.date)} for day in days),
    ]


def add_voters(evaluation: Evaluation, people: int) -> list[Voter]:
    """Put so many confirmed participants on the roll and return their entries."""
    return [
        Voter.objects.create(evaluation=evaluation, enrolment=factories.EnrolmentFactory(run=evaluation.run))
        for _each in range(people)
    ]


def paper(*answers: tuple[Any, ...], group: str = "") -> ballots.Paper:
    """Return a ballot of answers: (question, value), (question, subject, value) or (question, subject, row, value)."""
    made = []
    for question_name, *where, value in answers:
        subject, row = (*where, *("", None)[len(where) :])
        made.append(ballots.Answer(question_name, subject, row, value))
    return ballots.Paper(tuple(made), group)


def put_in_box(evaluation: Evaluation, filled: ballots.Paper) -> Ballot:
    """Put a sealed ballot in the box, past casting: nobody on the roll has answered."""
    sealed = sealing.seal(ballots.pack(filled, evaluation.ballot_size), evaluation.public_key)
    return Ballot.objects.create(evaluation=evaluation, sealed=sealed)


def closed_evaluation(
    *,
    people: int = 10,
    answered: int | None = None,
    counts: dict[str, list[int]] | None = None,
    texts: dict[str, list[str]] | None = None,
    **fields: Any,
) -> Evaluation:
    """Return a closed evaluation with these released results: counts and texts by a question's short name.

    A name such as "presenter/p12" is about a subject. What has fewer than five answers PostgreSQL refuses.
    """
    now = timezone.now()
    evaluation = open_evaluation(people=people, **fields)
    for key, numbers in (counts or {}).items():
        _result(evaluation, key, answered=sum(numbers), counts=numbers)
    for key, written in (texts or {}).items():
        result = _result(evaluation, key, answered=len(written))
        TextAnswer.objects.bulk_create(TextAnswer(result=result, text=text) for text in written)
    evaluation.voters.update(has_answered=None)
    Evaluation.objects.filter(pk=evaluation.pk).update(
        status=EvaluationStatus.CLOSED,
        sealed_key=None,
        closed_at=now,
        closes_at=max(evaluation.opens_at + timedelta(minutes=1), min(evaluation.closes_at, now)),
        invited=people,
        answered=people if answered is None else answered,
    )
    evaluation.refresh_from_db()
    return evaluation


def _result(evaluation: Evaluation, key: str, **fields: Any) -> QuestionResult:
    name, _slash, subject = key.partition("/")
    about = {each.key: each for each in subjects_of(evaluation.subjects)}.get(subject)
    presenter = about.id if about and about.about == "presenter" else None
    return QuestionResult.objects.create(
        evaluation=evaluation, question=name, subject=subject, presenter_id=presenter, **fields
    )
