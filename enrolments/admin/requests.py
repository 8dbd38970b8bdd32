"""Wishes after the deadline: an organiser grants or refuses each, on a run's page and over all runs."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from courses.models import CourseRun
from courses.presentation import RunView
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.admin.workspace.words import refusal
from enrolments.change_words import fee_text
from enrolments.enums import RequestKind, RequestStatus
from enrolments.exceptions import AlreadySettled, EnrolmentError
from enrolments.models import ChangeRequest
from enrolments.operations.cancelling import fees_of
from enrolments.operations.fees import NOTHING
from enrolments.operations.moving import cost_of
from enrolments.operations.requests import grant, refuse
from enrolments.permissions import may_change_enrolments, may_see_enrolments
from website.core.contributions import AttentionItem, attention_items

#: So many answered requests are shown below the open ones.
SHOWN_ANSWERED = 30


class AnswerForm(forms.Form):
    """What the organiser says: yes (with the fee or without), or no with a reply."""

    waive_fee = forms.BooleanField(label=gettext_lazy("Without the fee"), required=False)
    reply = forms.CharField(
        label=gettext_lazy("Reply"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Needed when you say no. It is sent to whoever asked."),
    )


def requests_of(rows: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
    """Fetch what lists and pages show of requests, in one query."""
    return rows.select_related("enrolment__registration", "enrolment__run__course", "handled_by")


class RunRequestsView(RunMixin, TemplateView):
    """A run's requests: the open ones first, then the newest that are answered."""

    tab = "requests"
    page_title = gettext_lazy("Requests")
    template_name = "enrolments/admin/requests.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = requests_of(ChangeRequest.objects.filter(enrolment__run=self.run))
        return super().get_context_data(
            open_requests=rows.filter(status=RequestStatus.OPEN),
            answered=rows.exclude(status=RequestStatus.OPEN).order_by("-handled_at")[:SHOWN_ANSWERED],
            **kwargs,
        )


class AllRequestsView(WagtailAdminTemplateMixin, TemplateView):
    """The open requests of all runs, the oldest first."""

    page_title = gettext_lazy("Requests")
    header_icon = "help"
    template_name = "enrolments/admin/all_requests.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        may_see_enrolments(request.user).enforce()
        return super().dispatch(request, *args, **kwargs)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("participants:index"), "label": _("Participants")},
            {"url": "", "label": _("Requests")},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = requests_of(ChangeRequest.objects.filter(status=RequestStatus.OPEN))
        return super().get_context_data(
            open_requests=rows,
            show_run=True,
            can_change=bool(may_change_enrolments(self.request.user)),
            **kwargs,
        )


class AnswerView(RunMixin, TemplateView):
    """One request: what granting will do and cost, then yes or no."""

    tab = "requests"
    page_title = gettext_lazy("Answer a request")
    template_name = "enrolments/admin/request.html"
    may = staticmethod(may_change_enrolments)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.show(AnswerForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wish, form = self.wish(), AnswerForm(request.POST)
        if not form.is_valid():
            return self.show(form)
        says_yes = request.POST.get("answer") == "grant"
        reply = form.cleaned_data["reply"].strip()
        if not says_yes and not reply:
            form.add_error("reply", _("Write why, so that they can understand it."))
            return self.show(form)
        try:
            if says_yes:
                grant(request=wish, user=request.user, waive_fee=form.cleaned_data["waive_fee"])
            else:
                refuse(request=wish, user=request.user, reply=reply)
        except AlreadySettled:
            messages.warning(request, _("The request has been answered already."))
        except EnrolmentError as error:
            messages.error(request, refusal(error))
            return self.show(form)
        else:
            done = _("The request is granted, and those concerned get an e-mail.")
            messages.success(request, done if says_yes else _("The request is refused, and your reply is sent."))
        return redirect("participants:requests", self.run.pk)

    def wish(self) -> ChangeRequest:
        rows = requests_of(ChangeRequest.objects.filter(enrolment__run=self.run))
        return get_object_or_404(rows.select_related("enrolment__registration__terms"), pk=self.kwargs["pk"])

    def show(self, form: AnswerForm) -> HttpResponse:
        wish = self.wish()
        if wish.status != RequestStatus.OPEN:
            messages.warning(self.request, _("The request has been answered already."))
            return redirect("participants:requests", self.run.pk)
        return self.render_to_response(
            self.get_context_data(wish=wish, form=form, will=self.will(wish), fee=self.fee(wish))
        )

    def will(self, wish: ChangeRequest) -> list[str]:
        """Return what saying yes does, in words."""
        if wish.kind == RequestKind.CANCEL:
            return [_("The seat is let go, and it is offered to the waiting list if anybody waits.")]
        if wish.kind == RequestKind.REPLACE:
            details = wish.data.get("details", {})
            who = ", ".join(part for part in (details.get("name"), details.get("email")) if part)
            return [_("%(who)s takes over the seat.") % {"who": who}]
        target = CourseRun.objects.for_display().filter(pk=wish.data.get("run")).first()
        if target is None:
            return [_("The run they wish is no longer there.")]
        shown = RunView(target, timezone.now())
        to = ", ".join(part for part in (shown.dates, shown.label, shown.address) if part)
        return [
            _("A seat is taken on the run %(run)s (%(seats)s).") % {"run": to, "seats": shown.seats_text.lower()},
            _("The seat here is let go, and it is offered to the waiting list if anybody waits."),
        ]

    def fee(self, wish: ChangeRequest) -> str:
        """Return what the accepted terms make it cost; nothing when it is free."""
        enrolment, registration = wish.enrolment, wish.enrolment.registration
        amount = NOTHING
        if wish.kind == RequestKind.CANCEL:
            amount = fees_of(registration, self.run, [enrolment], timezone.now()).get(enrolment.pk, NOTHING)
        elif wish.kind == RequestKind.MOVE:
            target = CourseRun.objects.select_related("course").filter(pk=wish.data.get("run")).first()
            amount = cost_of(registration, self.run, target, [enrolment]).fee if target else NOTHING
        return fee_text(amount, registration) if amount else ""


def open_requests(run: CourseRun) -> int:
    return ChangeRequest.objects.filter(enrolment__run=run, status=RequestStatus.OPEN).count()


workspace_tabs.add(
    "requests", Tab("requests", gettext_lazy("Requests"), "participants:requests", count=open_requests), order=40
)
workspace_urls.add(
    "requests",
    [
        path("requests/", AllRequestsView.as_view(), name="all_requests"),
        path("run/<int:run_pk>/requests/", RunRequestsView.as_view(), name="requests"),
        path("run/<int:run_pk>/requests/<int:pk>/", AnswerView.as_view(), name="request"),
    ],
)


@attention_items.register("requests", order=15)
def requests_needing_attention(user: Any) -> Iterator[AttentionItem]:
    """Yield that there are requests to answer, for whoever may answer them."""
    if not may_change_enrolments(user):
        return
    count = ChangeRequest.objects.filter(status=RequestStatus.OPEN).count()
    if count:
        text = ngettext("%(count)s request waits for an answer:", "%(count)s requests wait for an answer:", count)
        yield AttentionItem(
            text=text % {"count": count},
            url=reverse("participants:all_requests"),
            detail=_("Somebody wants to cancel, move or replace after the deadline."),
            urgent=True,
        )
