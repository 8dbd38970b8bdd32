"""The pages across courses at 1,000 closed evaluations of 15 results each, with texts: time and queries, beside ten.

run() -> lines to print. Works in a transaction that is rolled back: nothing is left behind.
"""

import random
import time
import uuid
from datetime import timedelta
from secrets import token_hex

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseDay, CoursePage, CourseRun
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Evaluation, Questionnaire, QuestionResult, TextAnswer
from tests.evaluations.factories import question, questionnaire
from tests.factories import CoursePageFactory, UserFactory

FEW, MANY, ROUNDS = 10, 1000, 5
#: Results an evaluation has: twelve measured, three in texts, ten texts each.
MEASURED, TEXTS, WRITTEN, ANSWERED = 12, 3, 10, 15
LIMIT = 1.0
PAGES = {
    "response rates": "across/",
    "trends": "across/trends/",
    "what came of it": "across/effects/",
    "attendance": "across/attendance/",
    "words of 30,000 texts": "across/words/",
    "all evaluations": "all/",
    "response rates as a file": "across/?fil=xlsx&tabel=runs",
}
WORDS = "øvelser øvelserne tid tiden pauser eksempler frivillige borgere borgerne leder ledelse møde kommune god bedre"


def run() -> list[str]:
    """Measure, and return a line for each page."""
    with transaction.atomic():
        try:
            return _measure()
        finally:
            transaction.set_rollback(True)


def _measure() -> list[str]:
    client = Client(headers={"host": "localhost"})
    client.force_login(
        UserFactory(superuser=True, email=f"{token_hex(8)}@example.dk"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    asked = {
        moment: questionnaire(
            *(question("number", f"measured_{n}", f"Spørgsmål {n}") for n in range(MEASURED)),
            *(question("text", f"text_{n}", f"Tekst {n}") for n in range(TEXTS)),
            moment=moment,
        )
        for moment in (Moment.END, Moment.FOLLOW_UP)
    }
    course = CoursePageFactory(slug=token_hex(8))
    _fill(course, asked, FEW)
    queries = {name: _queries(client, page) for name, page in PAGES.items()}
    _fill(course, asked, MANY - FEW)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE evaluations_evaluation, evaluations_questionresult, evaluations_textanswer")
    lines = []
    for name, page in PAGES.items():
        after = _queries(client, page)
        took = min(_timed(client, page) for _round in range(ROUNDS))
        verdict = "within" if took <= LIMIT and after <= queries[name] else "ABOVE"
        counted = f"{after} queries ({queries[name]} with {FEW})"
        lines.append(f"{name}: {took * 1000:.0f} ms, {counted}  |  limit {LIMIT:.0f} s: {verdict}")
    return [f"{MANY} closed evaluations of {MEASURED + TEXTS} results", *lines]


def _fill(course: CoursePage, asked: dict[Moment, Questionnaire], count: int) -> None:
    """Add so many closed evaluations: two of each run, at the end and three months on."""
    chance, now = random.Random(5), timezone.now()
    vocabulary = WORDS.split()
    runs = CourseRun.objects.bulk_create(
        CourseRun(course=course, label=f"Hold {n}", status="closed") for n in range(count // 2)
    )
    days = []
    for run in runs:
        starts_at = now - timedelta(days=chance.randint(120, 1400))
        date = timezone.localdate(starts_at)
        times = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=7)}
        days.append(CourseDay(run=run, date=date, start_time="09:00", end_time="16:00", **times))
    CourseDay.objects.bulk_create(days)
    evaluations = Evaluation.objects.bulk_create(
        Evaluation(
            run=run,
            moment=moment,
            questionnaire=asked[moment],
            status=EvaluationStatus.CLOSED,
            opens_at=now - timedelta(days=60),
            closes_at=now - timedelta(days=46),
            closed_at=now - timedelta(days=46),
            invited=20,
            answered=ANSWERED,
        )
        for run in runs
        for moment in asked
    )
    results, texts = [], []
    for evaluation in evaluations:
        for n in range(MEASURED):
            counts = [0] * 11
            for _person in range(ANSWERED):
                counts[chance.randint(3, 10)] += 1
            results.append(
                QuestionResult(
                    id=uuid.uuid4(),
                    evaluation=evaluation,
                    question=f"measured_{n}",
                    answered=ANSWERED,
                    counts=counts,
                )
            )
        for n in range(TEXTS):
            result = QuestionResult(
                id=uuid.uuid4(), evaluation=evaluation, question=f"text_{n}", answered=WRITTEN, counts=[]
            )
            results.append(result)
            texts += [
                TextAnswer(result=result, text=" ".join(chance.choices(vocabulary, k=14))) for _text in range(WRITTEN)
            ]
    QuestionResult.objects.bulk_create(results, batch_size=1000)
    TextAnswer.objects.bulk_create(texts, batch_size=2000)


def _get(client: Client, page: str) -> None:
    response = client.get(f"/admin/evaluations/{page}")
    assert response.status_code == 200, page
    b"".join(response.streaming_content) if response.streaming else response.content


def _queries(client: Client, page: str) -> int:
    _get(client, page)
    with CaptureQueriesContext(connection) as captured:
        _get(client, page)
    return len(captured)


def _timed(client: Client, page: str) -> float:
    started = time.perf_counter()
    _get(client, page)
    return time.perf_counter() - started
