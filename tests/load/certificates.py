"""1,000 certificates: issued, and as one PDF and as a ZIP, beside what typst needs for as many plain pages.

run() -> lines to print. Works in a transaction that is rolled back: nothing is left behind.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import timedelta

import typst
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.certificates.documents import ZipOfCertificates, certificates_pdf
from enrolments.enums import AttendanceStatus, EnrolmentStatus
from enrolments.models import Attendance, Certificate, Enrolment
from enrolments.operations.certificates import issue
from tests.factories import CourseRunFactory, RegistrationFactory
from website.core.pdf import FONT, font_folders

PARTICIPANTS, DAYS = 1000, 3


def run() -> list[str]:
    """Measure, and return a line for each figure beside its limit."""
    with transaction.atomic():
        try:
            return _measure()
        finally:
            transaction.set_rollback(True)


def _measure() -> list[str]:
    held = _fill()
    with CaptureQueriesContext(connection) as captured:
        issuing, done = _timed(lambda: issue(run_pk=held))
    assert len(done.certificates) == PARTICIPANTS
    rows = list(Certificate.objects.filter(enrolment__run=held).order_by("pk"))
    certificates_pdf(rows[:1])
    limit, _document = _timed(_plain_pages)
    printing, document = _timed(lambda: certificates_pdf(rows))
    with tempfile.TemporaryFile() as file:
        packing, _none = _timed(lambda: _zip(rows, file))
        size = file.tell()
    return [
        f"{PARTICIPANTS} certificates issued with their mails: {issuing:.1f} s, {len(captured)} queries",
        f"… as one PDF to print: {printing:.1f} s, {len(document) / 1e6:.1f} MB"
        f" (typst alone, as many pages of plain text: {limit:.1f} s)",
        f"… as a ZIP of files: {packing:.1f} s, {size / 1e6:.1f} MB",
    ]


def _plain_pages() -> bytes:
    """Return as many accessible pages of plain text, set by typst with nothing of ours."""
    text = "lede samarbejdet mellem kommune og frivillige " * 25
    page = f"= Kursusbevis\n{text}\n#pagebreak(weak: true)\n"
    source = f'#set document(title: "x")\n#set text(font: "{FONT}", lang: "da")\n{page * PARTICIPANTS}'
    folders = [str(folder) for folder in font_folders()]
    return typst.compile(source.encode(), pdf_standards=["ua-1"], font_paths=folders, ignore_system_fonts=True)


def _zip(rows: list[Certificate], file) -> None:
    with ZipOfCertificates(file) as archive:
        for certificate in rows:
            archive.add(certificate)


def _timed(act: Callable):
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result


def _fill() -> int:
    """Make a run that is over, attended by a thousand; return its number."""
    last = timezone.localdate() - timedelta(days=10)
    outcomes = "<ul>" + "<li>lede samarbejdet mellem kommune og frivillige</li>" * 6 + "</ul>"
    run = CourseRunFactory(
        with_days=DAYS, first_day=last - timedelta(weeks=DAYS - 1), capacity=None, course__outcomes=outcomes
    )
    registration = RegistrationFactory(run=run)
    people = Enrolment.objects.bulk_create(
        Enrolment(
            registration=registration, run=run, name=f"Åse Ærø {n}", email=f"maal{n}@example.dk",
            status=EnrolmentStatus.CONFIRMED, organisation=registration.organisation, form_order=n % 30000,
        )
        for n in range(PARTICIPANTS)
    )  # fmt: skip
    Attendance.objects.bulk_create(
        Attendance(
            enrolment=person, day=day, status=AttendanceStatus.PRESENT,
            planned_starts_at=day.starts_at, planned_ends_at=day.ends_at,
        )
        for day in run.ordered_days()
        for person in people
    )  # fmt: skip
    return run.pk
