"""A run's certificates as one file, made by the worker: a PDF to print, or a ZIP with a file for each."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from enrolments.certificates.documents import ZipOfCertificates, certificates_pdf
from enrolments.models import Certificate
from enrolments.permissions import may_see_enrolments
from website.core.contributions import job_access, job_kinds
from website.core.danish import DanishOrder
from website.core.jobs import JobError, Progress, start_job
from website.core.models import LongJob

KIND = "certificates"
FORMS = PDF, ZIP = ("pdf", "zip")


def order_file(*, run: CourseRun, form: str, user: Any, enrolment_pks: Collection[int] | None = None) -> LongJob:
    """Order the run's valid certificates (or those of some participants) as "pdf" or "zip"; return the job."""
    rows = valid_certificates(run, enrolment_pks)
    parameters = {"run": run.pk, "form": form, "enrolments": sorted(enrolment_pks) if enrolment_pks else None}
    title = _("Certificates: %(course)s") % {"course": run}
    return start_job(kind=KIND, user=user, title=title, parameters=parameters, total=rows.count())


def valid_certificates(run: CourseRun, enrolment_pks: Collection[int] | None = None) -> QuerySet[Certificate]:
    """Return the run's certificates that can be printed, by name the Danish way."""
    rows = Certificate.objects.filter(enrolment__run=run, revoked_at=None, anonymised_at=None)
    if enrolment_pks:
        rows = rows.filter(enrolment__in=enrolment_pks)
    return rows.order_by(DanishOrder("enrolment__name"), "pk")


@job_kinds.register(KIND)
def make_file(job: LongJob, progress: Progress) -> None:
    run = CourseRun.objects.select_related("course").filter(pk=job.parameters["run"]).first()
    rows = list(valid_certificates(run, job.parameters["enrolments"])) if run else []
    if run is None or not rows:
        raise JobError(_("There are no valid certificates on the run."))
    progress.set_total(len(rows))
    name = f"{slugify(_('Certificates'))}-{slugify(str(run))[:60]}"
    if job.parameters["form"] == ZIP:
        with progress.open_file(f"{name}.zip") as file, ZipOfCertificates(file) as archive:
            for certificate in rows:
                archive.add(certificate)
                progress.advance()
    else:
        with progress.open_file(f"{name}.pdf") as file:
            file.write(certificates_pdf(rows))
        progress.advance(len(rows))
    words = ngettext("%(count)s certificate", "%(count)s certificates", len(rows)) % {"count": len(rows)}
    progress.result(summary=words)


@job_access.register(KIND)
def may_fetch(user: Any, job: LongJob) -> bool:
    return bool(may_see_enrolments(user))
