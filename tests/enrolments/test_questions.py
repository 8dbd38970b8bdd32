"""A run's own questions in the registration form: what is asked, what is refused, what is kept."""

import shutil
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments.enums import AskedOf, QuestionKind
from enrolments.models import Answer, Question, Registration
from enrolments.operations.questions import questions_of
from tests.enrolments.helpers import form_data
from tests.factories import CourseRunFactory, QuestionFactory
from website.storage import private

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n..."


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory()


def ask(run: CourseRun, text: str, kind: str = QuestionKind.TEXT, **fields: Any) -> Question:
    return QuestionFactory(run=run, text=text, kind=kind, **fields)


def ask_once(run: CourseRun, text: str, kind: str = QuestionKind.TEXT, **fields: Any) -> Question:
    return ask(run, text, kind, asked_of=AskedOf.REGISTRATION, **fields)


def send(client, run: CourseRun, *people: str, once: dict | None = None, each: dict | None = None):
    """Post the form; `once` and `each` are answers by question, `each` of the first participant."""
    data = form_data(*people)
    data |= {f"question-{question.pk}": value for question, value in (once or {}).items()}
    data |= {f"participants-0-question-{question.pk}": value for question, value in (each or {}).items()}
    return client.post(f"/tilmelding/{run.pk}/", data)


def problems(response) -> list[str]:
    page = BeautifulSoup(response.content, "html.parser")
    return [item.get_text(strip=True) for item in page.select(".error-summary li")]


def hint(response, name: str) -> str:
    page = BeautifulSoup(response.content, "html.parser")
    return page.select_one(f"#id_{name}_helptext").get_text(" ", strip=True)


def stored() -> list[str]:
    """Return the names of all files in the private storage."""
    try:
        return [name for year in private().listdir("answers")[0] for name in _below(f"answers/{year}")]
    except FileNotFoundError:
        return []


def _below(folder: str) -> list[str]:
    folders, files = private().listdir(folder)
    return [*files, *(name for each in folders for name in _below(f"{folder}/{each}"))]


@pytest.fixture(autouse=True)
def empty_storage():
    shutil.rmtree(private().path("answers"), ignore_errors=True)


def test_the_courses_questions_and_the_runs_own_are_asked_in_their_order(client, run):
    ask(run, "Hvad hedder din leder?", sort_order=2)
    QuestionFactory(course=run.course, text="Hvad forventer du?", sort_order=1)
    ask(run, "Spørges ikke mere", is_active=False)
    ask(CourseRunFactory(course=run.course), "Et andet holds")

    page = BeautifulSoup(client.get(f"/tilmelding/{run.pk}/").content, "html.parser")

    labels = [label.get_text(strip=True) for label in page.select("fieldset.participant .question label")]
    assert labels == ["Hvad forventer du?(frivilligt)", "Hvad hedder din leder?(frivilligt)"]


def test_each_participant_is_asked_and_the_contact_once(client, run):
    theme = ask(run, "Hvad forventer du?")
    lunch = ask_once(run, "Skal I have parkering?", QuestionKind.YES_NO)

    response = send(client, run, "Anna", once={lunch: "yes"}, each={theme: "Nye ideer"})

    assert response.status_code == 302
    registration = Registration.objects.get()
    answers = {
        answer.question: (answer.enrolment and answer.enrolment.name, answer.value) for answer in Answer.objects.all()
    }
    assert answers == {theme: ("Anna", "Nye ideer"), lunch: (None, "yes")}
    assert {answer.registration for answer in Answer.objects.all()} == {registration}


def test_a_seat_whose_name_is_to_follow_is_registered_without_answers(client, run):
    ask(run, "Hvad forventer du?", required=True)
    data = form_data("Anna")
    data |= {"participants-0-name": "", "participants-0-email": "", "participants-0-unnamed": "on"}

    client.post(f"/tilmelding/{run.pk}/", data)

    assert run.enrolments.get().is_unnamed


def test_what_must_be_answered_is_asked_for_at_its_field(client, run):
    ask(run, "Hvad forventer du?", required=True)
    ask_once(run, "Hvornår har I tid?", QuestionKind.DATE, required=True)
    ask(run, "Må vi tage billeder?", QuestionKind.YES_NO, required=True)

    response = send(client, run, "Anna")

    assert problems(response) == ["Skriv en dato.", "Deltager 1: Skriv et svar.", "Deltager 1: Vælg et svar."]
    assert not Registration.objects.exists()


def test_an_unanswered_optional_question_leaves_no_row(client, run):
    ask(run, "Hvad forventer du?")

    send(client, run, "Anna")

    assert Registration.objects.exists()
    assert not Answer.objects.exists()


@pytest.mark.parametrize("written", ["3.2.2027", "3-2-2027", "3/2/2027", "2027-02-03"])
def test_a_date_is_read_the_danish_ways(client, run, written):
    date = ask_once(run, "Hvornår?", QuestionKind.DATE)

    send(client, run, "Anna", once={date: written})

    assert Answer.objects.get().value == "2027-02-03"


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (QuestionKind.DATE, "31.2.2027", "Skriv en dato som 23.4.2027."),
        (QuestionKind.DATE, "i morgen", "Skriv en dato som 23.4.2027."),
        (QuestionKind.CHOICE, "Blå", "Vælg et af svarene."),
        (QuestionKind.YES_NO, "måske", "Vælg et af svarene."),
    ],
)
def test_a_wrong_answer_is_refused_in_words(client, run, kind, value, words):
    question = ask_once(run, "?", kind, choices="Rød\nGrøn")

    assert problems(send(client, run, "Anna", once={question: value})) == [words]


class TestConditions:
    @pytest.fixture
    def allergic(self, run) -> Question:
        return ask(run, "Har du allergi?", QuestionKind.YES_NO, sort_order=1)

    @pytest.fixture
    def which(self, run, allergic) -> Question:
        return ask(run, "Hvilken?", required=True, shown_if=allergic, shown_if_answer="yes", sort_order=2)

    def test_a_question_must_be_answered_when_its_condition_is_met(self, client, run, allergic, which):
        assert problems(send(client, run, "Anna", each={allergic: "yes"})) == ["Deltager 1: Skriv et svar."]

    def test_an_answer_is_dropped_when_the_condition_is_not_met(self, client, run, allergic, which):
        send(client, run, "Anna", each={allergic: "no", which: "Nødder"})

        assert [answer.question for answer in Answer.objects.all()] == [allergic]

    def test_an_answer_is_kept_when_the_condition_is_met(self, client, run, allergic, which):
        send(client, run, "Anna", each={allergic: "yes", which: "Nødder"})

        assert {answer.value for answer in Answer.objects.all()} == {"yes", "Nødder"}

    def test_a_condition_on_a_question_that_is_not_meant_is_not_met(self, client, run, allergic, which):
        ask(run, "Hvor slemt?", required=True, shown_if=which, shown_if_answer="Nødder", sort_order=3)

        assert send(client, run, "Anna", each={allergic: "no", which: "Nødder"}).status_code == 302

    def test_the_page_says_in_words_when_a_question_is_meant(self, client, run, allergic, which):
        response = client.get(f"/tilmelding/{run.pk}/")

        assert hint(response, f"participants-0-question-{which.pk}") == "Kun hvis du svarer “Ja” til “Har du allergi?”."
        assert f'data-shown-if="{allergic.pk}" data-shown-if-answer="yes"' in response.content.decode()

    def test_a_question_comes_after_the_one_it_hangs_on_whatever_their_order(self, run, allergic, which):
        Question.objects.filter(pk=which.pk).update(sort_order=0)

        assert questions_of(run) == [allergic, which]

    def test_a_question_is_not_asked_when_the_one_it_hangs_on_is_not(self, run, allergic, which):
        Question.objects.filter(pk=allergic.pk).update(is_active=False)

        assert questions_of(run) == []


class TestFiles:
    @pytest.fixture
    def cv(self, run) -> Question:
        return ask(run, "Dit CV", QuestionKind.FILE, required=True)

    def upload(self, client, run, cv, name: str, content: bytes, *people: str):
        return send(client, run, *people, each={cv: SimpleUploadedFile(name, content)})

    def test_a_file_lies_in_the_private_storage_under_a_name_that_tells_nothing(self, client, run, cv):
        assert self.upload(client, run, cv, "CV Anna Åse.pdf", PDF).status_code == 302

        answer = Answer.objects.get()
        assert answer.value == "CV Anna Åse.pdf"
        assert "Anna" not in answer.file.name
        assert answer.file.storage is private()
        assert answer.file.read() == PDF

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            (
                "cv.exe",
                b"MZ",
                "Vi kan ikke tage imod filen “cv.exe”. Vælg en PDF, et Word-dokument (docx), en JPG eller en PNG.",
            ),
            (
                "cv.pdf",
                b"<html>",
                "Vi kan ikke tage imod filen “cv.pdf”. Vælg en PDF, et Word-dokument (docx), en JPG eller en PNG.",
            ),
            ("cv.pdf", b"", "Filen “cv.pdf” er tom. Vælg en anden."),
            ("cv.pdf", PDF + b"x" * 1024 * 1024, "Filen “cv.pdf” fylder 2 MB. Den må højst fylde 1 MB."),
        ],
    )
    def test_a_file_we_cannot_take_is_refused_in_words(self, client, run, cv, settings, name, content, words):
        settings.ANSWER_FILE_MAX_MB = 1

        assert problems(self.upload(client, run, cv, name, content)) == [f"Deltager 1: {words}"]

    def test_the_page_says_what_files_it_takes(self, client, run, cv):
        response = client.get(f"/tilmelding/{run.pk}/")

        assert hint(response, f"participants-0-question-{cv.pk}") == "PDF, Word (docx), JPG eller PNG, højst 10 MB."

    def test_a_form_shown_again_says_that_the_file_must_be_chosen_again(self, client, run, cv):
        ask(run, "Hvad forventer du?", required=True)

        response = self.upload(client, run, cv, "cv.pdf", PDF)

        assert problems(response) == ["Deltager 1: Skriv et svar."]
        assert hint(response, f"participants-0-question-{cv.pk}").startswith(
            "Du valgte “cv.pdf”, men browseren kan ikke huske filen. Vælg den igen, før du sender."
        )

    def test_adding_a_row_says_so_too_and_keeps_the_other_answers(self, client, run, cv):
        theme = ask(run, "Hvad forventer du?")
        data = form_data("Anna", add_participant="1") | {
            f"participants-0-question-{cv.pk}": SimpleUploadedFile("cv.pdf", PDF),
            f"participants-0-question-{theme.pk}": "Nye ideer",
        }

        response = client.post(f"/tilmelding/{run.pk}/", data)

        assert hint(response, f"participants-0-question-{cv.pk}").startswith("Du valgte “cv.pdf”")
        page = BeautifulSoup(response.content, "html.parser")
        assert page.select_one(f"[name=participants-0-question-{theme.pk}]").get_text(strip=True) == "Nye ideer"

    @pytest.mark.parametrize("page", ["the same page", "another page"])
    def test_no_file_is_left_behind_by_a_registration_that_comes_to_nothing(self, client, run, cv, page):
        for submission in ("the same page", page):
            data = form_data("Anna", submission=submission)
            data[f"participants-0-question-{cv.pk}"] = SimpleUploadedFile("cv.pdf", PDF)
            client.post(f"/tilmelding/{run.pk}/", data)

        assert len(stored()) == Answer.objects.count() == 1


def test_a_form_posted_twice_has_its_answers_once(client, run):
    theme = ask(run, "Hvad forventer du?")
    for _ in range(2):
        send(client, run, "Anna", once={}, each={theme: "Nye ideer"})

    assert Answer.objects.count() == 1


@pytest.mark.parametrize("people", [["Anna"], ["Anna", "Bo", "Carl", "Dorte"]])
def test_questions_cost_one_query_and_answers_one_however_many_participants(client, run, people):
    plain = CourseRunFactory(course=run.course)
    theme = ask(run, "Hvad forventer du?")
    data = form_data(*people) | {f"participants-{n}-question-{theme.pk}": "Ideer" for n in range(len(people))}
    client.post(f"/tilmelding/{plain.pk}/", data)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.post(f"/tilmelding/{run.pk}/", data)

    asked = [query["sql"] for query in queries if "enrolments_question" in query["sql"]]
    written = [query["sql"] for query in queries if 'INSERT INTO "enrolments_answer"' in query["sql"]]
    assert (len(asked), len(written)) == (1, 1)
    assert Answer.objects.count() == len(people)
