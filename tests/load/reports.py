"""Reports over 20,000 and 1,000,000 fact rows, beside what PostgreSQL and XlsxWriter need for the same.

run() -> lines to print. The rows are written by PostgreSQL itself (generate_series) over ten years, and taken away
again. `REPORT_ROWS=20000` in the environment measures the small one alone.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

import xlsxwriter
from django.db import connection

from enrolments.models import Enrolment
from enrolments.reports.files import csv, xlsx
from enrolments.reports.kinds import Choices, ReportKind, report_kinds
from tests.factories import CoursePageFactory, PresenterFactory, UserFactory, VenueFactory
from website.core.exports import _WRITER, FETCH_ROWS, Kind, rows, snapshot

SIZES = (20_000, 1_000_000)
DAYS, PARTICIPANTS = 5, 50
#: So many times the small one is done, and the best taken; the large one once.
ROUNDS = {20_000: 3}
PIVOT_SECONDS = 3
MEGABYTES = 200
MARK = "bench-reports"

_FILL = """
WITH made AS (
    INSERT INTO courses_courserun (course_id, label, status, venue_id, online_link, waiting_list, line_rule,
        asks_dietary, practical, notes)
    SELECT %(course)s + 0 * n, 'Hold ' || n, 'closed', %(venue)s, '', true, 'first_fit', false, '', %(mark)s
    FROM generate_series(1, %(runs)s) AS n
    RETURNING id
)
SELECT count(*) FROM made;
INSERT INTO courses_courseday (run_id, date, start_time, end_time, title, programme)
SELECT run.id, CURRENT_DATE - 3650 + (run.id * 7 %% 3600)::int + 7 * n, '09:00', '16:00', '', ''
FROM courses_courserun AS run, generate_series(0, %(days)s - 1) AS n WHERE run.notes = %(mark)s;
INSERT INTO courses_courseday_presenters (courseday_id, presenter_id)
SELECT day.id, %(presenter)s FROM courses_courseday AS day
JOIN courses_courserun AS run ON run.id = day.run_id WHERE run.notes = %(mark)s;
INSERT INTO enrolments_registration (run_id, organisation_id, organisation_name, contact_name, contact_email,
    contact_phone, keep_together, price, vat_code, submission, link_version, is_walk_in, created_at)
SELECT run.id, place.id, '', 'Åse Kontakt', 'kontakt@example.dk', '', false, 1995, 'E', %(mark)s || run.id, 1, false,
    now() - interval '11 years'
FROM courses_courserun AS run
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS places FROM courses_organisation
      WHERE kind = 'municipality') AS place ON place.n = run.id %% place.places + 1
WHERE run.notes = %(mark)s;
INSERT INTO enrolments_payer (registration_id, billing_method, name, ean, order_reference, person_reference,
    invoice_email, cvr)
SELECT id, 'ean', 'Aarhus Kommune', '5798009811578', '4500012345', '', '', '' FROM enrolments_registration
WHERE submission LIKE %(mark)s || '%%';
INSERT INTO enrolments_enrolment (registration_id, run_id, payer_id, organisation_id, organisation_name, name, email,
    job_title, department, dietary, status, form_order, notes, link_version, version, calendar_sequence, created_at,
    cancelled_at, fee)
SELECT registration.id, registration.run_id, payer.id,
    CASE WHEN seat %% 3 = 0 THEN registration.organisation_id ELSE other.id END, '',
    'Åse Deltager ' || seat, 'bench-' || registration.run_id || '-' || seat || '@example.dk', 'afdelingsleder',
    'Kultur og Fritid', '', CASE WHEN seat %% 20 = 0 THEN 'cancelled' ELSE 'confirmed' END, seat, '', 1, 1, 0,
    now() - interval '11 years', CASE WHEN seat %% 20 = 0 THEN now() END, CASE WHEN seat %% 20 = 0 THEN 500 END
FROM enrolments_registration AS registration
JOIN enrolments_payer AS payer ON payer.registration_id = registration.id
CROSS JOIN generate_series(1, %(participants)s) AS seat
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS places FROM courses_organisation
      WHERE kind = 'municipality') AS other ON other.n = (registration.run_id + seat * 7) %% other.places + 1
WHERE registration.submission LIKE %(mark)s || '%%';
INSERT INTO enrolments_attendance (enrolment_id, day_id, status, minutes_late, reason, note, planned_starts_at,
    planned_ends_at, marked_at, marked_by_id, source)
SELECT enrolment.id, day.id, mark.status, CASE WHEN mark.status = 'late' THEN 12 END, '', '', day.starts_at,
    day.ends_at, day.starts_at, %(user)s, 'roll_call'
FROM enrolments_enrolment AS enrolment
JOIN courses_courserun AS run ON run.id = enrolment.run_id AND run.notes = %(mark)s
JOIN courses_courseday AS day ON day.run_id = run.id
CROSS JOIN LATERAL (SELECT (ARRAY['present', 'present', 'present', 'late', 'absent', 'excused'])
    [1 + (enrolment.id * 7 + day.id) %% 6] AS status) AS mark;
INSERT INTO enrolments_attendancechange (attendance_id, old_status, new_status, old_reason, new_reason, old_note,
    new_note, at, received_at, is_applied, device, by_id, source)
SELECT attendance.id, CASE WHEN attendance.id %% 50 = 0 THEN 'absent' ELSE '' END, attendance.status, '', '', '', '',
    attendance.marked_at, attendance.marked_at, true, '', %(user)s, 'roll_call'
FROM enrolments_attendance AS attendance
JOIN courses_courseday AS day ON day.id = attendance.day_id
JOIN courses_courserun AS run ON run.id = day.run_id AND run.notes = %(mark)s
"""
_EMPTY = (
    "TRUNCATE enrolments_attendancechange, enrolments_attendance, enrolments_enrolment, enrolments_payer,"
    " enrolments_registration, courses_courseday_presenters, courses_courseday, courses_courserun CASCADE"
)
_TABLES = (
    *("courses_courserun", "courses_courseday", "enrolments_registration", "enrolments_payer"),
    *("enrolments_enrolment", "enrolments_attendance", "enrolments_attendancechange"),
)
_IN_A_PROCESS = "import sys, django; django.setup(); from tests.load.reports import write_one; write_one(*sys.argv[1:])"


def run() -> list[str]:
    """Measure, and return a line for each figure beside its limit. Works in the bench's own database alone."""
    if not connection.settings_dict["NAME"].startswith("bench_"):
        raise RuntimeError("Reports are measured in a database of their own: its tables are emptied.")
    lines = []
    for size in (int(os.environ["REPORT_ROWS"]),) if "REPORT_ROWS" in os.environ else SIZES:
        with filled(size):
            lines += measured(size)
    return lines


@contextmanager
def filled(size: int) -> Iterator[None]:
    """Let that many fact rows stand in the tables for a while."""
    course = CoursePageFactory(title="Ærlig ledelse", slug=f"{MARK}-{size}")
    parameters = {
        "course": course.pk,
        "venue": VenueFactory().pk,
        "presenter": PresenterFactory(email=f"{MARK}-{size}-presenter@example.dk").pk,
        "user": UserFactory(email=f"{MARK}-{size}@example.dk", superuser=True).pk,
        "mark": MARK,
        "days": DAYS,
        "participants": PARTICIPANTS,
        "runs": size // DAYS // PARTICIPANTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY)
        try:
            for statement in _FILL.split(";"):
                cursor.execute(statement, parameters)
            for table in _TABLES:
                cursor.execute(f"VACUUM ANALYZE {table}")
            yield
        finally:
            cursor.execute(_EMPTY)


def measured(size: int) -> list[str]:
    user = UserFactory._meta.model.objects.get(email=f"{MARK}-{size}@example.dk")
    kind, choices = report_kinds.get("facts"), Choices(with_cancelled=True)
    columns = kind.chosen_columns(choices)
    found = kind.rows(user, choices)
    rounds = ROUNDS.get(size, 1)
    lines = [f"{found.order_by().count():,} fact rows of {Enrolment.objects.count():,} participants, ten years"]

    sql, params = rows(found, columns).query.sql_with_params()

    def bare_copy() -> None:
        statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)"
        with snapshot(), connection.cursor() as cursor, cursor.copy(cursor.mogrify(statement, params)) as copy:
            for _ in copy:
                pass

    copied = seconds(bare_copy, rounds)
    ours = seconds(lambda: [None for _ in csv(kind, user, choices)], rounds)
    lines.append(beside("CSV", ours, "COPY of the same query", copied, 3))
    # A million rows do not fit in memory: there the query is read while it is written, as ours is.
    fetched = list(rows(found, columns)) if size in ROUNDS else None
    written = seconds(lambda: bare_xlsx(found, columns, fetched), rounds)
    ours = seconds(lambda: our_xlsx(kind, user, choices), rounds)
    limit = "XlsxWriter writing the same cells" + ("" if fetched else ", the query read meanwhile")
    lines.append(beside("XLSX", ours, limit, written, 1.5))
    for each in report_kinds:
        if each.table is not None:
            took = seconds(lambda each=each: each.table(user, choices), rounds, reading=True)
            verdict = "within" if took <= PIVOT_SECONDS else "ABOVE"
            lines.append(f"{each.name}: {took:.2f} s ({verdict} the limit of {PIVOT_SECONDS} s)")
    return [*lines, *(memory(size, name) for name in ("csv", "xlsx"))]


def bare_xlsx(found, columns, fetched: list[tuple] | None) -> None:
    """Write the cells as XlsxWriter's own documentation does, sheet after sheet."""
    with tempfile.TemporaryFile() as output, xlsxwriter.Workbook(output, {"constant_memory": True}) as workbook:
        form = {Kind.DATE: "dd-mm-yyyy", Kind.TIME: "hh:mm", Kind.DATETIME: "dd-mm-yyyy hh:mm"}
        formats = [
            workbook.add_format({"num_format": form[column.kind]}) if column.kind in form else None
            for column in columns
        ]
        sheet, n = None, 0
        with snapshot():
            for record in fetched or rows(found, columns).iterator(chunk_size=FETCH_ROWS):
                if sheet is None or n == 1_048_576:
                    sheet, n = workbook.add_worksheet(), 0
                    writers = [getattr(sheet, _WRITER[column.kind]) for column in columns]
                for m, value in enumerate(record):
                    if value is not None and value != "":
                        writers[m](n, m, value, formats[m])
                n += 1


def our_xlsx(kind: ReportKind, user, choices: Choices) -> None:
    with tempfile.TemporaryFile() as output:
        xlsx(kind, user, choices, output)


def beside(what: str, ours: float, limit: str, theirs: float, factor: float) -> str:
    verdict = "within" if ours <= factor * theirs else "ABOVE"
    return f"{what}: {ours:.2f} s; {limit}: {theirs:.2f} s; {ours / theirs:.2f} times ({verdict} {factor:g})"


def seconds(work: Callable[[], object], rounds: int, *, reading: bool = False) -> float:
    """Return the best of some rounds: what it costs, not what else the machine did."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        if reading:
            with snapshot():
                work()
        else:
            work()
        times.append(time.perf_counter() - start)
    return min(times)


def memory(size: int, name: str) -> str:
    """Return how much memory a process of its own needs at most for the file."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_PROCESS, name, f"{MARK}-{size}@example.dk"],
        capture_output=True,
        text=True,
        check=True,
    )
    before, peak = (Decimal(text) for text in done.stdout.split()[-2:])
    verdict = "within" if peak - before <= MEGABYTES else "ABOVE"
    return (
        f"{name.upper()}: {peak - before:.0f} MB of memory at most ({verdict} {MEGABYTES} MB)"
        f" beyond the {before:.0f} MB that the program itself takes"
    )


def write_one(name: str, email: str) -> None:
    """Write one file; print how much memory the process had needed before, and has needed at most (MB)."""
    user, kind = UserFactory._meta.model.objects.get(email=email), report_kinds.get("facts")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if name == "csv":
        for _ in csv(kind, user, Choices(with_cancelled=True)):
            pass
    else:
        our_xlsx(kind, user, Choices(with_cancelled=True))
    print(before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
