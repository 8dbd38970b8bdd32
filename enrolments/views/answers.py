"""Answers behind the secret links: the contact's and the participants', to see, to change, and their files."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from enrolments.enums import AskedOf
from enrolments.exceptions import AnswersChanged, TooLate
from enrolments.forms.questions import AnswersForm
from enrolments.models import Answer, Enrolment, Question
from enrolments.operations.questions import answers_of, asked_of, change_answers, may_change_answers, questions_of
from enrolments.permissions import may_see_enrolments
from enrolments.views.doors import ContactDoor, Door, ParticipantDoor

TEMPLATE = "enrolments/answers.html"


class AnswersPage(Door):
    """Show what somebody answered (GET), and change it (POST) until the run begins."""

    enrolment: Enrolment | None
    questions: list[Question]

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(AnswersForm(questions=self.questions, answers=self._answers()))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AnswersForm(request.POST, request.FILES, questions=self.questions, answers=self._answers())
        if not form.is_valid():
            return self._page(form)
        try:
            changed = change_answers(
                registration=self.registration,
                enrolment=self.enrolment,
                questions=self.questions,
                given=form.given,
                seen=form.cleaned_data["seen"] or None,
                actor=self.actor,
            )
        except AnswersChanged:
            messages.error(
                request, _("Somebody else has just changed the answers. Look at them, and change them again.")
            )
            return redirect(request.get_full_path())
        except TooLate:
            messages.error(
                request, _("The run has begun, so the answers can no longer change here. Call or write to us.")
            )
            return redirect(self.home)
        messages.success(request, _("The answers are saved.") if changed else _("Nothing was changed."))
        return redirect(self.after)

    @property
    def after(self) -> str:
        return self.home

    def _answers(self) -> dict[int, Answer]:
        return answers_of(self.registration, self.enrolment, questions=self.questions)

    def _page(self, form: AnswersForm, **context: Any) -> HttpResponse:
        form.initial["seen"] = form.seen_answers
        may_change = may_change_answers(self.run) and (self.enrolment is None or self.enrolment.is_active)
        values = {"form": form, "enrolment": self.enrolment, "may_change": may_change, **context}
        return self.page(TEMPLATE, values.pop("here", _("Answers")), **values)


class ContactAnswersView(AnswersPage, ContactDoor):
    """The contact's own answers, and (`?deltager=`) those of one participant, without what is about their health.

    A participant may have written the latter themselves: it is for their own eyes.
    """

    def open(self, token: str) -> bool:
        if not super().open(token):
            return False
        asked = questions_of(self.registration.run)
        pk = self.request.GET.get("deltager", "")
        self.enrolment, self.of_each = None, [q for q in asked_of(asked, AskedOf.PARTICIPANT) if not q.is_sensitive]
        self.questions = asked_of(asked, AskedOf.REGISTRATION)
        if pk:
            known = pk.isascii() and pk.isdigit() and len(pk) < 19
            self.enrolment = self.reach().active().filter(pk=pk).first() if known else None
            self.questions = self.of_each
        return self.enrolment is not None or not pk

    @property
    def after(self) -> str:
        return self.address("answers") if self.enrolment else self.home

    def _page(self, form: AnswersForm, **context: Any) -> HttpResponse:
        if self.enrolment:
            crumbs = [(self.home_title, self.home), (_("Answers"), self.address("answers"))]
            return super()._page(form, crumbs=crumbs, here=str(self.enrolment), **context)
        people = self.reach().active() if self.of_each else []
        return super()._page(form, people=[(each, self.address("answers", each)) for each in people], **context)


class ParticipantAnswersView(AnswersPage, ParticipantDoor):
    """A participant's own answers."""

    def open(self, token: str) -> bool:
        if not super().open(token):
            return False
        self.questions = asked_of(questions_of(self.registration.run), AskedOf.PARTICIPANT)
        return True


class ContactFileView(ContactDoor):
    """A file that was answered with, for the contact: not one about a participant's health."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        answers = Answer.objects.filter(registration=self.registration)
        return file_response(
            get_object_or_404(answers.exclude(question__is_sensitive=True, enrolment__isnull=False), pk=pk)
        )


class ParticipantFileView(ParticipantDoor):
    """A file that a participant answered with, for the participant."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return file_response(get_object_or_404(Answer.objects.filter(enrolment=self.enrolment), pk=pk))


@method_decorator(never_cache, name="dispatch")
class StaffFileView(View):
    """A file that was answered with, for the signed-in organiser."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        may_see_enrolments(request.user).enforce()
        return file_response(get_object_or_404(Answer, pk=pk))


def file_response(answer: Answer) -> FileResponse:
    """Return the answer's file as something to save: never shown as a page of ours."""
    if not answer.file:
        raise Http404(_("There is no such file."))
    try:
        content = answer.file.open("rb")
    except FileNotFoundError as error:
        raise Http404(_("There is no such file.")) from error
    response = FileResponse(content, as_attachment=True, filename=answer.value)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
