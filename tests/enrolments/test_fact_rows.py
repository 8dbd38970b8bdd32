"""The fact rows after what people really do: cancel late, replace, move and correct."""

from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.enums import ActorKind
from enrolments.operations import attendance
from enrolments.operations.attendance import Mark
from enrolments.operations.cancelling import cancel
from enrolments.operations.details import ParticipantDetails
from enrolments.operations.moving import move
from enrolments.operations.replacing import replace
from enrolments.reports import facts
from enrolments.reports.kinds import Choices, report_kinds
from tests.enrolments.helpers import sign_up
from tests.enrolments.report_data import bookings_of, facts_of
from tests.factories import CourseDayFactory, CourseRunFactory, UserFactory
from website.core.exports import rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


@pytest.fixture
def run(organiser):
    """Anna was there and corrected, Bo was replaced by Carla who came, Dan moved, Eva cancelled too late."""
    run = CourseRunFactory(capacity=10, first_day=timezone.localdate() + timedelta(days=1))
    other = CourseRunFactory(course=run.course)
    registration = sign_up(run, "Anna", "Bo", "Dan", "Eva")
    anna, bo, dan, eva = registration.enrolments.select_related("registration").order_by("form_order")
    carla = replace(enrolment=bo, details=ParticipantDetails("Carla", "carla@example.dk"), actor=ActorKind.STAFF)
    move(enrolments=[dan], to_run=other, actor=ActorKind.STAFF)
    late = run.starts_at - timedelta(hours=1)
    cancel(registration=registration, enrolment_pks=[eva.pk], actor=ActorKind.STAFF, at=late)
    day = run.ordered_days()[0]
    day.date -= timedelta(days=8)
    day.save()
    at = day.starts_at + timedelta(minutes=5)
    attendance.mark(day=day, marks={anna.pk: Mark("absent"), carla.pk: Mark("present")}, by=organiser, at=at)
    attendance.mark(day=day, marks={anna.pk: Mark("late", 30)}, by=organiser, at=at + timedelta(minutes=30))
    CourseDayFactory(run=run, date=day.date + timedelta(days=1))
    return run


def test_the_rows_tell_what_happened(run, organiser):
    names = ["participant", "mark", "minutes_present", "corrections", "enrolment_status"]
    found = rows(
        facts.entries(organiser, Choices(runs=(run.pk,), with_cancelled=True)),
        [facts.columns.get(name) for name in names],
    )
    first, second = list(found)[:5], list(found)[5:]
    assert first == [
        ("Anna", "Forsinket", 390, 1, "Har plads"),
        ("Bo", "Ikke registreret", 0, 0, "Erstattet af en kollega"),
        ("Carla", "Til stede", 420, 0, "Har plads"),
        ("Dan", "Ikke registreret", 0, 0, "Flyttet til et andet hold"),
        ("Eva", "Ikke registreret", 0, 0, "Afmeldt"),
    ]
    assert {mark for _name, mark, *_rest in second} == {"Ikke registreret"}


def test_the_pivots_count_them_as_the_rows_do(run, organiser):
    table = report_kinds.get("municipality_course").table(organiser, Choices(runs=(run.pk,)))
    bookings = [each for each in bookings_of(facts_of()) if each.enrolment.run_id == run.pk]
    (row,) = table.frame.to_dict("records")
    assert row["booked"] == sum(each.is_booked for each in bookings) == 3
    assert row["late_cancellations"] == row["no_shows"] == 1
    assert row["attended"] == 2
    assert row["minutes"] == sum(each.minutes for each in bookings) == 810
    assert row["spend"] == sum(each.spend for each in bookings)
    assert dict(table.total) == {name: row[name] for name in table.total}
