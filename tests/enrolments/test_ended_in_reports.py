"""Roll call and attendance report tell those who were replaced or moved from those who cancelled."""

import pytest
from bs4 import BeautifulSoup

from enrolments.enums import ActorKind
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.moving import move
from enrolments.operations.replacing import replace
from enrolments.reports.facts import entries
from enrolments.reports.kinds import Choices
from tests.enrolments.helpers import sign_up
from tests.factories import AttendanceFactory, CourseRunFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    """Anna was there and was replaced; Bo was there and moved; Carla took Anna's seat; Dan has been offered one."""
    run = CourseRunFactory(capacity=2)
    target = CourseRunFactory(course=run.course)
    registration = sign_up(run, "Anna", "Bo")
    sign_up(run, "Dan", accepts_line=True)
    anna, bo = registration.enrolments.select_related("registration").order_by("form_order")
    AttendanceFactory(enrolment=anna)
    AttendanceFactory(enrolment=bo)
    carla = ParticipantDetails("Carla", "carla@example.dk")
    replace(enrolment=anna, details=carla, actor=ActorKind.STAFF)
    move(enrolments=[bo], to_run=target, actor=ActorKind.STAFF)
    return run


def test_the_roll_call_says_how_each_of_those_who_no_longer_come_left(client, run):
    client.force_login(UserFactory(organiser=True, staff=True))
    day = run.ordered_days()[0]

    page = BeautifulSoup(client.get(f"/fremmoede/hold/{run.pk}/{day.date.isoformat()}/").content, "html.parser")

    former = {row.select_one(".roll-name").get_text(): row.get_text(" ") for row in page.select(".roll-row--former")}
    assert set(former) == {"Anna", "Bo"}
    assert "Erstattet af en kollega" in former["Anna"]
    assert "Flyttet til et andet hold" in former["Bo"]


def test_the_report_has_those_who_left_and_never_those_in_line(run):
    user = UserFactory(organiser=True, staff=True)

    everybody = entries(user, Choices(runs=(run.pk,), with_cancelled=True))

    assert set(everybody.values_list("enrolment__name", "enrolment__status")) == {
        ("Anna", "replaced"),
        ("Bo", "moved"),
        ("Carla", "confirmed"),
    }
