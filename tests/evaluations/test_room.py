"""From the QR code in the room to the questions: by e-mail or badge, without telling anything about anybody."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from enrolments.check_in_codes import check_in_code, code_url
from evaluations.enums import EvaluationStatus
from evaluations.models import Evaluation, Voter
from tests.evaluations.answer_helpers import open_ballots, send, url_of, voters_of
from tests.evaluations.factories import open_evaluation

pytestmark = pytest.mark.django_db

UNKNOWN = "Der er ikke noget at svare på med det, du skrev."


@pytest.fixture
def evaluation() -> Evaluation:
    return open_evaluation(people=3)


@pytest.fixture
def room(evaluation) -> str:
    return f"/evaluering/rum/{evaluation.room_code}/"


def throttled() -> list[str]:
    """Return what the room's tries are counted by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM accounts_throttleentry WHERE cache_key LIKE '%evaluation-room%'")
        return [key for (key,) in cursor.fetchall()]


def identify(client: Client, room: str, who: str, **more: str):
    """Post the form of the page as it stands."""
    visit = client.get(room).context["visit"]
    return client.post(room, {"who": who, "visit": visit, **more})


@pytest.mark.parametrize("way", ["address", "shouted address", "code", "small code", "scanned code"])
def test_who_is_registered_is_led_to_their_own_questions_and_can_answer(client, evaluation, room, way):
    voter = voters_of(evaluation)[1]
    code = check_in_code(voter.enrolment)
    typed = {
        "address": voter.enrolment.email,
        "shouted address": f"  {voter.enrolment.email.upper()} ",
        "code": code,
        "small code": code.lower(),
        "scanned code": code_url(voter.enrolment),
    }[way]

    response = identify(client, room, typed)

    assert response.status_code == 303
    assert response.url == url_of(voter)
    assert client.post(response.url, {"q-teaching": "3"}).status_code == 303
    assert len(open_ballots(evaluation)) == 1


def test_somebody_unknown_and_somebody_who_has_answered_get_the_same_reply(client, evaluation, room):
    voter, other, _third = voters_of(evaluation)
    send(client, voter, teaching=3)
    visit = client.get(room).context["visit"]

    def reply(who: str) -> tuple[int, str]:
        response = client.post(room, {"who": who, "visit": visit})
        page = response.content.decode().replace(who, "…")
        return response.status_code, page.replace(response.context["visit"], "")

    answered = reply(voter.enrolment.email)
    assert answered[0] == 422
    assert UNKNOWN in answered[1]
    assert reply("ingen@example.dk") == answered
    assert reply(check_in_code(voter.enrolment)) == answered
    assert reply("x-12345678") == answered
    assert voter.enrolment.name not in answered[1]
    assert other.enrolment.name not in answered[1]


@pytest.mark.parametrize("typed", ["\0", "a\0@example.dk", "🙂", "%", "@", "a" * 100_000, "9" * 30 + "-00000000"])
def test_odd_things_are_nobody(client, room, typed):
    assert identify(client, room, typed).status_code == 422


def test_nothing_typed_is_no_wrong_try(client, room):
    for _time in range(12):
        response = identify(client, room, "  ")
    assert response.status_code == 422
    assert "Skriv den e-mail, du er tilmeldt med" in response.content.decode()


def test_after_ten_wrong_tries_a_visitor_waits_and_others_do_not(client, evaluation, room):
    visit = client.get(room).context["visit"]
    own = voters_of(evaluation)[0].enrolment.email
    for number in range(10):
        assert client.post(room, {"who": f"nr{number}@example.dk", "visit": visit}).status_code == 422

    shut_out = client.post(room, {"who": own, "visit": visit})
    assert shut_out.status_code == 429
    assert "vent ti minutter" in shut_out.content.decode()
    assert own in shut_out.content.decode()
    # Everybody in the room has the venue's one network address: only the page's own number is counted.
    assert identify(client, room, own).status_code == 303


@pytest.mark.parametrize("visit", ["", "forged", None])
def test_without_a_page_of_ours_nothing_is_judged_and_nothing_counted(client, evaluation, room, visit):
    """No network address is counted, not even by a digest: such a page just asks again, and keeps what was typed."""
    own = voters_of(evaluation)[0].enrolment.email
    for _time in range(settings.EVALUATION_WRONG_TRIES[0] + 1):
        response = client.post(room, {"who": own} | ({} if visit is None else {"visit": visit}))

    assert response.status_code == 422
    assert "Siden havde stået åben for længe" in response.content.decode()
    assert not throttled()
    assert client.post(room, {"who": own, "visit": response.context["visit"]}).status_code == 303


def test_a_page_of_one_room_is_no_page_of_another(client, evaluation, room):
    other = f"/evaluering/rum/{open_evaluation(people=1).room_code}/"
    visit = client.get(other).context["visit"]

    assert client.post(room, {"who": voters_of(evaluation)[0].enrolment.email, "visit": visit}).status_code == 422
    assert not throttled()


def test_a_new_page_for_each_try_meets_the_limit_of_the_room(client, evaluation, room, settings):
    settings.EVALUATION_WRONG_ADDRESSES_OF_ALL = (5, 600)
    settings.EVALUATION_WRONG_CODES_OF_ALL = (5, 600)
    voter = voters_of(evaluation)[0]
    for number in range(5):
        assert identify(client, room, f"nr{number}@example.dk").status_code == 422
        assert identify(client, room, f"{number}-12345678").status_code == 422

    assert identify(client, room, voter.enrolment.email).status_code == 429
    assert identify(client, room, check_in_code(voter.enrolment)).status_code == 429


def test_whoever_uses_up_the_addresses_of_a_room_shuts_out_nobody_with_a_code(client, evaluation, room, settings):
    settings.EVALUATION_WRONG_ADDRESSES_OF_ALL = (5, 600)
    voter = voters_of(evaluation)[0]
    for number in range(5):
        identify(client, room, f"nr{number}@example.dk")

    refused = identify(Client(), room, voter.enrolment.email)
    assert refused.status_code == 429
    assert "Brug koden på dit navneskilt" in refused.content.decode()
    code = {"who": check_in_code(voter.enrolment), "visit": refused.context["visit"]}
    assert Client().post(room, code).status_code == 303


def test_addresses_used_up_in_one_room_are_free_in_another_and_again_when_the_time_is_over(
    client, evaluation, room, settings
):
    settings.EVALUATION_WRONG_ADDRESSES_OF_ALL = (2, 600)
    for number in range(2):
        identify(client, room, f"nr{number}@example.dk")
    other = open_evaluation(people=1)
    own = voters_of(evaluation)[0].enrolment.email

    elsewhere = f"/evaluering/rum/{other.room_code}/"
    assert identify(client, elsewhere, voters_of(other)[0].enrolment.email).status_code == 303
    assert identify(client, room, own).status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_throttleentry SET expires = now() - interval '1 second'")
    assert identify(client, room, own).status_code == 303


def test_right_tries_are_not_counted(client, evaluation, room):
    visit = client.get(room).context["visit"]
    for _time in range(settings.EVALUATION_WRONG_TRIES[0] + 2):
        who = voters_of(evaluation)[0].enrolment.email
        assert client.post(room, {"who": who, "visit": visit}).status_code == 303


def test_a_room_that_is_unknown_closed_or_not_open_yet_asks_nobody_who_they_are(client, evaluation, room):
    own = {"who": voters_of(evaluation)[0].enrolment.email}
    for code in ("zzzzzzzz", "%00", "æ"):
        assert client.get(f"/evaluering/rum/{code}/").status_code == 404
        assert client.post(f"/evaluering/rum/{code}/", own).status_code == 404

    for fields, said in (
        ({"closes_at": timezone.now() - timedelta(minutes=1)}, "Evalueringen er lukket"),
        ({"status": EvaluationStatus.STOPPED}, "Evalueringen er stoppet"),
        (
            {"status": EvaluationStatus.PLANNED, "closes_at": timezone.now() + timedelta(days=1)},
            "Evalueringen er ikke åben endnu",
        ),
    ):
        Evaluation.objects.filter(pk=evaluation.pk).update(**fields)
        for response in (client.get(room), client.post(room, own)):
            assert said in response.content.decode()
            assert "<input" not in response.content.decode().split("<main")[1].split("</main")[0]


def test_the_room_leaves_no_trace(client, evaluation, room):
    answered_before = list(Voter.objects.values("pk", "has_answered"))
    for response in (
        client.get(room),
        identify(client, room, "x@example.dk"),
        identify(client, room, voters_of(evaluation)[0].enrolment.email),
    ):
        assert response["Cache-Control"] == "no-store, private"
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies
    assert not Session.objects.exists()
    assert list(Voter.objects.values("pk", "has_answered")) == answered_before


def test_the_room_s_page_says_nothing_about_who_is_on_the_roll(client, evaluation, room):
    page = client.get(room).content.decode()

    for voter in voters_of(evaluation):
        assert voter.enrolment.email not in page
        assert voter.enrolment.name not in page
