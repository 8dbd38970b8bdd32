"""Organisers' pages on the fate of a run: how it stands, what has changed, and telling its people."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.generic import TemplateView
from wagtail.admin import messages

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import CourseRun
from enrolments.admin.run_chart import chart_of
from enrolments.admin.run_forms import AnnounceForm, CancelRunForm, ConfirmRunForm, DecideForm, TellForm
from enrolments.admin.run_preview import previews
from enrolments.admin.workspace.tabs import RunMixin, Tab, workspace_tabs, workspace_urls
from enrolments.emails.runs import CANCEL, OWN_WORDS, REQUEST
from enrolments.enums import RunChangeStatus
from enrolments.exceptions import AlreadyTold, ChangedMeanwhile, RunCancelled
from enrolments.models import RunChange
from enrolments.operations import run_decisions
from enrolments.operations.run_audience import Audience, Recipient, chosen, recipients, without_address
from enrolments.operations.run_changes import News, keep_silent, pending_change, tell, tellings
from enrolments.permissions import may_decide_run
from website.messaging.operations import QueuedMail


def page_url(name: str, run: CourseRun) -> str:
    return reverse(f"participants:{name}", args=[run.pk])


# --- the tab ----------------------------------------------------------------------------------


class ChangesView(RunMixin, TemplateView):
    """How the run stands, what either decision means, and what has been told so far."""

    tab = "changes"
    template_name = "enrolments/admin/run_changes.html"
    page_title = gettext_lazy("Decision and changes")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        figures = run_decisions.figures_of(run)
        pending = pending_change(run)
        return super().get_context_data(
            figures=figures,
            chart=chart_of(figures),
            in_words=run_decisions.figures_in_words(figures),
            if_held=run_decisions.if_held(run, figures),
            if_cancelled=run_decisions.if_cancelled(run, figures),
            can_decide=bool(may_decide_run(self.request.user)),
            is_cancelled=run.status == RunStatus.CANCELLED,
            is_held=run.status in HELD_STATUSES,
            news=News.of(pending, run).differences if pending else [],
            history=[(change, title_of(change)) for change in self._decided()],
            **kwargs,
        )

    def _decided(self) -> Iterable[RunChange]:
        changes = RunChange.objects.filter(run=self.run).exclude(status=RunChangeStatus.PENDING)
        return changes.select_related("handled_by", "created_by")


def title_of(change: RunChange) -> str:
    """Say what was done to the run."""
    if run_decisions.is_reopening(change):
        return pgettext("run", "Held after all")
    return change.get_kind_display()


# --- telling ----------------------------------------------------------------------------------


class AnnounceView(RunMixin, TemplateView):
    """Words to a run's people: write, see the very mail, send. What is sent is what was seen.

    A page of this kind shows the mail at once; when something has been changed since, or somebody has come,
    it shows it anew instead of sending.
    """

    tab = "changes"
    may = staticmethod(may_decide_run)
    template_name = "enrolments/admin/run_announce.html"
    form_class: type[AnnounceForm]
    #: What becomes of the calendar: REQUEST, CANCEL or nothing.
    method = ""
    kind = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refusal := self.refusal():
            return self._leave(refusal)
        form = self.form_class(**self.form_options())
        # What the form opens with is what is previewed.
        form.cleaned_data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        form.cleaned_data["message"] = form.cleaned_data["message"] or ""
        return self._page(form, previewed=True)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refusal := self.refusal():
            return self._leave(refusal)
        form = self.form_class(request.POST, **self.form_options())
        if not form.is_valid():
            return self._page(form, previewed=False)
        if request.POST.get("step") != "send":
            return self._page(form, previewed=True)
        if form.cleaned_data["seen"] != self.fingerprint(form):
            messages.warning(request, _("This is how the mail looks now. Press again to send it."))
            return self._page(form, previewed=True)
        try:
            change = self.act(form)
        except AlreadyTold:
            return self._leave(_("Somebody has just done it: nothing was sent twice."))
        except ChangedMeanwhile:
            messages.warning(request, _("The run has just changed. See the preview again, and send it."))
            return self._page(form, previewed=True)
        except RunCancelled:
            return self._leave(_("The run is cancelled."))
        messages.success(request, self.success_message(change))
        return redirect(page_url("changes", self.run))

    def _leave(self, why: str) -> HttpResponse:
        messages.error(self.request, why)
        return redirect(page_url("changes", self.run))

    def _page(self, form: AnnounceForm, *, previewed: bool) -> HttpResponse:
        told = self.recipients(form) if previewed else []
        shown = previews(told, lambda each: self.mails(form, each)) if previewed else []
        if previewed:
            if form.is_bound:
                form.data = form.data.copy()
                form.data["seen"] = self.fingerprint(form)
            else:
                form.initial["seen"] = self.fingerprint(form)
        return self.render_to_response(
            self.get_context_data(
                form=form,
                previewed=previewed,
                previews=shown,
                count=len(told),
                without_address=without_address(chosen(self.run, Audience())) if previewed else 0,
                placeholders=OWN_WORDS.placeholders,
                **self.words(form, len(told)),
            )
        )

    def fingerprint(self, form: AnnounceForm) -> str:
        """Return what tells one preview from another: the words, the choices, and who would get it."""
        data = {name: value for name, value in form.cleaned_data.items() if name != "seen"}
        seen = [data, sorted(each.email for each in self.recipients(form)), self.state()]
        return hashlib.sha256(json.dumps(seen, default=str, sort_keys=True).encode()).hexdigest()[:16]

    def state(self) -> str:
        """Return what else would change the mail."""
        return str(self.run.seats.run_version)

    def form_options(self) -> dict[str, Any]:
        return {"run": self.run}

    def audience(self, form: AnnounceForm) -> Audience:
        return run_decisions.EVERYBODY

    def recipients(self, form: AnnounceForm) -> list[Recipient]:
        if "tell" in form.cleaned_data and not form.cleaned_data["tell"]:
            return []
        return recipients(self.run, self.audience(form))

    def mails(self, form: AnnounceForm, recipient: Recipient) -> Iterable[QueuedMail]:
        message = form.cleaned_data["message"]
        return run_decisions.announcements(self.run, self.kind, [recipient], message, method=self.method)

    def refusal(self) -> str:
        """Say why there is nothing to do here, or nothing."""
        return ""

    def words(self, form: AnnounceForm, count: int) -> dict[str, Any]:
        raise NotImplementedError

    def act(self, form: AnnounceForm) -> RunChange:
        raise NotImplementedError

    def success_message(self, change: RunChange) -> str:
        raise NotImplementedError

    def decide(self, operation: Any, form: AnnounceForm, **options: Any) -> RunChange:
        return operation(
            run_pk=self.run.pk,
            user=self.request.user,
            message=form.cleaned_data["message"],
            tell=form.cleaned_data["tell"],
            **options,
        )


def sent_to(count: int) -> str:
    """Say how many mails are on their way."""
    return ngettext("%(count)s e-mail is on its way.", "%(count)s e-mails are on their way.", count) % {"count": count}


class TellView(AnnounceView):
    """Tell of a change of date, place or people; or decide that nobody needs to hear."""

    page_title = gettext_lazy("Tell participants")
    form_class = TellForm

    def refusal(self) -> str:
        return "" if self.change else _("There is no change to tell of: somebody may have told of it already.")

    @cached_property
    def change(self) -> RunChange | None:
        return pending_change(self.run)

    @cached_property
    def news(self) -> News:
        return News.of(self.change, self.run)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("step") == "silent" and self.change:
            try:
                keep_silent(change_pk=self.change.pk, user=request.user)
            except AlreadyTold:
                return self._leave(_("Somebody has just done it: nothing was sent twice."))
            messages.success(request, _("Nobody is told of the change."))
            return redirect(page_url("changes", self.run))
        return super().post(request, *args, **kwargs)

    def form_options(self) -> dict[str, Any]:
        return super().form_options() | {"news": self.news}

    def state(self) -> str:
        return self.news.digest

    def audience(self, form: AnnounceForm) -> Audience:
        return form.audience

    def recipients(self, form: AnnounceForm) -> list[Recipient]:
        found = tellings(self.news, keys=form.cleaned_data["keys"], audience=form.audience)
        self.found = {each.recipient.email: each for each in found}
        return [each.recipient for each in found]

    def mails(self, form: AnnounceForm, recipient: Recipient) -> Iterable[QueuedMail]:
        return self.found[recipient.email].mails(self.run, self.news.now, form.cleaned_data["message"])

    def words(self, form: AnnounceForm, count: int) -> dict[str, Any]:
        return {
            "heading": _("What do participants need to know?"),
            "intro": _("Only those who registered before the change hear of it. Their calendars are updated."),
            "button": ngettext("Send to %(count)s recipient", "Send to %(count)s recipients", count) % {"count": count},
            "can_send": count > 0,
            "offers_silence": True,
        }

    def act(self, form: AnnounceForm) -> RunChange:
        return tell(
            change_pk=self.change.pk,
            user=self.request.user,
            keys=form.cleaned_data["keys"],
            message=form.cleaned_data["message"],
            audience=form.audience,
            seen=self.news.digest,
        )

    def success_message(self, change: RunChange) -> str:
        return _("The change is told.") + " " + sent_to(change.recipients)


class CancelRunView(AnnounceView):
    """Cancel the run, once it has been said what that means."""

    page_title = gettext_lazy("Cancel the run")
    form_class = CancelRunForm
    kind = "enrolments.run_cancelled"
    method = CANCEL

    def refusal(self) -> str:
        return _("The run is cancelled already.") if self.run.status == RunStatus.CANCELLED else ""

    def words(self, form: AnnounceForm, count: int) -> dict[str, Any]:
        figures = run_decisions.figures_of(self.run)
        return {
            "heading": _("Cancel the run?"),
            "consequences": [
                *run_decisions.figures_in_words(figures)[:2],
                *run_decisions.if_cancelled(self.run, figures),
                _("Offers that are out are taken back, and held seats are let go."),
                _("The course page says that the run is cancelled, and nobody can register."),
            ],
            "button": ngettext(
                "Cancel the run and send %(count)s e-mail", "Cancel the run and send %(count)s e-mails", count
            )
            % {"count": count}
            if count
            else _("Cancel the run without telling"),
            "can_send": True,
            "is_serious": True,
        }

    def act(self, form: AnnounceForm) -> RunChange:
        return self.decide(run_decisions.cancel_run, form)

    def success_message(self, change: RunChange) -> str:
        return _("The run is cancelled.") + " " + sent_to(change.recipients)


class ReopenRunView(AnnounceView):
    """Hold a run after all that was cancelled, perhaps by mistake."""

    page_title = gettext_lazy("Hold the run after all")
    form_class = DecideForm
    kind = "enrolments.run_reopened"
    method = REQUEST

    def refusal(self) -> str:
        return "" if self.run.status == RunStatus.CANCELLED else _("The run is not cancelled.")

    def words(self, form: AnnounceForm, count: int) -> dict[str, Any]:
        return {
            "heading": _("Hold the run after all?"),
            "consequences": [
                _("Everybody who has not cancelled or moved has their seat or their place in line as before."),
                _("Its days go back into their calendars."),
                _("People on the waiting list are offered the free seats."),
            ],
            "button": ngettext(
                "Hold the run and send %(count)s e-mail", "Hold the run and send %(count)s e-mails", count
            )
            % {"count": count}
            if count
            else _("Hold the run without telling"),
            "can_send": True,
        }

    def act(self, form: AnnounceForm) -> RunChange:
        return self.decide(run_decisions.reopen_run, form)

    def success_message(self, change: RunChange) -> str:
        return _("The run is held after all.") + " " + sent_to(change.recipients)


class ConfirmRunView(AnnounceView):
    """Decide that the run is held."""

    page_title = gettext_lazy("Confirm the run")
    form_class = ConfirmRunForm
    kind = "enrolments.run_confirmed"

    def refusal(self) -> str:
        if self.run.status == RunStatus.CANCELLED:
            return _("The run is cancelled.")
        return _("The run is confirmed already.") if self.run.confirmed_at else ""

    def audience(self, form: AnnounceForm) -> Audience:
        return form.audience

    def words(self, form: AnnounceForm, count: int) -> dict[str, Any]:
        figures = run_decisions.figures_of(self.run)
        return {
            "heading": _("Is the run held?"),
            "consequences": [
                *run_decisions.figures_in_words(figures),
                *run_decisions.if_held(self.run, figures)[1:],
            ],
            "warning": _("The minimum is not reached.") if figures.missing else "",
            "button": ngettext(
                "Confirm the run and send %(count)s e-mail", "Confirm the run and send %(count)s e-mails", count
            )
            % {"count": count}
            if count
            else _("Confirm the run without telling"),
            "can_send": True,
        }

    def act(self, form: AnnounceForm) -> RunChange:
        return self.decide(run_decisions.confirm_run, form, audience=form.audience)

    def success_message(self, change: RunChange) -> str:
        text = _("The run is confirmed: it will be held.")
        return f"{text} {sent_to(change.recipients)}" if change.recipients else text


# --- where it is reached from -----------------------------------------------------------------

workspace_urls.add(
    "changes",
    [
        path("run/<int:run_pk>/changes/", ChangesView.as_view(), name="changes"),
        path("run/<int:run_pk>/tell/", TellView.as_view(), name="tell"),
        path("run/<int:run_pk>/cancel-run/", CancelRunView.as_view(), name="cancel_run"),
        path("run/<int:run_pk>/reopen/", ReopenRunView.as_view(), name="reopen_run"),
        path("run/<int:run_pk>/confirm/", ConfirmRunView.as_view(), name="confirm_run"),
    ],
)
workspace_tabs.add(
    "changes",
    Tab(
        "changes",
        pgettext_lazy("tab", "Decision"),
        "participants:changes",
        count=lambda run: int(pending_change(run) is not None),
    ),
    order=60,
)
