"""What the core adds to Wagtail's admin: the page on what is deleted."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from website.core.admin.retention import RetentionViewSet

viewset = RetentionViewSet()


@hooks.register("register_admin_viewset")
def retention_viewset() -> RetentionViewSet:
    return viewset


@hooks.register("register_reports_menu_item")
def retention_menu_item() -> MenuItem:
    return viewset.get_menu_item()


@hooks.register("insert_global_admin_css")
def retention_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/retention-admin.css"))
