"""Evaluations of runs that were held, from `fixtures/demo/evaluations.toml`: asked, answered and closed as in earnest.

The real ways are gone: the roll is written, each paper is sealed and cast, the box is opened, counted and destroyed.
For the evaluations that are over the load is its own worker, with a key that it makes and forgets. The one that stays
open is opened with the worker's real key where this process has it, and has a few answers already; else it is left
for the worker to open, within a minute.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.conf import settings
from django.db.models import Min

from courses.models import CourseRun
from demo.loader.files import read
from demo.loader.ledger import Ledger
from demo.loader.users import ORGANISER
from evaluations.ballots import Answer, Paper
from evaluations.enums import QuestionKind
from evaluations.models import Evaluation, Questionnaire, TextAnswer, Voter
from evaluations.operations import moderating
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_within
from evaluations.operations.opening import new_room_code, open_evaluation
from evaluations.operations.planning import plan_evaluations
from evaluations.questions import Item, Question, is_asked, items_of, parse, subjects_of
from evaluations.schedule import Period, default_times
from evaluations.sealing import new_worker_key
from website.accounts.models import User

#: So many skip a question they may skip; so many write a text.
SKIPS, WRITES = 0.05, 0.62
#: Those whom a course suits less: their mood is lower.
OTHERWISE = 0.18
#: Told what was changed, so long after it closed.
TOLD_AFTER = timedelta(days=9)
#: What stands first among the options of "single" questions is what a good course brings about.
BEST_FIRST = {"intention", "use", "leader_talk", "practice"}
#: Where the middle is best.
MIDDLE_BEST = {"pace", "workload"}


def load(ledger: Ledger) -> None:
    """Ask the participants of the new runs, let them answer, and close what is over."""
    runs = {entry["key"]: run for run, entry in ledger.runs}
    # A chance of its own: what the other steps draw stays as it was.
    random = Random(70)  # noqa: S311 (made-up answers, no secrets)
    made = False
    for entry in read("evaluations")["evaluation"]:
        run = runs.get(entry["run"])
        if run is None or not ledger.is_new(f"evaluation:{entry['run']}:{entry['moment']}"):
            continue
        made = True
        if entry.get("stays_open"):
            _open(run, entry, ledger.now, random)
        else:
            with _key_of_the_load():
                _hold(run, entry, ledger.now, random)
    if made:
        plan_evaluations(at=ledger.now)


@contextmanager
def _key_of_the_load() -> Iterator[None]:
    """Be the worker for a while, with a key that nobody has afterwards."""
    kept = settings.EVALUATION_PRIVATE_KEYS
    settings.EVALUATION_PRIVATE_KEYS = [new_worker_key()]
    try:
        yield
    finally:
        settings.EVALUATION_PRIVATE_KEYS = kept


def _hold(run: CourseRun, entry: dict[str, Any], now: datetime, random: Random) -> None:
    """Ask, let people answer, close, and let the organisers do with the results what they did."""
    evaluation = _planned(run, entry)
    if evaluation.closes_at > now:
        # Nobody would have the key to close it with.
        raise ValueError(f"{entry['run']}: {entry['moment']} is not over yet")
    open_evaluation(pk=evaluation.pk, at=evaluation.opens_at)
    evaluation.refresh_from_db()
    _answer(evaluation, entry, random)
    close_within(pk=evaluation.pk, at=evaluation.closes_at)
    _moderate(evaluation, entry, evaluation.closes_at)


def _open(run: CourseRun, entry: dict[str, Any], now: datetime, random: Random) -> None:
    """Leave an evaluation open: with answers where the worker's key is here, else for the worker to open."""
    evaluation = _planned(run, entry)
    if not settings.EVALUATION_PRIVATE_KEYS or not open_evaluation(pk=evaluation.pk, at=now):
        return
    # The invitation went when the day was over: no mail leaves for people who do not exist.
    Voter.objects.filter(evaluation=evaluation).update(mails=1)
    evaluation.refresh_from_db()
    _answer(evaluation, entry, random)


def _planned(run: CourseRun, entry: dict[str, Any]) -> Evaluation:
    """Plan it as it would have been planned before the run."""
    period = CourseRun.objects.with_period().values_list("first_starts_at", "last_ends_at").get(pk=run.pk)
    times = default_times(entry["moment"], Period(*period), at=period[0] - timedelta(days=30))
    if times is None:
        raise ValueError(f"{entry['run']} has no {entry['moment']}")
    return Evaluation.objects.create(
        run=run,
        moment=entry["moment"],
        questionnaire=Questionnaire.objects.standard_for(entry["moment"], run.course.kind),
        room_code=new_room_code() if entry["moment"] == "end" else None,
        **asdict(times),
    )


def _answer(evaluation: Evaluation, entry: dict[str, Any], random: Random) -> None:
    """Let some of those on the roll answer, each their own way."""
    questions = parse(evaluation.questionnaire.questions)
    items = list(items_of(questions, subjects_of(evaluation.subjects)))
    written = {name: random.sample(texts, len(texts)) for name, texts in _texts(entry["moment"]).items()}
    voters = list(Voter.objects.filter(evaluation=evaluation).order_by("enrolment"))
    random.shuffle(voters)
    for voter in voters[: round(len(voters) * entry["share"])]:
        mood = entry["mood"] - (0.7 if random.random() < OTHERWISE else 0) + random.gauss(0, 0.2)
        cast(voter=voter, paper=_paper(items, mood, written, random), at=evaluation.opens_at + timedelta(minutes=1))


def _texts(moment: str) -> dict[str, list[str]]:
    return read("evaluations")["texts"].get(moment, {})


def _paper(items: list[Item], mood: float, written: dict[str, list[str]], random: Random) -> Paper:
    answers: list[Answer] = []
    chosen: dict[tuple[str, str], tuple[int, ...]] = dict.fromkeys(
        ((item.question.name, item.subject.key) for item in items), ()
    )
    for item in items:
        value = _value(item, mood, written, random) if is_asked(item, chosen) else None
        if value is None:
            continue
        answers.append(Answer(item.question.name, item.subject.key, item.row, value))
        if not isinstance(value, str):
            about = item.question.name, item.subject.key
            chosen[about] = (*chosen[about], *(value if isinstance(value, tuple) else (value,)))
    return Paper(tuple(answers))


def _value(
    item: Item, mood: float, written: dict[str, list[str]], random: Random
) -> int | tuple[int, ...] | str | None:
    question = item.question
    if question.kind == QuestionKind.TEXT:
        texts = written.get(question.name, [])
        return texts.pop() if texts and random.random() < WRITES else None
    if not question.is_required and random.random() < SKIPS:
        return None
    if question.kind == QuestionKind.MULTIPLE:
        last = len(question.options) - 1
        chosen = {place for place in range(last) if random.random() < 0.28}
        return tuple(sorted(chosen)) or (last,)
    return _placed(question, mood, random)


def _placed(question: Question, mood: float, random: Random) -> int:
    """Return a value: the higher the mood, the better the answer."""
    values = question.values
    at = (mood + 1) / 2 + random.gauss(0, 0.13)
    if question.name in BEST_FIRST:
        at = 1.05 - at
    elif question.name in MIDDLE_BEST:
        at = 0.5 + random.gauss(0, 0.28)
    return values[min(max(round(at * (len(values) - 1)), 0), len(values) - 1)]


def _moderate(evaluation: Evaluation, entry: dict[str, Any], closed_at: datetime) -> None:
    organiser = User.objects.filter(email=ORGANISER).first()
    if organiser is None:
        return
    if entry.get("public"):
        moderating.publish_summary(evaluation_pk=evaluation.pk, public=True)
    if entry.get("changes"):
        moderating.write_changes(evaluation_pk=evaluation.pk, words=entry["changes"])
        # Told at the time; no mail leaves for people who do not exist.
        Evaluation.objects.filter(pk=evaluation.pk).update(changes_told_at=closed_at + TOLD_AFTER)
    if entry.get("reply"):
        texts = TextAnswer.objects.filter(result__evaluation=evaluation)
        first = texts.filter(result__question__in=["exam_text", "intention_text"]).aggregate(Min("text"))["text__min"]
        text = texts.filter(text=first).first() if first else None
        if text is not None:
            moderating.reply_to_text(evaluation_pk=evaluation.pk, text_pk=text.pk, reply=entry["reply"], by=organiser)
