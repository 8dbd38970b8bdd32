"""What mails add to Wagtail's admin: a menu of their own, words for the log, and what needs attention."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet, ViewSetGroup
from wagtail.log_actions import LogActionRegistry

from website.core.contributions import AttentionItem, attention_items
from website.messaging.admin import outbox, words
from website.messaging.enums import UNDELIVERED_STATUSES

#: How long a mail that was not delivered is brought up on the start page.
BROUGHT_UP = timedelta(days=14)


class OutboxMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.view_outboxmessage")


class WordsMenuItem(MenuItem):
    def is_shown(self, request: HttpRequest) -> bool:
        return request.user.has_perm("messaging.change_mailtext")


class OutboxViewSet(ViewSet):
    name = "outbox"
    icon = "mail"
    menu_label = gettext_lazy("Outgoing mails")
    menu_name = "outbox"
    url_prefix = "mails"
    menu_item_class = OutboxMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", outbox.OutboxView.as_view(), name="index"),
            path("resend-failed/", outbox.ResendFailedView.as_view(), name="resend_failed"),
            path("<int:pk>/", outbox.MessageView.as_view(), name="message"),
            path("<int:pk>/resend/", outbox.ResendView.as_view(), name="resend"),
        ]


class WordsViewSet(ViewSet):
    name = "mail_texts"
    icon = "edit"
    menu_label = gettext_lazy("Mail texts")
    menu_name = "mail-texts"
    url_prefix = "mail-texts"
    menu_item_class = WordsMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            path("", words.WordsIndexView.as_view(), name="index"),
            path("<str:kind>/", words.WordsView.as_view(), name="text"),
            path("<str:kind>/preview/", words.PreviewView.as_view(), name="preview"),
            path("<str:kind>/reset/", words.ResetView.as_view(), name="reset"),
            path("<str:kind>/undo/", words.UndoView.as_view(), name="undo"),
            path("<str:kind>/forget/", words.ForgetView.as_view(), name="forget"),
        ]


class MessagingGroup(ViewSetGroup):
    menu_label = pgettext_lazy("menu", "Mails")
    menu_name = "messaging"
    menu_icon = "mail"
    menu_order = 170
    items = (OutboxViewSet, WordsViewSet)


@hooks.register("register_admin_viewset")
def messaging_group() -> MessagingGroup:
    return MessagingGroup()


@hooks.register("register_log_actions")
def log_actions(actions: LogActionRegistry) -> None:
    actions.register_action(
        "messaging.text_changed", gettext_lazy("Change a mail's text"), gettext_lazy("Changed the text")
    )
    actions.register_action(
        "messaging.text_reset", gettext_lazy("Restore a mail's text"), gettext_lazy("Restored our text")
    )
    actions.register_action("messaging.resent", gettext_lazy("Send a mail again"), gettext_lazy("Sent again"))
    actions.register_action(
        "messaging.resent_to_other",
        gettext_lazy("Send a mail to another address"),
        gettext_lazy("Sent to another address"),
    )


@hooks.register("insert_global_admin_css")
def admin_css() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/messaging-admin.css"))


@attention_items.register("messaging", order=30)
def undelivered_mails(user: Any) -> Iterator[AttentionItem]:
    """Yield that mails of the last fortnight did not reach anybody."""
    if not user.has_perm("messaging.view_outboxmessage"):
        return
    rows = outbox.shown_mails().filter(status__in=UNDELIVERED_STATUSES, created_at__gte=timezone.now() - BROUGHT_UP)
    if count := rows.count():
        text = ngettext("%(count)s mail was not delivered", "%(count)s mails were not delivered", count)
        yield AttentionItem(
            text=text % {"count": count},
            url=f"{reverse('outbox:index')}?status={outbox.UNDELIVERED}",
            urgent=True,
        )
