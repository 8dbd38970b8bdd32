"""Reasons and notes that a presenter did not write: never shown to them, and never lost by what they do."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from courses.models import AttendanceRule
from enrolments.models import Attendance
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from tests.enrolments.test_roll_call import roll_url, send, tap
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def presenter(client):
    presenter = PresenterFactory(with_user=True)
    client.force_login(presenter.user)
    return presenter


@pytest.fixture
def day(presenter):
    return CourseRunFactory(today=True, day_fields={"presenters": [presenter]}).ordered_days()[0]


@pytest.fixture
def anna(day):
    """Excused by an organiser, for a reason and with a note."""
    anna = EnrolmentFactory(run=day.run, name="Anna And")
    wanted = Mark("excused", reason="Kemoterapi", note="Ring først")
    attendance.mark(day=day, marks={anna.pk: wanted}, by=UserFactory(organiser=True))
    return anna


def grid_url(day) -> str:
    return reverse("enrolments:mark_grid", kwargs={"run_pk": day.run_id, "date": day.date})


def stands() -> Mark:
    return Mark.of(Attendance.objects.get())


def test_the_grid_shows_a_presenter_the_excuse_and_not_its_reason(client, day, anna):
    page = client.get(grid_url(day)).content.decode()
    assert f'name="m-{anna.pk}-{day.pk}" value="m"' in " ".join(page.split())
    assert "Kemoterapi" not in page


def test_the_grid_shows_presenters_their_own_reasons_and_organisers_all(client, presenter, day, anna):
    other = EnrolmentFactory(run=day.run)
    attendance.mark(day=day, marks={other.pk: Mark("excused", reason="Vejarbejde")}, by=presenter.user)
    assert "m Vejarbejde" in client.get(grid_url(day)).content.decode()
    client.force_login(UserFactory(organiser=True))
    page = client.get(grid_url(day)).content.decode()
    assert "m Kemoterapi" in page
    assert "m Vejarbejde" in page


def test_a_presenter_changes_a_mark_whose_reason_they_do_not_see(client, day, anna):
    cell = f"m-{anna.pk}-{day.pk}"
    answer = client.post(grid_url(day), {"seen": f'{{"{cell}": "m"}}', cell: "t"})
    assert answer.status_code == 302
    assert stands() == Mark("present", note="Ring først")


def test_a_mark_taken_meanwhile_is_told_without_its_reason(client, day, anna):
    cell = f"m-{anna.pk}-{day.pk}"
    page = client.post(grid_url(day), {"seen": "{}", cell: "t"})
    assert page.status_code == 422
    assert "Kemoterapi" not in page.content.decode()
    assert stands().status == "excused"


def test_a_form_without_the_script_deletes_no_words_that_it_did_not_show(client, day, anna):
    client.post(roll_url(day.run), {"mark": f"{anna.pk}:excused", "grund": "", "note": "", "minutter": "", "gik": ""})
    assert stands() == Mark("excused", reason="Kemoterapi", note="Ring først")
    client.force_login(UserFactory(organiser=True))
    client.post(roll_url(day.run), {"mark": f"{anna.pk}:excused", "grund": "", "note": ""})
    assert stands() == Mark("excused")


def test_an_excuse_that_a_device_puts_back_has_its_reason_again(client, day, anna):
    send(client, day.run, tap(anna, "present", note=None))
    send(client, day.run, tap(anna, "excused", reason=None, note=None))
    assert stands() == Mark("excused", reason="Kemoterapi", note="Ring først")


def test_nothing_is_undone_when_the_window_of_correction_is_over(client, presenter):
    AttendanceRule.objects.filter(is_default=True).update(is_default=False)
    AttendanceRule.objects.create(name="Reglen", presenters_correct_days=2, is_default=True)
    first = timezone.localdate() - timedelta(days=5)
    day = CourseRunFactory(first_day=first, day_fields={"presenters": [presenter]}).ordered_days()[0]
    anna = EnrolmentFactory(run=day.run)
    [change] = attendance.mark(day=day, marks={anna.pk: Mark("absent")}, by=presenter.user)
    answer = client.post(roll_url(day.run), {"handling": "fortryd", "change": change.pk})
    assert answer.status_code == 409
    assert stands().status == "absent"
