"""Answering behind one's own link, and everything that can go wrong with it."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.enums import EvaluationStatus
from evaluations.links import answer_link
from evaluations.models import Ballot, Evaluation
from tests.evaluations.answer_helpers import open_ballots, send, url_of, values_of, voters_of
from tests.evaluations.factories import (
    CONFIDENCE,
    LEARNED,
    TEACHING,
    add_voters,
    closed_evaluation,
    open_evaluation,
    options,
    question,
    questionnaire,
)
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

REQUIRED = {**TEACHING, "value": {**TEACHING["value"], "required": True}}


@pytest.fixture
def evaluation() -> Evaluation:
    return open_evaluation(people=2, asked=questionnaire(REQUIRED, CONFIDENCE, LEARNED))


@pytest.fixture
def voter(evaluation):
    return voters_of(evaluation)[0]


def shift(evaluation: Evaluation, **fields) -> None:
    Evaluation.objects.filter(pk=evaluation.pk).update(**fields)


def test_an_answer_goes_into_the_box_and_its_sender_to_a_page_that_knows_nothing_of_them(client, evaluation, voter):
    response = send(client, voter, teaching=3, learned="At lytte")

    assert response.status_code == 303
    assert response.url.startswith("/evaluering/tak/?om=")
    assert answer_link.token(voter) not in response.url
    assert [values_of(each) for each in open_ballots(evaluation)] == [{"teaching": 3, "learned": "At lytte"}]
    voter.refresh_from_db()
    assert voter.has_answered


def test_everybody_is_led_to_the_same_page_of_thanks(client, evaluation):
    first, second = (send(client, each, teaching=1).url for each in voters_of(evaluation))

    assert first == second


def test_opening_the_link_changes_nothing(client, evaluation, voter):
    assert client.get(url_of(voter)).status_code == 200
    assert client.head(url_of(voter)).status_code == 200
    voter.refresh_from_db()
    assert not voter.has_answered
    assert not Ballot.objects.exists()


def test_answering_leaves_no_trace_but_the_tick_and_the_ballot(client, voter):
    for response in (client.get(url_of(voter)), send(client, voter, teaching=3), client.get(url_of(voter))):
        assert response["Cache-Control"] == "no-store, private"
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow"
        assert not response.cookies
    assert not Session.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_a_link_used_twice_counts_once_and_says_so(client, evaluation, voter):
    send(client, voter, teaching=3)

    again = client.get(url_of(voter))
    assert again.status_code == 200
    assert "Du har svaret" in again.content.decode()
    assert "<form" not in again.content.decode().split("<main")[1].split("</main")[0]

    other_tab = send(client, voter, teaching=0, learned="Noget helt andet")
    assert other_tab.status_code == 409
    assert "Kun det første svar tæller" in other_tab.content.decode()
    assert "Noget helt andet" in other_tab.content.decode()
    assert [values_of(each) for each in open_ballots(evaluation)] == [{"teaching": 3}]


@pytest.mark.parametrize("token", ["1-" + "a" * 40, "zzzzzzzzzzzz-" + "0" * 40, "x", "æ", "1-2", "%00", "rum"])
def test_a_forged_link_opens_nothing_and_loses_nothing_that_was_written(client, token):
    assert client.get(f"/evaluering/{token}/").status_code == 404
    response = client.post(f"/evaluering/{token}/", {"q-learned": "Det skrev jeg", "q-teaching": "3"})
    assert response.status_code == 404
    assert "Det skrev jeg" in response.content.decode()


def test_a_link_that_was_replaced_opens_nothing(client, voter):
    old = url_of(voter)
    type(voter).objects.filter(pk=voter.pk).update(link_version=2)

    assert client.get(old).status_code == 404


def test_an_answer_after_closing_is_not_counted_but_stands_there_to_be_copied(client, evaluation, voter):
    shift(evaluation, closes_at=timezone.now() - timedelta(seconds=1))

    response = send(client, voter, teaching=4, learned="Alt det,\nder virkede")

    page = response.content.decode()
    assert response.status_code == 409
    assert "Dit svar kom for sent" in page
    assert "Alt det,<br>der virkede" in page
    assert "Meget tilfreds" in page
    assert not Ballot.objects.exists()
    assert "Evalueringen er lukket" in client.get(url_of(voter)).content.decode()


def test_after_counting_a_link_that_still_stands_says_that_it_is_closed(client):
    evaluation = closed_evaluation(people=5)

    page = client.get(url_of(voters_of(evaluation)[0])).content.decode()

    assert "Evalueringen er lukket" in page


def test_an_evaluation_that_is_not_open_yet_says_when(client, evaluation, voter):
    shift(evaluation, status=EvaluationStatus.PLANNED, opens_at=timezone.now() + timedelta(days=1))
    page = client.get(url_of(voter)).content.decode()
    assert "Evalueringen er ikke åben endnu" in page
    assert "Den åbner" in page

    shift(evaluation, opens_at=timezone.now() - timedelta(minutes=1))
    assert "Den åbner om et øjeblik" in client.get(url_of(voter)).content.decode()
    assert send(client, voter, teaching=1).status_code == 409
    assert not Ballot.objects.exists()


def test_an_evaluation_stopped_while_somebody_answers_keeps_what_they_wrote_on_their_page(client, evaluation, voter):
    shift(evaluation, status=EvaluationStatus.STOPPED)

    response = send(client, voter, teaching=4, learned="Det hele")

    assert response.status_code == 409
    assert "Evalueringen er stoppet" in response.content.decode()
    assert "Det hele" in response.content.decode()


def test_an_evaluation_deleted_while_somebody_answers_keeps_what_they_wrote_on_their_page(client, evaluation, voter):
    url = url_of(voter)
    evaluation.voters.all().delete()
    evaluation.delete()

    response = client.post(url, {"q-learned": "Det hele"})

    assert response.status_code == 404
    assert "Det hele" in response.content.decode()


def test_a_questionnaire_cannot_be_changed_while_people_answer(evaluation):
    other = questionnaire(TEACHING)

    with pytest.raises(IntegrityError, match="keeps its questionnaire"):
        shift(evaluation, questionnaire=other)


def test_questions_that_are_others_than_those_read_are_shown_anew_with_what_still_fits(client):
    evaluation = open_evaluation(people=1)
    voter = voters_of(evaluation)[0]
    seen = client.get(url_of(voter)).context["form"].seen
    shift(evaluation, subjects=[{"key": "p7", "about": "presenter", "id": 7, "label": "Lotte"}])

    response = client.post(url_of(voter), {"set": seen, "q-teaching": "2", "q-learned": "At lytte"})

    text = response.content.decode()
    assert response.status_code == 409
    assert "Spørgsmålene blev ændret, mens du svarede" in text
    assert "Lotte" in text
    assert "At lytte</textarea>" in text
    assert not Ballot.objects.exists()
    again = {"set": response.context["form"].seen, "q-teaching": "2", "q-presenter-p7": "1"}
    assert client.post(url_of(voter), again).status_code == 303


def test_what_is_missing_is_said_in_the_summary_and_at_the_question_and_nothing_is_lost(client, voter):
    response = send(client, voter, confidence=7, learned="At lytte")

    page = response.content.decode()
    message = "Vælg et svar til “Hvor tilfreds er du med undervisningen?”."
    assert response.status_code == 422
    assert f'<a href="#id_q-teaching_0">{message}</a>' in page
    assert page.count(message) == 2
    assert "At lytte</textarea>" in page
    assert 'name="q-confidence" value="7" checked' in page


def test_a_megabyte_of_text_is_kept_with_the_limit_beside_it(client, voter):
    long = "<b>æ</b>" * 125_000

    response = send(client, voter, teaching=3, learned=long)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Skriv højst 2000 tegn." in page
    assert page.count("&lt;b&gt;æ&lt;/b&gt;") == 125_000


def test_more_than_the_server_takes_at_all_is_refused_in_words(client, voter):
    response = send(client, voter, teaching=3, learned="a" * 3_000_000)

    assert response.status_code == 413
    assert "Der er ikke sendt noget" in response.content.decode()


def test_markup_is_text(client, evaluation, voter):
    send(client, voter, teaching=1, learned="<script>alert(1)</script> & Søren")

    assert values_of(open_ballots(evaluation)[0])["learned"] == "<script>alert(1)</script> & Søren"
    shown = send(client, voter, teaching=1, learned="<script>alert(1)</script>").content.decode()
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_nul_and_odd_signs_hold_nobody_back(client, evaluation, voter):
    assert send(client, voter, teaching=1, learned="a\0b\ud7ff\ufffe👩‍👧").status_code == 303
    assert values_of(open_ballots(evaluation)[0])["learned"] == "ab👩‍👧"


def test_an_uploaded_file_is_no_answer(client, voter):
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = client.post(url_of(voter), {"q-teaching": SimpleUploadedFile("3", b"3")})
    assert response.status_code == 422


class TestLanguage:
    ASKED = question("scale", "pace", "Hvordan var tempoet?", en="How was the pace?", options=options("Lavt", "Højt"))

    @pytest.fixture
    def voter(self):
        return voters_of(open_evaluation(people=1, asked=questionnaire(self.ASKED, LEARNED)))[0]

    def test_is_danish_whatever_the_browser_speaks(self, voter):
        page = Client(headers={"accept-language": "en"}).get(url_of(voter)).content.decode()

        assert '<html lang="da">' in page
        assert "Hvordan var tempoet?" in page
        assert "In English" in page

    def test_is_english_where_that_is_chosen_and_stays_so(self, client, voter):
        page = client.get(url_of(voter) + "?sprog=en")

        assert page["Content-Language"] == "en"
        assert '<html lang="en">' in page.content.decode()
        assert "How was the pace?" in page.content.decode()
        assert "Send my answers" in page.content.decode()
        thanks = client.post(url_of(voter) + "?sprog=en", {"q-pace": "1"})
        assert "Thank you for answering" in client.get(thanks.url).content.decode()

    def test_can_be_changed_with_what_has_been_filled_in(self, client, voter):
        response = client.post(url_of(voter) + "?sprog=en", {"andet-sprog": "1", "q-pace": "1", "q-learned": "Meget"})

        page = response.content.decode()
        assert response.status_code == 200
        assert "How was the pace?" in page
        assert 'name="q-pace" value="1" checked' in page
        assert "Meget</textarea>" in page
        assert "error-summary" not in page
        assert not Ballot.objects.exists()

    def test_is_not_offered_where_there_is_nothing_to_read_in_english(self, client, evaluation):
        assert "In English" not in client.get(url_of(voters_of(evaluation)[0])).content.decode()


class TestQueries:
    def count(self, act) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            act()
        return len([each for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    def test_do_not_grow_with_voters_ballots_presenters_or_questions(self, client):
        voter = voters_of(open_evaluation(people=2))[0]
        showing = self.count(lambda: client.get(url_of(voter)))
        sending = self.count(lambda: send(client, voter, teaching=1))

        many = questionnaire(*(question("text", f"q{n}", "?") for n in range(30)), TEACHING)
        large = open_evaluation(people=30, asked=many)
        for each in voters_of(large)[:20]:
            send(client, each, teaching=2)
        add_voters(large, 20)
        voter = voters_of(large)[-1]

        assert self.count(lambda: client.get(url_of(voter))) == showing <= 8
        assert self.count(lambda: send(client, voter, teaching=1)) == sending <= 8


def test_the_page_says_what_is_known_and_what_stays_guessable(client, voter):
    page = client.get(url_of(voter)).content.decode()

    for words in (
        "Du svarer anonymt.",
        "men aldrig hvad",
        "forseglet, til evalueringen lukker",
        "mindst fem har svaret på",
        "i tilfældig rækkefølge",
        "Det kan stadig gættes",
        "Din måde at skrive på",
        "Et navn, som du selv skriver",
        "Svarer alle i en lille gruppe det samme",
        "se, om du mangler at svare",
    ):
        assert words in page, words


def test_the_thanks_say_what_happens_next_and_know_no_forged_reference(client, evaluation, voter):
    page = client.get(send(client, voter, teaching=1).url).content.decode()
    assert "Det sker der nu" in page
    assert evaluation.run.course.title in page

    for reference in ("", f"{evaluation.pk}:forged", "x", "\0"):
        other = client.get("/evaluering/tak/", {"om": reference})
        assert other.status_code == 200
        assert evaluation.run.course.title not in other.content.decode()
