"""Answer an open survey: everyone with the link may, and nobody is asked who they are.

So nobody can be stopped from answering twice on purpose, and the page says so. What a browser has answered it
remembers by a cookie that holds nothing but that: it stops answering twice by mistake.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from evaluations.enums import Audience
from evaluations.exceptions import NotInvited, NotOpen
from evaluations.forms import AnswerForm
from evaluations.models import Evaluation
from evaluations.operations.casting import cast_openly
from evaluations.views.answer import OTHER_LANGUAGE, PaperView
from evaluations.views.wording import RELATED, Wording
from website.core.throttling import is_too_often

#: The page's parameter that forgets that this browser has answered: a colleague wants to, on the same computer.
AGAIN = "igen"
#: All that the cookie says.
ANSWERED = "1"
#: The cookie outlives the survey by so long.
AFTERWARDS = timedelta(days=1)


class SurveyView(PaperView):
    """The questions of an open survey, and where the answers are sent."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        evaluation = find_open_survey(slug)
        if evaluation is None:
            return self.unknown()
        if not evaluation.takes_answers():
            return self.closed(evaluation)
        if not self.has_answered(evaluation):
            return self.show(evaluation, AnswerForm(evaluation))
        if AGAIN not in request.GET:
            return self.answered(evaluation)
        response = self.show(evaluation, AnswerForm(evaluation))
        response.delete_cookie(cookie_of(evaluation), path=request.path)
        return response

    # Nothing that somebody wrote may stand in the report of an error.
    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        evaluation = find_open_survey(slug)
        if evaluation is None:
            return self.unknown(request.POST)
        form = AnswerForm(evaluation, request.POST)
        if not evaluation.takes_answers():
            return self.closed(evaluation, form.what_was_typed())
        if OTHER_LANGUAGE in request.POST:
            return self.show(evaluation, form.unchecked())
        if self.has_answered(evaluation):
            return self.answered(evaluation, form.what_was_typed())
        if not form.is_of_these_questions:
            return self.show(evaluation, form.unchecked(), are_changed=True, status=409)
        if not form.is_valid():
            return self.show(evaluation, form, status=422)
        if is_too_often("survey", request):
            return self.too_often(evaluation, form.what_was_typed())
        try:
            cast_openly(evaluation=evaluation, paper=form.paper())
        except NotOpen:
            evaluation.refresh_from_db(fields=["status", "opens_at", "closes_at"])
            return self.closed(evaluation, form.what_was_typed())
        except NotInvited:
            return self.unknown(request.POST)
        response = self.thanks(evaluation)
        self.remember(response, evaluation)
        return response

    def has_answered(self, evaluation: Evaluation) -> bool:
        """Whether this browser says that it has answered."""
        return self.request.COOKIES.get(cookie_of(evaluation)) == ANSWERED

    def remember(self, response: HttpResponse, evaluation: Evaluation) -> None:
        """Let the browser keep that it has answered, and nothing else."""
        response.set_cookie(
            cookie_of(evaluation),
            ANSWERED,
            max_age=max(evaluation.closes_at - timezone.now(), timedelta()) + AFTERWARDS,
            path=self.request.path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )

    def answered(self, evaluation: Evaluation, typed: list[tuple[str, str]] | None = None) -> HttpResponse:
        context = {
            "about": Wording(evaluation),
            "heading": _("This browser has answered"),
            "text": _("An answer has been sent from it already. It is sealed, so it cannot be changed."),
            "typed": typed,
            "is_good": True,
            "again": f"?{AGAIN}=ja",
        }
        return self.page("evaluations/answer_stop.html", context, status=200 if typed is None else 409)

    def too_often(self, evaluation: Evaluation, typed: list[tuple[str, str]]) -> HttpResponse:
        text = _("Many answers have come from your network within an hour. Wait a while, and send yours again.")
        return self.stop(evaluation, _("Your answer has not been sent"), text, typed=typed, status=429)


def find_open_survey(slug: str) -> Evaluation | None:
    """Return the evaluation of the open survey at that address, with all that the pages show, in one query."""
    found = Evaluation.objects.filter(survey__slug=slug, survey__audience=Audience.OPEN)
    return found.select_related(*RELATED).first()


def cookie_of(evaluation: Evaluation) -> str:
    return f"undersoegelse-{evaluation.pk}"
