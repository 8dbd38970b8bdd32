"""Closing an evaluation of 2,000 ballots, with texts and presenters, beside bare unsealing of as many boxes.

Also: votes one after another, beside the three statements they consist of, and a stir of the full box.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from courses.enums import OrganisationKind
from courses.models import Organisation, Presenter
from evaluations.ballots import Answer, Paper, pack, size_for
from evaluations.models import Evaluation, TextAnswer, Voter
from evaluations.operations.casting import cast
from evaluations.operations.closing import close_evaluation
from evaluations.operations.stirring import stir
from evaluations.questions import Item, items_of, parse, subjects_of
from evaluations.sealing import evaluation_key, new_worker_key, unseal
from tests.evaluations.box_helpers import open_survey
from tests.evaluations.factories import options, question, questionnaire

BALLOTS, PRESENTERS, SECONDS = 2000, 4, 10
LABELS = options("Slet ikke", "Lidt", "Noget", "Meget", "Helt")
WORDS = (
    "samarbejdet",
    "med",
    "frivillige",
    "blev",
    "bedre",
    "da",
    "vi",
    "lyttede",
    "mere",
    "og",
    "talte",
    "om",
    "økonomi",
)

Result = TypeVar("Result")


def run() -> Iterator[str]:
    """Yield what was measured, beside its limits. The bench's own database is left with one closed survey."""
    with override_settings(EVALUATION_PRIVATE_KEYS=settings.EVALUATION_PRIVATE_KEYS or [new_worker_key()]):
        yield from _measure()


def _measure() -> Iterator[str]:
    evaluation = _open()
    papers = _papers(evaluation)
    voters = list(evaluation.voters.all())
    bare_vote = 4 * _timed(lambda: _empty_votes(evaluation, BALLOTS // 4))[0]
    voting, _none = _timed(lambda: _vote(voters, papers))
    yield (
        f"{BALLOTS} votes, one after another: {BALLOTS / voting:.0f}/s"
        f"  |  three empty statements in a transaction: {BALLOTS / bare_vote:.0f}/s"
    )
    stirring, stirred = _timed(lambda: stir(pk=evaluation.pk))
    megabytes = sum(len(pack(each, evaluation.ballot_size or 0)) for each in papers) / 1e6
    yield f"stirring roll and box ({megabytes:.0f} MB, votes wait meanwhile): {stirring:.1f} s"
    key = evaluation_key(bytes(evaluation.sealed_key or b""))
    sealed = [bytes(each) for each in evaluation.ballots.values_list("sealed", flat=True)]
    unsealing, _opened = _timed(lambda: [unseal(each, key) for each in sealed])
    Evaluation.objects.filter(pk=evaluation.pk).update(closes_at=timezone.now() - timedelta(seconds=1))
    with CaptureQueriesContext(connection) as captured:
        closing, closed = _timed(lambda: close_evaluation(pk=evaluation.pk))
    evaluation.refresh_from_db()
    texts = TextAnswer.objects.filter(result__evaluation=evaluation).count()
    yield (
        f"closing {BALLOTS} ballots: {closing:.1f} s, {len(captured)} queries, {evaluation.results.count()} results,"
        f" {texts} texts  |  unsealing alone {unsealing:.1f} s, target {SECONDS} s"
    )
    # What is lost would be found here; how long it takes depends on what else the machine does.
    assert stirred and closed and evaluation.answered == evaluation.in_box == BALLOTS and not evaluation.spoiled


def _open() -> Evaluation:
    asked = questionnaire(
        question("municipality", "where", "Hvor?"),
        *(question("scale", f"scale{n}", "Hvor godt?", options=LABELS, no_opinion=True) for n in range(8)),
        question("number", "confidence", "Hvor sikker?"),
        question("matrix", "goals", "Hvor godt nåede vi?", rows=options(*"abcde"), options=LABELS),
        question("scale", "presenter", "Hvor god?", options=LABELS, about="presenter"),
        question("multiple", "obstacles", "Hvad står i vejen?", options=LABELS),
        *(question("text", f"text{n}", "Hvad ellers?") for n in range(3)),
        moment="survey",
    )
    presenters = [Presenter.objects.create(name=f"Underviser {n}") for n in range(PRESENTERS)]
    subjects = [{"key": f"p{p.pk}", "about": "presenter", "id": p.pk, "label": p.name} for p in presenters]
    size = size_for(list(items_of(parse(asked.questions), subjects_of(subjects))))
    return open_survey(asked=asked, people=BALLOTS, subjects=subjects, ballot_size=size)


def _papers(evaluation: Evaluation) -> list[Paper]:
    source = random.Random(5)
    items = list(items_of(parse(evaluation.questionnaire.questions), subjects_of(evaluation.subjects)))
    codes = list(Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY).values_list("code", flat=True))
    return [
        Paper(tuple(_answer(item, source) for item in items if item.question.name != "where"), source.choice(codes))
        for _each in range(BALLOTS)
    ]


def _answer(item: Item, source: random.Random) -> Answer:
    if item.question.kind == "text":
        return Answer(*item.key, " ".join(source.choices(WORDS, k=source.randrange(3, 80))))
    value = source.choice(item.question.values)
    return Answer(*item.key, (value,) if item.question.kind == "multiple" else value)


def _vote(voters: list[Voter], papers: list[Paper]) -> None:
    for voter, paper in zip(voters, papers, strict=True):
        cast(voter=voter, paper=paper)


def _empty_votes(evaluation: Evaluation, number: int) -> None:
    for _vote in range(number):
        with transaction.atomic(), connection.cursor() as cursor:
            for _statement in range(3):
                cursor.execute("SELECT id FROM evaluations_evaluation WHERE id = %s FOR KEY SHARE", [evaluation.pk])


def _timed(act: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = act()
    return time.perf_counter() - began, result
