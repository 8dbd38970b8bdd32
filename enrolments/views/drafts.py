"""A half-finished registration behind its secret link: go on with it, or delete it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from courses.models import CourseRun
from enrolments.enums import QuestionKind
from enrolments.forms.questions import split_questions
from enrolments.links import draft_link, registration_link
from enrolments.models import GroupDraft
from enrolments.operations.drafts import delete_draft, keeps_until
from enrolments.operations.questions import questions_of
from enrolments.views.lists import ListView
from enrolments.views.registration import RegisterView


def find_draft(token: str) -> GroupDraft | None:
    return draft_link.find(token, GroupDraft.objects.select_related("registration"))


class DraftMixin:
    """The form of a draft, posted to its own secret address."""

    draft: GroupDraft

    def open_run(self, run_pk: int) -> None:
        # Not only public runs: one that was withdrawn still says what became of it, and the draft is kept.
        self.run = CourseRun.objects.for_display().with_course_in_short().get(pk=run_pk)
        self.once, self.each = split_questions(questions_of(self.run))

    def is_ours(self) -> bool:
        return True  # the address is the secret; under "no-referrer" Django's own check cannot serve

    def action(self) -> str:
        return reverse("enrolments:draft", args=[draft_link.token(self.draft)])

    def context(self, form: Any) -> dict[str, Any]:
        return super().context(form) | {
            "kept_until": keeps_until(self.draft),
            "draft_url": draft_link.url(self.draft),
            "asks_files": any(each.kind == QuestionKind.FILE for each in (*self.once, *self.each)),
        }

    def typed_data(self) -> QueryDict:
        """Return the draft's data as it was posted."""
        data = QueryDict(mutable=True)
        for key, values in self.draft.data.items():
            data.setlist(key, values)
        return data


class DraftFormView(DraftMixin, RegisterView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(*self.typed(self.typed_data()))


class DraftListView(DraftMixin, ListView):
    def get(self, request: HttpRequest) -> HttpResponse:
        return self.open_at(self.typed_data())


# As for the receipt, the address is the secret that a forged request lacks.
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class DraftView(View):
    """Finds the draft of a secret link, and shows it in the form it was saved in."""

    def dispatch(self, request: HttpRequest, *args: Any, token: str) -> HttpResponse:
        draft = find_draft(token)
        if draft is None:
            response: HttpResponse = TemplateResponse(request, "enrolments/unknown_draft.html", status=404)
        elif draft.registration is not None:
            response = redirect("enrolments:registration", token=registration_link.token(draft.registration))
        else:
            response = self.open(request, draft)
        return secret(response)

    def open(self, request: HttpRequest, draft: GroupDraft) -> HttpResponse:
        view = DraftListView if "step" in draft.data else DraftFormView
        return view.as_view(draft=draft)(request, run_pk=draft.run_id)


class DeleteDraftView(DraftView):
    """A confirming step (GET), then the draft is gone (POST)."""

    def open(self, request: HttpRequest, draft: GroupDraft) -> HttpResponse:
        run = CourseRun.objects.for_display().with_course_in_short().get(pk=draft.run_id)
        if request.method == "POST":
            delete_draft(draft)
            messages.success(request, _("The draft is deleted, with all that was written in it."))
            return redirect(run.course.get_url(request) or "/")
        link = reverse("enrolments:draft", args=[draft_link.token(draft)])
        context = {
            "run": run,
            "course": run.course,
            "crumbs": [(_("Draft"), link)],
            "here": _("Delete the draft"),
            "draft_link": link,
        }
        return TemplateResponse(request, "enrolments/delete_draft.html", context)


def secret(response: HttpResponse) -> HttpResponse:
    """Keep the address, which is the key, out of Referer headers and search engines."""
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
