"""People answer with words that stand nowhere else, from an address and a browser that nobody else has.

Then everything that is kept is searched: every row of every table, logs of every level, mails, sessions, caches, what
staff and presenters can open, what people fetch about themselves. Before closing the words are nowhere. After it they
are texts of five or more, without a trace of who wrote them; or nowhere, for good.
"""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string

from enrolments.check_in_codes import check_in_code
from enrolments.models import EnrolmentEvent
from evaluations.links import answer_link
from evaluations.models import Ballot, Evaluation, TextAnswer, Voter
from evaluations.operations.closing import close_evaluation
from evaluations.operations.reminding import send_due
from evaluations.operations.stirring import stir_due
from tests import factories
from tests.evaluations.answer_helpers import send, url_of
from tests.evaluations.attacks.test_dumps import dump
from tests.evaluations.box_helpers import make_due
from tests.evaluations.factories import CONFIDENCE, LEARNED, open_evaluation, question, questionnaire

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "Kanariefuglen sang i lokale otte"
RARE = "Solsorten sang for tre"
FRAIL = "Gulspurven sang og blev afbrudt"
ADDRESS, BEHIND = "203.0.113.77", "198.51.100.66"
BROWSER = "Kanariebrowser/9.9"
SEARCHED = question("text", "rare", "Hvad ellers?")


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All that any logger says, of every level and with every query; those that our settings hold back stay so."""
    held_back = settings.LOGGING["loggers"]
    handler, names = real_handler(), [name for name in logging.root.manager.loggerDict if name not in held_back]
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in names)]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.DEBUG)
    logging.getLogger().addHandler(handler)
    connection.force_debug_cursor = True
    yield handler.stream
    connection.force_debug_cursor = False
    logging.getLogger().removeHandler(handler)
    for each, level in zip(loggers, levels, strict=True):
        each.setLevel(level)


def real_handler() -> logging.StreamHandler:
    """Return a handler with the filters and the format of the settings, which writes to memory."""
    configured = settings.LOGGING["handlers"]["console"]
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(logging.Formatter(settings.LOGGING["formatters"][configured["formatter"]]["format"]))
    for name in configured["filters"]:
        handler.addFilter(import_string(settings.LOGGING["filters"][name]["()"])())
    return handler


def visitor() -> Client:
    headers = {"user-agent": BROWSER, "x-forwarded-for": BEHIND, "referer": "https://kanarie.example/"}
    return Client(REMOTE_ADDR=ADDRESS, headers=headers, raise_request_exception=False)


@pytest.fixture
def evaluation(db) -> Evaluation:
    """Nine people are asked. Six have answered, three of them what only three answered; one was interrupted."""
    presenter = factories.PresenterFactory(with_user=True)
    run = factories.CourseRunFactory(today=True, capacity=None, day_fields={"presenters": [presenter]})
    return open_evaluation(run=run, people=9, asked=questionnaire(CONFIDENCE, LEARNED, SEARCHED))


def everybody_answers(evaluation: Evaluation, monkeypatch) -> list[Voter]:
    """Let people answer as they do: in the room, by link, wrongly first, twice, too much, into an error of ours."""
    voters = list(evaluation.voters.select_related("enrolment").order_by("pk"))
    room = reverse("evaluations:room", args=[evaluation.room_code])
    for number, voter in enumerate(voters[:6]):
        client = visitor()
        if number % 2:
            client.get(room)
            client.post(room, {"who": f"{WORDS}@example.dk"})
            client.post(room, {"who": voter.enrolment.email if number % 4 == 1 else check_in_code(voter.enrolment)})
        assert client.get(url_of(voter)).status_code == 200
        said = {"learned": WORDS, "confidence": 7} | ({"rare": RARE} if number < 3 else {})
        assert send(client, voter, **said | {"confidence": 99}).status_code == 422
        assert send(client, voter, **said | {"learned": WORDS * 999}).status_code in (413, 422)
        assert client.post(url_of(voter), {"q-learned": WORDS, "andet-sprog": "1"}).status_code == 200
        assert send(client, voter, **said).status_code == 303
        assert send(client, voter, **said).status_code == 409
        client.post(url_of(voter).replace("1-", "2-"), {"q-learned": WORDS})
    with monkeypatch.context() as broken:
        broken.setattr("evaluations.ballots.json.dumps", fails)
        assert send(visitor(), voters[6], learned=FRAIL).status_code == 500
    return voters


def fails(*args, **kwargs):
    raise RuntimeError("the disk is full")


def traces(voters: list[Voter]) -> list[str]:
    """Return what must stand nowhere: whose visit it was."""
    return [ADDRESS, BEHIND, BROWSER, "kanarie.example", *(answer_link.token(voter) for voter in voters)]


def found_in(place: str, content: str, wanted: list[str]) -> list[str]:
    """Return which of these stand there, as they are or as bytes are shown."""
    low = content.lower()
    return [f"{word} in {place}" for word in wanted if word.lower() in low or word.encode().hex() in low]


def kept(wanted: list[str], *, but: str = "") -> list[str]:
    """Return where any of these stand in tables (but one), sessions, caches and rows of events."""
    tables, _sequences = dump()
    places = {table: "\n".join(lines) for table, lines in tables.items() if table != but}
    places["sessions"] = "\n".join(str(each.get_decoded()) for each in Session.objects.all())
    for alias in settings.CACHES:
        memory = getattr(caches[alias], "_cache", None)
        if isinstance(memory, dict):
            places[f"cache {alias}"] = str(memory)
    return [each for place, content in places.items() for each in found_in(place, content, wanted)]


def mailed() -> str:
    return "\n".join(str(message.message()) for message in mail.outbox)


def test_while_it_is_open_no_word_and_no_trace_is_anywhere(evaluation, log, monkeypatch):
    voters = everybody_answers(evaluation, monkeypatch)
    evaluation.invites_at = evaluation.opens_at
    evaluation.save()
    send_due(evaluation=evaluation)
    stir_due()

    said = [WORDS, RARE, FRAIL]
    assert kept([*said, *traces(voters)]) == []
    assert found_in("mails", mailed(), [*said, ADDRESS, BEHIND, BROWSER]) == []
    written = log.getvalue()
    assert "evaluations_ballot" in written, "the log would show it"
    assert found_in("log", written, [*said, *traces(voters)]) == []
    assert not EnrolmentEvent.objects.filter(enrolment__in=[voter.enrolment_id for voter in voters]).exists()
    assert Ballot.objects.count() == 6


def test_nobody_can_open_it_before_it_closes(evaluation, monkeypatch):
    everybody_answers(evaluation, monkeypatch)

    shown = {role: everything_about(evaluation, role) for role in ("organiser", "administrator", "presenter")}

    for role, pages in shown.items():
        for address, content in pages.items():
            assert found_in(f"{address} for {role}", content, [WORDS, RARE, FRAIL]) == []


def test_a_person_can_fetch_that_they_were_asked_never_what_they_said(evaluation, monkeypatch):
    voter = everybody_answers(evaluation, monkeypatch)[0]
    client = Client()
    client.force_login(factories.UserFactory(email=voter.enrolment.email))

    told = read(client.get("/min-side/mine-data.json"))

    assert '"has_answered": true' in told
    assert found_in("my data", told, [WORDS, RARE]) == []


def test_after_closing_what_five_said_is_a_text_and_what_three_said_is_nowhere(evaluation, log, monkeypatch):
    voters = everybody_answers(evaluation, monkeypatch)
    make_due(evaluation)

    assert close_evaluation(pk=evaluation.pk)

    assert list(TextAnswer.objects.values_list("text", flat=True)) == [WORDS] * 6
    table = "public.evaluations_textanswer"
    assert kept([WORDS, RARE, FRAIL, *traces(voters)], but=table) == []
    assert kept([RARE, FRAIL, *traces(voters)]) == []
    assert found_in("log", log.getvalue(), [RARE, FRAIL, *traces(voters)]) == []
    assert {each.has_answered for each in Voter.objects.all()} == {None}


def test_after_closing_the_texts_are_for_organisers_and_the_runs_presenters_alone(evaluation, monkeypatch):
    everybody_answers(evaluation, monkeypatch)
    make_due(evaluation)
    close_evaluation(pk=evaluation.pk)
    Evaluation.objects.update(is_public=True)

    assert any(WORDS in content for content in everything_about(evaluation, "organiser").values())
    assert any(WORDS in content for content in everything_about(evaluation, "presenter").values())
    for role in ("editor", "participant", "contact", "anonymous"):
        for address, content in everything_about(evaluation, role).items():
            assert found_in(f"{address} for {role}", content, [WORDS, RARE, FRAIL]) == []


def everything_about(evaluation: Evaluation, role: str) -> dict[str, str]:
    """Return what a role reads at every address that could show an evaluation."""
    client, run = Client(raise_request_exception=False), evaluation.run
    user = {
        "presenter": lambda: run.days.get().presenters.get().user,
        "participant": lambda: factories.UserFactory(email=run.enrolments.first().email),
        "contact": lambda: training_contact(run),
        "anonymous": lambda: None,
    }.get(role, lambda: factories.UserFactory(**{role: True}, staff=True))()
    if user:
        client.force_login(user)
    tab = f"/admin/participants/run/{run.pk}/evaluation/"
    addresses = [
        tab,
        *(
            f"{tab}{evaluation.pk}/{page}"
            for page in ("results/", "results/csv/", "results/xlsx/", "change/", "close/")
        ),
        *(f"/evaluering/resultater/{evaluation.pk}/{form}" for form in ("", "texts/", "figures/", "distributions/")),
        *(f"/admin/evaluations/across/{page}" for page in ("", "trends/", "effects/", "attendance/", "words/")),
        *("/admin/", "/admin/outbox/", "/admin/evaluations/all/", "/admin/reports/site-history/", "/min-side/"),
        f"/admin/participants/run/{run.pk}/participants/",
        f"/evaluering/skaerm/{run.pk}/",
        run.course.url or "/",
        *("/api/v1/runs", "/api/v1/courses", "/kommune/"),
    ]
    return {address: read(client.get(address)) for address in addresses}


def read(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def training_contact(run):
    from enrolments.models import TrainingContact

    user = factories.UserFactory()
    TrainingContact.objects.create(
        user=user, organisation=factories.municipality("0751"), granted_by=factories.UserFactory(organiser=True)
    )
    return user
