"""The pages of results: for organisers in the run's workspace, for presenters signed in, for nobody else."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.models import Evaluation, TextAnswer
from evaluations.results.files import FORMS
from tests.evaluations.factories import (
    LEARNED,
    PRESENTER,
    TEACHING,
    closed_evaluation,
    open_evaluation,
    question,
    questionnaire,
)
from tests.evaluations.results import release, release_texts
from tests.evaluations.test_figures import GOALS
from tests.factories import CoursePageFactory, CourseRunFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db

WITHHELD = "Færre end fem har svaret, så svarene er slettet, uden at nogen har set dem."


@pytest.fixture
def presenters():
    return [PresenterFactory(name=name, with_user=True) for name in ("Ane Ager", "Bo Birk")]


@pytest.fixture
def run(presenters):
    return CourseRunFactory(capacity=None, with_days=1, day_fields={"presenters": presenters})


@pytest.fixture
def evaluation(run, presenters) -> Evaluation:
    made = closed_evaluation(run=run, people=20, answered=10, asked=questionnaire(TEACHING, GOALS, PRESENTER, LEARNED))
    release(made, "teaching", [0, 1, 2, 3, 4])
    for each in presenters:
        release(made, "presenter", [1, 2, 5], subject=f"p{each.pk}")
    release_texts(made, "learned", "At lytte", "Karen er umulig", "<b>Fed</b>", "Flere pauser", "Tak")
    return made


@pytest.fixture
def organiser(client) -> Client:
    client.force_login(UserFactory(organiser=True, staff=True))
    return client


def page_of(evaluation: Evaluation, name: str = "evaluation_results", *more: object) -> str:
    return reverse(f"participants:{name}", args=[evaluation.run_id, evaluation.pk, *more])


def own_page(evaluation: Evaluation) -> str:
    return reverse("evaluations:results", args=[evaluation.pk])


def as_presenter(presenter) -> Client:
    client = Client()
    client.force_login(presenter.user)
    return client


def text(evaluation: Evaluation, words: str) -> TextAnswer:
    return TextAnswer.objects.get(result__evaluation=evaluation, text=words)


def test_organiser_sees_charts_with_their_tables_texts_and_what_was_withheld(organiser, evaluation):
    page = organiser.get(page_of(evaluation)).content.decode()

    for shown in (
        "<strong>10 af 20 har svaret</strong> (50 %)",
        "Gennemsnit 4,0 af 5",
        "95 %-interval",
        "Meget tilfreds",
        "40 %",
        "Ane Ager",
        "Bo Birk",
        "Karen er umulig",
        WITHHELD,
        "1 spørgsmål fik for få svar",
    ):
        assert shown in page, shown
    assert "&lt;b&gt;Fed&lt;/b&gt;" in page and "<b>Fed</b>" not in page


def test_with_three_answers_the_page_says_so_and_shows_no_figure(organiser):
    evaluation = closed_evaluation(people=3, answered=3)

    page = organiser.get(page_of(evaluation)).content.decode()

    assert "Der er ikke noget at vise." in page and "uden at nogen har set dem" in page
    assert "Færre end fem blev spurgt" in page
    assert "3 af 3" not in page and "chart__table" not in page
    assert page_of(evaluation, "evaluation_file", "xlsx") not in page


def test_before_it_closes_nobody_sees_anything(organiser, presenters, run):
    evaluation = open_evaluation(run=run)

    for client, url in ((organiser, page_of(evaluation)), (as_presenter(presenters[0]), own_page(evaluation))):
        page = client.get(url).content.decode()
        assert "ingen kan læse svarene, før evalueringen lukker" in page
        assert "har svaret" not in page
    for form in FORMS:
        assert organiser.get(page_of(evaluation, "evaluation_file", form)).status_code == 404


def test_organiser_hides_flags_and_answers_a_text(organiser, evaluation, presenters):
    written = text(evaluation, "Karen er umulig")
    url = page_of(evaluation, "evaluation_text", written.pk)

    for data in ({"act": "hide"}, {"act": "flag"}, {"act": "reply", "reply": "Det taler vi om."}):
        response = organiser.post(url, data)
        assert response.url == f"{page_of(evaluation)}#text-{written.pk}"

    page = organiser.get(page_of(evaluation)).content.decode()
    assert "Skjult for undervisere" in page and "Det taler vi om." in page
    assert "Karen er umulig" not in as_presenter(presenters[0]).get(own_page(evaluation)).content.decode()
    only = organiser.get(page_of(evaluation), {"texts": "hidden"}).content.decode()
    assert "Karen er umulig" in only and "At lytte" not in only
    organiser.post(url, {"act": "show"})
    assert "Karen er umulig" in as_presenter(presenters[0]).get(own_page(evaluation)).content.decode()


def test_bad_acts_change_nothing(organiser, evaluation):
    written = text(evaluation, "At lytte")
    url = page_of(evaluation, "evaluation_text", written.pk)

    organiser.post(url, {"act": "delete"})
    organiser.post(url, {})
    organiser.post(url, {"act": "reply", "reply": "x" * 1001})
    organiser.post(page_of(evaluation, "evaluation_text", "00000000-0000-4000-8000-000000000000"), {"act": "hide"})
    assert organiser.get(url).status_code == 405

    written.refresh_from_db()
    assert (written.is_hidden, written.is_flagged, written.reply, written.moderated_at) == (False, False, "", None)


def test_an_evaluation_of_another_run_is_not_found_under_this_one(organiser, evaluation):
    other = CourseRunFactory(with_days=1)

    assert organiser.get(reverse("participants:evaluation_results", args=[other.pk, evaluation.pk])).status_code == 404


def test_telling_what_was_changed_is_confirmed_first_and_then_done_once(organiser, evaluation):
    response = organiser.post(page_of(evaluation, "evaluation_changes"), {"words": "Flere pauser.", "tell": "1"})
    assert response.url == page_of(evaluation, "evaluation_tell")
    confirm = organiser.get(response.url).content.decode()
    assert "20 personer får det her på mail" in confirm and "Flere pauser." in confirm
    evaluation.refresh_from_db()
    assert evaluation.changes_told_at is None

    page = organiser.post(response.url, follow=True).content.decode()

    assert "20 personer får besked på mail." in page
    again = organiser.post(page_of(evaluation, "evaluation_tell"), follow=True).content.decode()
    assert "Mailen sendes kun én gang" in again
    assert organiser.get(page_of(evaluation, "evaluation_tell")).status_code == 302


def test_organiser_chooses_what_the_course_page_shows(organiser, evaluation):
    organiser.post(page_of(evaluation, "evaluation_public"), {"public": "1"})
    evaluation.refresh_from_db()
    assert evaluation.is_public
    organiser.post(page_of(evaluation, "evaluation_public"), {"public": "0"})
    evaluation.refresh_from_db()
    assert not evaluation.is_public


def test_presenter_sees_their_own_part_and_no_comparison_and_nothing_to_press(evaluation, presenters):
    page = as_presenter(presenters[0]).get(own_page(evaluation)).content.decode()

    assert "Ane Ager" in page and "Bo Birk" not in page
    assert "At lytte" in page and WITHHELD in page
    assert "Sammenlign" not in page and "csrfmiddlewaretoken" not in page.split("<main", 1)[1].split("</main", 1)[0]


def test_others_do_not_see_the_results(evaluation, run):
    elsewhere = PresenterFactory(with_user=True)
    CourseRunFactory(with_days=1, course=run.course, day_fields={"presenters": [elsewhere]})
    files = [reverse("evaluations:results_file", args=[evaluation.pk, form]) for form in FORMS]

    for client in (as_presenter(elsewhere), signed_in(UserFactory()), signed_in(UserFactory(editor=True, staff=True))):
        for url in (own_page(evaluation), *files):
            response = client.get(url)
            assert response.status_code == 403
            assert b"At lytte" not in response.content
    for url in (own_page(evaluation), *files):
        assert Client().get(url).status_code == 302


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_somebody_who_presents_the_run_no_longer_sees_nothing(evaluation, presenters, run):
    day = run.days.get()
    day.presenters.remove(presenters[0])
    day.save()

    assert as_presenter(presenters[0]).get(own_page(evaluation)).status_code == 403


def test_what_is_not_there_is_not_found(presenters, evaluation):
    client = as_presenter(presenters[0])

    assert client.get("/evaluering/resultater/999999/").status_code == 404
    assert client.get(reverse("evaluations:results_file", args=[evaluation.pk, "exe"])).status_code == 404


def test_results_are_kept_by_nobody(presenters, evaluation):
    client = as_presenter(presenters[0])

    assert "no-store" in client.get(own_page(evaluation))["Cache-Control"]
    assert "no-store" in client.get(reverse("evaluations:results_file", args=[evaluation.pk, "pdf"]))["Cache-Control"]


def test_my_page_leads_presenters_to_the_results_of_their_runs(evaluation, presenters):
    mine = as_presenter(presenters[0]).get(reverse("accounts:my_page")).content.decode()

    assert "Det siger deltagerne" in mine and own_page(evaluation) in mine
    assert own_page(evaluation) not in signed_in(UserFactory()).get(reverse("accounts:my_page")).content.decode()


def test_pages_and_files_take_as_many_queries_whatever_there_is(organiser, presenters, run, evaluation):
    def queries(client: Client, url: str) -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return len(captured)

    urls = [
        (organiser, page_of(evaluation)),
        (organiser, page_of(evaluation, "evaluation_file", "pdf")),
        (organiser, page_of(evaluation, "evaluation_file", "xlsx")),
        (as_presenter(presenters[0]), own_page(evaluation)),
        (as_presenter(presenters[0]), reverse("accounts:my_page")),
    ]
    earlier = closed_evaluation(
        run=CourseRunFactory(course=run.course, capacity=None, with_days=1, day_fields={"presenters": presenters}),
        people=0,
        asked=evaluation.questionnaire,
    )
    release(earlier, "teaching", [4, 3, 2, 1, 0])
    before = {url: queries(client, url) for client, url in urls}

    for n in range(3):
        course = CoursePageFactory() if n else run.course
        more = [question("scale", f"more{n}{m}", "Mere?", options=TEACHING["value"]["options"]) for m in range(5)]
        other = closed_evaluation(
            run=CourseRunFactory(course=course, capacity=None, with_days=2, day_fields={"presenters": presenters}),
            people=0,
            asked=questionnaire(TEACHING, LEARNED, *more),
        )
        release(other, "teaching", [4, 3, 2, 1, 0])
        release_texts(other, "learned", *(f"Tekst {m}" for m in range(30)))
        release(evaluation, "goals", [1, 2, 3], row=n)
    for m in range(40):
        TextAnswer.objects.create(result=evaluation.results.get(question="learned"), text=f"Mere {m}")

    assert {url: queries(client, url) for client, url in urls} == before


def test_without_texts_there_is_neither_a_file_of_them_nor_a_choice_among_them(organiser):
    evaluation = closed_evaluation(asked=questionnaire(TEACHING))
    release(evaluation, "teaching", [0, 1, 2, 3, 4])
    page = organiser.get(page_of(evaluation)).content.decode()

    assert "Tal (CSV)" in page
    assert "Tekster (CSV)" not in page
    assert "?texts=" not in page
