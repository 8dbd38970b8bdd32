"""The run's form in the admin: what it saves, and what it refuses in words."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from courses.enums import LineRule, RunStatus
from courses.models import CourseDay, CourseRun
from tests.factories import (
    AttendanceFactory,
    CancellationTermsFactory,
    CoursePageFactory,
    CourseRunFactory,
    EnrolmentFactory,
    PresenterFactory,
    RegistrationFactory,
    UserFactory,
    VenueFactory,
)

pytestmark = pytest.mark.django_db

SOON = date(2030, 5, 6)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


@pytest.fixture
def organiser(client: Client) -> Client:
    client.force_login(UserFactory(organiser=True, is_staff=True))
    return client


def day_data(day: CourseDay | None = None, **changes: Any) -> dict[str, Any]:
    data = {
        "id": day.pk if day else "",
        "date": day.date if day else SOON,
        "start_time": day.start_time.strftime("%H:%M") if day else "09:00",
        "end_time": day.end_time.strftime("%H:%M") if day else "16:00",
        "title": day.title if day else "",
        "programme": "",
        "venue": "",
        "presenters": [person.pk for person in day.presenters.all()] if day else [],
        "hosts": [],
    }
    # A list would be taken for a formset.
    return {name: tuple(value) if isinstance(value, list) else value for name, value in (data | changes).items()}


def run_data(run: CourseRun, days: list[dict[str, Any]], *, initial: int = 0, **changes: Any) -> dict[str, Any]:
    data = {
        "course": run.course_id,
        "label": run.label,
        "status": run.status,
        "venue": run.venue_id or "",
        "online_link": "",
        "capacity": run.capacity or "",
        "minimum": "",
        "decision_date": "",
        "registration_opens_at": "",
        "registration_deadline": "",
        "price": "",
        "fixed_costs": "",
        "cost_per_participant": "",
        "responsible": "",
        "terms": run.terms_id or "",
        "waiting_list": "on",
        "line_rule": LineRule.FIRST_FIT,
        "practical": "",
        "notes": "",
        "days": inline_formset(days, initial=initial),
    }
    return nested_form_data(data | changes)


def edit(client: Client, run: CourseRun, days: list[dict[str, Any]] | None = None, **changes: Any):
    stored = list(run.days.order_by("date"))
    if days is None:
        days = [day_data(day) for day in stored]
    initial = sum(bool(day["id"]) for day in days)
    url = reverse("wagtailsnippets_courses_courserun:edit", args=[run.pk])
    return client.post(url, run_data(run, days, initial=initial, **changes))


def errors(response) -> dict[str, list[str]]:
    form = response.context["form"]
    found = dict(form.errors)
    formset = form.formsets["days"]
    found["days"] = [
        *formset.non_form_errors(),
        *(text for row in formset.errors for texts in row.values() for text in texts),
    ]
    return found


def priced_run(**fields: Any) -> CourseRun:
    return CourseRunFactory(terms=CancellationTermsFactory(), **fields)


class TestSaving:
    def test_a_run_is_made_with_two_days_and_their_people(self, organiser):
        course, venue, terms = CoursePageFactory(), VenueFactory(), CancellationTermsFactory()
        lotte, lone = PresenterFactory(), PresenterFactory()
        run = CourseRun(course=course, venue=venue, terms=terms, status=RunStatus.OPEN, capacity=20, label="Herlev")
        days = [
            day_data(presenters=[lotte.pk, lone.pk], hosts=[lone.pk]),
            day_data(date="13.5.2030", start_time="10.30", end_time="15.00", title="Anden dag", presenters=[lone.pk]),
        ]
        response = organiser.post(reverse("wagtailsnippets_courses_courserun:add"), run_data(run, days))
        assert response.status_code == 302, errors(response)
        made = CourseRun.objects.get()
        first, second = made.ordered_days()
        assert (first.date, first.start_time) == (SOON, time(9))
        assert list(first.presenters.all()) == [lotte, lone]
        assert list(first.hosts.all()) == [lone]
        assert (second.date, second.start_time, second.title) == (SOON + timedelta(days=7), time(10, 30), "Anden dag")
        assert list(second.presenters.all()) == [lone]

    def test_a_new_run_begins_with_the_course_the_default_terms_and_a_day_from_nine_to_four(self, organiser):
        course = CoursePageFactory()
        terms = CancellationTermsFactory(is_default=True)
        response = organiser.get(reverse("wagtailsnippets_courses_courserun:add"), {"course": course.pk})
        form = response.context["form"]
        assert (form.instance.course_id, form.instance.terms) == (course.pk, terms)
        [day] = form.formsets["days"].forms
        assert (day["start_time"].value(), day["end_time"].value()) == (time(9), time(16))

    def test_a_row_nobody_filled_in_is_no_day(self, organiser):
        run = CourseRun(course=CoursePageFactory(), status=RunStatus.DRAFT)
        response = organiser.post(reverse("wagtailsnippets_courses_courserun:add"), run_data(run, [day_data(date="")]))
        assert response.status_code == 302, errors(response)
        assert CourseRun.objects.get().days.count() == 0

    def test_a_day_is_changed_one_removed_one_added(self, organiser):
        run = priced_run(with_days=2)
        first, second = run.ordered_days()
        lotte = PresenterFactory()
        response = edit(
            organiser,
            run,
            [day_data(first, start_time="8.30", presenters=[lotte.pk]), day_data(second, DELETE="on"), day_data()],
        )
        assert response.status_code == 302, errors(response)
        days = CourseRun.objects.get(pk=run.pk).ordered_days()
        assert [(day.date, day.start_time) for day in days] == [(first.date, time(8, 30)), (SOON, time(9))]
        assert list(days[0].presenters.all()) == [lotte]

    def test_people_are_taken_off_a_day(self, organiser):
        run = priced_run(day_fields={"presenters": [PresenterFactory()]})
        [day] = run.ordered_days()
        edit(organiser, run, [day_data(day, presenters=[])])
        assert CourseDay.objects.get(pk=day.pk).presenters.count() == 0

    def test_all_days_move_a_week_on(self, organiser):
        run = priced_run(with_days=3)
        days = run.ordered_days()
        response = edit(organiser, run, [day_data(day, date=day.date + timedelta(days=7)) for day in days])
        assert response.status_code == 302, errors(response)
        assert [day.date for day in CourseRun.objects.get(pk=run.pk).ordered_days()] == [
            day.date + timedelta(days=7) for day in days
        ]

    def test_two_days_swap_dates(self, organiser):
        run = priced_run(with_days=2)
        first, second = run.ordered_days()
        response = edit(organiser, run, [day_data(first, date=second.date), day_data(second, date=first.date)])
        assert response.status_code == 302, errors(response)
        assert CourseDay.objects.get(pk=first.pk).date == second.date

    def test_the_message_links_to_the_public_page(self, organiser):
        run = priced_run()
        response = organiser.get(edit(organiser, run).headers["Location"])
        assert run.course.get_url() in response.content.decode()


class TestRefusals:
    def test_the_same_date_twice(self, organiser):
        run = priced_run()
        [day] = run.ordered_days()
        response = edit(organiser, run, [day_data(day), day_data(date=day.date)])
        assert "Den samme dato står to gange." in errors(response)["days"]

    def test_a_day_that_ends_before_it_begins(self, organiser):
        run = priced_run()
        response = edit(organiser, run, [day_data(run.ordered_days()[0], start_time="16:00", end_time="09:00")])
        assert response.status_code == 200
        assert errors(response)["days"]

    def test_capacity_below_the_seats_taken(self, organiser):
        run = priced_run(capacity=5)
        RegistrationFactory(run=run, participants=3)
        response = edit(organiser, run, capacity=2)
        assert "3" in errors(response)["capacity"][0]
        assert CourseRun.objects.get(pk=run.pk).capacity == 5

    def test_a_seat_taken_while_the_organiser_saves_is_an_error_at_the_field(self, organiser, monkeypatch):
        run = priced_run(capacity=5)
        EnrolmentFactory.create_batch(2, run=run)
        # The form looked before the seats were taken.
        monkeypatch.setattr(CourseRun, "clean", lambda self: None)
        response = edit(organiser, run, capacity=1)
        assert response.status_code == 200
        assert "Nogen har lige taget en plads" in errors(response)["capacity"][0]

    def test_attendance_taken_while_the_organiser_removes_the_day_is_an_error(self, organiser, monkeypatch):
        run = priced_run(with_days=2)
        mark = AttendanceFactory(enrolment=EnrolmentFactory(run=run))
        monkeypatch.setattr("courses.admin.forms.may_remove_day", lambda day: True)
        first, second = run.ordered_days()
        assert mark.day == first
        response = edit(organiser, run, [day_data(first, DELETE="on"), day_data(second)])
        assert response.status_code == 200
        assert "Nogen har lige registreret fremmøde" in str(response.context["form"].non_field_errors())
        assert run.days.count() == 2

    def test_removing_a_day_with_attendance(self, organiser):
        run = priced_run(with_days=2)
        AttendanceFactory(enrolment=EnrolmentFactory(run=run))
        first, second = run.ordered_days()
        response = edit(organiser, run, [day_data(first, DELETE="on"), day_data(second)])
        [text] = errors(response)["days"]
        assert first.date.strftime("%d.%m.%Y") in text
        assert "fremmøde" in text
        assert CourseDay.objects.filter(pk=first.pk).exists()

    def test_moving_a_day_with_attendance_to_another_date(self, organiser):
        run = priced_run()
        AttendanceFactory(enrolment=EnrolmentFactory(run=run))
        [day] = run.ordered_days()
        response = edit(organiser, run, [day_data(day, date=day.date + timedelta(days=1))])
        assert "kan ikke ændres" in errors(response)["days"][0]

    def test_the_times_of_a_day_with_attendance_may_change(self, organiser):
        run = priced_run()
        mark = AttendanceFactory(enrolment=EnrolmentFactory(run=run))
        [day] = run.ordered_days()
        response = edit(organiser, run, [day_data(day, end_time="15:00")])
        assert response.status_code == 302, errors(response)
        mark.refresh_from_db()
        assert mark.planned_ends_at == day.ends_at

    def test_opening_without_a_day(self, organiser):
        run = priced_run(draft=True, with_days=0)
        assert "mindst én kursusdag" in errors(edit(organiser, run, status=RunStatus.OPEN))["status"][0]

    def test_opening_without_a_place(self, organiser):
        run = priced_run(draft=True, venue=None)
        assert "Vælg et sted" in errors(edit(organiser, run, status=RunStatus.OPEN))["venue"][0]

    def test_opening_with_an_online_link_or_with_a_venue_on_each_day(self, organiser):
        run = priced_run(draft=True, venue=None)
        response = edit(organiser, run, status=RunStatus.OPEN, online_link="https://example.dk/moede")
        assert response.status_code == 302, errors(response)
        other = priced_run(draft=True, venue=None)
        response = edit(
            organiser, other, [day_data(other.ordered_days()[0], venue=VenueFactory().pk)], status=RunStatus.OPEN
        )
        assert response.status_code == 302, errors(response)

    def test_opening_with_a_price_but_without_terms(self, organiser):
        run = CourseRunFactory(draft=True, terms=None)
        assert "afbestillingsvilkår" in errors(edit(organiser, run, status=RunStatus.OPEN))["terms"][0]

    def test_opening_free_of_charge_without_terms(self, organiser):
        run = CourseRunFactory(draft=True, terms=None)
        assert edit(organiser, run, status=RunStatus.OPEN, price="0").status_code == 302

    def test_names_of_every_kind_are_kept_as_typed(self, organiser):
        run = priced_run()
        label = "<b>=1+1 🙂 " + "æ" * 60
        assert edit(organiser, run, label=label).status_code == 302
        assert CourseRun.objects.get(pk=run.pk).label == label
        page = organiser.get(reverse("wagtailsnippets_courses_courserun:list")).content.decode()
        assert "<b>=1" not in page
        assert edit(organiser, run, label="x" * 81).status_code == 200


@pytest.mark.parametrize("course", ["²", "abc", "9" * 30, "0", ""])
def test_a_new_run_of_no_course_begins_without_one(organiser, course):
    response = organiser.get(reverse("wagtailsnippets_courses_courserun:add"), {"course": course})
    assert response.status_code == 200


class TestRepeating:
    def test_days_keep_distance_and_clock_across_summer_time(self, organiser):
        lotte = PresenterFactory()
        run = priced_run(
            label="Forår",
            with_days=2,
            first_day=date(2029, 3, 20),
            day_fields={"presenters": [lotte], "start_time": time(9, 15)},
            registration_deadline=datetime(2029, 3, 1, 12, tzinfo=COPENHAGEN),
            decision_date=date(2029, 3, 5),
        )
        RegistrationFactory(run=run, participants=2)
        url = reverse("wagtailsnippets_courses_courserun:repeat", args=[run.pk])
        response = organiser.post(url, {"first_date": "21.8.2029", "label": "Efterår"})
        repeated = CourseRun.objects.exclude(pk=run.pk).get()
        assert response.headers["Location"] == reverse("wagtailsnippets_courses_courserun:edit", args=[repeated.pk])
        days = repeated.ordered_days()
        assert [day.date for day in days] == [date(2029, 8, 21), date(2029, 8, 28)]
        assert {timezone.localtime(day.starts_at).time() for day in days} == {time(9, 15)}
        assert list(days[0].presenters.all()) == [lotte]
        assert repeated.registration_deadline == datetime(2029, 8, 2, 12, tzinfo=COPENHAGEN)
        assert (repeated.status, repeated.label, repeated.venue) == (RunStatus.DRAFT, "Efterår", run.venue)
        assert repeated.decision_date == date(2029, 8, 6)
        assert repeated.seats.taken == 0

    @pytest.mark.parametrize("typed", ["", "i morgen", "1.1.2020", "31.12.9999"])
    def test_a_date_that_cannot_be(self, organiser, typed):
        run = priced_run(with_days=2)
        response = organiser.post(
            reverse("wagtailsnippets_courses_courserun:repeat", args=[run.pk]), {"first_date": typed}
        )
        assert response.context["form"].errors["first_date"]
        assert CourseRun.objects.count() == 1

    def test_a_run_without_days_is_not_repeated(self, organiser):
        run = priced_run(draft=True, with_days=0)
        response = organiser.get(reverse("wagtailsnippets_courses_courserun:repeat", args=[run.pk]), follow=True)
        assert "ingen kursusdage at gentage" in response.content.decode()

    def test_there_is_no_copying(self, organiser):
        run = priced_run()
        assert organiser.get(f"/admin/courses/runs/copy/{run.pk}/").status_code == 404


def test_a_run_is_cancelled_on_the_page_that_says_what_it_means_not_in_its_form(organiser):
    run = priced_run()
    RegistrationFactory(run=run, participants=2)

    response = edit(organiser, run, status=RunStatus.CANCELLED, label="Herlev")

    run.refresh_from_db()
    assert response.headers["Location"] == f"/admin/participants/run/{run.pk}/cancel-run/"
    assert (run.status, run.label) == (RunStatus.OPEN, "Herlev")


def test_a_form_opened_before_the_run_was_cancelled_does_not_open_it_again(organiser):
    run = priced_run()
    CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED)

    response = edit(organiser, run, status=RunStatus.OPEN)

    run.refresh_from_db()
    assert response.headers["Location"] == f"/admin/participants/run/{run.pk}/reopen/"
    assert run.status == RunStatus.CANCELLED


def test_a_draft_that_nobody_knows_of_is_cancelled_in_its_form(organiser):
    run = priced_run(draft=True)

    edit(organiser, run, status=RunStatus.CANCELLED)

    run.refresh_from_db()
    assert run.status == RunStatus.CANCELLED


def test_after_a_change_the_organiser_is_led_to_telling(organiser):
    run = priced_run()
    RegistrationFactory(run=run, participants=1)
    day = run.ordered_days()[0]

    response = edit(organiser, run, [day_data(day, start_time="10:00")])

    page = organiser.get(response.headers["Location"]).content.decode()
    assert "Deltagerne har ikke fået besked om det, du har ændret." in page
    assert f"/admin/participants/run/{run.pk}/tell/" in page


def test_what_the_run_costs_and_who_is_responsible_stand_in_its_form(organiser):
    run = priced_run()
    user = UserFactory(staff=True)

    response = edit(organiser, run, responsible=user.pk, fixed_costs="12500.50", cost_per_participant="250")

    run.refresh_from_db()
    assert response.status_code == 302, errors(response)
    assert (run.responsible, run.fixed_costs, run.cost_per_participant) == (user, Decimal("12500.50"), Decimal(250))


@pytest.mark.parametrize("field", ["fixed_costs", "cost_per_participant"])
def test_a_cost_below_nothing_is_refused(organiser, field):
    assert field in errors(edit(organiser, priced_run(), **{field: "-1"}))


def test_the_decision_comes_before_the_run_begins(organiser):
    run = priced_run(first_day=SOON)

    found = errors(edit(organiser, run, decision_date=SOON + timedelta(days=1)))

    assert found["decision_date"] == ["Holdet begynder 6. maj 2030. Vælg en beslutningsdato før det."]


def test_from_the_form_and_the_inspection_one_goes_on_to_the_decisions(organiser):
    run = priced_run()
    for name in ("edit", "inspect"):
        page = organiser.get(reverse(f"wagtailsnippets_courses_courserun:{name}", args=[run.pk])).content.decode()
        assert f"/admin/participants/run/{run.pk}/confirm/" in page
        assert f"/admin/participants/run/{run.pk}/cancel-run/" in page


def test_only_staff_are_responsible(organiser):
    assert "responsible" in errors(edit(organiser, priced_run(), responsible=UserFactory().pk))


def test_the_days_constraint_stands_outside_the_form():
    run = CourseRunFactory()
    [day] = run.ordered_days()
    with pytest.raises(Exception, match="day_once_per_run"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO courses_courseday (run_id, date, start_time, end_time, title, programme)"
            " VALUES (%s, %s, '9:00', '16:00', '', '')",
            [run.pk, day.date],
        )
