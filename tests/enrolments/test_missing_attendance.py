"""Days that are over and not taken are brought to whoever takes them, and to nobody else."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from enrolments.admin.missing_attendance import missing_attendance
from enrolments.enums import EnrolmentStatus
from enrolments.reports.missing import days_missing_attendance
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db


def held(days_ago: int = 3, **fields):
    return CourseRunFactory(first_day=timezone.localdate() - timedelta(days=days_ago), **fields)


def test_days_not_taken_and_half_taken_are_told_with_a_link():
    organiser = UserFactory(organiser=True)
    untaken, half, taken, empty, coming = held(3), held(4), held(5), held(6), CourseRunFactory()
    for run in (untaken, half, half, taken, coming):
        EnrolmentFactory(run=run)
    EnrolmentFactory(run=half, waiting=True)
    EnrolmentFactory(run=taken, status=EnrolmentStatus.CANCELLED, cancelled_at=timezone.now())
    AttendanceFactory(enrolment=half.enrolments.confirmed().first())
    AttendanceFactory(enrolment=taken.enrolments.confirmed().first())

    items = {item.text: item for item in missing_attendance(organiser)}

    assert set(items) == {str(untaken), str(half)}
    assert "ikke registreret" in items[str(untaken)].detail
    assert "1 af 2" in items[str(half)].detail
    day = untaken.ordered_days()[0]
    assert items[str(untaken)].url == reverse("enrolments:mark_grid", kwargs={"run_pk": untaken.pk, "date": day.date})
    assert empty.ordered_days()[0] not in days_missing_attendance(organiser)


def test_cancelled_runs_and_days_long_gone_are_not():
    organiser = UserFactory(organiser=True)
    for run in (held(cancelled=True), held(100)):
        EnrolmentFactory(run=run)
    assert not list(missing_attendance(organiser))


def test_a_presenter_is_told_of_their_own_on_min_side_and_others_of_none(client):
    presenter = PresenterFactory(with_user=True)
    mine, others = held(day_fields={"presenters": [presenter]}), held()
    for run in (mine, others):
        EnrolmentFactory(run=run)
    assert [day.run for day in days_missing_attendance(presenter.user)] == [mine]
    assert not days_missing_attendance(UserFactory(editor=True))

    client.force_login(presenter.user)
    page = client.get("/min-side/").content.decode()
    assert reverse("enrolments:mark_grid", kwargs={"run_pk": mine.pk, "date": mine.ordered_days()[0].date}) in page
    assert str(others) not in page


def test_the_number_of_queries_does_not_grow():
    organiser = UserFactory(organiser=True)
    EnrolmentFactory(run=held())

    def measured() -> int:
        user = type(organiser).objects.get(pk=organiser.pk)
        with CaptureQueriesContext(connection) as queries:
            list(missing_attendance(user))
        return len(queries)

    few = measured()
    for n in range(5):
        EnrolmentFactory(run=held(4 + n))
    assert measured() == few
