"""Whether a run is held: cancelled, held after all, confirmed; and the decision date."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun, RunSeats
from enrolments.enums import EnrolmentStatus, EventKind, OfferStatus, RunChangeStatus
from enrolments.exceptions import AlreadyTold, RegistrationClosed, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Offer, RunChange, SeatHold
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ContactDetails
from enrolments.operations.run_audience import Audience
from enrolments.operations.run_decisions import (
    cancel_run,
    confirm_run,
    figures_of,
    remind_of_decisions,
    reopen_run,
)
from tests.enrolments.helpers import form_data, sign_up, statuses
from tests.enrolments.test_run_changes import calendars, edited, move_day, send, text  # noqa: F401 - a fixture
from tests.factories import (
    CancellationTermsFactory,
    CoursePageFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
)
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

WINTER = date(2031, 1, 15)


def fresh(run: CourseRun) -> CourseRun:
    return CourseRun.objects.for_display().get(pk=run.pk)


def cancelled(run: CourseRun, message: str = "For få tilmeldte.", **fields) -> RunChange:
    return cancel_run(run_pk=run.pk, user=UserFactory(), message=message, **fields)


class TestCancelling:
    def test_everybody_hears_why_and_the_days_go_out_of_their_calendars(self, send):  # noqa: F811 - a fixture
        run = CourseRunFactory(
            first_day=WINTER,
            with_days=2,
            capacity=1,
            day_fields={"presenters": [PresenterFactory(email="lone@example.dk")]},
        )
        sign_up(run, "Anna")
        sign_up(run, "Bo", contact=ContactDetails("Bo", "bo@example.dk"), accepts_line=True)
        known = {event["uid"]: event["sequence"] for event in calendars(send()["anna@example.dk"])}

        change = cancelled(run)

        sent = send()
        assert set(sent) == {"anna@example.dk", "bente@example.dk", "bo@example.dk", "lone@example.dk"}
        assert all("For få tilmeldte." in text(messages[0]) for messages in sent.values())
        gone = calendars(sent["anna@example.dk"])
        assert {event["uid"] for event in gone} == set(known)
        assert all(event["method"] == "CANCEL" and event["status"] == "CANCELLED" for event in gone)
        assert all(event["sequence"] > known[event["uid"]] for event in gone)
        assert calendars([*sent["bo@example.dk"], *sent["lone@example.dk"], *sent["bente@example.dk"]]) == []
        assert (change.status, change.recipients) == (RunChangeStatus.TOLD, 4)

    def test_participants_keep_their_status_they_were_to_come(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")

        cancelled(run)

        assert statuses(run) == {"Anna": "confirmed"}
        assert fresh(run).status == RunStatus.CANCELLED

    def test_offers_and_held_seats_are_let_go_and_nobody_new_is_offered_a_seat(self):
        run = CourseRunFactory(capacity=2)
        anna = sign_up(run, "Anna")
        SeatHold.objects.create(run=run, seats=1, reason="Til værten")
        sign_up(run, "Bo", contact=ContactDetails("Bo", "bo@example.dk"), accepts_line=True)
        cancel(registration=anna, actor="contact")
        assert statuses(run)["Bo"] == EnrolmentStatus.OFFERED

        cancelled(run)

        bo = Enrolment.objects.get(name="Bo")
        assert (bo.status, bo.offer) == (EnrolmentStatus.WAITING, None)
        assert Offer.objects.get().status == OfferStatus.WITHDRAWN
        assert not SeatHold.objects.filter(released_at=None).exists()
        seats = RunSeats.objects.get(pk=run.pk)
        assert (seats.taken, seats.held, seats.waiting) == (0, 0, 1)
        assert EnrolmentEvent.objects.filter(enrolment=bo, kind=EventKind.OFFER_WITHDRAWN).exists()

    def test_the_mail_lists_other_runs_with_free_seats_and_the_way_there(self, send):  # noqa: F811
        course = CoursePageFactory()
        run = CourseRunFactory(course=course, first_day=WINTER)
        CourseRunFactory(course=course, first_day=date(2031, 5, 6), venue__city="Herlev")
        full = CourseRunFactory(course=course, first_day=date(2031, 6, 3), venue__city="Ribe", capacity=1)
        EnrolmentFactory(run=full)
        CourseRunFactory(course=course, first_day=date(2031, 7, 1), venue__city="Køge", draft=True)
        sign_up(run, "Anna")
        send()

        cancelled(run)

        said = text(send()["anna@example.dk"][0])
        assert "6. maj 2031, Herlev" in said
        assert "Ribe" not in said
        assert "Køge" not in said
        assert "Flyt til et andet hold:\nhttp" in said
        assert "Du skal ikke betale for et kursus, vi aflyser." in said

    def test_without_another_run_there_is_none_to_move_to(self, send):  # noqa: F811
        run = CourseRunFactory()
        sign_up(run, "Anna")
        send()

        cancelled(run)

        assert "Flyt til et andet hold" not in text(send()["anna@example.dk"][0])

    def test_a_change_not_told_of_is_not_worth_telling_any_more(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        change = edited(run, lambda run: move_day(run, date=WINTER))

        cancelled(run)

        change.refresh_from_db()
        assert change.status == RunChangeStatus.SILENT

    def test_in_silence_nobody_is_written_to(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        before = OutboxMessage.objects.count()

        change = cancelled(run, message="", tell=False)

        assert (change.status, change.recipients) == (RunChangeStatus.SILENT, 0)
        assert OutboxMessage.objects.count() == before
        assert Enrolment.objects.get().calendar_sequence == 0

    def test_a_cancelled_run_is_cancelled_once(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")
        cancelled(run)

        with pytest.raises(AlreadyTold):
            cancelled(run)
        assert OutboxMessage.objects.filter(kind="enrolments.run_cancelled", to="anna@example.dk").count() == 1

    def test_who_is_in_its_form_meanwhile_is_told_that_it_is_cancelled(self, client):
        run = CourseRunFactory()
        cancelled(run)

        with pytest.raises(RegistrationClosed):
            sign_up(run, "Anna")
        answer = client.post(f"/tilmelding/{run.pk}/", form_data("Anna"))
        assert "Holdet er aflyst." in answer.content.decode()

    def test_cancelling_costs_the_same_queries_however_many_come(self):
        def cost(people: int) -> int:
            run = CourseRunFactory(capacity=None)
            for _ in range(people):
                RegistrationFactory(run=run, participants=1)
                EnrolmentFactory(run=run, waiting=True)
            with CaptureQueriesContext(connection) as queries:
                cancelled(run)
            return len(queries)

        cost(1)  # what is read once for a process
        assert cost(2) == cost(8)


class TestReopening:
    def test_a_run_cancelled_by_mistake_is_held_after_all_and_back_in_the_calendars(self, send):  # noqa: F811
        run = CourseRunFactory(first_day=WINTER)
        sign_up(run, "Anna")
        cancelled(run)
        [gone] = calendars(send()["anna@example.dk"][1:])

        reopen_run(run_pk=run.pk, user=UserFactory(), message="Det var en fejl.")

        [message] = send()["anna@example.dk"]
        [back] = calendars([message])
        assert message["Subject"].startswith("Kurset bliver alligevel afholdt: ")
        assert (back["uid"], back["method"]) == (gone["uid"], "REQUEST")
        assert back["sequence"] > gone["sequence"]
        assert fresh(run).status == RunStatus.OPEN

    def test_a_run_that_was_closed_is_closed_again(self):
        run = CourseRunFactory(closed=True)
        cancelled(run)

        reopen_run(run_pk=run.pk, user=UserFactory(), message="")

        assert fresh(run).status == RunStatus.CLOSED

    def test_its_free_seats_are_offered_to_the_line(self):
        run = CourseRunFactory(capacity=1)
        anna = sign_up(run, "Anna")
        sign_up(run, "Bo", contact=ContactDetails("Bo", "bo@example.dk"), accepts_line=True)
        cancelled(run)
        cancel(registration=anna, actor="contact")
        assert statuses(run)["Bo"] == EnrolmentStatus.WAITING

        reopen_run(run_pk=run.pk, user=UserFactory(), message="")

        assert statuses(run)["Bo"] == EnrolmentStatus.OFFERED

    def test_only_a_cancelled_run_can_be_held_after_all(self):
        with pytest.raises(AlreadyTold):
            reopen_run(run_pk=CourseRunFactory().pk, user=UserFactory(), message="")


class TestConfirming:
    def test_those_chosen_hear_that_it_is_held_and_calendars_stay(self, send):  # noqa: F811
        run = CourseRunFactory(minimum=1)
        sign_up(run, "Anna")
        send()

        change = confirm_run(
            run_pk=run.pk, user=UserFactory(), message="Vi glæder os.", audience=Audience(contacts=False)
        )

        [message] = send()["anna@example.dk"]
        assert message["Subject"].startswith("Kurset bliver afholdt: ")
        assert calendars([message]) == []
        assert change.recipients == 1
        assert fresh(run).confirmed_at is not None

    def test_it_may_be_decided_without_telling(self):
        run = CourseRunFactory()
        sign_up(run, "Anna")

        change = confirm_run(run_pk=run.pk, user=UserFactory(), message="", tell=False)

        assert change.status == RunChangeStatus.SILENT
        assert not OutboxMessage.objects.filter(kind="enrolments.run_confirmed").exists()

    def test_once_only_and_never_a_cancelled_run(self):
        run = CourseRunFactory()
        confirm_run(run_pk=run.pk, user=UserFactory(), message="", tell=False)
        with pytest.raises(AlreadyTold):
            confirm_run(run_pk=run.pk, user=UserFactory(), message="")
        with pytest.raises(RunCancelled):
            confirm_run(run_pk=CourseRunFactory(cancelled=True).pk, user=UserFactory(), message="")

    def test_cancelling_takes_the_confirmation_back(self):
        run = CourseRunFactory()
        confirm_run(run_pk=run.pk, user=UserFactory(), message="", tell=False)

        cancelled(run)

        assert fresh(run).confirmed_at is None


class TestFigures:
    def test_break_even_is_rounded_up_and_the_result_is_what_participants_agreed_to_pay(self):
        run = CourseRunFactory(
            price=Decimal(2000), fixed_costs=Decimal(10_000), cost_per_participant=Decimal(500), minimum=5
        )
        RegistrationFactory(run=run, participants=3, price=Decimal(1800))

        figures = figures_of(fresh(run))

        assert figures.break_even == 7
        assert figures.result == 3 * Decimal(1800) - 10_000 - 3 * 500
        assert figures.missing == 2

    @pytest.mark.parametrize(
        ("fields", "break_even", "never"),
        [
            ({"fixed_costs": None}, None, False),
            ({"price": Decimal(0), "fixed_costs": Decimal(1000)}, None, False),
            ({"price": Decimal(400), "fixed_costs": Decimal(1000), "cost_per_participant": Decimal(500)}, None, True),
            ({"price": Decimal(500), "fixed_costs": Decimal(1000)}, 2, False),
            ({"price": Decimal(500), "fixed_costs": Decimal(0)}, 0, False),
        ],
    )
    def test_break_even_is_said_only_when_the_numbers_are_there(self, fields, break_even, never):
        figures = figures_of(fresh(CourseRunFactory(**fields)))

        assert (figures.break_even, figures.never_breaks_even) == (break_even, never)


class TestDecisionDate:
    def test_the_responsible_is_reminded_once_with_figures_and_both_ways(self, send):  # noqa: F811
        user = UserFactory(first_name="Ida", email="ida@example.dk")
        run = CourseRunFactory(
            course=CoursePageFactory(title="Samskabelse"),
            decision_date=timezone.localdate(),
            minimum=10,
            responsible=user,
            price=Decimal(2000),
            fixed_costs=Decimal(10_000),
            cost_per_participant=Decimal(500),
            terms=CancellationTermsFactory(name="Standard"),
        )
        EnrolmentFactory(run=run)

        assert remind_of_decisions() == 1
        assert remind_of_decisions() == 0

        [message] = send()["ida@example.dk"]
        said = text(message)
        assert message["Subject"] == "Afgør i dag: Bliver Samskabelse afholdt?"
        assert "1 deltager ud af mindst 10" in said
        assert "Går i nul ved 7 deltagere" in said
        assert "Underskud nu: 8.500\N{NO-BREAK SPACE}kr." in said
        assert "Du afholder det med 9 deltagere under minimum." in said
        assert f"http://localhost:8000/admin/participants/run/{run.pk}/confirm/" in said
        assert f"http://localhost:8000/admin/participants/run/{run.pk}/cancel-run/" in said

    def test_without_a_responsible_the_courses_contact_is_reminded(self):
        CourseRunFactory(decision_date=timezone.localdate(), course__contact_email="kursus@example.dk")

        remind_of_decisions()

        assert OutboxMessage.objects.get().to == "kursus@example.dk"

    def test_a_worker_that_was_down_reminds_the_next_day_and_a_new_date_is_a_new_decision(self):
        run = CourseRunFactory(decision_date=timezone.localdate() - timedelta(days=1))
        assert remind_of_decisions() == 1

        CourseRun.objects.filter(pk=run.pk).update(decision_date=timezone.localdate())
        assert remind_of_decisions() == 1

    @pytest.mark.parametrize(
        "fields",
        [
            {"confirmed_at": timezone.now()},
            {"cancelled": True},
            {"draft": True},
            {"past": True},
            {"decision_date": timezone.localdate() + timedelta(days=1)},
            {"decision_date": timezone.localdate() - timedelta(days=30)},
        ],
        ids=["confirmed", "cancelled", "draft", "held", "not yet", "long past"],
    )
    def test_what_is_decided_or_not_yet_to_decide_reminds_nobody(self, fields):
        CourseRunFactory(**{"decision_date": timezone.localdate(), **fields})

        assert remind_of_decisions() == 0
        assert not mail.outbox
