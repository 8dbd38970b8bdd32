"""Answers after registration: changed by link, fetched as files, deleted when nobody needs them."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from enrolments.enums import ActorKind, AskedOf, EventKind, QuestionKind
from enrolments.exceptions import AnswersChanged
from enrolments.links import participant_link, registration_link
from enrolments.models import Answer, Enrolment, EnrolmentEvent
from enrolments.operations.details import GivenAnswer
from enrolments.operations.questions import (
    answers_mark,
    answers_of,
    carry_answers,
    change_answers,
    delete_answers,
    sweep_files,
)
from tests.factories import AnswerFactory, CourseRunFactory, EnrolmentFactory, QuestionFactory, UserFactory
from website.storage import private

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n..."


@pytest.fixture
def anna() -> Enrolment:
    return EnrolmentFactory(name="Anna Ågård")


def seat(enrolment: Enrolment) -> str:
    return f"/tilmelding/deltager/{participant_link.token(enrolment)}"


def receipt(enrolment: Enrolment) -> str:
    return f"/tilmelding/min/{registration_link.token(enrolment.registration)}"


def answered_by_file(enrolment: Enrolment, **fields) -> Answer:
    question = QuestionFactory(run=enrolment.run, kind=QuestionKind.FILE, **fields)
    answer = AnswerFactory(enrolment=enrolment, question=question, value="CV Åse.pdf")
    answer.file.save("x.pdf", ContentFile(PDF))
    return answer


def seen_of(response) -> str:
    return BeautifulSoup(response.content, "html.parser").select_one("[name=seen]")["value"]


class TestChanging:
    def test_a_participant_changes_their_answer(self, client, anna):
        answer = AnswerFactory(enrolment=anna, value="Ro")
        page = client.get(f"{seat(anna)}/svar/")

        response = client.post(
            f"{seat(anna)}/svar/", {"seen": seen_of(page), f"question-{answer.question_id}": "Nye ideer"}
        )

        assert response.status_code == 302
        assert Answer.objects.get().value == "Nye ideer"
        event = EnrolmentEvent.objects.get()
        assert (event.enrolment, event.kind, event.actor) == (anna, EventKind.DETAILS, ActorKind.PARTICIPANT)
        assert "Nye ideer" not in str(event.data)

    def test_an_answer_is_taken_back_by_leaving_it_empty(self, client, anna):
        answer = AnswerFactory(enrolment=anna)

        client.post(f"{seat(anna)}/svar/", {f"question-{answer.question_id}": ""})

        assert not Answer.objects.exists()

    def test_the_contact_answers_once_and_for_each_participant(self, client, anna):
        once = QuestionFactory(run=anna.run, asked_of=AskedOf.REGISTRATION)
        each = QuestionFactory(run=anna.run)
        page = client.get(f"{receipt(anna)}/svar/").content.decode()
        assert f"?deltager={anna.pk}" in page

        client.post(f"{receipt(anna)}/svar/", {f"question-{once.pk}": "To biler"})
        client.post(f"{receipt(anna)}/svar/?deltager={anna.pk}", {f"question-{each.pk}": "Ro"})

        assert answers_of(anna.registration)[once.pk].value == "To biler"
        assert answers_of(anna.registration, anna)[each.pk].value == "Ro"

    def test_the_contact_reaches_no_other_registrations_participants(self, client, anna):
        stranger = EnrolmentFactory(run=anna.run)
        QuestionFactory(run=anna.run)

        assert client.get(f"{receipt(anna)}/svar/?deltager={stranger.pk}").status_code == 404
        assert client.get(f"{receipt(anna)}/svar/?deltager=x").status_code == 404

    def test_the_contact_does_not_see_what_a_participant_wrote_of_their_health(self, client, anna):
        AnswerFactory(
            enrolment=anna, question=QuestionFactory(run=anna.run, is_sensitive=True, text="Allergi?"), value="Nødder"
        )

        page = client.get(f"{receipt(anna)}/svar/?deltager={anna.pk}").content.decode()

        assert "Allergi?" not in page
        assert "Nødder" not in page
        assert "Nødder" in client.get(f"{seat(anna)}/svar/").content.decode()

    def test_another_who_changed_in_between_is_not_overwritten_unseen(self, client, anna):
        answer = AnswerFactory(enrolment=anna, value="Ro")
        page = client.get(f"{seat(anna)}/svar/")
        client.post(f"{receipt(anna)}/svar/?deltager={anna.pk}", {f"question-{answer.question_id}": "Kontaktens"})

        response = client.post(
            f"{seat(anna)}/svar/", {"seen": seen_of(page), f"question-{answer.question_id}": "Annas"}, follow=True
        )

        assert "En anden har lige rettet svarene." in response.content.decode()
        assert Answer.objects.get().value == "Kontaktens"

    @pytest.mark.parametrize("trait", ["past", "cancelled"])
    def test_answers_stand_once_the_run_has_begun_or_is_cancelled(self, client, trait):
        anna = EnrolmentFactory(run=CourseRunFactory(**{trait: True}))
        answer = AnswerFactory(enrolment=anna, value="Ro")

        page = client.get(f"{seat(anna)}/svar/").content.decode()
        client.post(f"{seat(anna)}/svar/", {f"question-{answer.question_id}": "Nye ideer"})

        assert "Svarene kan ikke længere rettes her." in page
        assert Answer.objects.get().value == "Ro"

    def test_a_required_answer_cannot_be_taken_back(self, client, anna):
        answer = AnswerFactory(enrolment=anna, question=QuestionFactory(run=anna.run, required=True), value="Ro")

        response = client.post(f"{seat(anna)}/svar/", {f"question-{answer.question_id}": ""})

        assert "Skriv et svar." in response.content.decode()
        assert Answer.objects.get().value == "Ro"

    def test_the_operation_refuses_what_was_not_seen(self, anna):
        answer = AnswerFactory(enrolment=anna)
        old = answers_mark({})

        with pytest.raises(AnswersChanged):
            change_answers(
                registration=anna.registration,
                enrolment=anna,
                questions=[answer.question],
                given=[GivenAnswer(answer.question_id, "nyt")],
                seen=old,
                actor=ActorKind.PARTICIPANT,
            )

    def test_pages_tell_of_no_questions_where_there_are_none(self, client, anna):
        assert "Der er ingen spørgsmål at svare på." in client.get(f"{seat(anna)}/svar/").content.decode()


class TestFiles:
    def test_whoever_holds_the_link_saves_their_file_and_sees_no_page_of_it(self, client, anna):
        answer = answered_by_file(anna)

        for address in (seat(anna), receipt(anna)):
            response = client.get(f"{address}/fil/{answer.pk}/")
            assert b"".join(response.streaming_content) == PDF
            assert response["Content-Disposition"].startswith("attachment; filename")
            assert response["X-Content-Type-Options"] == "nosniff"
            assert "no-store" in response["Cache-Control"]

    def test_nobody_else_gets_it(self, client, anna):
        answer = answered_by_file(anna)
        stranger = EnrolmentFactory(run=anna.run)
        colleague = EnrolmentFactory(registration=anna.registration)

        assert client.get(f"{seat(stranger)}/fil/{answer.pk}/").status_code == 404
        assert client.get(f"{seat(colleague)}/fil/{answer.pk}/").status_code == 404
        assert client.get(f"{receipt(stranger)}/fil/{answer.pk}/").status_code == 404
        assert client.get(f"/svar/fil/{answer.pk}/").status_code == 403
        assert client.get(f"/media/{answer.file.name}").status_code == 404

    def test_organisers_get_it_and_editors_do_not(self, client, anna):
        answer = answered_by_file(anna)

        client.force_login(UserFactory(staff=True, editor=True))
        assert client.get(f"/svar/fil/{answer.pk}/").status_code == 403
        client.force_login(UserFactory(staff=True, organiser=True))
        assert client.get(f"/svar/fil/{answer.pk}/").status_code == 200

    def test_a_new_file_replaces_the_old_and_none_is_left_behind(
        self, client, anna, django_capture_on_commit_callbacks
    ):
        answer = answered_by_file(anna, required=True)
        old = answer.file.name
        page = client.get(f"{seat(anna)}/svar/")
        assert "Du har sendt “CV Åse.pdf”." in page.content.decode()

        with django_capture_on_commit_callbacks(execute=True):
            client.post(
                f"{seat(anna)}/svar/",
                {f"question-{answer.question_id}": SimpleUploadedFile("nyt.pdf", PDF), "seen": seen_of(page)},
            )

        answer.refresh_from_db()
        assert answer.value == "nyt.pdf"
        assert not private().exists(old)
        assert private().exists(answer.file.name)

    def test_a_file_stays_when_no_other_is_chosen(self, client, anna):
        answer = answered_by_file(anna, required=True)

        client.post(f"{seat(anna)}/svar/", {})

        answer.refresh_from_db()
        assert answer.value == "CV Åse.pdf"
        assert private().exists(answer.file.name)

    def test_deleting_answers_deletes_their_files(self, anna, django_capture_on_commit_callbacks):
        answer = answered_by_file(anna)

        with django_capture_on_commit_callbacks(execute=True):
            assert delete_answers(Answer.objects.all()) == 1

        assert not private().exists(answer.file.name)

    def test_a_file_that_no_answer_refers_to_goes_after_a_day(self, anna):
        kept, left = answered_by_file(anna).file.name, private().save("answers/2027/01/left.pdf", ContentFile(PDF))

        assert sweep_files() == 0
        assert sweep_files(now=timezone.now() + timedelta(days=2)) >= 1

        assert private().exists(kept)
        assert not private().exists(left)


def test_who_moves_to_another_run_keeps_answers_to_the_courses_questions(anna):
    new = EnrolmentFactory(run=CourseRunFactory(course=anna.run.course))
    AnswerFactory(enrolment=anna, question=QuestionFactory(course=anna.run.course), value="Ro")
    AnswerFactory(enrolment=anna, question=QuestionFactory(run=anna.run), value="kun det gamle hold")

    carry_answers(pairs=[(anna, new)])

    assert [answer.value for answer in Answer.objects.filter(enrolment=new)] == ["Ro"]


class TestShown:
    def test_the_receipt_and_the_seat_show_answers_and_lead_to_changing_them(self, client, anna):
        once = QuestionFactory(run=anna.run, asked_of=AskedOf.REGISTRATION, text="Kommer I i bil?")
        AnswerFactory(registration=anna.registration, enrolment=None, question=once, value="To biler")
        AnswerFactory(enrolment=anna, question=QuestionFactory(run=anna.run, text="Hvad forventer du?"), value="Ro")

        page, own = (client.get(f"{address}/").content.decode() for address in (receipt(anna), seat(anna)))

        assert "To biler" in page
        assert f"{receipt(anna)}/svar/" in page
        assert "Ro" in own
        assert f"{seat(anna)}/svar/" in own
        assert "To biler" not in own

    def test_pages_of_a_run_without_questions_say_nothing_of_them(self, client, anna):
        assert "Svar på vores spørgsmål" not in client.get(f"{receipt(anna)}/").content.decode()

    def test_an_organiser_sees_a_participants_answers_but_not_about_their_health(self, client, anna):
        AnswerFactory(enrolment=anna, value="Ro")
        AnswerFactory(enrolment=anna, question=QuestionFactory(run=anna.run, is_sensitive=True), value="Nøddeallergi")
        file = answered_by_file(anna)
        client.force_login(UserFactory(staff=True, organiser=True))

        page = client.get(f"/admin/participants/run/{anna.run_id}/participant/{anna.pk}/", follow=True).content.decode()

        assert "Ro" in page
        assert f"/svar/fil/{file.pk}/" in page
        assert "Nøddeallergi" not in page
