"""How many queries the two pages that matter most cost. (Tests hold them constant; here they are told.)"""

from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from tests.enrolments.helpers import form_data
from tests.load.pages import COURSE, UNCACHED


def run() -> Iterator[str]:
    """Yield a line per page: queries beside the limit. Needs Django on a database with the demo."""
    client = Client(headers={"host": "localhost"})
    client.get(UNCACHED)
    with CaptureQueriesContext(connection) as page:
        assert client.get(UNCACHED).status_code == 200
    client.get(COURSE)
    with CaptureQueriesContext(connection) as hit:
        assert client.get(COURSE).status_code == 200
    yield f"course page: {len(page)} queries rendered anew, {len(hit)} from the page cache  |  limit 16"
    run = CourseRun.objects.taking_registrations().filter(price__isnull=True, terms__isnull=False).first()
    with CaptureQueriesContext(connection) as registration:
        response = client.post(f"/tilmelding/{run.pk}/", form_data("Maja", "Ole", "Per"))
        assert response.status_code == 302, response.content
    yield f"one registration of three: {len(registration)} queries  |  limit 25"
