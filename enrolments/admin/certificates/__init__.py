"""A run's certificates in its workspace: who has one, who is to have one, and who is in doubt."""

from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from wagtail import hooks

from enrolments.admin.certificates import notices  # noqa: F401 - tells organisers on the run's first page
from enrolments.admin.certificates.acts import ReissueView, RevokeView
from enrolments.admin.certificates.issuing import ChosenView, IssueView, SendAgainView
from enrolments.admin.certificates.listing import CertificatesView, DownloadView
from enrolments.admin.workspace.tabs import Tab, workspace_tabs, workspace_urls


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/certificates-admin.css"))


RUN = "run/<int:run_pk>/certificates/"

workspace_tabs.add(
    "certificates", Tab("certificates", gettext_lazy("Certificates"), "participants:certificates"), order=65
)
workspace_urls.add(
    "certificates",
    [
        path(RUN, CertificatesView.as_view(), name="certificates"),
        path(f"{RUN}chosen/", ChosenView.as_view(), name="certificates_chosen"),
        path(f"{RUN}issue/", IssueView.as_view(), name="issue_certificates"),
        path(f"{RUN}send/", SendAgainView.as_view(), name="send_certificates"),
        path(f"{RUN}<int:certificate_pk>/pdf/", DownloadView.as_view(), name="certificate_pdf"),
        path(f"{RUN}<int:certificate_pk>/revoke/", RevokeView.as_view(), name="revoke_certificate"),
        path(f"{RUN}<int:certificate_pk>/reissue/", ReissueView.as_view(), name="reissue_certificate"),
    ],
)
