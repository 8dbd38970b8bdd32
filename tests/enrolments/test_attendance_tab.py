"""A run's attendance in the workspace: who is at risk first, days and marks in words, in constant queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import EnrolmentStatus
from tests.factories import AttendanceFactory, CourseRunFactory, EnrolmentFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def organiser(client):
    client.force_login(UserFactory(organiser=True))
    return client


@pytest.fixture
def run():
    """Six days, two of them over: Anna was absent once, Bo twice, Carl never, Dea is not taken once."""
    run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=10), with_days=6, capacity=None)
    for name, statuses in (
        ("Carl", ("present", "present")),
        ("Anna", ("present", "late")),
        ("Bo", ("absent", "absent")),
        ("Dea", ("present", "")),
    ):
        enrolment = EnrolmentFactory(run=run, name=name)
        for day, status in zip(run.ordered_days(), statuses, strict=False):
            if status:
                late = 100 if status == "late" else None
                AttendanceFactory(enrolment=enrolment, day=day, status=status, minutes_late=late)
    return run


def url(run, query: str = "") -> str:
    return reverse("participants:attendance", args=[run.pk]) + query


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_those_at_risk_come_first_and_each_mark_has_its_word(organiser, run):
    page = organiser.get(url(run))
    people = [(person.state.enrolment.name, person.standing) for person in page.context["people"]]
    assert [name for name, _standing in people] == ["Anna", "Bo", "Dea", "Carl"]
    assert people[0][1] == "I fare"
    assert people[1] == ("Bo", "Kan ikke nås")
    shown = text(page)
    for words in ("100 min. for sent", "fraværende", "ikke registreret", "kommende", "12:20 / 42:00", "29,4 %"):
        assert words in shown, words


def test_each_day_has_its_figures_its_bar_and_its_ways(organiser, run):
    page = organiser.get(url(run))
    day = page.context["days"][1]
    assert dict(day.counts)["til stede"] == 1
    assert sum(count for _word, count in day.counts) == 4
    assert sum(float(part.width) for part in day.bar) == pytest.approx(100, abs=0.1)
    where = {"run_pk": run.pk, "date": day.day.date}
    for name in ("roll_call", "mark_grid", "sign_in_sheet"):
        assert reverse(f"enrolments:{name}", kwargs=where) in text(page)
    assert "mangler fremmøde" in text(page)


@pytest.mark.parametrize(
    ("show", "names"), [("at_risk", ["Anna"]), ("out_of_reach", ["Bo"]), ("nonsense", ["Anna", "Bo", "Dea", "Carl"])]
)
def test_the_list_is_narrowed(organiser, run, show, names):
    page = organiser.get(url(run, f"?show={show}"))
    assert [person.state.enrolment.name for person in page.context["people"]] == names


def test_by_name_is_by_name(organiser, run):
    page = organiser.get(url(run, "?sort=name"))
    assert [person.state.enrolment.name for person in page.context["people"]] == ["Anna", "Bo", "Carl", "Dea"]


def test_no_shows_and_late_cancellations_are_told(organiser):
    run = CourseRunFactory(past=True)
    day = run.ordered_days()[0]
    AttendanceFactory(enrolment=EnrolmentFactory(run=run, name="Niels"), day=day, status="absent")
    at = day.starts_at - timedelta(hours=2)
    EnrolmentFactory(run=run, name="Sent", status=EnrolmentStatus.CANCELLED, cancelled_at=at)
    EnrolmentFactory(run=run, name="Tids", status=EnrolmentStatus.CANCELLED, cancelled_at=at - timedelta(days=20))
    page = organiser.get(url(run, "?show=no_show"))
    assert [person.state.enrolment.name for person in page.context["people"]] == ["Niels"]
    assert page.context["no_shows"] == 2
    assert page.context["late_cancellations"] == 1
    shown = text(page)
    assert "1 sent afbud" in shown
    assert "afbud i tide" in shown


def test_walk_ins_are_flagged(organiser):
    run = CourseRunFactory(past=True)
    walked_in = RegistrationFactory(run=run, is_walk_in=True)
    EnrolmentFactory(registration=walked_in, name="Walter")
    EnrolmentFactory(registration=walked_in, name="Vibe", status=EnrolmentStatus.WALK_IN)
    shown = text(organiser.get(url(run, "?show=walk_in")))
    assert "mødte op uden tilmelding" in shown
    assert "mødte op uden plads" in shown


def test_before_the_first_day_nobody_is_at_risk(organiser):
    run = CourseRunFactory()
    EnrolmentFactory(run=run)
    page = organiser.get(url(run))
    assert [person.standing for person in page.context["people"]] == ["Ikke begyndt"]
    assert not organiser.get(url(run, "?show=at_risk")).context["people"]


def test_empty_and_cancelled_runs_say_so(organiser, run):
    assert "ingen kursusdage" in text(organiser.get(url(CourseRunFactory(with_days=0))))
    assert "har plads" in text(organiser.get(url(CourseRunFactory())))
    CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)
    assert "Holdet er aflyst" in text(organiser.get(url(run)))


def test_only_who_sees_enrolments_sees_it(client, run):
    client.force_login(UserFactory(editor=True))
    assert client.get(url(run)).status_code in (302, 403)


def test_the_number_of_queries_does_not_grow(organiser, run):
    def measured() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert organiser.get(url(run)).status_code == 200
        return len(queries)

    measured()
    few = measured()
    for n in range(20):
        enrolment = EnrolmentFactory(run=run, name=f"Deltager {n}")
        AttendanceFactory(enrolment=enrolment, status="present")
        EnrolmentFactory(run=run, cancelled=True)
    assert measured() == few
