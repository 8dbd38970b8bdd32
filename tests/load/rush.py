"""The rush: 300 people post the form for 100 seats at once, beside PostgreSQL's bare lock-check-insert-commit."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

import psycopg

from tests.load.bench_site import BenchSite, connection_values
from tests.load.client import Response, Tally, exchange, request_bytes

PEOPLE, SEATS = 300, 100
MAKE_RUN = """
    INSERT INTO courses_courserun (course_id, label, status, venue_id, online_link, capacity, waiting_list, line_rule,
        asks_dietary, practical, notes, terms_id)
    SELECT course_id, 'Rush', 'open', venue_id, '', %s, true, 'first_fit', false, '', '', terms_id
    FROM courses_courserun WHERE status = 'open' AND terms_id IS NOT NULL LIMIT 1 RETURNING id
"""
MAKE_DAY = """
    INSERT INTO courses_courseday (run_id, date, start_time, end_time, title, programme)
    VALUES (%s, current_date + 60, '09:00', '16:00', '', '')
"""
SPLIT_GROUPS = """
    SELECT count(*) FROM (
        SELECT 1 FROM enrolments_enrolment enrolment
        JOIN enrolments_registration registration ON registration.id = enrolment.registration_id
        WHERE enrolment.run_id = %s AND registration.keep_together
        GROUP BY registration_id HAVING count(DISTINCT enrolment.status) > 1
    ) AS split
"""


@dataclass(frozen=True)
class Crowd:
    """Who comes: how many each attempt registers, whether they accept the line, and whether they stay together."""

    name: str
    size: Callable[[int], int]
    accepts_line: Callable[[int], bool]
    keeps_together: Callable[[int], bool]


CROWDS = (
    Crowd("people", size=lambda _: 1, accepts_line=lambda n: bool(n % 2), keeps_together=lambda _: False),
    Crowd(
        "groups of 1–5 with the line on",
        size=lambda n: n % 5 + 1,
        accepts_line=lambda _: True,
        keeps_together=lambda n: n % 3 == 0,
    ),
)


def run(site: BenchSite) -> Iterator[str]:
    """Yield what each rush gave, and the limit."""
    with site.connect() as connection:
        bare = _bare(site, connection)
        for crowd in CROWDS:
            yield from _measure(site, connection, crowd, bare)


def _measure(site: BenchSite, connection: psycopg.Connection, crowd: Crowd, bare: float) -> Iterator[str]:
    [(run_pk,)] = connection.execute(MAKE_RUN, [SEATS]).fetchall()
    connection.execute(MAKE_DAY, [run_pk])
    tally, in_line, turned_away = asyncio.run(_rush(site.port, run_pk, crowd))
    counted = dict(
        connection.execute(
            "SELECT status, count(*) FROM enrolments_enrolment WHERE run_id = %s GROUP BY status", [run_pk]
        ).fetchall()
    )
    confirmed, offered, waiting = (counted.get(status, 0) for status in ("confirmed", "offered", "waiting"))
    [(split,)] = connection.execute(SPLIT_GROUPS, [run_pk]).fetchall()
    yield (
        f"rush, {PEOPLE} {crowd.name} for {SEATS} seats: {tally.wall:.2f} s until the last answer, "
        f"p95 {tally.percentile(95):.2f} s  |  bare PostgreSQL {bare:.2f} s, target 2 s"
    )
    yield (
        f"      {confirmed} confirmed, {offered} offered seats, {waiting} in line ({in_line} told so), "
        f"{turned_away} turned away in words, answers by status {dict(sorted(tally.statuses.items()))}"
    )
    asked = sum(crowd.size(number) for number in range(PEOPLE) if number not in tally.refused)
    # Every seat is taken or offered: the crowd holds single people enough to fill what groups leave.
    assert confirmed + offered == SEATS and confirmed + offered + waiting == asked and not split


async def _rush(port: int, run_pk: int, crowd: Crowd) -> tuple[Tally, int, int]:
    """Let everybody open the form first, then all post at once."""
    path = f"/tilmelding/{run_pk}/"
    posts = [_post(path, port, crowd, number, await _alone(port, "GET", path)) for number in range(PEOPLE)]
    tally = Tally()
    began = time.perf_counter()
    answers = await asyncio.gather(*(_send(port, post) for post in posts))
    tally.wall = time.perf_counter() - began
    in_line = turned_away = 0
    for number, answer in enumerate(answers):
        tally.add(answer)
        if answer.status == 200:
            assert "Holdet er fuldt" in answer.body.decode()
            tally.refused.add(number)
            turned_away += 1
        else:
            assert answer.status == 302, answer.status
            receipt = await _alone(port, "GET", answer.headers[b"location"][0].decode())
            in_line += "Du står på venteliste" in receipt.body.decode()
    return tally, in_line, turned_away


async def _send(port: int, request: bytes) -> Response:
    """Send one request over a connection of its own, as one person's browser does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await exchange(reader, writer, request)
    finally:
        writer.close()


async def _alone(port: int, method: str, path: str) -> Response:
    return await _send(port, request_bytes(method, path, port))


def _post(path: str, port: int, crowd: Crowd, number: int, page: Response) -> bytes:
    html = page.body.decode()
    cookie = page.headers[b"set-cookie"][0].split(b";")[0].decode()
    hidden = {
        name: re.search(rf'name="{name}" value="([^"]*)"', html)[1]
        for name in ("csrfmiddlewaretoken", "submission", "seen_price")
    }
    fields = hidden | {
        "contact_name": f"Kontakt {number}",
        "contact_email": f"kontakt{number}@example.dk",
        "organisation": "0751",
        "billing_method": "ean",
        "ean": "5798009811578",
        "accept_terms": "on",
        "participants-TOTAL_FORMS": str(crowd.size(number)),
        "participants-INITIAL_FORMS": "0",
    }
    for at in range(crowd.size(number)):
        fields[f"participants-{at}-name"] = f"Deltager {number} {at}"
        fields[f"participants-{at}-email"] = f"deltager{number}-{at}@example.dk"
    if crowd.accepts_line(number):
        fields["waiting_list"] = "on"
    if crowd.keeps_together(number):
        fields["keep_together"] = "on"
    return request_bytes("POST", path, port, body=urlencode(fields).encode(), headers=[f"Cookie: {cookie}"])


def _bare(site: BenchSite, connection: psycopg.Connection) -> float:
    """Return the seconds that the same PostgreSQL takes for as many lock-check-insert-commits on 30 connections."""
    connection.execute("CREATE TABLE bare_seats (id int PRIMARY KEY, taken int, capacity int)")
    connection.execute("CREATE TABLE bare_people (id serial PRIMARY KEY, email text UNIQUE)")
    connection.execute("INSERT INTO bare_seats VALUES (1, 0, %s)", [SEATS])
    pool = [psycopg.connect(**connection_values(site.database_url)) for _ in range(30)]

    def ten(at: int) -> None:
        for number in range(PEOPLE // 30):
            with pool[at].transaction():
                [(taken, capacity)] = (
                    pool[at].execute("SELECT taken, capacity FROM bare_seats WHERE id = 1 FOR UPDATE").fetchall()
                )
                if taken < capacity:
                    pool[at].execute("INSERT INTO bare_people (email) VALUES (%s)", [f"{at}-{number}@example.dk"])
                    pool[at].execute("UPDATE bare_seats SET taken = taken + 1 WHERE id = 1")

    began = time.perf_counter()
    with ThreadPoolExecutor(30) as threads:
        list(threads.map(ten, range(30)))
    seconds = time.perf_counter() - began
    for one in pool:
        one.close()
    return seconds
