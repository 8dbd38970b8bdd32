"""Reports over 20,000 and 1,000,000 fact rows, beside what PostgreSQL and XlsxWriter need for the same.

run() -> lines to print, each as soon as it is known. The rows are written by PostgreSQL itself (generate_series) over
ten years, and taken away again. `REPORT_ROWS=20000` in the environment measures the small one alone.

Every file is made in a process of its own, which says how long it took and how much memory it has needed at most:
ours as the web and the worker make it, the limit as its own documentation does.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import xlsxwriter
from django.db import connection

from enrolments.models import Enrolment
from enrolments.reports.files import csv, xlsx
from enrolments.reports.kinds import Choices, report_kinds
from website.accounts.models import User
from website.accounts.typing import AnyUser
from website.core.exports import _WRITER, FETCH_ROWS, Kind, rows, snapshot

SIZES = (20_000, 1_000_000)
DAYS, PARTICIPANTS = 5, 50
#: So many times the small files are made, and the best taken; the large ones once.
ROUNDS = {20_000: 3}
CSV_TIMES, XLSX_TIMES = 3, 1.5
PIVOT_SECONDS, PIVOT_ROUNDS = 3, 3
MEGABYTES = 200
MARK = "bench-reports"
CHOICES = Choices(with_cancelled=True)

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
_IN_A_PROCESS = "import sys, django; django.setup(); from tests.load.reports import make; make(*sys.argv[1:])"


def run() -> Iterator[str]:
    """Measure, and yield a line for each figure beside its limit. Works in the bench's own database alone."""
    if not connection.settings_dict["NAME"].startswith("bench_"):
        raise RuntimeError("Reports are measured in a database of their own: its tables are emptied.")
    for size in (int(os.environ["REPORT_ROWS"]),) if "REPORT_ROWS" in os.environ else SIZES:
        yield f"… filling {size:,} rows"
        with filled(size):
            yield from measured(size)


@contextmanager
def filled(size: int) -> Iterator[None]:
    """Let that many fact rows stand in the tables for a while."""
    # Here alone: the processes that make the files are measured, and need none of it.
    from tests.factories import CoursePageFactory, PresenterFactory, UserFactory, VenueFactory

    course = CoursePageFactory(title="Ærlig ledelse", slug=f"{MARK}-{size}")
    parameters = {
        "course": course.pk,
        "venue": VenueFactory().pk,
        "presenter": PresenterFactory(email=f"{MARK}-{size}-presenter@example.dk").pk,
        "user": UserFactory(email=email_of(size), superuser=True).pk,
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


def email_of(size: int) -> str:
    return f"{MARK}-{size}@example.dk"


def measured(size: int) -> Iterator[str]:
    """Yield the figures over the rows that stand in the tables."""
    user = User.objects.get(email=email_of(size))
    found = report_kinds.get("facts").rows(user, CHOICES)
    yield f"{found.order_by().count():,} fact rows of {Enrolment.objects.count():,} participants, ten years; {load()}"
    for name, bare, limit, times in (
        ("csv", "copy", "COPY of the same query", CSV_TIMES),
        ("xlsx", "cells", "XlsxWriter writing the same cells", XLSX_TIMES),
    ):
        yield f"… {limit}"
        theirs = made(bare, size)
        yield f"… {name.upper()}"
        ours = made(name, size)
        yield (
            f"{name.upper()}: {ours.seconds:.2f} s; {limit}: {theirs.seconds:.2f} s;"
            f" {ours.seconds / theirs.seconds:.2f} times"
            f" ({within(ours.seconds, times * theirs.seconds)} {times:g}); {load()}"
        )
        yield (
            f"{name.upper()}: {ours.peak:.0f} MB of memory at most ({within(ours.peak, MEGABYTES)} {MEGABYTES} MB),"
            f" {ours.before:.0f} of them the program itself; {ours.bytes / 2**20:.0f} MB of file"
        )
    for kind in report_kinds:
        if kind.table is not None:
            took = seconds(lambda kind=kind: kind.table(user, CHOICES), PIVOT_ROUNDS)
            yield f"{kind.name}: {took:.2f} s ({within(took, PIVOT_SECONDS)} the limit of {PIVOT_SECONDS} s); {load()}"


def within(found: float, limit: float) -> str:
    return "within" if found <= limit else "ABOVE"


def load() -> str:
    """Say how many processes wanted the machine of late: a figure of a crowded one is a figure of the crowd."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def seconds(work: Callable[[], object], rounds: int) -> float:
    """Return the best of some rounds, each in a snapshot: what it costs, not what else the machine did."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        with snapshot():
            work()
        times.append(time.perf_counter() - start)
    return min(times)


@dataclass(frozen=True)
class Made:
    """How long a file took, and the most memory its process had needed before it began and at the end (MB)."""

    seconds: float
    before: float
    peak: float
    bytes: int


def made(name: str, size: int) -> Made:
    """Let a process of its own make a file."""
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_PROCESS, name, str(size)], stdout=subprocess.PIPE, text=True, check=True
    )
    return Made(**json.loads(done.stdout.splitlines()[-1]))


# What happens in that process.


def make(name: str, size: str) -> None:
    """Make the file some times; print what it took."""
    user = User.objects.get(email=email_of(int(size)))
    before, times = peak(), []
    for _ in range(ROUNDS.get(int(size), 1)):
        with tempfile.TemporaryFile() as output:
            times.append(_MAKERS[name](user, output))
            length = output.seek(0, os.SEEK_END)
    print(json.dumps({"seconds": min(times), "before": before, "peak": peak(), "bytes": length}))


def peak() -> float:
    """Return the most memory this process has had, in MB.

    Linux hands `ru_maxrss` on from the process that started this one, however small this one is: its own stands here.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def our_csv(user: AnyUser, output: IO[bytes]) -> float:
    start = time.perf_counter()
    for block in csv(report_kinds.get("facts"), user, CHOICES):
        output.write(block)
    return time.perf_counter() - start


def bare_copy(user: AnyUser, output: IO[bytes]) -> float:
    """Copy what the report's query gives, as it is."""
    kind = report_kinds.get("facts")
    sql, params = rows(kind.rows(user, CHOICES), kind.chosen_columns(CHOICES)).query.sql_with_params()
    start = time.perf_counter()
    statement = f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)"
    with snapshot(), connection.cursor() as cursor, cursor.copy(cursor.mogrify(statement, params)) as copy:
        for block in copy:
            output.write(block)
    return time.perf_counter() - start


def our_xlsx(user: AnyUser, output: IO[bytes]) -> float:
    start = time.perf_counter()
    xlsx(report_kinds.get("facts"), user, CHOICES, output, advance=Told())
    return time.perf_counter() - start


def bare_xlsx(user: AnyUser, output: IO[bytes]) -> float:
    """Write the cells as XlsxWriter's own documentation does, sheet after sheet. Reading them is not counted."""
    kind = report_kinds.get("facts")
    columns = kind.chosen_columns(CHOICES)
    form = {Kind.DATE: "dd-mm-yyyy", Kind.TIME: "hh:mm", Kind.DATETIME: "dd-mm-yyyy hh:mm"}
    took, told, sheet, n = 0.0, Told(), None, 0
    with snapshot():
        found = rows(kind.rows(user, CHOICES), columns).iterator(chunk_size=FETCH_ROWS)
        workbook = xlsxwriter.Workbook(output, {"constant_memory": True})
        formats = [
            workbook.add_format({"num_format": form[column.kind]}) if column.kind in form else None
            for column in columns
        ]
        while records := list(islice(found, FETCH_ROWS)):
            start = time.perf_counter()
            for record in records:
                if sheet is None or n == 1_048_576:
                    sheet, n = workbook.add_worksheet(), 0
                    writers = [getattr(sheet, _WRITER[column.kind]) for column in columns]
                for m, value in enumerate(record):
                    if value is not None and value != "":
                        writers[m](n, m, value, formats[m])
                n += 1
            took += time.perf_counter() - start
            told(len(records))
        start = time.perf_counter()
        workbook.close()
        return took + time.perf_counter() - start


_MAKERS = {"csv": our_csv, "copy": bare_copy, "xlsx": our_xlsx, "cells": bare_xlsx}


class Told:
    """Says how far a long file is, now and then, to whoever waits at the terminal."""

    EVERY = 100_000

    def __init__(self) -> None:
        self.rows = 0

    def __call__(self, more: int) -> None:
        if (self.rows + more) // self.EVERY > self.rows // self.EVERY:
            print(f"    {self.rows + more:,} rows", file=sys.stderr, flush=True)
        self.rows += more
