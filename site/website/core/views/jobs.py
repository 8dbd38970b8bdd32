"""Long jobs as their owner sees them: how far it is, stop, try again, fetch the file. Nobody else's exist.

The same pages stand on the public side (/filer/) and, in the admin's frame, at /admin/jobs/.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from website.core.contributions import job_access
from website.core.jobs import UNFINISHED, has_file, may_be_repeated, repeat_job, stop_job
from website.core.models import JobStatus, LongJob

PER_PAGE = 25


def jobs_of(user: Any) -> QuerySet[LongJob]:
    return LongJob.objects.filter(requested_by=user)


def may_fetch(user: Any, job: LongJob) -> bool:
    """Return whether there is a file, kept still, whose kind lets this user have it today."""
    if not has_file(job) or job.requested_by_id != user.pk:
        return False
    try:
        rule = job_access.get(job.kind)
    except KeyError:
        return True
    return rule(user, job)


def words_of(job: LongJob) -> str:
    """Return in a line how far the job is."""
    if job.status == JobStatus.QUEUED:
        return _("Waits for its turn. It begins by itself.")
    if job.status != JobStatus.RUNNING:
        return str(job.get_status_display())
    done = number_format(min(job.done, job.total or job.done), force_grouping=True)
    if not job.total:
        return _("%(done)s done so far") % {"done": done} if job.done else _("Has begun")
    return _("%(done)s of %(total)s") % {"done": done, "total": number_format(job.total, force_grouping=True)}


def size_of(job: LongJob) -> int | None:
    """Return the bytes of the job's file; None when the storage no longer has it."""
    try:
        return job.file.size
    except OSError:
        return None


class JobsView(LoginRequiredMixin, TemplateView):
    """One's own jobs, the newest first."""

    template_name = "core/jobs.html"
    page_title = gettext_lazy("Your files")

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = Paginator(jobs_of(self.request.user), PER_PAGE).get_page(self.request.GET.get("side"))
        lines = [(job, words_of(job), has_file(job)) for job in page]
        return super().get_context_data(lines=lines, jobs_page=page, **kwargs)


class JobView(LoginRequiredMixin, TemplateView):
    """One job. Asked for JSON it tells only how far it is: the page's script asks once a second."""

    template_name = "core/job.html"
    page_name = "files:job"

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest, *args: Any, pk: int, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.job = get_object_or_404(jobs_of(request.user), pk=pk)
        return super().dispatch(request, *args, pk=pk, **kwargs)

    @property
    def page_title(self) -> str:
        return self.job.title

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(
                {
                    "running": self.job.status in UNFINISHED,
                    "text": words_of(self.job),
                    "done": self.job.done,
                    "total": self.job.total,
                }
            )
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "stop" in request.POST:
            if not stop_job(job=self.job):
                messages.info(request, _("It was done already."))
        elif "again" in request.POST:
            repeat_job(job=self.job)
        return redirect(self.page_name, pk=self.job.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        job = self.job
        fetchable = may_fetch(self.request.user, job)
        size = size_of(job) if fetchable else None
        return super().get_context_data(
            job=job,
            is_unfinished=job.status in UNFINISHED,
            words=words_of(job),
            may_fetch=fetchable and size is not None,
            is_refused=has_file(job) and not fetchable,
            is_gone=job.status == JobStatus.DONE
            and bool(job.filename)
            and (not has_file(job) or (fetchable and not size)),
            may_repeat=may_be_repeated(job),
            size=size,
            summary=_summary(job),
            **kwargs,
        )


class FetchView(LoginRequiredMixin, View):
    """The file itself. Everything else is as if it did not exist."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        job = get_object_or_404(jobs_of(request.user), pk=pk)
        if not has_file(job):
            return redirect("files:job", pk=pk)
        if not may_fetch(request.user, job):
            raise PermissionDenied
        try:
            content = job.file.open("rb")
        except FileNotFoundError as error:
            raise Http404 from error
        response = FileResponse(content, as_attachment=True, filename=job.filename)
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _summary(job: LongJob) -> str:
    rows = job.result.get("rows")
    if not isinstance(rows, int):
        return ""
    return ngettext("%(count)s row", "%(count)s rows", rows) % {"count": number_format(rows, force_grouping=True)}
