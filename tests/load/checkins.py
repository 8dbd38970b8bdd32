"""Checking in through the API: 500 people by 8 clients with a token, beside "hello" and PostgreSQL's bare work."""

import asyncio
import json
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg

from tests.load.bench_site import BenchSite, connection_values
from tests.load.client import Tally, exchange, hammer, request_bytes

PEOPLE, CLIENTS, ROUNDS = 500, 8, 3
TARGET, MOST_QUERIES = 400, 8


def run(site: BenchSite) -> Iterator[str]:
    """Yield what checking in gave, and the limits."""
    token = _token()
    asyncio.run(_check_in(site.port, token, *_day_with(20)))  # warm
    days = [_day_with(PEOPLE) for _ in range(ROUNDS)]
    before = site.spent()
    tallies = [asyncio.run(_check_in(site.port, token, *day)) for day in days]
    after = site.spent()
    tally = sorted(tallies, key=lambda each: each.wall)[ROUNDS // 2]
    asyncio.run(hammer(site.port, "/hello/", clients=CLIENTS, seconds=0.5))
    hello = asyncio.run(hammer(site.port, "/hello/", clients=CLIENTS, seconds=2))
    bare = _bare(site)
    queries = _queries(token)
    rounds = ", ".join(f"{each.rate:.0f}" for each in tallies)
    yield (
        f"check-in by API, {PEOPLE} by {CLIENTS} clients: {tally.rate:5.0f}/s"
        f" (p95 {tally.percentile(95) * 1000:.1f} ms, {queries} queries each, median of {ROUNDS} rounds: {rounds})"
        f"  |  hello {hello.rate:.0f}/s, bare PostgreSQL {bare:.0f}/s, target {TARGET}/s and {MOST_QUERIES} queries"
    )
    # On a machine that does other things too, this tells more than the rate.
    spent = ", ".join(f"{who} {(after[who] - before[who]) / PEOPLE / ROUNDS * 1000:.2f}" for who in after)
    yield f"      ms of CPU each: {spent or 'unknown here'}; load average {os.getloadavg()[0]:.1f}"
    batch = _batch(site.port, token, *_day_with(PEOPLE))
    yield f"      the same {PEOPLE} in one batch: {batch:.2f} s"
    assert all(set(each.statuses) == {200} for each in tallies), [each.statuses for each in tallies]
    assert queries <= MOST_QUERIES


def _token() -> str:
    from django.contrib.auth import get_user_model
    from wagtail.models import APIToken

    organiser = get_user_model().objects.get(email="arrangoer@example.dk")
    return APIToken.create_token(user=organiser, name="Bench")[1]


def _day_with(people: int) -> tuple[str, list[int]]:
    """Make a run today with so many confirmed; return the address to mark at, and the participants."""
    from django.db import connection
    from django.utils import timezone

    from courses.models import CourseDay, CourseRun
    from enrolments.models import Enrolment, Registration
    from tests.load.rush import MAKE_RUN

    with connection.cursor() as cursor:
        cursor.execute(MAKE_RUN, [None])
        [run_pk] = cursor.fetchone()
    today = timezone.localdate()
    CourseDay.objects.create(run_id=run_pk, date=today, start_time="09:00", end_time="16:00")
    run = CourseRun.objects.get(pk=run_pk)
    registration = Registration.objects.create(
        run=run,
        submission=uuid.uuid4().hex,
        contact_name="Kontakt",
        contact_email="kontakt@example.dk",
        organisation_name="Bench",
        price=0,
        vat_code=run.course.vat_code,
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            registration=registration, run=run, name=f"Deltager {n}", organisation_name="Bench", status="confirmed"
        )
        for n in range(people)
    )
    return f"/api/v1/runs/{run_pk}/days/{today}/marks", [each.pk for each in enrolments]


def _body(*enrolments: int) -> bytes:
    marks = [{"id": str(uuid.uuid4()), "enrolment": pk, "status": "present"} for pk in enrolments]
    return json.dumps({"marks": marks, "device": "bench"}).encode()


async def _check_in(port: int, token: str, path: str, enrolments: list[int]) -> Tally:
    """Check everybody in, one call each, over as many connections as there are clients."""
    headers = [f"Authorization: Bearer {token}"]
    waiting = [request_bytes("POST", path, port, body=_body(pk), headers=headers) for pk in reversed(enrolments)]
    tally = Tally()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while waiting:
            answer = await exchange(reader, writer, waiting.pop())
            assert b'"taken": 1' in answer.body or b'"taken":1' in answer.body, answer.body
            tally.add(answer)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CLIENTS)))
    tally.wall = time.perf_counter() - began
    return tally


def _batch(port: int, token: str, path: str, enrolments: list[int]) -> float:
    """Return the seconds it takes to mark everybody in one call."""

    async def once() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        headers = [f"Authorization: Bearer {token}"]
        answer = await exchange(
            reader, writer, request_bytes("POST", path, port, body=_body(*enrolments), headers=headers)
        )
        writer.close()
        assert answer.status == 200, answer.body
        return answer.seconds

    return asyncio.run(once())


def _queries(token: str) -> int:
    """Return how many queries one check-in takes, its transaction's own included."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    path, [anna] = _day_with(1)
    with CaptureQueriesContext(connection) as captured:
        answer = Client(HTTP_HOST="localhost").post(
            path, _body(anna), content_type="application/json", headers={"Authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 200, answer.content
    return len(captured)


def _bare(site: BenchSite) -> float:
    """Return how many lock-check-insert-commits a second the same PostgreSQL does on as many connections."""
    with site.connect() as connection:
        connection.execute("CREATE TABLE bare_roll (id int PRIMARY KEY)")
        connection.execute("INSERT INTO bare_roll VALUES (1)")
        connection.execute("CREATE TABLE bare_marks (enrolment int PRIMARY KEY, status text)")
    pool = [psycopg.connect(**connection_values(site.database_url)) for _ in range(CLIENTS)]

    def some(at: int) -> None:
        for number in range(at, PEOPLE, CLIENTS):
            with pool[at].transaction():
                pool[at].execute("SELECT id FROM bare_roll WHERE id = 1 FOR UPDATE")
                if not pool[at].execute("SELECT 1 FROM bare_marks WHERE enrolment = %s", [number]).fetchall():
                    pool[at].execute("INSERT INTO bare_marks VALUES (%s, 'present')", [number])

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(some, range(CLIENTS)))
    seconds = time.perf_counter() - began
    for one in pool:
        one.close()
    return PEOPLE / seconds
