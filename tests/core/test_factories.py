"""The test data itself: tests rely on what these promise."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from wagtail.models import Locale, Page, Site

from courses.models import Organisation
from enrolments.enums import EnrolmentStatus
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_run_has_its_days_and_a_row_of_seats():
    run = factories.CourseRunFactory(capacity=4, with_days=3)

    assert [day.date - run.ordered_days()[0].date for day in run.ordered_days()] == [
        timedelta(weeks=n) for n in (0, 1, 2)
    ]
    assert run.starts_at > timezone.now()
    assert run.seats.left == 4


def test_enrolments_take_seats_by_their_status():
    run = factories.CourseRunFactory(capacity=4)
    factories.RegistrationFactory(run=run, participants=2)
    factories.EnrolmentFactory(run=run, waiting=True)
    gone = factories.EnrolmentFactory(run=run, cancelled=True)

    run.seats.refresh_from_db()
    assert (run.seats.taken, run.seats.waiting) == (2, 1)
    assert gone.status == EnrolmentStatus.CANCELLED
    assert gone.payer.registration == gone.registration


def test_a_course_is_published_under_the_front_page():
    page = factories.CoursePageFactory(title="Ledelse af frivillige", slug="ledelse-af-frivillige")

    assert page.get_url() == "/kurser/ledelse-af-frivillige/"


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db(transaction=True)
def test_reference_data_survives_tests_that_commit(turn):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_content_type")
        assert cursor.fetchone()[0] > 50
    assert Organisation.objects.filter(kind="municipality").count() == 98
    assert Organisation.objects.count() == 98, "what the test before made is gone"
    assert Page.objects.filter(depth=1).count() == 1
    assert Locale.objects.exists()
    assert Site.objects.filter(is_default_site=True).count() == 1
    factories.EnrolmentFactory()
    factories.OrganisationFactory()
