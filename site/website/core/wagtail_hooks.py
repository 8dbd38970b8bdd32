"""What the core adds to Wagtail's admin: the page on what is deleted, and one's own long jobs."""

from django.templatetags.static import static
from django.urls import URLPattern, reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from website.core.admin import jobs
from website.core.admin.retention import RetentionViewSet

viewset = RetentionViewSet()


@hooks.register("register_admin_viewset")
def retention_viewset() -> RetentionViewSet:
    return viewset


@hooks.register("register_reports_menu_item")
def retention_menu_item() -> MenuItem:
    return viewset.get_menu_item()


@hooks.register("register_admin_urls")
def job_urls() -> list[URLPattern]:
    return jobs.urlpatterns


@hooks.register("register_reports_menu_item")
def jobs_menu_item() -> MenuItem:
    return MenuItem(_("Your files"), reverse_lazy("long_jobs"), name="long-jobs", icon_name="download", order=8000)


@hooks.register("insert_global_admin_css")
def core_css() -> SafeString:
    return format_html(
        '<link rel="stylesheet" href="{}"><link rel="stylesheet" href="{}">',
        static("css/retention-admin.css"),
        static("css/jobs.css"),
    )
