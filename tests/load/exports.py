"""20,000 rows of attendance as CSV and XLSX, beside what PostgreSQL and XlsxWriter need for the same.

run() -> lines to print. Works in a transaction that is rolled back: nothing is left behind.
"""

import tempfile
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from secrets import token_hex

import xlsxwriter
from django.db import connection, transaction
from django.utils import timezone

from enrolments.enums import AttendanceStatus, EnrolmentStatus
from enrolments.models import Attendance, Enrolment, RollEntry
from enrolments.reports import facts, files
from tests.factories import (
    CourseDayFactory,
    CoursePageFactory,
    CourseRunFactory,
    RegistrationFactory,
    UserFactory,
    VenueFactory,
)
from website.core.exports import _WRITER, rows

RUNS, PARTICIPANTS, DAYS = 20, 100, 10
ROUNDS = 3


def run() -> list[str]:
    """Measure, and return a line for each figure beside its limit."""
    with transaction.atomic():
        try:
            return _measure()
        finally:
            transaction.set_rollback(True)


def _measure() -> list[str]:
    pks = _fill()
    user = UserFactory(superuser=True, email=f"{token_hex(8)}@example.dk")
    found = facts.entries(user).filter(enrolment__run__in=pks)
    count = found.count()
    columns = list(facts.columns)
    sql, params = rows(found, columns).query.sql_with_params()

    def bare_copy() -> None:
        statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)"
        with connection.cursor() as cursor, cursor.copy(cursor.mogrify(statement, params)) as copy:
            for _ in copy:
                pass

    def our_csv() -> None:
        for _ in files.attendance_csv(found):
            pass

    records = list(rows(found, columns))

    def bare_xlsx() -> None:
        with tempfile.TemporaryFile() as output, xlsxwriter.Workbook(output, {"constant_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            writers = [getattr(sheet, _WRITER[column.kind]) for column in columns]
            formats = [workbook.add_format({"num_format": "dd-mm-yyyy hh:mm"}) for _ in columns]
            for n, record in enumerate(records):
                for m, value in enumerate(record):
                    if value is not None and value != "":
                        writers[m](n, m, value, formats[m])

    def our_xlsx() -> None:
        with tempfile.TemporaryFile() as output:
            files.attendance_xlsx(found, output)

    copy_time, csv_time = _seconds(bare_copy), _seconds(our_csv)
    writer_time, xlsx_time = _seconds(bare_xlsx), _seconds(our_xlsx)
    few = facts.entries(user).filter(enrolment__run__in=pks[:2])
    return [
        f"{count} rows of attendance, {len(columns)} columns",
        _line("CSV", csv_time, "COPY of the same rows", copy_time, 3),
        _line("XLSX", xlsx_time, "XlsxWriter writing the same cells", writer_time, 1.5),
        _memory("CSV", lambda q: sum(len(block) for block in files.attendance_csv(q)), few, found),
        _memory("XLSX", lambda q: files.attendance_xlsx(q, tempfile.TemporaryFile()), few, found),
    ]


def _line(what: str, ours: float, limit: str, theirs: float, factor: float) -> str:
    verdict = "within" if ours <= factor * theirs else "ABOVE"
    return (
        f"{what}: {ours:.2f} s; {limit}: {theirs:.2f} s; {ours / theirs:.2f} times ({verdict} the limit of {factor:g})"
    )


def _memory(what: str, write: Callable, few, many) -> str:
    peaks = []
    for queryset in (few, many):
        tracemalloc.start()
        write(queryset)
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    return f"{what}: peak memory {peaks[0]:.1f} MB for {few.count()} rows, {peaks[1]:.1f} MB for {many.count()} rows"


def _seconds(work: Callable[[], None]) -> float:
    """Return the best of some rounds: what it costs, not what else the machine did."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _fill() -> list[int]:
    """Make the rows; return the runs' pks."""
    pks = []
    user = UserFactory(email=f"{token_hex(8)}@example.dk")
    course = CoursePageFactory(slug=token_hex(8))
    venue = VenueFactory()
    first = timezone.localdate() - timedelta(days=100)
    for _ in range(RUNS):
        run = CourseRunFactory(course=course, venue=venue, capacity=None, with_days=0)
        days = [CourseDayFactory(run=run, date=first + timedelta(days=n)) for n in range(DAYS)]
        registration = RegistrationFactory(run=run, submission=token_hex(32))
        payer = registration.payers.first()
        enrolments = Enrolment.objects.bulk_create(
            Enrolment(
                registration=registration,
                run=run,
                payer=payer,
                name=f"Åse Deltager {n}",
                email=f"bench{run.pk}-{n}@example.dk",
                job_title="afdelingsleder",
                department="Kultur og Fritid",
                organisation=registration.organisation,
                status=EnrolmentStatus.CONFIRMED,
                form_order=n,
            )
            for n in range(PARTICIPANTS)
        )
        Attendance.objects.bulk_create(
            Attendance(
                enrolment=enrolment,
                day=day,
                status=AttendanceStatus.values[(enrolment.pk + n) % 4],
                planned_starts_at=day.starts_at,
                planned_ends_at=day.ends_at,
                marked_by=user,
            )
            for enrolment in enrolments
            for n, day in enumerate(days)
        )
        pks.append(run.pk)
    with connection.cursor() as cursor:
        for model in (Attendance, Enrolment, RollEntry._meta.get_field("day").related_model):
            cursor.execute(f"ANALYZE {model._meta.db_table}")
    return pks
