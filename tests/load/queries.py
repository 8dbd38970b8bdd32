"""How many queries the pages and the acts that matter most cost. (Tests hold them constant; here they are told.)"""

from collections.abc import Iterator

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun, RunSeats
from enrolments.enums import ActorKind
from enrolments.models import Offer
from enrolments.operations.cancelling import cancel
from tests.enrolments.helpers import form_data, sign_up
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
    yield f"a cancellation that triggers an offer: {_cancellation(run)} queries  |  limit 25"


def _cancellation(run: CourseRun) -> int:
    """Return the queries of cancelling one of those who have just registered, while somebody is in line."""
    seats = RunSeats.objects.get(pk=run.pk)
    CourseRun.objects.filter(pk=run.pk).update(capacity=seats.occupied)
    sign_up(run, "Venter", accepts_line=True)
    leaving = run.enrolments.confirmed().select_related("registration").get(email="maja@example.dk")
    made = Offer.objects.count()
    with CaptureQueriesContext(connection) as queries:
        cancel(registration=leaving.registration, enrolment_pks=[leaving.pk], actor=ActorKind.STAFF)
    assert Offer.objects.count() == made + 1
    return len(queries)


def _count(client: Client, path: str) -> int:
    """Return the queries of one answer, counted before the next request empties the log."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
