"""The registration form, and the receipt behind the contact's secret link."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
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
from enrolments.forms.questions import split_questions, typed_answers
from enrolments.forms.registration import (
    MAX_PARTICIPANTS,
    ParticipantFormSet,
    RegistrationForm,
    posted_rows,
    submission_digest,
)
from enrolments.links import registration_link
from enrolments.operations.questions import questions_of
from enrolments.operations.registering import register

#: Buttons that change the form's rows instead of sending it (they work without JavaScript).
ROW_ACTIONS = ("add_participant", "remove_participant", "copy_contact")


class CsrfCheck(CsrfViewMiddleware):
    """Django's check, answering with the reason instead of an error page."""

    def _reject(self, request: HttpRequest, reason: str) -> str:  # type: ignore[override]
        return reason


@method_decorator([csrf_exempt, ensure_csrf_cookie, never_cache], name="dispatch")
class RegisterView(View):
    """GET the form, POST it. CSRF is checked here, so that a stale page keeps what was typed."""

    def dispatch(self, request: HttpRequest, *args: Any, run_pk: int) -> HttpResponse:
        runs = CourseRun.objects.public().for_display().with_course_in_short()
        self.run = get_object_or_404(runs, pk=run_pk)
        self.once, each = split_questions(questions_of(self.run))
        self.of_each: dict[str, Any] = {"run": self.run, "questions": each}
        return super().dispatch(request, *args)

    def get(self, request: HttpRequest) -> HttpResponse:
        form = RegistrationForm.fresh(self.run, questions=self.once)
        return self._page(form, ParticipantFormSet(form_kwargs=self.of_each))

    def post(self, request: HttpRequest) -> HttpResponse:
        data = request.POST
        if any(action in data for action in ROW_ACTIONS):
            return self._page(*self._with_rows_changed(data))
        form = RegistrationForm(data, request.FILES, run=self.run, questions=self.once)
        formset = ParticipantFormSet(data, request.FILES, form_kwargs=self.of_each)
        if CsrfCheck(self.post).process_view(request, None, (), {}) is not None:
            form.add_error(None, _("The page had been open for too long. Nothing is lost: check it and send again."))
            return self._page(form, formset, status=403)
        valid = form.is_valid()
        if not formset.is_valid() or not valid:
            return self._page(form, formset)
        try:
            registration = register(
                run_pk=self.run.pk,
                known_run=self.run,
                submission=submission_digest(self.run, data),
                contact=form.contact,
                affiliation=form.affiliation,
                participants=formset.participants,
                payer=form.payer,
                accepts_line=form.cleaned_data.get("waiting_list", False),
                keep_together=form.cleaned_data.get("keep_together", False),
                answers=form.given,
            )
        except AlreadyRegistered as error:
            formset.add_already_registered(error.emails)
        except NotEnoughSeats as error:
            form.add_error("waiting_list" if "waiting_list" in form.fields else None, seats_message(error))
        except RegistrationClosed as error:
            self.run = CourseRun.objects.for_display().with_course_in_short().get(pk=self.run.pk)
            form.add_error(None, closed_message(error.state))
        else:
            return redirect("enrolments:registration", token=registration_link.token(registration))
        return self._page(form, formset)

    def _with_rows_changed(self, data: QueryDict) -> tuple[RegistrationForm, Any]:
        """Return the forms with a row more or less, or the contact as participant; nothing is checked yet."""
        names = ParticipantFormSet.form.base_fields
        total = min(posted_rows(data), MAX_PARTICIPANTS)
        files, each = self.request.FILES, self.of_each["questions"]
        rows = [
            {name: data.get(f"participants-{at}-{name}", "") for name in names}
            | typed_answers(data, files, each, f"participants-{at}-")
            for at in range(total)
        ]
        if "copy_contact" in data:
            empty = next((row for row in rows if not row["email"] and not row["name"]), None)
            if empty is None:
                empty = dict.fromkeys(names, "")
                rows.append(empty)
            empty.update(name=data.get("contact_name", ""), email=data.get("contact_email", ""))
        elif "add_participant" in data:
            rows.append(dict.fromkeys(names, ""))
        else:
            gone = data["remove_participant"]
            rows = [row for at, row in enumerate(rows) if str(at) != gone]
        typed = data.dict() | typed_answers(data, files, self.once)
        form = RegistrationForm(run=self.run, questions=self.once, initial=typed)
        return form, ParticipantFormSet(initial=rows[:MAX_PARTICIPANTS] or [{}], form_kwargs=self.of_each)

    def _page(self, form: RegistrationForm, formset: Any, status: int = 200) -> HttpResponse:
        run = self.run
        shown = RunView(run, timezone.now())
        if self.request.method == "GET" and shown.state == RegistrationState.LINE:
            # On a full run the line is what people come for.
            form.initial["waiting_list"] = True
        context = {
            "run": run,
            "course": run.course,
            "crumbs": [(run.course.title, run.course.get_url(self.request))],
            "here": _("Registration"),
            "shown": shown,
            "state": shown.state,
            "takes_registrations": shown.takes_registrations,
            "closed_message": closed_message(shown.state),
            "form": form,
            "formset": formset,
            "max_participants": MAX_PARTICIPANTS,
            "seats_left": shown.seats_left,
            "asks_questions": bool(self.once or self.of_each["questions"]),
        }
        return TemplateResponse(self.request, "enrolments/register.html", context, status=status)


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
