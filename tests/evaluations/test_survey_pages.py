"""Answering an open survey, and the page of a survey's results."""

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Barrier

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from evaluations.enums import Audience, EvaluationStatus
from evaluations.exceptions import AlreadyAnswered
from evaluations.links import answer_link
from evaluations.models import Ballot, Evaluation, QuestionResult, Survey, SurveyResultsPage, Voter
from evaluations.operations.casting import cast, cast_openly
from evaluations.operations.closing import close_evaluation, publish
from evaluations.operations.releasing import Counting
from evaluations.questions import parse
from tests.evaluations.factories import LEARNED, TEACHING, paper
from tests.evaluations.survey_helpers import MUNICIPALITY, USE, asked, municipality, put_on_list, survey
from tests.factories import ArticlePageFactory, HomePageFactory

pytestmark = pytest.mark.django_db

URL = "/evaluering/undersoegelse/aaben/"


@pytest.fixture(autouse=True)
def _empty_caches():
    caches["pages"].clear()
    yield
    caches["pages"].clear()


@pytest.fixture
def open_to_all() -> Survey:
    return survey(slug="aaben", audience=Audience.OPEN, questionnaire=asked(MUNICIPALITY, USE, LEARNED))


def filled(client: Client, url: str = URL, **answers: str) -> dict[str, str]:
    """Return what the page's form posts with these answers."""
    form = client.get(url).context["form"]
    return {"set": form.seen, **answers}


class TestAnswering:
    def test_anybody_answers_and_is_thanked(self, client, open_to_all):
        data = filled(client, **{"q-municipality": "0751", "q-use": "0"})

        response = client.post(URL, data)

        assert response.status_code == 303
        assert response["Location"].startswith("/evaluering/tak/")
        assert Ballot.objects.filter(evaluation=open_to_all.evaluation).count() == 1

    def test_the_same_browser_is_stopped_from_answering_again_by_mistake(self, client, open_to_all):
        data = filled(client, **{"q-use": "0"})
        client.post(URL, data)

        again = client.post(URL, data)

        assert again.status_code == 409
        assert "Der er svaret fra denne browser" in client.get(URL).content.decode()
        assert Ballot.objects.count() == 1

    def test_the_cookie_holds_nothing_but_that_it_has_answered(self, client, open_to_all):
        response = client.post(URL, filled(client, **{"q-use": "0"}))

        (cookie,) = response.cookies.values()
        assert cookie.value == "1"
        assert cookie["httponly"]
        assert cookie["path"] == URL
        assert "sessionid" not in response.cookies

    def test_a_colleague_at_the_same_computer_may_answer(self, client, open_to_all):
        client.post(URL, filled(client, **{"q-use": "0"}))

        data = filled(client, f"{URL}?igen=ja", **{"q-use": "1"})
        assert client.post(URL, data).status_code == 303
        assert Ballot.objects.count() == 2

    def test_the_page_says_plainly_that_it_cannot_stop_anybody_from_answering_twice(self, client, open_to_all):
        text = client.get(URL).content.decode()

        assert "kan vi ikke forhindre, at nogen svarer flere gange" in text
        assert "tick off" not in text

    def test_before_and_after_its_time_it_takes_no_answers(self, client, open_to_all):
        data = filled(client, **{"q-use": "0"})
        now = timezone.now()
        Evaluation.objects.update(opens_at=now - timedelta(days=2), closes_at=now - timedelta(seconds=1))

        assert client.post(URL, data).status_code == 409
        assert client.get(URL).status_code == 200
        assert not Ballot.objects.exists()

    def test_an_invited_survey_is_not_answered_by_its_address(self, client):
        survey(slug="inviteret")

        assert client.get("/evaluering/undersoegelse/inviteret/").status_code == 404
        assert client.post("/evaluering/undersoegelse/inviteret/", {"q-use": "0"}).status_code == 404

    def test_answers_of_one_address_are_limited_and_nothing_written_is_lost(self, client, open_to_all, settings):
        settings.FORM_RATE_LIMITS = {"survey": (2, 3600)}
        data = filled(client, **{"q-use": "0", "q-learned": "Min kanarietekst"})
        statuses = []
        for _each in range(3):
            visitor = Client()
            response = visitor.post(URL, data)
            statuses.append(response.status_code)

        assert statuses == [303, 303, 429]
        assert "Min kanarietekst" in response.content.decode()

    def test_an_unknown_municipality_is_refused(self, client, open_to_all):
        assert client.post(URL, filled(client, **{"q-municipality": "9999", "q-use": "0"})).status_code == 422


def test_the_invited_answer_for_the_municipality_of_their_invitation(client):
    made = survey(questionnaire=asked(MUNICIPALITY, USE))
    put_on_list(made, 5, municipality=municipality("0751"))
    for voter in Voter.objects.all():
        url = f"/evaluering/{answer_link.token(voter)}/"
        page = client.get(url)
        assert "Du svarer for Aarhus Kommune" in page.content.decode()
        client.post(url, {"set": page.context["form"].seen, "q-use": "0", "q-municipality": "0461"})

    assert Ballot.objects.count() == 5
    assert not client.cookies


@pytest.mark.django_db(transaction=True)
def test_one_invitation_used_ten_times_at_once_is_one_answer():
    made = survey(people=3)
    voter = Voter.objects.first()
    barrier = Barrier(10)

    def answer(_number: int) -> object:
        try:
            barrier.wait(timeout=20)
            return cast(voter=voter, paper=paper(("use", 0)))
        except AlreadyAnswered as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        results = list(pool.map(answer, range(10)))

    assert results.count(None) == 1
    assert Ballot.objects.filter(evaluation=made.evaluation).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_survey_runs_from_its_ballots_to_what_may_be_known_of_its_municipalities():
    made = survey(slug="aaben", audience=Audience.OPEN, questionnaire=asked(MUNICIPALITY, USE))
    for code, people in (("0751", 8), ("0461", 6), ("0825", 2)):
        for _each in range(people):
            cast_openly(evaluation=made.evaluation, paper=paper(("use", 0), group=code))
    Evaluation.objects.update(closes_at=timezone.now())

    assert close_evaluation(pk=made.evaluation.pk)

    released = QuestionResult.objects.filter(question="use").values_list("group__code", "answered")
    # Odense gives way: the whole minus both would be the two on Læsø.
    assert set(released) == {(None, 16), ("0751", 8)}


# --- the page of results ------------------------------------------------------------------------


def results_page(*answers: tuple[str, int], is_closed: bool = True, **fields: object) -> SurveyResultsPage:
    """Return a published page of a survey that so many of each municipality have answered."""
    made = survey(slug="resultat", questionnaire=asked(MUNICIPALITY, USE, TEACHING, LEARNED))
    evaluation = made.evaluation
    if is_closed:
        counting = Counting(parse(made.questionnaire.questions), groups={code for code, _people in answers})
        for code, people in answers:
            for number in range(people):
                said = (("use", number % 3), ("teaching", number % 5), ("learned", "Hemmelig tekst"))
                counting.add(paper(*said, group=code))
        total = sum(people for _code, people in answers)
        groups = {code: municipality(code).pk for code, _people in answers}
        publish(evaluation, counting.cells(), groups)
        Evaluation.objects.filter(pk=evaluation.pk).update(
            status=EvaluationStatus.CLOSED, sealed_key=None, closed_at=timezone.now(), invited=100, answered=total
        )
    page = SurveyResultsPage(title="Resultater", slug="resultater", survey=made, **fields)
    return HomePageFactory().add_child(instance=page)


class TestResults:
    answers = (("0751", 12), ("0461", 9), ("0851", 7), ("0825", 2))

    def text(self, client: Client, query: str = "") -> str:
        response = client.get(f"/resultater/{query}")
        assert response.status_code == 200
        return response.content.decode()

    def test_the_page_shows_the_whole_who_was_asked_and_how_many_answered(self, client):
        results_page(*self.answers, asked="Frivilligkonsulenter i kommunerne")

        text = self.text(client)

        assert "Bruger I frivillige?" in text
        assert "Frivilligkonsulenter i kommunerne" in text
        assert "af 100 inviterede (30 %)" in text
        assert "Kommuner med få svar vises ikke" in text

    def test_no_text_that_somebody_wrote_is_published(self, client):
        results_page(*self.answers)

        assert "Hemmelig tekst" not in self.text(client)
        assert "Hemmelig tekst" not in client.get("/resultater/?hent=csv").content.decode()

    def test_a_municipality_is_chosen_without_javascript_and_shown_beside_the_whole(self, client):
        results_page(*self.answers)

        text = self.text(client, "?kommune=0751")

        assert "Du ser Aarhus Kommune ved siden af alle kommuner." in text
        assert "12 svar" in text

    def test_municipalities_with_few_answers_are_neither_offered_nor_shown(self, client):
        results_page(*self.answers)

        assert "Læsø" not in self.text(client)
        assert "Der er ikke svar nok" in self.text(client, "?kommune=0825")

    @pytest.mark.parametrize("code", ["x", "9999", "0751'--", "²³⁴⁵", "0" * 60])
    def test_a_municipality_that_does_not_exist_shows_the_whole(self, client, code):
        results_page(*self.answers)

        assert "Bruger I frivillige?" in self.text(client, f"?kommune={code}")

    def test_each_municipality_has_a_page_in_the_cache_of_its_own_and_new_results_show_at_once(self, client):
        page = results_page(*self.answers, is_closed=False)
        assert "Resultaterne er her ikke endnu" in self.text(client)
        assert client.get("/resultater/")["X-Page-Cache"] == "hit"
        page.survey.slug = "udgaaet"
        page.survey.save()
        page.delete()
        results_page(*self.answers)

        assert "Aarhus Kommune ved siden af" in self.text(client, "?kommune=0751")
        assert "Odense Kommune ved siden af" in self.text(client, "?kommune=0461")
        again = client.get("/resultater/?kommune=0751")
        assert again["X-Page-Cache"] == "hit"
        assert "Aarhus Kommune ved siden af" in again.content.decode()

    def test_closing_shows_the_results_although_the_page_was_cached(self, client):
        results_page(*self.answers, is_closed=False)
        self.text(client)
        self.text(client)
        Evaluation.objects.update(
            status=EvaluationStatus.CLOSED, sealed_key=None, closed_at=timezone.now(), invited=9, answered=2
        )

        assert "Der er ikke noget at vise" in self.text(client)

    def test_the_files_hold_what_the_page_shows_and_nothing_else(self, client):
        results_page(*self.answers)

        response = client.get("/resultater/?hent=csv")
        rows = list(csv.DictReader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))

        assert {row["Kommune"] for row in rows} == {"Alle kommuner", "Aarhus Kommune", "Odense Kommune"}
        assert sum(int(row["Personer"]) for row in rows if row["Kommune"] == "Alle kommuner") == 60
        assert client.get("/resultater/?hent=xlsx").content.startswith(b"PK")

    def test_a_page_without_a_survey_says_so_and_has_no_files(self, client):
        page = results_page(*self.answers)
        SurveyResultsPage.objects.filter(pk=page.pk).update(survey=None)
        page.save_revision()
        caches["pages"].clear()

        assert "når undersøgelsen er gennemført" in self.text(client)
        assert client.get("/resultater/?hent=csv")["Content-Type"].startswith("text/html")

    def test_the_page_costs_the_same_queries_however_many_municipalities_there_are(self, client):
        def cost(query: str) -> int:
            caches["pages"].clear()
            with CaptureQueriesContext(connection) as context:
                self.text(client, query)
            return len(context)

        page = results_page(("0751", 12), ("0461", 9))
        cost("?kommune=0751")  # what is remembered between requests is from here on
        before = cost("?kommune=0751"), cost("?hent=csv")
        question = QuestionResult.objects.filter(group=None, question="use").get()
        QuestionResult.objects.bulk_create(
            QuestionResult(
                evaluation=question.evaluation, question="use", group=municipality(code), answered=9, counts=[9, 0, 0]
            )
            for code in ("0101", "0147", "0151", "0153", "0155", "0157", "0159", "0161", "0163", "0165", "0167")
        )
        assert (cost("?kommune=0751"), cost("?hent=csv")) == before
        assert page.survey

    def test_the_page_is_found_by_its_words_and_stands_under_articles(self, client):
        results_page(*self.answers, body="<p>Koordinering mangler de fleste steder.</p>")

        assert "Resultater" in client.get("/soeg/?q=koordinering").content.decode()
        assert SurveyResultsPage in ArticlePageFactory().allowed_subpage_models()
