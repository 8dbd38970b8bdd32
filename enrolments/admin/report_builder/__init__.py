"""The report builder in the admin: choose, look, fetch, save, share, and have it sent."""

from collections.abc import Iterator

from django.http import HttpRequest
from django.urls import URLPattern, path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from enrolments.admin.report_builder import builder, saved
from enrolments.permissions import may_see_reports


class ReportsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return bool(may_see_reports(request.user))


@hooks.register("register_reports_menu_item")
def builder_menu_item() -> MenuItem:
    return ReportsMenuItem(
        _("Report builder"), reverse_lazy("report_builder"), name="report-builder", icon_name="table", order=50
    )


@hooks.register("register_admin_urls")
def builder_urls() -> Iterator[URLPattern]:
    yield path("reports/builder/", builder.StartView.as_view(), name="report_builder")
    yield path("reports/builder/<slug:kind>/", builder.BuilderView.as_view(), name="report_build")
    yield path("reports/builder/<slug:kind>/file/", builder.FileView.as_view(), name="report_file")
    yield path("reports/builder/<slug:kind>/save/", saved.SaveView.as_view(), name="report_save")
    yield path("reports/saved/<int:pk>/", saved.OpenView.as_view(), name="saved_report")
    yield path("reports/saved/<int:pk>/edit/", saved.EditView.as_view(), name="saved_report_edit")
    yield path("reports/saved/<int:pk>/copy/", saved.CopyView.as_view(), name="saved_report_copy")
    yield path("reports/saved/<int:pk>/delete/", saved.DeleteView.as_view(), name="saved_report_delete")
