"""The registration form: sent, changed row by row, put aside as a draft, or taken along to another run."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie

from courses.enums import RegistrationState
from courses.models import CourseRun
from courses.presentation import RunView
from enrolments.exceptions import AlreadyRegistered, NotEnoughSeats, RegistrationClosed
from enrolments.forms.fields import municipality_names
from enrolments.forms.participants import (
    MAX_LISTED,
    MAX_PARTICIPANTS,
    OWN_FIELDS,
    ParticipantFormSet,
    typed_rows,
)
from enrolments.forms.questions import split_questions, typed_answers
from enrolments.forms.registration import UNSIGNED, RegistrationForm, submission_digest
from enrolments.links import draft_link, registration_link
from enrolments.models import GroupDraft, Registration
from enrolments.operations.drafts import save_draft
from enrolments.operations.questions import questions_of
from enrolments.operations.registering import register
from website.core.throttling import is_too_often

#: Buttons that change the form instead of sending it (they work without JavaScript).
ROW_ACTIONS = ("add_participant", "remove_participant", "copy_contact", "copy_first", "show_payers", "carry_over")
#: So many other runs of the course are offered to whoever cannot come to this one.
OTHER_RUNS = 4


class CsrfCheck(CsrfViewMiddleware):
    """Django's check, answering with the reason instead of an error page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


@method_decorator([csrf_exempt, ensure_csrf_cookie, never_cache], name="dispatch")
class RegisterView(View):
    """GET the form, POST it. CSRF is checked here, so that a stale page keeps what was typed."""

    formset_class = ParticipantFormSet
    most = MAX_PARTICIPANTS
    url_name = "enrolments:register"
    draft: GroupDraft | None = None
    refused = False

    def dispatch(self, request: HttpRequest, *args: Any, run_pk: int) -> HttpResponse:
        self.open_run(run_pk)
        if request.method == "POST":
            if is_too_often("registration", request):
                return too_often(request)
            if self.is_far_too_large():
                return self.too_large()
            try:
                request.POST  # noqa: B018 - read here, where a body that is too large is answered in words
            except (RequestDataTooBig, TooManyFilesSent, MultiPartParserError):
                return self.too_large()
            self.draft = self.draft or draft_link.find(request.POST.get("draft", ""))
        return super().dispatch(request, *args)

    def open_run(self, run_pk: int) -> None:
        runs = CourseRun.objects.public().for_display().with_course_in_short()
        self.run = get_object_or_404(runs, pk=run_pk)
        self.once, self.each = split_questions(questions_of(self.run))

    def get(self, request: HttpRequest) -> HttpResponse:
        form = RegistrationForm.fresh(self.run, questions=self.once)
        return self.page(form, self.formset_class(form_kwargs=self.of_each(request.GET)))

    def post(self, request: HttpRequest) -> HttpResponse:
        data = request.POST
        if any(action in data for action in ROW_ACTIONS):
            return self.page(*self.with_rows_changed(data))
        form, formset = self.bound(data)
        if not self.is_ours():
            form.add_error(None, _("The page had been open for too long. Nothing is lost: check it and send again."))
            return self.page(form, formset, status=403)
        if "save_draft" in data:
            return self.save(data)
        valid = form.is_valid()
        if not formset.is_valid() or not valid:
            return self.page(form, formset)
        if "separate_payers" in data and not self.has_payer_fields(data):
            # Without JavaScript the fields come with the next page.
            form, formset = self.typed(data)
            return self.page(form, formset, asks_payers=True)
        registration = self.register(form, formset)
        if registration is None:
            return self.page(form, formset)
        return redirect("enrolments:registration", token=registration_link.token(registration))

    def register(self, form: RegistrationForm, formset: Any) -> Registration | None:
        """Register, or put the refusal where it belongs and return None."""
        try:
            return register(
                run_pk=self.run.pk,
                known_run=self.run,
                submission=submission_digest(self.run, self.request.POST),
                contact=form.contact,
                affiliation=form.affiliation,
                participants=formset.participants,
                payer=form.payer,
                accepts_line=form.cleaned_data.get("waiting_list", False),
                keep_together=form.cleaned_data.get("keep_together", False),
                answers=form.given,
                draft=self.draft,
            )
        except AlreadyRegistered as error:
            formset.add_already_registered(error.emails)
        except NotEnoughSeats as error:
            form.add_error("waiting_list" if "waiting_list" in form.fields else None, seats_message(error))
            self.refused = not error.left
        except RegistrationClosed as error:
            self.run = CourseRun.objects.for_display().with_course_in_short().get(pk=self.run.pk)
            form.add_error(None, closed_message(error.state))
        return None

    # --- forms ----------------------------------------------------------------------------------

    def of_each(self, data: QueryDict) -> dict[str, Any]:
        """Return what each participant's form is made with."""
        return {"run": self.run, "questions": self.each, "separate_payers": bool(data.get("separate_payers"))}

    def bound(self, data: QueryDict) -> tuple[RegistrationForm, Any]:
        files = self.request.FILES
        form = RegistrationForm(data, files, run=self.run, questions=self.once)
        return form, self.formset_class(data, files, form_kwargs=self.of_each(data))

    def typed(self, data: QueryDict, rows: list[dict[str, str]] | None = None) -> tuple[RegistrationForm, Any]:
        """Return the forms with what was typed, nothing checked; `rows` if they are others than those typed."""
        rows = self.rows(data) if rows is None else rows
        initial = data.dict() | typed_answers(data, self.request.FILES, self.once)
        initial["seen_price"] = str(self.run.effective_price)
        if not initial.get("submission"):
            initial["submission"] = RegistrationForm.new_mark()
        form = RegistrationForm(run=self.run, questions=self.once, initial=initial)
        return form, self.formset_class(initial=rows[: self.most] or [{}], form_kwargs=self.of_each(data))

    def rows(self, data: QueryDict) -> list[dict[str, str]]:
        """Return what was typed for each participant, chosen files by their names."""
        files = self.request.FILES
        return [
            row | typed_answers(data, files, self.each, f"participants-{at}-")
            for at, row in enumerate(typed_rows(data, most=self.most))
        ]

    def with_rows_changed(self, data: QueryDict) -> tuple[RegistrationForm, Any]:
        """Return the forms with a row more, less or filled in; nothing is checked yet."""
        rows = self.rows(data)
        if "copy_contact" in data:
            empty = next((row for row in rows if not row.get("email") and not row.get("name")), None)
            if empty is None:
                empty = {}
                rows.append(empty)
            empty.update(name=data.get("contact_name", ""), email=data.get("contact_email", ""))
            empty.pop("unnamed", None)
        elif "copy_first" in data:
            common = {name: value for name, value in rows[0].items() if name not in OWN_FIELDS}
            rows = [row | common if str(at) == data["copy_first"] else row for at, row in enumerate(rows)]
        elif "add_participant" in data:
            rows.append({})
        elif "remove_participant" in data:
            rows = [row for at, row in enumerate(rows) if str(at) != data["remove_participant"]]
        return self.typed(data, rows)

    def has_payer_fields(self, data: QueryDict) -> bool:
        return self.run.is_free or "participants-0-billing_method" in data or "participants-0-ean" in data

    # --- drafts and refusals --------------------------------------------------------------------

    def save(self, data: QueryDict) -> HttpResponse:
        """Keep what was typed, and lead to where it can be gone on with."""
        if is_too_often("draft", self.request):
            return too_often(self.request)
        kept = {key: values for key, values in data.lists() if key not in (*UNSIGNED, "save_draft", "seen_price")}
        draft = self.draft if self.draft and self.draft.registration_id is None else None
        draft = save_draft(run=self.run, data=kept, contact_email=data.get("contact_email", ""), draft=draft)
        if draft.contact_email:
            told = _("Saved. We have sent the link to %(email)s.") % {"email": draft.contact_email}
        else:
            told = _("Saved. Keep this page's address: it is the way back.")
        messages.success(self.request, told)
        return redirect("enrolments:draft", token=draft_link.token(draft))

    def is_ours(self) -> bool:
        """Whether the post comes from a page of ours that is not too old."""
        return CsrfCheck(self.post).process_view(self.request, None, (), {}) is None

    def is_far_too_large(self) -> bool:
        """Whether the post says of itself that it is not worth reading."""
        return False

    def too_large(self) -> HttpResponse:
        return TemplateResponse(self.request, "enrolments/too_large.html", {"run": self.run}, status=413)

    # --- pages ----------------------------------------------------------------------------------

    def page(
        self, form: RegistrationForm, formset: Any, *, status: int = 200, asks_payers: bool = False
    ) -> HttpResponse:
        context = self.context(form) | {"formset": formset, "asks_payers": asks_payers, "max_participants": self.most}
        if self.each or self.once:
            context["asks_questions"] = True
        return TemplateResponse(self.request, "enrolments/register.html", context, status=status)

    def context(self, form: RegistrationForm) -> dict[str, Any]:
        run = self.run
        shown = RunView(run, timezone.now())
        if self.request.method == "GET" and shown.state == RegistrationState.LINE and not self.draft:
            # On a full run the line is what people come for.
            form.initial["waiting_list"] = True
        stuck = self.refused or not shown.takes_registrations
        has_typed = form.is_bound or self.draft is not None or "carry_over" in self.request.POST
        return {
            "run": run,
            "course": run.course,
            "crumbs": [(run.course.title, run.course.get_url(self.request))],
            "here": _("Registration"),
            "shown": shown,
            "state": shown.state,
            "takes_registrations": shown.takes_registrations,
            "closed_message": closed_message(shown.state),
            "form": form,
            "action": self.action(),
            "seats_left": shown.seats_left,
            "municipalities": municipality_names(),
            "max_listed": MAX_LISTED,
            "draft": self.draft,
            "draft_token": draft_link.token(self.draft) if self.draft else "",
            "has_typed": has_typed,
            "other_runs": other_runs(run) if stuck and has_typed else [],
        }

    def action(self) -> str:
        return reverse(self.url_name, args=[self.run.pk])


def other_runs(run: CourseRun) -> list[RunView]:
    """Return other runs of the course whose form is open, the earliest first."""
    now = timezone.now()
    runs = CourseRun.objects.listed().taking_registrations(now).filter(course=run.course_id).exclude(pk=run.pk)
    return [RunView(other, now) for other in runs.for_display().with_course_in_short()[:OTHER_RUNS]]


def too_often(request: HttpRequest) -> HttpResponse:
    """Say kindly that this is too often, and when to try again."""
    response = TemplateResponse(request, "enrolments/too_often.html", status=429)
    response["Retry-After"] = "60"
    return response


def seats_message(error: NotEnoughSeats) -> str:
    """Say how many seats there are and what can be done."""
    if error.left == 0 and error.has_line:
        return _("The run is full. Tick here to join the waiting list.")
    if error.left == 0:
        return _("The run is full, and it has no waiting list.")
    left = ngettext("There is only %(left)s seat left", "There are only %(left)s seats left", error.left) % {
        "left": error.left
    }
    if error.has_line:
        return _("%(seats_left)s for your %(wanted)s participants. Tick here to put the rest on the waiting list.") % {
            "seats_left": left,
            "wanted": error.wanted,
        }
    return _("%(seats_left)s for your %(wanted)s participants. Remove some, and send again.") % {
        "seats_left": left,
        "wanted": error.wanted,
    }


def closed_message(state: RegistrationState) -> str:
    """Say why the form takes no registrations, or nothing when it does."""
    return {
        RegistrationState.CANCELLED: _("This run is cancelled."),
        RegistrationState.PAST: _("This run has been held."),
        RegistrationState.NOT_YET: _("Registration has not opened yet."),
        RegistrationState.CLOSED: _("Registration for this run is closed."),
        RegistrationState.FULL: _("This run is fully booked."),
    }.get(state, "")
