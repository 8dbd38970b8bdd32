"""A municipality's training year as a file, for its training contact or an organiser: at once, or as a long job.

The rows start from what the user may see, and the municipality stands in the choices besides: a presenter who is a
training contact too gets no participant of their own runs in the municipality's file.
"""

import tempfile
from dataclasses import dataclass

from django.db import transaction
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from courses.models import Organisation
from enrolments.models import TrainingContact
from enrolments.permissions import may_see_reports
from enrolments.reports.asked import Asked
from enrolments.reports.delivering import CONTENT_TYPES, filename_of, is_large, write_file
from enrolments.reports.municipality_year import Department, TrainingYear
from enrolments.reports.pdf import TooLargeForPdf
from enrolments.reports.training_year_kind import choices_for, kind
from website.accounts.models import User
from website.accounts.typing import AnyUser
from website.core.contributions import job_access, job_kinds
from website.core.jobs import JobError, Progress, start_job
from website.core.models import LongJob

JOB = "enrolments.training_year"
FORMATS = {"xlsx": "Excel", "csv": "CSV", "pdf": "PDF"}


@dataclass(frozen=True, slots=True)
class Download:
    url: str
    label: str


def downloads(base: str, year: int) -> list[Download]:
    """Return where the files of a page are fetched."""
    return [Download(f"{base}?aar={year}&fil={name}", label) for name, label in FORMATS.items()]


def may_export(user: AnyUser, organisation: Organisation) -> bool:
    """Whether the user fetches the municipality's files now: organisers, and its training contacts."""
    if not user.is_authenticated or not user.is_active:
        return False
    return bool(may_see_reports(user)) or TrainingContact.objects.of(user).filter(organisation=organisation).exists()


def export(
    *, user: User, year: TrainingYear, department: Department | None, file_format: str
) -> HttpResponseBase | None:
    """Return the file as an answer; None for a format there is not. Large ones are ordered, and waited for."""
    if file_format not in CONTENT_TYPES:
        return None
    spellings = sorted({line.enrolment.department for line in department.lines}) if department else ()
    asked = Asked(kind, choices_for(year.organisation, year.year, spellings))
    if is_large(user, asked):
        parameters = {"organisation": year.organisation.pk, "choices": asked.to_json(), "format": file_format}
        title = _("Training year %(year)s") % {"year": year.year}
        with transaction.atomic():
            job = start_job(kind=JOB, user=user, title=title, parameters=parameters)
        return redirect("files:job", job.pk)
    output = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    try:
        write_file(output, user=user, asked=asked, file_format=file_format)
    except TooLargeForPdf as refused:
        output.close()
        return HttpResponse(str(refused), status=400, content_type="text/plain; charset=utf-8")
    output.seek(0)
    return FileResponse(
        output,
        as_attachment=True,
        content_type=CONTENT_TYPES[file_format],
        filename=filename_of(asked, file_format),
        headers={"Cache-Control": "no-store"},
    )


def make_file(job: LongJob, progress: Progress) -> None:
    """Make the file of a job, if whoever ordered it still has access."""
    user = User.objects.get(pk=job.requested_by_id)
    if not _may_have(user, job):
        raise JobError(_("You no longer have access to the municipality's participants."))
    asked = Asked.from_json(kind.name, job.parameters["choices"])
    file_format = job.parameters["format"]
    try:
        with progress.open_file(filename_of(asked, file_format)) as file:
            write_file(file, user=user, asked=asked, file_format=file_format, progress=progress)
    except TooLargeForPdf as refused:
        raise JobError(str(refused)) from refused


def _may_have(user: AnyUser, job: LongJob) -> bool:
    """Whether the user may have the job's file now: access that has ended opens no file that was made before."""
    organisation = Organisation.objects.filter(pk=job.parameters.get("organisation")).first()
    return organisation is not None and may_export(user, organisation)


job_kinds.add(JOB, make_file)
job_access.add(JOB, _may_have)
