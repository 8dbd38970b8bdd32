"""Health data goes when nobody needs it any more, as the form promises."""

import pytest

from enrolments.models import Enrolment
from enrolments.operations.retention import forget_needs
from website.core.tasks import nightly_retention as nightly
from tests.factories import CourseRunFactory, EnrolmentFactory

pytestmark = pytest.mark.django_db


def kept() -> set[str]:
    return set(Enrolment.objects.exclude(dietary="").values_list("name", flat=True))


def test_needs_are_kept_until_the_last_day_is_past():
    EnrolmentFactory(name="Før", run=CourseRunFactory(), dietary="vegetar")
    EnrolmentFactory(name="I dag", run=CourseRunFactory(today=True), dietary="vegetar")
    EnrolmentFactory(name="Efter", run=CourseRunFactory(past=True), dietary="vegetar")

    assert forget_needs() == 1
    assert kept() == {"Før", "I dag"}


def test_the_needs_of_those_who_do_not_come_go_at_once():
    EnrolmentFactory(name="Afmeldt", cancelled=True, dietary="vegetar")
    EnrolmentFactory(name="Aflyst", run=CourseRunFactory(cancelled=True), dietary="vegetar")

    nightly(timestamp=0)

    assert kept() == set()
