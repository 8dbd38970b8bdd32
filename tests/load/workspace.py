"""A run with 2,000 enrolments and 500 in line: its pages' p95 and queries, beside those of a run that fills one page.

run() -> lines to print. Works in a transaction that is rolled back: nothing is left behind.
"""

import time
from collections.abc import Callable
from secrets import token_hex

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import CourseRun
from enrolments import documents
from enrolments.enums import ActorKind, EnrolmentStatus, EventKind
from enrolments.models import Enrolment, EnrolmentEvent, Payer, Registration
from enrolments.reports.sheet import sheet_rows
from tests.factories import CoursePageFactory, CourseRunFactory, UserFactory, VenueFactory, municipality

SEATED, WAITING, SMALL = 2000, 500, 60
ROUNDS = 40
#: A page of the large run may take so many times as long as the same page of the small one, at p95.
LIMIT = 2
PAGES = {
    "overview": "",
    "list": "participants/",
    "list, all, by status": "participants/?status=all&sort=status",
    "list, last page": "participants/?p=9999",
    "history": "history/",
    "waiting list": "line/",
    "one participant": "participant/{pk}/",
}


def run() -> list[str]:
    """Measure, and return a line for each page."""
    with transaction.atomic():
        try:
            return _measure()
        finally:
            transaction.set_rollback(True)


def _measure() -> list[str]:
    client = Client(headers={"host": "localhost"})
    client.force_login(
        UserFactory(superuser=True, email=f"{token_hex(8)}@example.dk"),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    course = CoursePageFactory(slug=token_hex(8))
    small, large = _fill(course, SMALL, SMALL), _fill(course, SEATED, WAITING)
    lines = [f"a run with {SEATED} confirmed and {WAITING} in line"]
    for name, page in PAGES.items():
        few, many = (_address(run, page) for run in (small, large))
        before, after = _queries(client, few), _queries(client, many)
        p95, beside = _p95(lambda many=many: _get(client, many)), _p95(lambda few=few: _get(client, few))
        verdict = "within" if p95 <= LIMIT * beside and after <= before else "ABOVE"
        lines.append(
            f"{name}: p95 {p95 * 1000:.0f} ms, {after} queries; with {SMALL} participants {beside * 1000:.0f} ms, "
            f"{before} queries; {p95 / beside:.2f} times  |  limit {LIMIT} times, no query more: {verdict}"
        )
    people = list(documents.in_danish_order(large.enrolments.confirmed()))
    day = large.ordered_days()[0]
    for name, work in (
        ("badges", lambda: documents.badges(large, people)),
        ("sign-in sheet", lambda: documents.sign_in_sheet(large, day, sheet_rows(large))),
    ):
        begin = time.perf_counter()
        document = work()
        took = time.perf_counter() - begin
        lines.append(f"{name} for {len(people)}: {took:.2f} s, {len(document) / 2**20:.1f} MB  |  limit 5 s")
    return lines


def _address(run: CourseRun, page: str) -> str:
    return f"/admin/participants/run/{run.pk}/" + page.format(pk=run.enrolments.order_by("pk").first().pk)


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def _queries(client: Client, address: str) -> int:
    _get(client, address)
    with CaptureQueriesContext(connection) as queries:
        _get(client, address)
    return len(queries)


def _p95(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return sorted(times)[int(0.95 * ROUNDS)]


def _fill(course, seated: int, waiting: int) -> CourseRun:
    """Make a run with so many confirmed and so many in line, four on each registration, an event for each."""
    run = CourseRunFactory(course=course, venue=VenueFactory(), capacity=seated, with_days=2)
    place = municipality()
    total = seated + waiting
    registrations = Registration.objects.bulk_create(
        Registration(
            run=run,
            contact_name=f"Kontakt {n}",
            contact_email=f"kontakt{run.pk}-{n}@example.dk",
            organisation=place,
            price=run.effective_price,
            vat_code=course.vat_code,
            submission=token_hex(32),
        )
        for n in range((total + 3) // 4)
    )
    payers = Payer.objects.bulk_create(
        Payer(registration=each, name="Aarhus Kommune", billing_method="ean", ean="5798009811578")
        for each in registrations
    )
    enrolments = Enrolment.objects.bulk_create(
        Enrolment(
            registration=registrations[n // 4],
            payer=payers[n // 4],
            run=run,
            name=f"Åse Deltager {n}",
            email=f"bench{run.pk}-{n}@example.dk",
            job_title="afdelingsleder",
            organisation=place,
            status=EnrolmentStatus.CONFIRMED if n < seated else EnrolmentStatus.WAITING,
            line_order=n if n >= seated else None,
            form_order=n % 4,
        )
        for n in range(total)
    )
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(enrolment=each, kind=EventKind.REGISTERED, actor=ActorKind.CONTACT) for each in enrolments
    )
    with connection.cursor() as cursor:
        for model in (Registration, Payer, Enrolment, EnrolmentEvent):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return CourseRun.objects.for_display().get(pk=run.pk)
