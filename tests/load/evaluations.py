"""The QR code appears: 500 people answer within a minute, room page → who they are → the questions → their answers.

Twice: at a room's pace, and all as fast as they come; every tenth presses "send" twice. None may be lost or doubled.
Beside it "hello" of the same server, at the same pace and by as many clients. The web has no private key, as in
earnest; this process, which opens the box afterwards, is the worker.
"""

import asyncio
import random
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.conf import settings
from django.test.utils import override_settings

from tests.load.bench_site import BenchSite
from tests.load.client import Response, Tally, exchange, hammer, request_bytes

if TYPE_CHECKING:
    from evaluations.models import Evaluation

PEOPLE, SECONDS, CLIENTS = 500, 60, 40
#: Scan, identify, read, send: by name in the order of the journey.
STEPS = ("room page", "identify", "questions", "send")
VISIT = re.compile(rb'name="visit" value="([^"]+)"')
SEEN = re.compile(rb'name="set" value="([^"]+)"')
#: The first answer of each group of radio buttons, and the texts.
RADIO = re.compile(rb'type="radio" id="[^"]+" name="([^"]+)" value="([^"]+)"')
TEXT = re.compile(rb'<textarea [^>]*name="([^"]+)"')


@dataclass
class Steps:
    """Seconds per step of the journey, and how each journey ended."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {step: Tally() for step in STEPS})
    wall: float = 0.0

    @property
    def all(self) -> Tally:
        together = Tally(self.wall)
        for each in self.tallies.values():
            together.seconds += each.seconds
        return together

    def words(self) -> str:
        return ", ".join(f"{step} {tally.percentile(95) * 1000:.0f}" for step, tally in self.tallies.items())


def run(site: BenchSite) -> Iterator[str]:
    """Yield what answering gave, and the limits."""
    from evaluations import sealing

    with override_settings(EVALUATION_PRIVATE_KEYS=settings.EVALUATION_PRIVATE_KEYS or [sealing.new_worker_key()]):
        yield from _measure(site)


def _measure(site: BenchSite) -> Iterator[str]:
    asyncio.run(_as_fast(site.port, _open(20), 20))  # warm
    paced, evaluation = Steps(), _open(PEOPLE)
    asyncio.run(_paced(paced, lambda person: _journey(site.port, evaluation, person, paced)))
    _check(evaluation, paced)
    hello = Tally()
    asyncio.run(_hello_paced(site.port, hello))
    yield (
        f"{PEOPLE} people within {SECONDS} s: none lost, none doubled, p95 {paced.all.percentile(95) * 1000:.0f} ms"
        f" a page ({paced.words()})  |  hello at the same pace, p95 {hello.percentile(95) * 1000:.0f} ms"
    )
    evaluation = _open(PEOPLE)
    fast = asyncio.run(_as_fast(site.port, evaluation, PEOPLE))
    _check(evaluation, fast)
    bare = asyncio.run(hammer(site.port, "/hello/", clients=CLIENTS, seconds=2))
    yield (
        f"{PEOPLE} people by {CLIENTS} clients at once: {fast.wall:.1f} s, {PEOPLE / fast.wall:.0f} people/s,"
        f" {fast.all.rate:.0f} pages/s, p95 {fast.all.percentile(95) * 1000:.0f} ms ({fast.words()})"
        f"  |  hello {bare.rate:.0f}/s, p95 {bare.percentile(95) * 1000:.0f} ms, target {SECONDS} s"
    )
    assert fast.wall < SECONDS


def _open(people: int) -> "Evaluation":
    """Open an evaluation of a run with so many participants, by the standard questionnaire of a one-day course."""
    from django.db import connection

    from courses.enums import CourseKind
    from courses.models import CourseRun
    from enrolments.models import Enrolment, Registration
    from evaluations.models import Questionnaire, Voter
    from tests.evaluations.factories import open_evaluation, questionnaire
    from tests.load.rush import MAKE_RUN

    with connection.cursor() as cursor:
        cursor.execute(MAKE_RUN, [None])
        [run_pk] = cursor.fetchone()
    run = CourseRun.objects.select_related("course").get(pk=run_pk)
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
            registration=registration,
            run=run,
            name=f"Deltager {n}",
            email=f"deltager{n}@example.dk",
            organisation_name="Bench",
            status="confirmed",
        )
        for n in range(people)
    )
    asked = Questionnaire.objects.standard_for("end", CourseKind.values[0]) or questionnaire()
    evaluation = open_evaluation(run=run, people=0, asked=asked)
    Voter.objects.bulk_create(Voter(evaluation=evaluation, enrolment=each) for each in enrolments)
    return evaluation


async def _journey(port: int, evaluation: "Evaluation", person: int, steps: Steps) -> None:
    """Scan, identify, read, send – every tenth person twice at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def step(name: str, method: str, path: str, **fields: str) -> Response:
        body = urlencode(fields).encode() if fields else b""
        response = await exchange(reader, writer, request_bytes(method, path, port, body=body))
        steps.tallies[name].add(response)
        return response

    room = f"/evaluering/rum/{evaluation.room_code}/"
    page = await step("room page", "GET", room)
    visit = _found(VISIT, page)
    found = await step("identify", "POST", room, who=f"deltager{person}@example.dk", visit=visit)
    assert found.status == 303, (found.status, found.body[-2000:])
    own = found.headers[b"location"][0].decode()
    form = await step("questions", "GET", own)
    answers = {name.decode(): value.decode() for name, value in reversed(RADIO.findall(form.body))}
    answers |= {name.decode(): f"Det her skrev nummer {person}." for name in TEXT.findall(form.body)}
    answers["set"] = _found(SEEN, form)
    sends: list[Awaitable[Response]] = [step("send", "POST", own, **answers)]
    if person % 10 == 0:
        sends.append(_again(port, own, answers))
    statuses = sorted(response.status for response in await asyncio.gather(*sends))
    assert statuses in ([303], [303, 409]), statuses
    writer.close()


def _found(pattern: re.Pattern[bytes], page: Response) -> str:
    found = pattern.search(page.body)
    assert found, (page.status, page.body[-2000:])
    return found[1].decode()


async def _again(port: int, path: str, answers: dict[str, str]) -> Response:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = urlencode(answers).encode()
    response = await exchange(reader, writer, request_bytes("POST", path, port, body=body))
    writer.close()
    return response


async def _paced(steps: Steps, journey: Callable[[int], Awaitable[None]]) -> None:
    """Let everybody begin somewhere in the minute, more of them early, as when a QR code appears."""
    source = random.Random(500)
    began = time.perf_counter()

    async def one(person: int) -> None:
        await asyncio.sleep(source.triangular(0, SECONDS * 0.95, SECONDS / 4))
        await journey(person)

    await asyncio.gather(*(one(person) for person in range(PEOPLE)))
    steps.wall = time.perf_counter() - began
    assert steps.wall < SECONDS, steps.wall


async def _hello_paced(port: int, tally: Tally) -> None:
    """Ask for "hello" at the pace of the pages, for a quarter of the time."""
    source = random.Random(500)

    async def one() -> None:
        await asyncio.sleep(source.uniform(0, SECONDS / 4))
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _step in STEPS:
            tally.add(await exchange(reader, writer, request_bytes("GET", "/hello/", port)))
        writer.close()

    await asyncio.gather(*(one() for _person in range(PEOPLE // 4)))


async def _as_fast(port: int, evaluation: "Evaluation", people: int) -> Steps:
    """Let everybody through by as many clients as there are, each at once after the one before."""
    steps, waiting = Steps(), list(range(people))
    began = time.perf_counter()

    async def one() -> None:
        while waiting:
            await _journey(port, evaluation, waiting.pop(), steps)

    await asyncio.gather(*(one() for _client in range(CLIENTS)))
    steps.wall = time.perf_counter() - began
    return steps


def _check(evaluation: "Evaluation", steps: Steps) -> None:
    """Open the box: everybody's own answer lies there once, and the roll knows as many."""
    from tests.evaluations.answer_helpers import open_ballots

    texts = [str(a.value) for paper in open_ballots(evaluation) for a in paper.answers[-1:]]
    assert sorted(texts) == sorted(f"Det her skrev nummer {person}." for person in range(PEOPLE)), len(texts)
    assert evaluation.voters.filter(has_answered=True).count() == PEOPLE
    assert all(len(tally.seconds) == PEOPLE for tally in steps.tallies.values())
