"""The brief to presenters and hosts: when, to whom, what it tells and what it never tells."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import CourseRun
from enrolments.enums import QuestionKind
from enrolments.operations import briefing
from enrolments.operations.briefing import send_briefs
from enrolments.reports.brief import audiences
from tests.enrolments.test_races import at_once
from tests.factories import (
    AnswerFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    municipality,
)
from website.messaging.models import OutboxMessage
from website.messaging.registry import mail_kinds

DAY = date(2027, 3, 4)
KIND = "enrolments.presenter_brief"


def at(days_before: int, clock: time = time(10)) -> datetime:
    return timezone.make_aware(datetime.combine(DAY - timedelta(days=days_before), clock))


def told() -> list[str]:
    return list(OutboxMessage.objects.filter(kind=KIND).order_by("pk").values_list("to", flat=True))


def text_of(message: OutboxMessage | None = None) -> str:
    message = message or OutboxMessage.objects.filter(kind=KIND).latest("pk")
    mail = mail_kinds.get(KIND).render(message.context)
    return f"{mail.subject}\n{mail.text}\n{mail.html}"


@pytest.fixture
def lotte():
    return PresenterFactory(name="Lotte Rømer", with_user=True, email="lotte@example.dk")


@pytest.fixture
def run(lotte) -> CourseRun:
    return CourseRunFactory(first_day=DAY, day_fields={"presenters": [lotte], "programme": "9.00 Velkomst\nFrokost"})


@pytest.mark.django_db
class TestWhen:
    @pytest.mark.parametrize(
        ("moment", "count"),
        [(at(4), 0), (at(3, time(7, 59)), 0), (at(3, time(8)), 1), (at(1), 1), (at(0), 0), (at(-1), 0)],
    )
    def test_some_days_before_from_eight(self, run, moment, count):
        assert send_briefs(at=moment) == count

    def test_how_many_days_is_a_setting(self, run, settings):
        settings.PRESENTER_BRIEF_DAYS = 10

        assert send_briefs(at=at(10)) == 1

    def test_each_is_briefed_once_of_a_day(self, run):
        for days_before in (3, 3, 2, 1):
            send_briefs(at=at(days_before))

        assert told() == ["lotte@example.dk"]

    def test_each_day_of_several_is_briefed_of(self, lotte):
        CourseRunFactory(first_day=DAY, with_days=2, day_fields={"presenters": [lotte]})

        send_briefs(at=at(3))
        send_briefs(at=at(3 - 7))

        assert len(told()) == 2

    @pytest.mark.parametrize("trait", ["cancelled", "draft"])
    def test_not_of_runs_that_are_not_held(self, lotte, trait):
        CourseRunFactory(first_day=DAY, day_fields={"presenters": [lotte]}, **{trait: True})

        assert send_briefs(at=at(3)) == 0

    def test_presenters_and_hosts_each_once_and_nobody_without_an_address(self, lotte):
        host, silent = PresenterFactory(email="vaert@example.dk"), PresenterFactory(email="")
        CourseRunFactory(first_day=DAY, day_fields={"presenters": [lotte, silent], "hosts": [lotte, host]})

        send_briefs(at=at(3))

        assert sorted(told()) == ["lotte@example.dk", "vaert@example.dk"]


@pytest.mark.django_db
class TestWhat:
    @pytest.fixture
    def filled(self, run) -> CourseRun:
        aarhus = RegistrationFactory(run=run, contact_name="Bente Kontakt", contact_email="bente@hemmelig.dk")
        for n, title in enumerate(["Afdelingsleder", "afdelingsleder ", "konsulent"]):
            EnrolmentFactory(registration=aarhus, name=f"Navn{n} Hemmelig", email=f"n{n}@hemmelig.dk", job_title=title)
        herlev = RegistrationFactory(run=run, organisation=municipality("0163"))
        EnrolmentFactory(registration=herlev, job_title="", dietary="Nøddeallergi")
        EnrolmentFactory(registration=herlev, waiting=True, job_title="borgmester")
        EnrolmentFactory(registration=herlev, cancelled=True, job_title="direktør")
        return run

    def test_titles_and_municipalities_are_counted(self, filled):
        send_briefs(at=at(3))

        text = text_of()
        assert "4 deltagere" in text
        assert "Afdelingsleder (2) · konsulent (1) · ikke oplyst (1)" in text
        assert "3 fra Aarhus Kommune · 1 fra Herlev Kommune" in text
        for gone in ("borgmester", "direktør"):
            assert gone not in text

    def test_it_tells_the_day_the_place_and_the_programme(self, filled):
        send_briefs(at=at(3))

        text = text_of()
        for words in ("torsdag 4. marts 2027", "kl. 9.00–16.00", "Kystvejen 1", "Velkomst", "Frokost", "Lotte Rømer"):
            assert words in text, words
        assert f"/fremmoede/hold/{filled.pk}/2027-03-04/overblik/" in text

    def test_it_tells_what_participants_expect_without_names(self, filled):
        asked = QuestionFactory(run=filled, text="Hvad forventer du?", for_presenters=True)
        for enrolment, value in zip(filled.enrolments.confirmed(), ["Nye ideer", "Nye ideer", "Ro"], strict=False):
            AnswerFactory(enrolment=enrolment, question=asked, value=value)

        send_briefs(at=at(3))

        text = text_of()
        assert "Hvad forventer du?" in text
        assert "Nye ideer (2)" in text
        assert "Ro" in text

    def test_it_never_tells_names_addresses_numbers_health_or_other_answers(self, filled):
        enrolment = filled.enrolments.confirmed().first()
        AnswerFactory(enrolment=enrolment, question=QuestionFactory(run=filled, text="Privat?"), value="HemmeligtSvar")
        AnswerFactory(
            enrolment=enrolment,
            question=QuestionFactory(run=filled, text="Helbred?", for_presenters=True, is_sensitive=True),
            value="HemmeligSygdom",
        )
        AnswerFactory(
            enrolment=enrolment,
            question=QuestionFactory(run=filled, text="CV?", for_presenters=True, kind=QuestionKind.FILE),
            value="HemmeligFil.pdf",
        )

        send_briefs(at=at(3))

        message = OutboxMessage.objects.get()
        for text in (text_of(message), str(message.context)):
            for secret in ("Hemmelig", "hemmelig.dk", "Bente", "12 34 56 78", "Nøddeallergi", "Privat?", "Helbred?"):
                assert secret not in text, secret

    def test_a_run_without_participants_says_so(self, run):
        send_briefs(at=at(3))

        assert "Ingen er tilmeldt endnu." in text_of()

    def test_staff_see_the_brief_with_real_data(self, filled):
        kind = mail_kinds.get(KIND)

        assert "4 deltagere" in kind.render(kind.text.sample()).text

    def test_who_comes_is_counted_in_three_queries_however_many(self, filled):
        runs = [filled.pk, *(CourseRunFactory().pk for _ in range(3))]

        with CaptureQueriesContext(connection) as queries:
            audiences(runs)

        assert len(queries) == 3


@pytest.mark.django_db
class TestPage:
    def test_a_signed_in_presenter_reads_the_same(self, client, run, lotte):
        EnrolmentFactory(run=run, name="Anna Hemmelig", email="anna@hemmelig.dk", job_title="leder")
        client.force_login(lotte.user)

        page = client.get(f"/fremmoede/hold/{run.pk}/2027-03-04/overblik/").content.decode()

        assert "leder (1)" in page
        assert "1 fra Aarhus Kommune" in page
        assert "emmelig" not in page

    def test_others_presenters_may_not(self, client, run):
        client.force_login(PresenterFactory(with_user=True).user)

        assert client.get(f"/fremmoede/hold/{run.pk}/2027-03-04/overblik/").status_code == 403

    def test_the_list_of_days_leads_there(self, client, lotte):
        run = CourseRunFactory(day_fields={"presenters": [lotte]})
        client.force_login(lotte.user)

        address = f"/fremmoede/hold/{run.pk}/{run.days.get().date}/overblik/"
        assert address in client.get("/fremmoede/").content.decode()

    def test_an_organiser_sees_what_is_sent_and_sends_it_again(self, client, run):
        client.force_login(UserFactory(staff=True, organiser=True))
        home = f"/admin/participants/run/{run.pk}/briefs/"
        CourseRunFactory(day_fields={"presenters": [PresenterFactory(email="andet-hold@example.dk")]})
        send_briefs(at=at(3))

        page = client.get(home).content.decode()
        assert "lotte@example.dk" in page
        assert "andet-hold@example.dk" not in page
        assert "Velkomst" in page
        assert "Send igen" in page

        client.post(f"{home}{run.days.get().pk}/send/")
        assert told() == ["lotte@example.dk"] * 2

    def test_a_brief_sent_by_hand_is_not_sent_again_by_the_clock(self, client, run):
        client.force_login(UserFactory(staff=True, organiser=True))

        client.post(f"/admin/participants/run/{run.pk}/briefs/{run.days.get().pk}/send/")
        send_briefs(at=at(3))

        assert told() == ["lotte@example.dk"]

    def test_an_editor_may_not(self, client, run):
        client.force_login(UserFactory(staff=True, editor=True))

        assert client.get(f"/admin/participants/run/{run.pk}/briefs/").status_code in (302, 403)
        client.post(f"/admin/participants/run/{run.pk}/briefs/{run.days.get().pk}/send/")
        assert told() == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_brief_each_once():
    people = [PresenterFactory() for _ in range(8)]
    CourseRunFactory(first_day=DAY, day_fields={"presenters": people})

    results = at_once(*(lambda: send_briefs(at=at(3)) for _ in range(4)))

    assert sorted(results) == [0, 0, 0, 8]
    assert sorted(told()) == sorted(person.email for person in people)


@pytest.mark.django_db
def test_a_hundred_days_cost_as_many_queries_as_one(lotte):
    def cost(runs: int, first: date) -> int:
        for _ in range(runs):
            EnrolmentFactory(run=CourseRunFactory(first_day=first, day_fields={"presenters": [lotte]}))
        with CaptureQueriesContext(connection) as queries:
            send_briefs(at=at(3) + (first - DAY))
        return len(queries)

    few = cost(1, DAY)

    assert cost(6, DAY + timedelta(days=60)) <= few
    assert briefing.BATCH > 6
