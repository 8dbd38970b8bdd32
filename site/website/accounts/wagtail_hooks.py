"""How the admin looks, and what its frame offers."""

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("insert_global_admin_css")
def admin_colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/admin.css"))


@hooks.register("construct_help_menu")
def only_help_that_helps(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Keep the keyboard shortcuts; Wagtail's release notes and guide are English and elsewhere."""
    menu_items[:] = [item for item in menu_items if item.name == "keyboard-shortcuts-trigger"]


@hooks.register("register_account_menu_item")
def how_i_sign_in(request: HttpRequest) -> dict[str, str]:
    """Lead from one's account in the admin to passkeys, app and password."""
    return {
        "url": reverse("mfa_index"),
        "label": _("How you sign in"),
        "help_text": _("Passkeys, authenticator app, recovery codes and password"),
    }
