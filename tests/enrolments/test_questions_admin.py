"""Questions in the admin: made from a run's page, checked, protected once answered, counted and exported."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models import CourseRun
from enrolments.enums import AskedOf, QuestionKind
from enrolments.models import Question
from tests.factories import AnswerFactory, CourseRunFactory, EnrolmentFactory, QuestionFactory, UserFactory

pytestmark = pytest.mark.django_db

HOME = "/admin/courses/questions/"


@pytest.fixture
def organiser(client):
    user = UserFactory(staff=True, organiser=True)
    client.force_login(user)
    return user


@pytest.fixture
def run() -> CourseRun:
    return CourseRunFactory()


def values(question: Question, **changes: Any) -> dict[str, Any]:
    """Return a post of the form for a question as it stands, with changes."""
    data = {
        "text": question.text,
        "help_text": question.help_text,
        "kind": question.kind,
        "asked_of": question.asked_of,
        "choices": question.choices,
        "run": question.run_id or "",
        "course": question.course_id or "",
        "sort_order": question.sort_order,
        "shown_if": question.shown_if_id or "",
        "shown_if_answer": question.shown_if_answer,
    }
    for flag in ("required", "is_active", "for_presenters", "is_sensitive"):
        if getattr(question, flag):
            data[flag] = "on"
    return {name: value for name, value in (data | changes).items() if value is not None}


def save(client, question: Question, **changes: Any):
    return client.post(
        reverse("wagtailsnippets_enrolments_question:edit", args=[question.pk]), values(question, **changes)
    )


def errors(response) -> list[str]:
    page = BeautifulSoup(response.content, "html.parser")
    return [error.get_text(" ", strip=True) for error in page.select(".error-message")]


def yes_no(run: CourseRun, **fields: Any) -> Question:
    return QuestionFactory(run=run, kind=QuestionKind.YES_NO, text="Har du allergi?", **fields)


class TestMaking:
    def test_questions_stand_in_the_menu_of_courses(self, client, organiser):
        page = client.get("/admin/").content.decode()

        assert HOME in page

    def test_editors_have_no_questions(self, client):
        client.force_login(UserFactory(staff=True, editor=True))

        assert HOME not in client.get("/admin/").content.decode()
        assert client.get(HOME).status_code == 302

    def test_a_question_is_made_from_the_runs_page_and_leads_back_there(self, client, organiser, run):
        QuestionFactory(run=run, sort_order=4)
        add = f"{reverse('wagtailsnippets_enrolments_question:add')}?run={run.pk}"
        form = client.get(add)
        assert form.status_code == 200

        response = client.post(add, values(Question(run=run, text="Hvad forventer du?", sort_order=5)))

        assert response["Location"] == reverse("participants:questions", args=[run.pk])
        assert Question.objects.get(text="Hvad forventer du?").run == run
        assert form.context["form"].instance.sort_order == 5

    @pytest.mark.parametrize("query", ["run=x", "run=999999999", "course=-1", "run=1&course=2"])
    def test_an_address_that_names_nothing_begins_an_empty_question(self, client, organiser, query):
        assert client.get(f"{reverse('wagtailsnippets_enrolments_question:add')}?{query}").status_code == 200

    def test_a_question_belongs_to_a_course_or_a_run_and_not_to_both(self, client, organiser, run):
        question = QuestionFactory(run=run)

        assert errors(save(client, question, course=run.course_id)) == ["Vælg et kursus eller et hold, ikke begge."]
        assert errors(save(client, question, run="")) == ["Vælg det kursus eller hold, som spørgsmålet stilles på."]

    def test_a_choice_needs_two_answers(self, client, organiser, run):
        question = QuestionFactory(run=run)

        found = errors(save(client, question, kind="choice", choices="Kun én"))

        assert found == ["Skriv mindst to svarmuligheder, én pr. linje."]


class TestConditions:
    def test_the_answer_is_written_as_people_read_it(self, client, organiser, run):
        other, question = yes_no(run), QuestionFactory(run=run)

        assert save(client, question, shown_if=other.pk, shown_if_answer="ja").status_code == 302

        question.refresh_from_db()
        assert (question.shown_if, question.shown_if_answer) == (other, "yes")
        page = client.get(reverse("wagtailsnippets_enrolments_question:edit", args=[question.pk])).content.decode()
        assert 'value="Ja"' in page

    def test_the_answer_must_be_one_of_the_others(self, client, organiser, run):
        other, question = yes_no(run), QuestionFactory(run=run)

        assert errors(save(client, question, shown_if=other.pk, shown_if_answer="måske")) == [
            "Skriv et af svarene på “Har du allergi?”: Ja, Nej."
        ]

    def test_the_other_must_have_answers_to_choose_from(self, client, organiser, run):
        other, question = QuestionFactory(run=run, text="Fri tekst"), QuestionFactory(run=run)

        assert errors(save(client, question, shown_if=other.pk, shown_if_answer="x")) == [
            "“Fri tekst” har ingen svar at vælge imellem."
        ]

    def test_the_other_must_be_asked_together_with_it(self, client, organiser, run):
        elsewhere, question = yes_no(CourseRunFactory()), QuestionFactory(run=run)

        assert errors(save(client, question, shown_if=elsewhere.pk, shown_if_answer="ja")) == [
            "“Har du allergi?” stilles ikke sammen med dette spørgsmål."
        ]

    def test_a_runs_question_may_hang_on_its_courses_but_not_the_other_way(self, client, organiser, run):
        of_course = QuestionFactory(course=run.course, kind=QuestionKind.YES_NO)
        of_run = yes_no(run)

        assert save(client, of_run, shown_if=of_course.pk, shown_if_answer="ja").status_code == 302
        of_run.refresh_from_db()
        other = yes_no(run)
        assert errors(save(client, of_course, shown_if=other.pk, shown_if_answer="ja"))

    def test_the_other_must_be_asked_of_the_same(self, client, organiser, run):
        once, question = yes_no(run, asked_of=AskedOf.REGISTRATION), QuestionFactory(run=run)

        assert errors(save(client, question, shown_if=once.pk, shown_if_answer="ja")) == [
            "“Har du allergi?” stilles ikke til den samme."
        ]

    def test_questions_do_not_hang_on_each_other_in_a_ring(self, client, organiser, run):
        first = yes_no(run)
        second = yes_no(run, shown_if=first, shown_if_answer="yes")
        third = yes_no(run, shown_if=second, shown_if_answer="yes")

        assert errors(save(client, first, shown_if=third.pk, shown_if_answer="ja")) == [
            "“Har du allergi?” vises selv kun efter dette spørgsmål."
        ]

    def test_an_answer_that_another_hangs_on_stays(self, client, organiser, run):
        colour = QuestionFactory(run=run, kind=QuestionKind.CHOICE, choices="Rød\nGrøn\nBlå")
        QuestionFactory(run=run, text="Hvilken grøn?", shown_if=colour, shown_if_answer="Grøn")

        assert errors(save(client, colour, choices="Rød\nBlå")) == [
            "“Hvilken grøn?” vises kun, når svaret er “Grøn”. Behold det svar."
        ]
        assert errors(save(client, colour, kind="text"))


class TestAnswered:
    @pytest.fixture
    def colour(self, run) -> Question:
        question = QuestionFactory(run=run, text="Farve?", kind=QuestionKind.CHOICE, choices="Rød\nGrøn")
        AnswerFactory(enrolment=EnrolmentFactory(run=run), question=question, value="Rød")
        return question

    def test_its_kind_and_whom_it_is_asked_of_cannot_change(self, client, organiser, colour):
        why = "1 har svaret, så dette kan ikke ændres. Lav et nyt spørgsmål, og fjern fluebenet ved “stilles nu” her."

        assert errors(save(client, colour, kind="text")) == [why]
        assert errors(save(client, colour, asked_of="registration")) == [why]
        assert errors(save(client, colour, run=CourseRunFactory().pk)) == [why]

    def test_its_answers_can_be_added_to_but_not_taken_away(self, client, organiser, colour):
        assert errors(save(client, colour, choices="Grøn\nBlå")) == [
            "1 har svaret, så “Rød” skal blive stående. Du kan tilføje svar."
        ]
        assert save(client, colour, choices="Rød\nGrøn\nBlå").status_code == 302

    def test_it_cannot_be_deleted_but_asked_no_more(self, client, organiser, colour):
        response = client.post(reverse("wagtailsnippets_enrolments_question:delete", args=[colour.pk]), follow=True)

        assert "“Farve?” kan ikke slettes: 1 har svaret. Fjern fluebenet ved “stilles nu” i stedet." in (
            response.content.decode()
        )
        assert Question.objects.filter(pk=colour.pk).exists()
        assert save(client, colour, is_active=None).status_code == 302
        assert not Question.objects.get(pk=colour.pk).is_active

    def test_one_without_answers_is_deleted(self, client, organiser, run):
        question = QuestionFactory(run=run)

        client.post(reverse("wagtailsnippets_enrolments_question:delete", args=[question.pk]))

        assert not Question.objects.exists()

    def test_many_are_not_deleted_at_once_when_one_has_answers(self, client, organiser, colour):
        address = f"/admin/bulk/enrolments/question/delete/?id={colour.pk}"

        client.post(address, follow=True)

        assert Question.objects.filter(pk=colour.pk).exists()


def test_health_and_files_are_not_for_presenters(client, organiser, run):
    question = QuestionFactory(run=run)

    assert errors(save(client, question, for_presenters="on", is_sensitive="on")) == [
        "Undervisere får ikke helbredsoplysninger."
    ]
    assert errors(save(client, question, for_presenters="on", kind="file"))


class TestList:
    def test_it_is_searched_filtered_and_inspected(self, client, organiser, run):
        mine = QuestionFactory(run=run, text="Hvad forventer du?")
        QuestionFactory(text="Noget andet", kind=QuestionKind.DATE)

        for query in ("q=forventer", f"run={run.pk}", f"course={run.course_id}", "kind=text", f"q={run.course.title}"):
            page = client.get(f"{HOME}?{query}").content.decode()
            assert "Hvad forventer du?" in page, query
            assert "Noget andet" not in page, query
        inspected = client.get(reverse("wagtailsnippets_enrolments_question:inspect", args=[mine.pk]))
        assert "Hvad forventer du?" in inspected.content.decode()

    def test_the_order_is_changed_by_dragging(self, client, organiser, run):
        first, second = QuestionFactory(run=run, sort_order=0), QuestionFactory(run=run, sort_order=1)

        response = client.post(f"{reverse('wagtailsnippets_enrolments_question:reorder', args=[second.pk])}?position=0")

        assert response.status_code == 200
        assert list(Question.objects.values_list("pk", flat=True)) == [second.pk, first.pk]

    def test_a_question_is_seen_as_people_meet_it(self, client, organiser, run):
        question = yes_no(run, help_text="Vi tager hensyn")
        inactive = QuestionFactory(run=run, text="Stilles ikke", is_active=False)

        page = client.get(reverse("wagtailsnippets_enrolments_question:preview", args=[question.pk])).content.decode()
        assert "Vi tager hensyn" in page
        assert "Stilles ikke" not in page
        page = client.get(reverse("wagtailsnippets_enrolments_question:preview", args=[inactive.pk])).content.decode()
        assert "Stilles ikke" in page


class TestRunsPage:
    @pytest.fixture
    def answered(self, run) -> CourseRun:
        allergy = QuestionFactory(run=run, text="Allergi?", is_sensitive=True, sort_order=1)
        park = yes_no(run, sort_order=2)
        day = QuestionFactory(run=run, text="Hvornår?", kind=QuestionKind.DATE, sort_order=3)
        once = QuestionFactory(run=run, text="Biler?", asked_of=AskedOf.REGISTRATION, sort_order=4)
        people = [EnrolmentFactory(run=run, name=name) for name in ("Anna", "Bo", "Carl")]
        for enrolment, value in zip(people, ["yes", "yes", "no"], strict=True):
            AnswerFactory(enrolment=enrolment, question=park, value=value)
        AnswerFactory(enrolment=people[0], question=allergy, value="Nødder")
        AnswerFactory(enrolment=people[0], question=day, value="2027-03-04")
        AnswerFactory(registration=people[0].registration, enrolment=None, question=once, value="=1+1")
        AnswerFactory(enrolment=EnrolmentFactory(run=run, cancelled=True), question=park, value="no")
        return run

    def test_answers_are_counted_without_names(self, client, organiser, answered):
        page = client.get(reverse("participants:questions", args=[answered.pk])).content.decode()

        assert "Ja: 2" in page
        assert "Nej: 1" in page
        assert "Nødder: 1" in page
        assert "Anna" not in page

    def test_the_page_costs_the_same_however_many_answers(self, client, organiser, answered):
        address = reverse("participants:questions", args=[answered.pk])
        client.get(address)

        def cost() -> int:
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            return len(queries)

        few = cost()
        for question in Question.objects.filter(asked_of=AskedOf.PARTICIPANT):
            for _ in range(4):
                AnswerFactory(enrolment=EnrolmentFactory(run=answered), question=question, value="no")
        QuestionFactory.create_batch(3, run=answered)

        assert cost() == few

    def test_answers_are_exported_a_column_each_without_health_data(self, client, organiser, answered):
        response = client.get(reverse("participants:answers", args=[answered.pk, "xlsx"]))

        sheet = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active
        lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert lines[0] == ["Navn", "E-mail", "Organisation", "Status", "Har du allergi?", "Hvornår?", "Biler?"]
        assert [line[0] for line in lines[1:]] == ["Anna", "Bo", "Carl"]
        assert lines[1][4] == "Ja"
        assert lines[1][5].date().isoformat() == "2027-03-04"
        assert lines[1][6] == "=1+1"
        assert lines[2][4:] == ["Ja", None, None]

    def test_the_csv_neutralises_formulas(self, client, organiser, answered):
        response = client.get(reverse("participants:answers", args=[answered.pk, "csv"]))

        text = b"".join(response.streaming_content).decode("utf-8-sig")
        assert "Nødder" not in text
        assert ";2027-03-04;'=1+1" in text

    def test_editors_see_none_of_it(self, client, answered):
        client.force_login(UserFactory(staff=True, editor=True))

        for address in (
            reverse("participants:questions", args=[answered.pk]),
            reverse("participants:answers", args=[answered.pk, "csv"]),
        ):
            assert client.get(address).status_code in (302, 403)

    def test_a_file_of_another_kind_is_not_found(self, client, organiser, answered):
        assert client.get(reverse("participants:answers", args=[answered.pk, "exe"])).status_code == 404
