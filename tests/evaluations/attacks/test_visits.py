"""What the web itself could tell of somebody's visit: its logs, its statements, sessions, counters and headers."""

import json
import logging
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from granian.log import DEFAULT_ACCESSLOG_FMT

from enrolments.check_in_codes import check_in_code
from enrolments.enums import EnrolmentStatus
from evaluations.enums import Audience
from evaluations.links import answer_link
from evaluations.models import Evaluation, Voter
from evaluations.operations.casting import cast
from evaluations.operations.electorate import voter_in_room
from tests import factories
from tests.evaluations.answer_helpers import send, url_of
from tests.evaluations.attacks.test_dumps import assert_is_one_tick_and_one_ballot, difference
from tests.evaluations.box_helpers import make_due, open_survey, rows
from tests.evaluations.factories import open_evaluation, paper
from website.core.throttling import forget_what_is_over

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "203.0.113.77"
FILLED = paper(("confidence", 7))


@pytest.fixture
def evaluation(db) -> Evaluation:
    return open_evaluation(people=6)


# --- logs ---------------------------------------------------------------------------------------


def written(name: str, text: str, *args: object) -> str:
    """Return what that logger writes, as our settings have set it up."""
    logger = logging.getLogger(name)
    assert not logger.propagate
    [ours] = [handler for handler in logger.handlers if type(handler) is logging.StreamHandler]
    before = ours.setStream(StringIO())
    try:
        logger.info(text, *args)
        return ours.stream.getvalue()
    finally:
        ours.setStream(before)


def visits(path: str) -> dict[str, str]:
    """Return what a visit to that path writes into the log of granian, were it switched on, and of runserver."""
    atoms = {
        "addr": ADDRESS,
        "time": "2026-11-22 12:00:00 +0000",
        "dt_ms": 1.5,
        "status": 303,
        "path": path,
        "method": "POST",
        "protocol": "HTTP/1.1",
    }
    return {
        "granian": written("granian.access", DEFAULT_ACCESSLOG_FMT, atoms),
        "runserver": written("django.server", '"%s" %s %s', f"POST {path} HTTP/1.1", 303, 0),
    }


@pytest.mark.parametrize("way", ["link", "room", "thanks", "survey"])
def test_a_visit_to_answer_is_in_no_log_of_visits_even_where_one_is_kept(evaluation, way):
    path = {
        "link": url_of(evaluation.voters.first()),
        "room": reverse("evaluations:room", args=[evaluation.room_code]),
        "thanks": reverse("evaluations:thanks"),
        "survey": reverse("evaluations:survey", args=["frivillige"]),
    }[way]

    assert visits(path) == {"granian": "", "runserver": ""}
    assert all("/kurser/" in line for line in visits("/kurser/").values()), "others are there"


def test_no_log_of_visits_is_kept_by_the_commands_that_we_give():
    commands = [Path("README.md").read_text(), Path("tools/demo.py").read_text()]

    assert all("granian" in each for each in commands)
    assert not [each for each in commands if "--access-log" in each]


def test_the_proxy_that_the_readme_shows_keeps_no_log_and_no_file_of_what_is_answered():
    """nginx writes each visit down, and a long form into a file, unless it is told not to."""
    block = re.search(r"location /evaluering/ \{(.+?)\n\}", Path("README.md").read_text(), re.DOTALL)

    assert block
    assert "access_log off;" in block[1]
    size = re.search(r"client_body_buffer_size (\d+)m;", block[1])
    assert size and int(size[1]) * 1024 * 1024 >= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


# --- the room -----------------------------------------------------------------------------------


def statements(act: Callable[[], object]) -> list[str]:
    """Return the statements of an act, without their numbers and words."""
    with CaptureQueriesContext(connection) as captured:
        assert act() is None
    return [re.sub(r"'[^']*'|\b\d+\b", "?", each["sql"]) for each in captured]


@pytest.mark.parametrize("by", ["address", "badge"])
def test_the_room_does_the_same_for_who_has_answered_and_for_who_is_unknown(evaluation, by):
    """What takes longer can be measured from outside: it would tell whether a colleague has answered."""
    answered = evaluation.voters.select_related("enrolment").first()
    cast(voter=answered, paper=FILLED)
    stranger = factories.EnrolmentFactory(
        run=evaluation.run, status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now()
    )
    elsewhere = factories.EnrolmentFactory()
    code = check_in_code(answered.enrolment)
    typed = {
        "address": [answered.enrolment.email, "nobody@example.dk", stranger.email, elsewhere.email],
        "badge": [code, f"{code[:-1]}{'A' if code[-1] != 'A' else 'B'}", check_in_code(stranger), "zzzz-7f2qxa4k"],
    }[by]

    done = [statements(lambda who=who: voter_in_room(evaluation=evaluation, typed=who)) for who in typed]

    assert done[0]
    assert all(each == done[0] for each in done)


def test_wrong_tries_in_the_room_are_counted_without_a_word_of_who_or_from_where(evaluation):
    room, client = reverse("evaluations:room", args=[evaluation.room_code]), Client(REMOTE_ADDR=ADDRESS)
    visit = client.get(room).context["visit"]
    cast(voter=evaluation.voters.first(), paper=FILLED)
    email = evaluation.voters.select_related("enrolment").first().enrolment.email

    found = difference(lambda: client.post(room, {"who": email, "visit": visit}))

    assert not found.gone and not found.sequences
    assert set(found.came) == {"public.accounts_throttleentry"}
    for counter in map(json.loads, found.came["public.accounts_throttleentry"]):
        assert re.fullmatch(
            rf":1:wrong:evaluation-room-{evaluation.pk}:([0-9a-f]{{40}}|all)", f":1:{counter['cache_key']}"
        )
        assert counter["value"] == "1"


# --- sessions and counters ----------------------------------------------------------------------


def test_somebody_who_is_signed_in_answers_without_a_trace_on_their_session_or_account(evaluation):
    voter = evaluation.voters.select_related("enrolment").first()
    client = Client(REMOTE_ADDR=ADDRESS)
    client.force_login(factories.UserFactory(email=voter.enrolment.email))
    client.get("/min-side/")
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}

    def visit() -> None:
        assert client.get(url_of(voter)).status_code == 200
        assert send(client, voter, confidence=7).status_code == 303
        assert send(client, voter, confidence=7).status_code == 409

    assert_is_one_tick_and_one_ballot(difference(visit), voter)
    assert {name: cookie.value for name, cookie in client.cookies.items()} == cookies


def test_an_answer_to_an_open_survey_leaves_a_count_without_an_address_and_that_goes_within_the_hour(settings):
    """The one thing that is counted of visitors: how many answers came from one network."""
    settings.FORM_RATE_LIMITS = {"survey": (200, 60 * 60)}
    evaluation = open_survey(audience=Audience.OPEN)
    client = Client(REMOTE_ADDR=ADDRESS)
    address = reverse("evaluations:survey", args=[evaluation.survey.slug])

    found = difference(lambda: client.post(address, {"q-confidence": "7"}))

    assert not found.gone and not found.sequences
    assert {table: len(each) for table, each in found.came.items()} == {
        "public.evaluations_ballot": 1,
        "public.accounts_throttleentry": 1,
    }
    [counter] = map(json.loads, found.came["public.accounts_throttleentry"])
    assert re.fullmatch(r"form:survey:[0-9a-f]{40}", counter["cache_key"])
    assert ADDRESS not in str(counter)
    assert forget_what_is_over() == 0
    rows("UPDATE accounts_throttleentry SET expires = %s RETURNING 1", timezone.now())
    assert forget_what_is_over() == 1
    assert rows("SELECT count(*) FROM accounts_throttleentry") == [(0,)]


# --- headers ------------------------------------------------------------------------------------


def test_no_reply_to_who_answers_is_kept_by_a_cache_named_to_others_or_marked(evaluation, settings):
    """Whatever comes of it: a page, a redirection, a refusal, or too much."""
    settings.EVALUATION_WRONG_TRIES = (1, 600)
    first, second, *_others = evaluation.voters.select_related("enrolment")
    room = reverse("evaluations:room", args=[evaluation.room_code])
    client = Client(REMOTE_ADDR=ADDRESS)
    visit = client.get(room).context["visit"]
    replies = {
        "questions": client.get(url_of(first)),
        "without a body": client.head(url_of(first)),
        "wrong": send(client, first, confidence=99),
        "other language": client.post(url_of(first), {"andet-sprog": "1"}),
        "too large": send(client, first, learned="x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)),
        "answered": send(client, first, confidence=7),
        "answered twice": send(client, first, confidence=7),
        "who has answered": client.get(url_of(first)),
        "forged": client.get(url_of(first)[:-2] + "x/"),
        "no such method": client.put(url_of(second)),
        "room": client.get(room),
        "led on": client.post(room, {"who": second.enrolment.email, "visit": visit}),
        "nobody": client.post(room, {"who": "nobody@example.dk", "visit": visit}),
        "too many tries": client.post(room, {"who": "nobody@example.dk", "visit": visit}),
        "no such room": client.get("/evaluering/rum/xxxxxx/"),
    }
    replies["thanks"] = client.get(replies["answered"].url)
    make_due(evaluation)
    replies |= {
        "closed": client.get(url_of(second)),
        "too late": send(client, second, confidence=7),
        "closed room": client.get(room),
    }

    assert {each.status_code for each in replies.values()} == {200, 303, 404, 405, 409, 413, 422, 429}
    for name, reply in replies.items():
        assert reply["Cache-Control"] == "no-store, private", name
        assert reply["Referrer-Policy"] == "no-referrer", name
        assert reply["X-Robots-Tag"] == "noindex, nofollow", name
        assert not {"ETag", "Last-Modified", "Expires", "Set-Cookie"} & set(reply.headers), name
        assert not reply.cookies, name
    assert not client.cookies
    for name in ("answered", "thanks", "nobody"):
        told = replies[name].headers.get("Location", "") + replies[name].content.decode()
        assert not [voter for voter in Voter.objects.all() if answer_link.token(voter) in told], name
