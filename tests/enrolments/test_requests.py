"""After the deadline a wish goes to the organiser, who grants or refuses it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.enums import ActorKind, RequestKind
from enrolments.exceptions import AlreadyAsked, AlreadySettled, NotAMove, NotEnoughSeats, TooLate
from enrolments.models import ChangeRequest, Enrolment
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.requests import ask, grant, refuse
from tests.enrolments.helpers import sign_up, statuses
from tests.factories import CancellationTermsFactory, CourseRunFactory, EnrolmentFactory, UserFactory
from website.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

COLLEAGUE = ParticipantDetails("Carla", "carla@example.dk")


@pytest.fixture
def run():
    terms = CancellationTermsFactory(tiers=[(28, "50")], cancel_until=10, move_until=10, replace_until=10)
    first_day = timezone.localdate() + timedelta(days=9)
    return CourseRunFactory(first_day=first_day, terms=terms, price=Decimal(1000))


@pytest.fixture
def anna(run) -> Enrolment:
    run.responsible = UserFactory(email="ansvarlig@example.dk")
    run.save()
    registration = sign_up(run, "Anna")
    OutboxMessage.objects.all().delete()
    return registration.enrolments.select_related("registration").get()


@pytest.fixture
def organiser():
    return UserFactory(organiser=True, staff=True)


def told() -> list[tuple[str, str]]:
    return sorted(OutboxMessage.objects.values_list("kind", "to"))


def test_the_organiser_gets_one_mail_and_nothing_else_changes(anna):
    ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT, message="Vi er blevet syge")

    assert told() == [("enrolments.request", "ansvarlig@example.dk")]
    assert statuses(anna.run) == {"Anna": "confirmed"}
    assert list(anna.events.values_list("kind", "data"))[-1] == ("requested", {"kind": "cancel"})


def test_the_same_is_asked_once_until_it_is_answered(anna, organiser):
    request = ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)

    with pytest.raises(AlreadyAsked):
        ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.PARTICIPANT)
    refuse(request=request, user=organiser, reply="Maden er bestilt")
    assert ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.PARTICIPANT)


def test_when_the_run_is_over_there_is_nothing_to_ask_for(anna):
    with pytest.raises(TooLate):
        ask(
            enrolment=anna,
            kind=RequestKind.CANCEL,
            actor=ActorKind.CONTACT,
            at=timezone.now() + timedelta(days=20),
        )


@pytest.mark.parametrize(("waived", "fee"), [(False, "500.00"), (True, "0")])
def test_a_granted_cancellation_is_done_with_the_terms_fee_or_without(anna, organiser, waived, fee):
    request = ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)

    grant(request=request, user=organiser, waive_fee=waived)

    anna.refresh_from_db()
    assert (anna.status, anna.fee) == ("cancelled", Decimal(fee))


def test_a_granted_replacement_is_done_and_the_colleagues_details_leave_the_request(anna, organiser):
    request = ask(enrolment=anna, kind=RequestKind.REPLACE, actor=ActorKind.CONTACT, details=COLLEAGUE)
    assert request.data["details"]["email"] == "carla@example.dk"
    OutboxMessage.objects.all().delete()

    grant(request=request, user=organiser)

    assert statuses(anna.run) == {"Anna": "replaced", "Carla": "confirmed"}
    request.refresh_from_db()
    assert (request.status, request.data, request.handled_by) == ("granted", {}, organiser)
    # The mails of the change itself tell them: nobody hears twice.
    assert told() == [
        ("enrolments.invitation", "carla@example.dk"),
        ("enrolments.replaced", "anna@example.dk"),
        ("enrolments.replacement", "bente@example.dk"),
    ]


def test_a_granted_move_is_done(anna, organiser):
    target = CourseRunFactory(course=anna.run.course)
    request = ask(enrolment=anna, kind=RequestKind.MOVE, actor=ActorKind.CONTACT, to_run=target)

    grant(request=request, user=organiser)

    assert (statuses(anna.run), statuses(target)) == ({"Anna": "moved"}, {"Anna": "confirmed"})


def test_what_cannot_be_done_leaves_the_request_open(anna, organiser):
    target = CourseRunFactory(course=anna.run.course, capacity=1)
    request = ask(enrolment=anna, kind=RequestKind.MOVE, actor=ActorKind.CONTACT, to_run=target)
    sign_up(target, "Eva")

    with pytest.raises(NotEnoughSeats):
        grant(request=request, user=organiser)

    request.refresh_from_db()
    assert (request.status, request.data) == ("open", {"run": target.pk})
    assert statuses(anna.run) == {"Anna": "confirmed"}


def test_a_refusal_with_its_reply_goes_to_whoever_asked_and_to_nobody_else(anna, organiser):
    request = ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.PARTICIPANT)
    OutboxMessage.objects.all().delete()

    refuse(request=request, user=organiser, reply="Maden er bestilt")

    assert told() == [("enrolments.request_refused", "anna@example.dk")]
    assert OutboxMessage.objects.get().context["reply"] == "Maden er bestilt"
    assert statuses(anna.run) == {"Anna": "confirmed"}


def test_an_answer_is_given_once(anna, organiser):
    request = ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)
    refuse(request=request, user=organiser, reply="Nej")

    with pytest.raises(AlreadySettled):
        grant(request=request, user=organiser)


def test_a_request_is_settled_when_the_participant_goes_another_way(anna, organiser):
    ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)
    ask(enrolment=anna, kind=RequestKind.REPLACE, actor=ActorKind.CONTACT, details=COLLEAGUE)

    cancel(registration=anna.registration, actor=ActorKind.STAFF, user=organiser)

    settled = ChangeRequest.objects.values_list("kind", "status", "data")
    assert {(kind, status) for kind, status, _data in settled} == {("cancel", "granted"), ("replace", "refused")}
    assert all(data == {} for _kind, _status, data in settled)


class TestAdmin:
    @pytest.fixture
    def request_row(self, anna) -> ChangeRequest:
        return ask(enrolment=anna, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT, message="Vi er blevet syge")

    @pytest.fixture
    def staff(self, client, organiser):
        client.force_login(organiser)
        return client

    def url(self, request_row: ChangeRequest) -> str:
        return f"/admin/participants/run/{request_row.enrolment.run_id}/requests/{request_row.pk}/"

    def test_open_requests_stand_on_the_runs_page_on_the_common_page_and_need_attention(self, staff, request_row):
        run_page = staff.get(f"/admin/participants/run/{request_row.enrolment.run_id}/requests/").content.decode()
        everything = staff.get("/admin/participants/requests/").content.decode()

        assert "Vi er blevet syge" in run_page
        assert "Vi er blevet syge" in everything
        assert "1 ønske venter på svar" in staff.get("/admin/").content.decode()

    def test_the_page_says_what_a_yes_does_and_what_it_costs(self, staff, request_row):
        page = staff.get(self.url(request_row)).content.decode()

        assert "Pladsen slippes" in page
        assert "500\u00a0kr." in page

    def test_a_yes_without_the_fee(self, staff, request_row):
        staff.post(self.url(request_row), {"answer": "grant", "waive_fee": "on"})

        request_row.enrolment.refresh_from_db()
        assert (request_row.enrolment.status, request_row.enrolment.fee) == ("cancelled", Decimal(0))

    def test_a_no_needs_a_reply(self, staff, request_row):
        page = staff.post(self.url(request_row), {"answer": "refuse", "reply": " "}).content.decode()
        assert "Skriv hvorfor" in page

        staff.post(self.url(request_row), {"answer": "refuse", "reply": "Maden er bestilt"})
        request_row.refresh_from_db()
        assert request_row.status == "refused"

    def test_an_answered_request_leads_back_in_words(self, staff, request_row, organiser):
        refuse(request=request_row, user=organiser, reply="Nej")

        page = staff.get(self.url(request_row), follow=True).content.decode()
        assert "Ønsket er allerede besvaret." in page

    def test_others_see_nothing(self, client, request_row):
        client.force_login(UserFactory(editor=True, staff=True))

        assert client.get(self.url(request_row)).status_code != 200
        assert client.get("/admin/participants/requests/").status_code != 200

    def test_the_lists_cost_the_same_however_many_there_are(self, staff, request_row):
        url = "/admin/participants/requests/"
        staff.get(url)
        with CaptureQueriesContext(connection) as one:
            staff.get(url)
        for name in ("Dan", "Eva", "Finn"):
            other = sign_up(request_row.enrolment.run, name).enrolments.get()
            ask(enrolment=other, kind=RequestKind.CANCEL, actor=ActorKind.CONTACT)
        with CaptureQueriesContext(connection) as four:
            staff.get(url)
        assert len(four) == len(one)


def test_a_wish_for_a_run_that_is_gone_can_be_refused_and_not_granted():
    run = CourseRunFactory()
    gone = CourseRunFactory(course=run.course)
    row = ask(enrolment=EnrolmentFactory(run=run), kind=RequestKind.MOVE, actor=ActorKind.CONTACT, to_run=gone)
    gone.delete()
    with pytest.raises(NotAMove):
        grant(request=row, user=UserFactory())
    assert refuse(request=row, user=UserFactory(), reply="Holdet er væk").status == "refused"
