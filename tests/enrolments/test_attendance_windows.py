"""Who may mark which day and how long: the course's rule, by Danish midnights."""

from datetime import date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from wagtail.models import APIToken

from courses.models import AttendanceRule
from enrolments.operations.attendance import Mark, Tap, take
from enrolments.permissions import may_mark
from tests.factories import CourseRunFactory, EnrolmentFactory, PresenterFactory, UserFactory

pytestmark = pytest.mark.django_db


def local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


@pytest.fixture
def rule():
    AttendanceRule.objects.filter(is_default=True).update(is_default=False)
    return AttendanceRule.objects.create(
        name="Reglen", presenters_correct_days=2, organisers_correct_days=10, is_default=True
    )


@pytest.fixture
def presenter():
    return PresenterFactory(with_user=True)


@pytest.fixture
def organiser():
    return UserFactory(organiser=True)


def day_on(on: date, presenter):
    return CourseRunFactory(first_day=on, day_fields={"presenters": [presenter]}).ordered_days()[0]


#: An ordinary week; the night summer time begins; the night it ends.
DATES = [date(2027, 2, 3), date(2027, 3, 27), date(2027, 10, 30)]


@pytest.mark.parametrize("on", DATES)
def test_presenters_until_midnight_of_the_last_day_organisers_longer(rule, presenter, organiser, on):
    day = day_on(on, presenter)
    last = on + timedelta(days=2)
    for user, at, allowed in [
        (presenter.user, local(on), True),
        (presenter.user, local(last, 23, 59), True),
        (presenter.user, local(last + timedelta(days=1)), False),
        (organiser, local(last + timedelta(days=1)), True),
        (organiser, local(on + timedelta(days=10), 23, 59), True),
        (organiser, local(on + timedelta(days=11)), False),
    ]:
        assert bool(may_mark(user, day, at=at)) is allowed, (user, at)


def test_a_refusal_says_until_when_and_what_to_do(rule, presenter, organiser):
    day = day_on(date(2027, 2, 3), presenter)
    late = local(date(2027, 4, 1))
    assert may_mark(presenter.user, day, at=late).reason == (
        "Du kunne rette registreringer på denne dag til og med 5. februar 2027. Bed en arrangør om at gøre det."
    )
    assert "13. februar 2027" in may_mark(organiser, day, at=late).reason


def test_organisers_without_a_limit_may_always(rule, presenter, organiser):
    AttendanceRule.objects.update(organisers_correct_days=None)
    assert may_mark(organiser, day_on(date(2027, 2, 3), presenter), at=local(date(2031, 1, 1)))


def test_the_courses_own_rule_goes_before_everybodys(rule, presenter):
    day = day_on(date(2027, 2, 3), presenter)
    day.run.course.attendance_rule = AttendanceRule.objects.create(name="Egen", presenters_correct_days=30)
    assert may_mark(presenter.user, day, at=local(date(2027, 2, 20)))


def test_before_the_day_only_who_has_called_off(rule, presenter):
    day = day_on(date(2027, 2, 3), presenter)
    before = local(date(2027, 2, 2), 23, 59)
    assert not may_mark(presenter.user, day, at=before)
    assert not may_mark(presenter.user, day, at=before, status="present")
    assert may_mark(presenter.user, day, at=before, status="excused")
    assert may_mark(presenter.user, day, at=before, status="")


def test_nobody_else_ever(rule, presenter):
    day = day_on(date(2027, 2, 3), presenter)
    for user in (UserFactory(), UserFactory(editor=True), PresenterFactory(with_user=True).user, AnonymousUser()):
        assert not may_mark(user, day, at=local(day.date, 10))


@pytest.mark.parametrize(
    ("tapped", "received", "code"),
    [
        (local(date(2027, 2, 5), 23, 59), local(date(2027, 2, 8)), None),  # queued for days without a network
        (local(date(2027, 2, 6)), local(date(2027, 2, 8)), "too_late"),
        (local(date(2027, 2, 3), 9), local(date(2027, 2, 19), 23), None),
        (local(date(2027, 2, 3), 9), local(date(2027, 2, 20)), "too_late"),  # nobody is offline for so long
    ],
)
def test_a_tap_counts_by_when_it_was_tapped_if_it_reaches_us_in_time(rule, presenter, tapped, received, code):
    day = day_on(date(2027, 2, 3), presenter)
    tap = Tap(uuid4(), EnrolmentFactory(run=day.run).pk, Mark("present"), tapped)
    taken = take(day=day, taps=[tap], by=presenter.user, source="roll_call", received_at=received)
    assert [refused.reason_code for refused in taken.refused] == ([code] if code else [])


class TestTokensInTheAdmin:
    def test_administrators_make_and_revoke_them(self, client):
        client.force_login(UserFactory(administrator=True))
        organiser = UserFactory(organiser=True)
        page = client.post(
            reverse("wagtailusers_api_tokens:add"), {"name": "Intranet", "user": organiser.pk}
        ).content.decode()
        token = APIToken.objects.get()
        assert (token.user, "wagtail_" in page, "Kopiér det nu" in page) == (organiser, True, True)
        listed = client.get(reverse("wagtailusers_api_tokens:index")).content.decode()
        assert "Senest brugt" in listed and "API-tokens" in listed
        client.post(reverse("wagtailusers_api_tokens:delete", args=[token.pk]))
        token.refresh_from_db()
        assert token.revoked_at

    @pytest.mark.parametrize("role", ["organiser", "editor"])
    def test_others_do_not(self, client, role):
        client.force_login(UserFactory(**{role: True}))
        for url in (reverse("wagtailusers_api_tokens:index"), reverse("wagtailusers_api_tokens:add")):
            assert client.get(url).status_code in (302, 403)
        assert not APIToken.objects.exists()
