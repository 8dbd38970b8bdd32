"""The pages of long jobs in the admin's frame."""

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from website.core.views.jobs import JobsView, JobView


class AdminJobsView(WagtailAdminTemplateMixin, JobsView):
    template_name = "core/admin/jobs.html"
    page_title = JobsView.page_title  # the mixin comes first, with an empty one
    header_icon = "download"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [*super().get_breadcrumbs_items(), {"url": reverse("long_jobs"), "label": _("Your files")}]


class AdminJobView(WagtailAdminTemplateMixin, JobView):
    template_name = "core/admin/job.html"
    page_title = JobView.page_title
    page_name = "long_job"
    header_icon = "download"

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("long_jobs"), "label": _("Your files")},
            {"url": "", "label": self.job.title},
        ]


urlpatterns: list[URLPattern] = [
    path("jobs/", AdminJobsView.as_view(), name="long_jobs"),
    path("jobs/<int:pk>/", AdminJobView.as_view(), name="long_job"),
]
