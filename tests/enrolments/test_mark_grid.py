"""Marks typed in from paper: a letter each, wrong ones kept at their cell, nobody else's mark overwritten unseen."""

import json
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import AttendanceRule, CourseRun
from enrolments.enums import EnrolmentStatus, MarkSource
from enrolments.importing.marks import MarkUnclear, mark_code, parse_day, parse_mark
from enrolments.models import Attendance, AttendanceChange
from enrolments.operations.attendance import NOT_TAKEN, Mark
from enrolments.operations.attendance import mark as take_mark
from tests.factories import (
    AttendanceFactory,
    CourseDayFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> CourseRun:
    """A run of two days, yesterday and in a week, with Anna, Bo and Carl."""
    run = CourseRunFactory(first_day=timezone.localdate() - timedelta(days=1), with_days=2, capacity=None)
    for name in ("Anna", "Bo", "Carl"):
        EnrolmentFactory(run=run, name=name)
    return run


@pytest.fixture
def organiser(client):
    user = UserFactory(organiser=True)
    client.force_login(user)
    client.user = user
    return client


def url(run, n: int = 0, query: str = "") -> str:
    day = run.ordered_days()[n]
    return reverse("enrolments:mark_grid", kwargs={"run_pk": run.pk, "date": day.date}) + query


def person(run, name: str):
    return run.enrolments.get(name=name)


def cell(run, name: str, n: int = 0) -> str:
    return f"m-{person(run, name).pk}-{run.ordered_days()[n].pk}"


def marks(run) -> dict[tuple[str, int], str]:
    days = [day.pk for day in run.ordered_days()]
    return {
        (mark.enrolment.name, days.index(mark.day_id)): mark_code(Mark.of(mark))
        for mark in Attendance.objects.filter(day__run=run).select_related("enrolment")
    }


@pytest.fixture
def day():
    return CourseDayFactory(date=date(2026, 12, 9), start_time=time(9), end_time=time(16))


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        ("", None),
        ("  ", None),
        ("t", Mark("present")),
        ("T", Mark("present")),
        ("til stede", Mark("present")),
        ("x", Mark("present")),
        ("f", Mark("late")),
        ("f15", Mark("late", 15)),
        ("F 15 min.", Mark("late", 15)),
        ("forsinket 15", Mark("late", 15)),
        ("l5", Mark("late", 5)),
        ("u", Mark("absent")),
        ("udeblevet", Mark("absent")),
        ("m", Mark("excused")),
        ("m syg", Mark("excused", reason="syg")),
        ("M: Barns 1. sygedag", Mark("excused", reason="Barns 1. sygedag")),
        ("-", NOT_TAKEN),
        ("tg30", Mark("present", minutes_early=30)),
        ("g30", Mark("present", minutes_early=30)),
        ("t g 15.30", Mark("present", minutes_early=30)),
        ("f15g30", Mark("late", 15, 30)),
        ("9.15", Mark("late", 15)),
        ("9:15", Mark("late", 15)),
        ("8.50", Mark("present")),
        ("f9.00", Mark("present")),
        ("kl. 9.15", Mark("late", 15)),
        ("9.15-15.30", Mark("late", 15, 30)),
        ("8.55 – 16.05", Mark("present")),
    ],
)
def test_what_people_write_for_a_mark(day, written, mark):
    assert parse_mark(written, day) == mark


@pytest.mark.parametrize(
    "written",
    [
        *("q", "15", "t15", "f0", "f421", "f9.75", "25.00", "f15 f20", "=1+1", "tt", "16.30", "f200g300", "f-5"),
        *("x" * 300, "m " + "x" * 201, "t\0", "١٥", "f1e5", "mødte op"),
    ],
)
def test_what_is_no_mark_is_said_to_be_none(day, written):
    with pytest.raises(MarkUnclear) as problem:
        parse_mark(written, day)
    assert str(problem.value)
    assert "%(" not in str(problem.value)


@pytest.mark.parametrize(
    "mark",
    [
        Mark("present"),
        Mark("present", minutes_early=30),
        Mark("late"),
        Mark("late", 15),
        Mark("late", 15, 30),
        Mark("absent"),
        Mark("excused"),
        Mark("excused", reason="syg"),
    ],
)
def test_a_mark_is_read_back_as_it_is_written(day, mark):
    assert parse_mark(mark_code(mark), day) == mark


def test_clock_times_count_real_minutes_across_a_clock_change():
    """The night the clocks go back has three hours between 1.30 and 3.30."""
    night = CourseDayFactory(date=date(2026, 10, 25), start_time=time(1, 30), end_time=time(6))
    assert parse_mark("3.30", night) == Mark("late", 180)


@pytest.mark.parametrize(
    "written",
    ["9.12.2026", "9-12-2026", "9/12/2026", "09.12.26", "2026-12-09", "9. december 2026", "ons 9. dec. 2026", "9.12."],
)
def test_the_day_that_a_date_names(day, written):
    assert parse_day(written, [day]) == day


@pytest.mark.parametrize("written", ["", "i går", "32.1.2026", "9", "29.2.2025", "9.13.2026", "9999999-1-1"])
def test_what_is_no_date(day, written):
    assert parse_day(written, [day]) is None


def test_a_date_the_run_has_no_day_on(day):
    assert parse_day("10.12.2026", [day]) == date(2026, 12, 10)


def test_marks_are_typed_and_kept_as_from_paper(organiser, run):
    answer = organiser.post(
        url(run), {"seen": "{}", cell(run, "Anna"): "t", cell(run, "Bo"): "f15", cell(run, "Carl"): ""}, follow=True
    )
    assert "2 registreringer er gemt" in answer.content.decode()
    assert marks(run) == {("Anna", 0): "t", ("Bo", 0): "f15"}
    change = AttendanceChange.objects.first()
    assert (change.source, change.by) == (MarkSource.PAPER, organiser.user)


def test_what_is_wrong_stays_in_its_cell_with_why_and_the_rest_is_saved(organiser, run):
    answer = organiser.post(url(run), {"seen": "{}", cell(run, "Anna"): "t", cell(run, "Bo"): "<b>nok"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert marks(run) == {("Anna", 0): "t"}
    assert 'value="&lt;b&gt;nok"' in page
    assert f'href="#{cell(run, "Bo")}"' in page
    assert "1 celle er ikke gemt" in page
    assert "1 registrering er gemt" in page


def test_an_untouched_cell_changes_nothing_and_a_note_stays(organiser, run):
    anna, day = person(run, "Anna"), run.ordered_days()[0]
    take_mark(day=day, marks={anna.pk: Mark("late", 10, note="Toget")}, by=organiser.user)
    seen = json.dumps({cell(run, "Anna"): "f10"})

    organiser.post(url(run), {"seen": seen, cell(run, "Anna"): "f10"})
    assert AttendanceChange.objects.count() == 1

    organiser.post(url(run), {"seen": seen, cell(run, "Anna"): "f20"})
    mark = Attendance.objects.get()
    assert (mark.minutes_late, mark.note) == (20, "Toget")


def test_a_mark_is_taken_back_by_a_dash_and_not_by_an_empty_cell(organiser, run):
    anna = AttendanceFactory(enrolment=person(run, "Anna"))
    seen = json.dumps({cell(run, "Anna"): "t"})
    answer = organiser.post(url(run), {"seen": seen, cell(run, "Anna"): ""})
    assert "Skriv - for at" in answer.content.decode()
    anna.refresh_from_db()
    assert anna.status == "present"

    organiser.post(url(run), {"seen": seen, cell(run, "Anna"): "-"})
    anna.refresh_from_db()
    assert anna.status == ""


def test_somebody_elses_mark_is_shown_and_replaced_only_when_saved_again(organiser, run):
    other = UserFactory(organiser=True, first_name="Kim", last_name="Kjær")
    day = run.ordered_days()[0]
    take_mark(day=day, marks={person(run, "Anna").pk: Mark("absent")}, by=other)

    answer = organiser.post(url(run), {"seen": "{}", cell(run, "Anna"): "t"})
    page = answer.content.decode()
    assert marks(run) == {("Anna", 0): "u"}
    assert "Kim Kjær" in page
    assert 'value="t"' in page

    seen = answer.context["seen"]
    organiser.post(url(run), {"seen": seen, cell(run, "Anna"): "t"})
    assert marks(run) == {("Anna", 0): "t"}
    assert AttendanceChange.objects.filter(is_applied=True).count() == 2


def test_who_typed_the_same_as_somebody_else_is_no_conflict(organiser, run):
    take_mark(day=run.ordered_days()[0], marks={person(run, "Anna").pk: Mark("present")}, by=organiser.user)
    assert organiser.post(url(run), {"seen": "{}", cell(run, "Anna"): "t"}).status_code == 302


def test_all_days_are_typed_in_one_grid_but_none_ahead_unless_excused(organiser, run):
    answer = organiser.post(
        url(run, query="?dage=alle"),
        {"seen": "{}", cell(run, "Anna", 0): "t", cell(run, "Anna", 1): "m ferie", cell(run, "Bo", 1): "t"},
    )
    assert marks(run) == {("Anna", 0): "t", ("Anna", 1): "m ferie"}
    assert answer.status_code == 422


def test_a_cell_of_a_day_that_is_not_shown_or_of_another_run_is_not_taken(organiser, run):
    other = CourseRunFactory(past=True)
    stranger = EnrolmentFactory(run=other, name="Fremmed")
    data = {"seen": "{}", cell(run, "Anna", 1): "m", f"m-{stranger.pk}-{run.ordered_days()[0].pk}": "t"}
    answer = organiser.post(url(run), data | {f"m-{stranger.pk}-{other.ordered_days()[0].pk}": "t"})
    assert not Attendance.objects.exists()
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Fremmed" not in page


def test_somebody_cancelled_meanwhile_is_refused_by_name(organiser, run):
    bo = person(run, "Bo")
    data = {"seen": "{}", cell(run, "Bo"): "t", cell(run, "Anna"): "t"}
    bo.status, bo.cancelled_at = EnrolmentStatus.CANCELLED, timezone.now()
    bo.save()
    answer = organiser.post(url(run), data)
    assert [(row.row.name, bool(cell.error)) for row, cell in answer.context["wrong"]] == [("Bo", True)]
    assert marks(run) == {("Anna", 0): "t"}


def test_after_the_window_a_presenter_reads_and_an_organiser_writes(client, organiser, run):
    AttendanceRule.objects.create(name="Kort", presenters_correct_days=0, organisers_correct_days=30, is_default=True)
    presenter = PresenterFactory(with_user=True)
    for day in run.ordered_days():
        day.presenters.set([presenter])
        day.save()
    client.force_login(presenter.user)
    page = client.get(url(run)).content.decode()
    assert '<input class="mark-grid__cell"' not in page
    assert "Gem registreringerne" not in page
    assert client.post(url(run), {"seen": "{}", cell(run, "Anna"): "t"}).status_code == 422
    assert not Attendance.objects.exists()

    client.force_login(UserFactory(organiser=True))
    assert client.post(url(run), {"seen": "{}", cell(run, "Anna"): "t"}).status_code == 302
    assert marks(run) == {("Anna", 0): "t"}


@pytest.mark.parametrize("seen", ["", "nonsense", "[]", '{"m-1-1": 5}', '{"x": "\\u0000"}', "1", "[" * 2000])
def test_a_damaged_form_harms_nothing(organiser, run, seen):
    data = {"seen": seen, cell(run, "Anna"): "t", "m-999999999999999-1": "t", "m-x-1": "t", "m--1-5": "t"}
    assert organiser.post(url(run), data).status_code == 302
    assert marks(run) == {("Anna", 0): "t"}


def test_only_who_takes_the_roll_call_gets_the_grid(client, run):
    assert client.get(url(run)).status_code == 302
    client.force_login(UserFactory(editor=True))
    assert client.get(url(run)).status_code == 403
    assert client.post(url(run), {cell(run, "Anna"): "t"}).status_code == 403


def test_an_empty_run_says_so(organiser):
    run = CourseRunFactory(past=True)
    assert "ingen at registrere" in organiser.get(url(run)).content.decode()


def test_the_number_of_queries_does_not_grow_with_participants(organiser, run):
    def measured(data: dict[str, str] | None = None) -> int:
        address = url(run)
        with CaptureQueriesContext(connection) as queries:
            answer = organiser.post(address, data) if data else organiser.get(address)
        assert answer.status_code in (200, 302)
        return len(queries)

    def typed(value: str) -> dict[str, str]:
        day = run.ordered_days()[0].pk
        return {"seen": "{}"} | {f"m-{pk}-{day}": value for pk in run.enrolments.values_list("pk", flat=True)}

    measured()
    few, few_typed = measured(), measured(typed("t"))
    for n in range(30):
        EnrolmentFactory(run=run, name=f"Deltager {n}")
    fresh = {"seen": json.dumps({})} | {name: "t" for name in typed("t") if name != "seen"}
    assert measured() == few
    assert measured(fresh) <= few_typed
