"""Organisers' messages to all or some of a run: write, see who gets it and the very mail, send; and what was sent."""

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.models import CourseRun, Organisation
from enrolments.admin.run_forms import MessageForm
from enrolments.admin.run_preview import previews, role_of
from enrolments.admin.workspace.bulk import BulkAction, bulk_actions
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.emails.runs import OWN_WORDS
from enrolments.enums import ACTIVE_STATUSES
from enrolments.exceptions import ChangedMeanwhile
from enrolments.models import RunMessage
from enrolments.operations.run_audience import Recipient, chosen, recipients, without_address
from enrolments.operations.run_messages import digest, message_mails, send_message
from enrolments.permissions import may_decide_run
from website.core.danish import listed

#: So many recipients are named before sending; the rest are counted.
NAMED = 200


class MessagesView(RunMixin, TemplateView):
    """What has been written to the run's people."""

    tab = "messages"
    template_name = "enrolments/admin/run_messages.html"
    page_title = gettext_lazy("Messages")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        sent = list(RunMessage.objects.filter(run=self.run).select_related("sent_by"))
        names = organisation_names(sent)
        return super().get_context_data(
            sent=[(message, audience_in_words(message.audience, self.run, names)) for message in sent],
            can_write=bool(may_decide_run(self.request.user)),
            **kwargs,
        )


class ComposeView(RunMixin, TemplateView):
    """Write a message. The preview comes first; what is sent is what was previewed, to whom it named."""

    tab = "messages"
    may = staticmethod(may_decide_run)
    template_name = "enrolments/admin/run_compose.html"
    page_title = gettext_lazy("Write to the run")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        initial = {"submission": uuid4(), "body": _("Dear {navn}") + "\n\n"}
        return self._page(MessageForm(run=self.run, initial=initial))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "submission" not in request.POST:
            # Chosen in the list of participants, and not written to yet.
            initial = {"submission": uuid4(), "body": _("Dear {navn}") + "\n\n", "chosen": request.POST.get("chosen")}
            return self._page(MessageForm(run=self.run, initial=initial))
        form = MessageForm(request.POST, run=self.run)
        if not form.is_valid():
            return self._page(form)
        told = recipients(self.run, form.audience)
        if not told:
            form.add_error(None, _("Nobody fits what you have chosen, or nobody of them has an address."))
            return self._page(form)
        if request.POST.get("step") != "send":
            return self._page(form, told)
        try:
            message = send_message(
                run_pk=self.run.pk,
                user=request.user,
                subject=form.cleaned_data["subject"],
                body=form.cleaned_data["body"],
                audience=form.audience,
                submission=form.cleaned_data["submission"].hex,
                seen=form.cleaned_data["seen"],
            )
        except ChangedMeanwhile:
            messages.warning(request, _("This is how the mail looks now. Press again to send it."))
            return self._page(form, told)
        text = ngettext(
            "The message is on its way to %(count)s recipient.",
            "The message is on its way to %(count)s recipients.",
            message.recipients,
        )
        messages.success(request, text % {"count": message.recipients})
        return redirect(reverse("participants:messages", args=[self.run.pk]))

    def _page(self, form: MessageForm, told: list[Recipient] | None = None) -> HttpResponse:
        chosen_pks = str(form["chosen"].value() or "")
        context: dict[str, Any] = {
            "form": form,
            "placeholders": OWN_WORDS.placeholders,
            "chosen_count": len(chosen_pks.split(",")) if chosen_pks else 0,
        }
        if told:
            words = {name: form.cleaned_data[name] for name in ("subject", "body")}
            form.data = form.data.copy()
            form.data["seen"] = digest(words["subject"], words["body"], told)
            context |= {
                "previews": previews(told, lambda each: message_mails(self.run, [each], **words)),
                "recipients": [(each, role_of(each)) for each in told[:NAMED]],
                "count": len(told),
                "more": max(0, len(told) - NAMED),
                "without_address": without_address(chosen(self.run, form.audience)),
                "reply_to": self.run.course.contact_email,
            }
        return self.render_to_response(self.get_context_data(**context))


def organisation_names(sent: list[RunMessage]) -> dict[int, str]:
    """Return the names of the organisations that messages were narrowed to, in one query."""
    pks = {pk for message in sent for pk in message.audience.get("organisations", [])}
    return {each.pk: str(each) for each in Organisation.objects.filter(pk__in=pks)} if pks else {}


def audience_in_words(audience: dict[str, Any], run: CourseRun, names: dict[int, str]) -> str:
    """Say whom a message went to: "Participants and their contacts · with a seat · Aarhus Kommune"."""
    to = [
        label
        for key, label in (
            ("participants", _("participants")),
            ("contacts", _("their contacts")),
            ("presenters", _("hosts and presenters")),
        )
        if audience.get(key)
    ]
    which = [
        label for key, label in (("seats", _("with a seat")), ("line", _("on the waiting list"))) if audience.get(key)
    ]
    said = [listed(to), listed(which)] if which else [listed(to)]
    if count := len(audience.get("enrolments", [])):
        said = [listed(to), ngettext("%(count)s chosen", "%(count)s chosen", count) % {"count": count}]
    if places := [names.get(pk, "") for pk in audience.get("organisations", [])]:
        said.append(listed(filter(None, places)))
    dates = {day.pk: day.date.strftime("%d.%m.%Y") for day in run.ordered_days()}
    for key, text in (("was_there", _("there on %(date)s")), ("was_not_there", _("not there on %(date)s"))):
        if day := audience.get(key):
            said.append(text % {"date": dates.get(day, "–")})
    text = " · ".join(filter(None, said))
    return text[:1].upper() + text[1:]


workspace_urls.add(
    "messages",
    [
        path("run/<int:run_pk>/messages/", MessagesView.as_view(), name="messages"),
        path("run/<int:run_pk>/messages/new/", ComposeView.as_view(), name="compose"),
    ],
)
bulk_actions.add(
    "message",
    BulkAction(
        "message",
        gettext_lazy("Write to them"),
        concerns=ACTIVE_STATUSES,
        page="participants:compose",
        button=gettext_lazy("Write the message"),
    ),
    order=10,
)
workspace_tabs.add("messages", Tab("messages", gettext_lazy("Messages"), "participants:messages"), order=70)
