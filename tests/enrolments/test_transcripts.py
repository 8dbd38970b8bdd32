"""Transcripts: a person's across jobs in the admin, and one's own on Min side."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrolments.enums import AttendanceStatus
from enrolments.models import Enrolment
from enrolments.reports.transcripts import history_of, transcript_of
from tests.accounts.test_my_page import add_address, sign_in
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, UserFactory, municipality

HELD = date(2025, 3, 4)


@pytest.fixture(autouse=True)
def _nobody_has_tried_before(db: None) -> None:
    caches["throttle"].clear()


@pytest.fixture
def organiser():
    return UserFactory(organiser=True, staff=True)


def attended(email: str, *, code: str = "0751", status: str = AttendanceStatus.PRESENT, **fields) -> Enrolment:
    run = CourseRunFactory(first_day=fields.pop("first_day", HELD))
    person = EnrolmentFactory(run=run, email=email, registration__organisation=municipality(code), **fields)
    AttendanceFactory(enrolment=person, status=status)
    return Enrolment.objects.get(pk=person.pk)


def page_of(client: Client, enrolment: Enrolment):
    return client.get(reverse("participants:transcript", args=[enrolment.run_id, enrolment.pk]))


class TestAPersons:
    def test_it_holds_courses_of_every_job_once_the_person_has_signed_in(self, client, organiser):
        first, second = attended("anna@aarhus.dk"), attended("anna@odense.dk", code="0461")
        sign_in(client, "anna@aarhus.dk")
        add_address(client, "anna@odense.dk")
        first.refresh_from_db()
        lines = transcript_of(enrolment=first, user=organiser).lines
        assert {line.enrolment.pk for line in lines} == {first.pk, second.pk}

    def test_it_goes_by_address_where_nobody_has_signed_in(self, organiser):
        first, again = attended("anna@aarhus.dk"), attended("anna@aarhus.dk", first_day=date(2025, 5, 6))
        attended("bo@aarhus.dk")
        lines = transcript_of(enrolment=first, user=organiser).lines
        assert [line.enrolment.pk for line in lines] == [again.pk, first.pk]

    def test_who_has_no_address_has_that_course_alone(self, organiser):
        nameless = attended("")
        attended("")
        assert [line.enrolment.pk for line in transcript_of(enrolment=nameless, user=organiser).lines] == [nameless.pk]

    def test_it_counts_what_was_attended(self, organiser):
        first = attended("anna@aarhus.dk")
        attended("anna@aarhus.dk", status=AttendanceStatus.ABSENT)
        transcript = transcript_of(enrolment=first, user=organiser)
        assert (transcript.courses, transcript.hours, len(transcript.lines)) == (1, Decimal("7.0"), 2)

    def test_an_organiser_reads_it_in_the_admin(self, client, organiser):
        first = attended("anna@aarhus.dk")
        other = attended("anna@aarhus.dk", code="0461")
        client.force_login(organiser)
        page = page_of(client, first).content.decode()
        assert other.run.course.title in page and "Odense Kommune" in page
        assert "anna@aarhus.dk" not in reverse("participants:transcript", args=[first.run_id, first.pk])

    @pytest.mark.parametrize("role", ["editor", "nobody"])
    def test_others_do_not(self, client, role):
        client.force_login(UserFactory(editor=True, staff=True) if role == "editor" else UserFactory())
        assert page_of(client, attended("anna@aarhus.dk")).status_code in (302, 403)


class TestOnesOwn:
    def test_min_side_leads_to_it(self, client):
        mine, foreign = attended("anna@aarhus.dk"), attended("bo@aarhus.dk")
        answer = sign_in(client, "anna@aarhus.dk").content.decode()
        assert reverse("enrolments:course_history") in answer
        page = client.get(reverse("enrolments:course_history"))
        assert mine.run.course.title in page.content.decode()
        assert foreign.run.course.title not in page.content.decode()
        assert "no-store" in page["Cache-Control"]

    def test_who_has_taken_nothing_is_told_where_to_look(self, client):
        EnrolmentFactory(email="anna@aarhus.dk", waiting=True)
        answer = sign_in(client, "anna@aarhus.dk").content.decode()
        assert reverse("enrolments:course_history") not in answer
        assert "de kurser, du har haft en plads" in client.get(reverse("enrolments:course_history")).content.decode()

    def test_a_presenter_who_takes_part_sees_no_participant_there(self):
        attended("anna@aarhus.dk")
        assert history_of(["lotte@cok.dk"]).lines == []

    def test_it_asks_for_a_sign_in(self, client):
        assert client.get(reverse("enrolments:course_history"))["Location"].startswith("/konto/login/")

    def test_it_costs_the_same_however_long(self, client):
        user = UserFactory(email="anna@aarhus.dk")
        client.force_login(user)

        def cost() -> int:
            with CaptureQueriesContext(connection) as captured:
                client.get(reverse("enrolments:course_history"))
            return len(captured)

        attended("anna@aarhus.dk")
        cost()
        before = cost()
        for _number in range(4):
            attended("anna@aarhus.dk")
        assert cost() == before
