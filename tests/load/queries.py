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
    anew = _count(client, UNCACHED)
    client.get(COURSE)
    hit = _count(client, COURSE)
    yield f"course page: {anew} queries rendered anew, {hit} from the page cache  |  limit 16"
    run = CourseRun.objects.taking_registrations().filter(price__isnull=True, terms__isnull=False).first()
    with CaptureQueriesContext(connection) as registration:
        response = client.post(f"/tilmelding/{run.pk}/", form_data("Maja", "Ole", "Per"))
    assert response.status_code == 302, response.content
    yield f"one registration of three: {len(registration)} queries  |  limit 25"


def _count(client: Client, path: str) -> int:
    """Return the queries of one answer, counted before the next request empties the log."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
