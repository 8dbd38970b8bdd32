"""NUL, half signs and the calendar's beginning: answered in the ordinary way, never by an error of ours."""

import pytest
from django.urls import reverse

from enrolments.door_codes import Permit
from enrolments.models import Attendance, AttendanceChange, Enrolment
from tests.enrolments.test_attendance_api import Program, mark_of, outcomes
from tests.enrolments.test_roll_call import send, tap
from tests.factories import CourseRunFactory, EnrolmentFactory, UserFactory

pytestmark = pytest.mark.django_db

HALF = "\ud83d"  # of an emoji, cut by a field's length


@pytest.fixture
def run():
    return CourseRunFactory(today=True, capacity=None)


@pytest.fixture
def anna(run):
    return EnrolmentFactory(run=run)


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize("sign", [HALF, "\0"])
def test_a_note_with_an_impossible_sign_holds_back_no_mark_of_its_device(client, organiser, run, anna, sign):
    bo = EnrolmentFactory(run=run)
    walk_in = {"submission": f"1{sign}", "name": f"Carl{sign} Ce", "organisation": f"Ny{sign}"}
    taps = [tap(anna, "present", note=f"Ring{sign}"), tap(bo, "present")]
    answer = send(client, run, *taps, device=f"tlf{sign}", walk_ins=[walk_in])
    assert answer.status_code == 200
    assert len(answer.json()["taken"]) == 2
    assert Attendance.objects.get(enrolment=anna).note.startswith("Ring")
    assert Enrolment.objects.filter(name__startswith="Carl").exists()


def test_a_device_by_token_too(client, run, anna):
    answer = Program(client, UserFactory(organiser=True)).mark(run.ordered_days()[0], mark_of(anna), device="tlf\0")
    assert outcomes(answer) == ["taken"]
    assert AttendanceChange.objects.get().device == "tlf"


def test_attendance_since_the_beginning_of_the_calendar(client, run, anna):
    program = Program(client, UserFactory(organiser=True))
    answer = program.get(f"/runs/{run.pk}/attendance", changed_since="0001-01-01T00:00:00+14:00")
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["department", "municipality"])
def test_a_report_by_token(client, name):
    answer = Program(client, UserFactory(organiser=True)).get("/reports/facts", **{name: "a\0"})
    assert answer.status_code == 422


def test_the_door_marks_nobody(client, run):
    permit = Permit.give([run.ordered_days()[0]]).signed()
    assert client.post(reverse("enrolments:check_in"), {"permit": permit, "who": "a\0@b.dk"}).status_code == 422


def test_a_municipality_that_cannot_be(client, organiser):
    assert client.get("/kommune/a%00/").status_code == 404


def test_a_search_among_training_contacts(client, organiser):
    assert client.post(reverse("training:contacts"), {"words": "a\0"}).status_code == 200
