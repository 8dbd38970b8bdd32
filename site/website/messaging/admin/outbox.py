"""Udgående mails: what has left, what waits, what failed and why; and sending again."""

import secrets
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry

from website.messaging.delivery import BACK_OFF
from website.messaging.enums import RETRYABLE_STATUSES, UNDELIVERED_STATUSES, MailStatus
from website.messaging.models import OutboxMessage
from website.messaging.operations import CannotResend, may_resend, resend, resend_all, resend_to
from website.messaging.references import About, resolve
from website.messaging.registry import mail_kinds, private_kinds
from website.messaging.showing import show_message
from website.messaging.trouble import explain

PER_PAGE = 50
UNDELIVERED = "undelivered"
#: A search for an address is kept in the session, not in the URL, and for an hour.
SEARCHES, SEARCH_LIVES = "messaging.searches", 60 * 60
TAGS = {
    MailStatus.QUEUED: "outbox-status--waits",
    MailStatus.SENDING: "outbox-status--waits",
    MailStatus.SENT: "outbox-status--sent",
    MailStatus.FAILED: "outbox-status--bad",
    MailStatus.BOUNCED: "outbox-status--bad",
}


def title_of(kind: str) -> str:
    """Return a kind of mail in words; its name for one that has none or that no app knows any more."""
    try:
        text = mail_kinds.get(kind).text
    except KeyError:
        return kind
    return str(text.title) if text else kind


def shown_mails() -> QuerySet[OutboxMessage]:
    """Return the mails that staff see: not those whose recipients are nobody else's business."""
    return OutboxMessage.objects.exclude(kind__in=private_kinds())


@dataclass(frozen=True, slots=True)
class Line:
    """A message as the list and its own page tell of it."""

    message: OutboxMessage
    about: About | None

    @property
    def title(self) -> str:
        return title_of(self.message.kind)

    @property
    def tag(self) -> str:
        return TAGS[MailStatus(self.message.status)]

    @property
    def reason(self) -> str:
        return explain(self.message.last_error) if self.message.last_error else ""

    @property
    def is_under_way(self) -> bool:
        return self.message.status in RETRYABLE_STATUSES

    @property
    def next_attempt(self) -> datetime | None:
        return self.message.due_at if self.message.status == MailStatus.QUEUED else None


class OutboxMixin(WagtailAdminTemplateMixin):
    """A page on mails that leave: for those who may see (or resend) them."""

    header_icon = "mail"
    permission = "messaging.view_outboxmessage"
    is_index = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied(_("Only organisers and administrators see the mails that leave."))
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        items = [*super().get_breadcrumbs_items(), {"url": reverse("outbox:index"), "label": _("Outgoing mails")}]
        return items if self.is_index else [*items, {"url": "", "label": str(self.page_title)}]

    @property
    def may_send(self) -> bool:
        return self.request.user.has_perm("messaging.change_outboxmessage")


class OutboxFilterForm(forms.Form):
    """What the list shows. All of it may stand in a URL; the address is sent by POST and kept in the session."""

    status = forms.ChoiceField(label=gettext_lazy("Status"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Mail"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=gettext_lazy("To date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [
            ("", _("All")),
            (UNDELIVERED, _("Not delivered (failed or returned)")),
            *MailStatus.choices,
        ]
        kinds = sorted((title_of(kind.name), kind.name) for kind in mail_kinds if not kind.private)
        self.fields["kind"].choices = [("", _("All")), *((name, title) for title, name in kinds)]

    def narrow(self, messages: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        """Return those of `messages` that were asked for; what was asked for wrongly is left out."""
        self.is_valid()
        asked = self.cleaned_data
        if status := asked.get("status"):
            messages = messages.filter(status__in=UNDELIVERED_STATUSES if status == UNDELIVERED else [status])
        if kind := asked.get("kind"):
            messages = messages.filter(kind=kind)
        if since := asked.get("since"):
            messages = messages.filter(created_at__gte=_midnight(since))
        if (until := asked.get("until")) and until < date.max:
            messages = messages.filter(created_at__lt=_midnight(until + timedelta(days=1)))
        return messages


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def remember_search(session: Any, words: str) -> str:
    """Keep an address that is searched for in the session; return the key that stands for it in the URL."""
    words = " ".join(words.replace("\x00", "").split())[:254]
    if not words:
        return ""
    now = time.time()
    kept = {key: each for key, each in (session.get(SEARCHES) or {}).items() if now - each["at"] < SEARCH_LIVES}
    key = secrets.token_urlsafe(6)
    session[SEARCHES] = {**dict(list(kept.items())[-4:]), key: {"words": words, "at": now}}
    return key


def searched(session: Any, key: str) -> str:
    """Return the address that a key stands for, or nothing when it is too long ago."""
    kept = (session.get(SEARCHES) or {}).get(key)
    return kept["words"] if kept and time.time() - kept["at"] < SEARCH_LIVES else ""


class OutboxView(OutboxMixin, TemplateView):
    """Mails that leave, the newest first. Searching for an address is a POST: it stands in no URL and no log."""

    template_name = "messaging/admin/outbox.html"
    page_title = gettext_lazy("Outgoing mails")
    is_index = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = request.GET.copy()
        query.clear()
        for name in ("status", "kind", "since", "until"):
            if value := request.POST.get(name, "")[:60]:
                query[name] = value
        if key := remember_search(request.session, request.POST.get("address", "")):
            query["s"] = key
        return HttpResponseRedirect(f"{request.path}{'?' if query else ''}{query.urlencode()}")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = OutboxFilterForm(self.request.GET)
        address = searched(self.request.session, self.request.GET.get("s", ""))
        found = form.narrow(shown_mails().defer("context"))
        if address:
            found = found.filter(to__icontains=address)
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("p"))
        about = resolve({message.reference for message in page})
        query = self.request.GET.copy()
        query.pop("p", None)
        return super().get_context_data(
            form=form,
            address=address,
            page=page,
            lines=[Line(message, about.get(message.reference)) for message in page],
            elided_page_range=page.paginator.get_elided_page_range(page.number),
            query=query.urlencode(),
            is_narrowed=bool(address or any(form.cleaned_data.values())),
            failed=OutboxMessage.objects.filter(status=MailStatus.FAILED).count() if self.may_send else 0,
            **kwargs,
        )


class MessageView(OutboxMixin, TemplateView):
    """One mail: what became of it, and how it looks, with its secret links masked."""

    template_name = "messaging/admin/message.html"
    message: OutboxMessage

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.message = get_object_or_404(shown_mails(), pk=kwargs["pk"])

    def get_page_title(self) -> str:
        return title_of(self.message.kind)

    page_title = property(get_page_title)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        about = resolve([self.message.reference])
        return super().get_context_data(
            message=self.message,
            line=Line(self.message, about.get(self.message.reference)),
            shown=show_message(self.message),
            is_secret=any(kind.secret for kind in mail_kinds if kind.name == self.message.kind),
            can_resend=self.may_send and may_resend(self.message),
            attempts_at_most=len(BACK_OFF) + 1,
            events=self._events(),
            **kwargs,
        )

    def _events(self) -> list[tuple[datetime, str, str]]:
        """Return what happened to the mail, the oldest first: when, what, and by whom if somebody did it."""
        message = self.message
        events = [(message.created_at, _("Queued"), "")]
        entries = ModelLogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(OutboxMessage), object_id=str(message.pk)
        )
        events += [(e.timestamp, e.message, str(e.user_display_name)) for e in entries.select_related("user")]
        if message.sent_at:
            events.append((message.sent_at, pgettext_lazy("mail", "Sent"), ""))
        if message.undeliverable_at:
            what = _("Came back") if message.status == MailStatus.BOUNCED else _("Refused by the mail server")
            events.append((message.undeliverable_at, what, ""))
        return sorted(events, key=lambda event: event[0])


class AddressForm(forms.Form):
    address = forms.EmailField(
        label=gettext_lazy("Send to"),
        max_length=254,
        help_text=gettext_lazy("Leave it as it is, or write the right address."),
    )


class ResendView(MessageView):
    """Ask, then send a mail again: to the same address under the same Message-ID, or to a corrected one."""

    template_name = "messaging/admin/resend.html"
    permission = "messaging.change_outboxmessage"

    def get_page_title(self) -> str:
        return _("Send again")

    page_title = property(get_page_title)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_resend(self.message):
            return self._refuse()
        return self._page(AddressForm(initial={"address": self.message.to}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AddressForm(request.POST)
        if not form.is_valid():
            return self._page(form)
        address = form.cleaned_data["address"].casefold()
        try:
            if address == self.message.to:
                resend(self.message)
                log(self.message, "messaging.resent", user=request.user)
            else:
                other = resend_to(self.message, address)
                log(self.message, "messaging.resent_to_other", user=request.user)
                messages.success(request, _("The mail is on its way to the new address."))
                return redirect("outbox:message", pk=other.pk)
        except CannotResend:
            return self._refuse()
        messages.success(request, _("The mail is on its way again."))
        return redirect("outbox:message", pk=self.message.pk)

    def _page(self, form: AddressForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form, title=title_of(self.message.kind)))

    def _refuse(self) -> HttpResponse:
        messages.error(self.request, _("The mail cannot be sent again: it is on its way, or what it said is deleted."))
        return redirect("outbox:message", pk=self.message.pk)


class ResendFailedView(OutboxMixin, TemplateView):
    """Ask, then send again all that failed (not what came back): after a mail server was away for long."""

    template_name = "messaging/admin/resend_failed.html"
    permission = "messaging.change_outboxmessage"
    page_title = gettext_lazy("Send failed mails again")

    def failed(self) -> QuerySet[OutboxMessage]:
        secret = [kind.name for kind in mail_kinds if kind.secret]
        return OutboxMessage.objects.filter(status=MailStatus.FAILED).exclude(kind__in=secret).exclude(context={})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        counts = self.failed().values_list("last_error").annotate(count=Count("pk"))
        reasons: dict[str, int] = {}
        for error, count in counts:
            reasons[explain(error)] = reasons.get(explain(error), 0) + count
        return super().get_context_data(
            count=sum(reasons.values()), reasons=sorted(reasons.items(), key=lambda pair: -pair[1]), **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sent = resend_all(self.failed().values_list("pk", flat=True))
        if sent:
            messages.success(
                request,
                ngettext("%(count)s mail is on its way again.", "%(count)s mails are on their way again.", sent)
                % {"count": sent},
            )
        else:
            messages.warning(request, _("There was no failed mail to send again."))
        return redirect("outbox:index")
