"""A report as a file, as the user may see it: at once, or by the worker while somebody waits."""

from typing import IO, Any

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from enrolments.models import SavedReport
from enrolments.permissions import may_see_reports
from enrolments.reports import files
from enrolments.reports.asked import Asked, UnknownReport
from enrolments.reports.pdf import TooLargeForPdf, report_pdf
from website.accounts.models import User
from website.accounts.typing import AnyUser
from website.core.contributions import job_access, job_kinds, my_data
from website.core.exports import CSV_CONTENT_TYPE, XLSX_CONTENT_TYPE, snapshot
from website.core.jobs import JobError, Progress
from website.core.models import LongJob
from website.core.pdf import CONTENT_TYPE as PDF_CONTENT_TYPE

#: The kind of long job that makes a report's file.
FILE_JOB = "enrolments.report"
CONTENT_TYPES = {"xlsx": XLSX_CONTENT_TYPE, "csv": CSV_CONTENT_TYPE, "pdf": PDF_CONTENT_TYPE}


def is_large(user: AnyUser, asked: Asked) -> bool:
    """Return whether the report has more rows than are made at once. A table never has: it is counted, not listed."""
    if asked.kind.rows is None:
        return False
    most = settings.REPORT_ROWS_AT_ONCE
    # Looked up, not counted: whether there is one more than the limit is enough.
    queryset = asked.kind.rows(user, asked.choices).order_by()
    return bool(queryset.values_list("pk")[most : most + 1])


def filename_of(asked: Asked, suffix: str) -> str:
    """Return a file's name: report and days, without a person's or a municipality's name in it."""
    choices = asked.choices
    days = [day.isoformat() for day in (choices.start, choices.end) if day] or [timezone.localdate().isoformat()]
    letters = str(asked.kind.title).lower().translate(str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"}))
    return f"{slugify(letters)}-{'-til-'.join(days)}.{suffix}"


def write_file(
    file: IO[bytes], *, user: AnyUser, asked: Asked, file_format: str, progress: Progress | None = None
) -> int:
    """Write the report as "xlsx", "csv" or "pdf"; return how many rows it has, its total not counted.

    All in one snapshot, memory flat however many rows there are. Raises TooLargeForPdf; JobStopped when somebody
    stopped the job.
    """
    if file_format == "pdf":
        file.write(report_pdf(user, asked, asked.choices))
        return 0
    kind, choices = asked.kind, asked.choices
    with snapshot():
        total = kind.rows(user, choices).count() if progress and kind.rows is not None else 0
        if progress and total:
            progress.set_total(total)
        if file_format == "xlsx":
            return files.xlsx(kind, user, choices, file, advance=progress.advance if progress else None)
        lines = 0
        for number, block in enumerate(files.csv(kind, user, choices)):
            file.write(block)
            ends = block.count(b"\n") - (number == 0)  # the headings are no row
            if progress:
                progress.advance(ends)
            lines += ends
    return total or lines  # somebody's words may hold a line's end


def make_ordered_file(job: LongJob, progress: Progress) -> None:
    """Make the file of a job: of what `owner` may see, for somebody who may see reports themselves."""
    ordered: dict[str, Any] = job.parameters
    owner = User.objects.filter(pk=ordered.get("owner"), is_active=True).first()
    if owner is None or not may_see_reports(owner) or not may_see_reports(job.requested_by):
        raise JobError(_("You, or the one whose report it is, no longer have access to reports."))
    try:
        asked = Asked.from_json(ordered["report"], ordered["choices"])
    except (UnknownReport, ValueError, TypeError) as error:
        raise JobError(_("The report is no longer there. Make a new one in the report builder.")) from error
    file_format = ordered["format"]
    try:
        with progress.open_file(filename_of(asked, file_format)) as file:
            count = write_file(file, user=owner, asked=asked, file_format=file_format, progress=progress)
    except TooLargeForPdf as refused:
        raise JobError(str(refused)) from refused
    if file_format != "pdf":
        progress.result(rows=count)


job_kinds.add(FILE_JOB, make_ordered_file)
job_access.add(FILE_JOB, lambda user, _job: bool(may_see_reports(user)))


@my_data.register("saved_reports", order=75)
def saved_reports_data(user: User) -> list[dict[str, Any]]:
    """Return the reports that somebody keeps, with what they chose."""
    return [
        {"name": report.name, "kind": report.kind, "contents": report.parameters}
        for report in SavedReport.objects.filter(owner=user).order_by("pk")
    ]
