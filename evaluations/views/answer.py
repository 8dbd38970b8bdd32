"""Answer an evaluation behind one's own secret link. Opening the page changes nothing; only a valid POST counts."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from evaluations.exceptions import AlreadyAnswered, NotInvited, NotOpen
from evaluations.forms import AnswerForm
from evaluations.links import answer_link
from evaluations.models import Evaluation, Voter
from evaluations.operations.casting import cast
from evaluations.views.base import LANGUAGE, UntracedView
from evaluations.views.wording import RELATED, Wording, thanks_url

#: The button that shows the page in the other language, with what has been filled in.
OTHER_LANGUAGE = "andet-sprog"


class PaperView(UntracedView):
    """A page with a paper to fill in, or why there is none: what links of voters and open surveys share."""

    template = "evaluations/answer.html"

    def show(
        self, evaluation: Evaluation, form: AnswerForm, *, status: int = 200, are_changed: bool = False
    ) -> HttpResponse:
        context = {"about": Wording(evaluation), "form": form, "are_changed": are_changed, "switch": OTHER_LANGUAGE}
        return self.page(self.template, context, status=status)

    def thanks(self, evaluation: Evaluation) -> HttpResponse:
        query = {LANGUAGE: self.language} if LANGUAGE in self.request.GET else {}
        response = HttpResponseRedirect(thanks_url(evaluation, **query))
        response.status_code = 303
        return response

    def stop(
        self,
        evaluation: Evaluation,
        heading: str,
        text: str,
        *,
        typed: list[tuple[str, str]] | None = None,
        is_good: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        """Say why there is nothing to fill in. `typed`: what was sent all the same, to be copied from the page."""
        context = {"about": Wording(evaluation), "heading": heading, "text": text, "typed": typed, "is_good": is_good}
        return self.page("evaluations/answer_stop.html", context, status=status)

    def closed(self, evaluation: Evaluation, typed: list[tuple[str, str]] | None = None) -> HttpResponse:
        """Say that answers are not taken, and why."""
        heading, text = Wording(evaluation).why_closed(timezone.now(), was_sent=typed is not None)
        status = 200 if typed is None else 409
        return self.stop(evaluation, heading, text, typed=typed, status=status)

    def unknown(self, sent: QueryDict | None = None) -> HttpResponse:
        typed = [("", text) for text in _texts(sent)] if sent is not None else None
        return self.page("evaluations/unknown_link.html", {"typed": typed}, status=404)


class AnswerView(PaperView):
    """The questions, and where the answers are sent."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        voter = find_voter(token)
        if voter is None:
            return self.unknown()
        evaluation = voter.evaluation
        if not evaluation.takes_answers():
            return self.closed(evaluation)
        if voter.has_answered:
            return self.already(evaluation)
        return self.show(evaluation, AnswerForm(evaluation, group=group_of(voter)))

    # Nothing that somebody wrote may stand in the report of an error.
    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        voter = find_voter(token)
        if voter is None:
            return self.unknown(request.POST)
        evaluation = voter.evaluation
        form = AnswerForm(evaluation, request.POST, group=group_of(voter))
        if not evaluation.takes_answers():
            return self.closed(evaluation, form.what_was_typed())
        if voter.has_answered:
            return self.already(evaluation, form.what_was_typed())
        if OTHER_LANGUAGE in request.POST:
            return self.show(evaluation, form.unchecked())
        if not form.is_of_these_questions:
            return self.show(evaluation, form.unchecked(), are_changed=True, status=409)
        if not form.is_valid():
            return self.show(evaluation, form, status=422)
        try:
            cast(voter=voter, paper=form.paper())
        except AlreadyAnswered:
            return self.already(evaluation, form.what_was_typed())
        except NotOpen:
            evaluation.refresh_from_db(fields=["status", "opens_at", "closes_at"])
            return self.closed(evaluation, form.what_was_typed())
        except NotInvited:
            return self.unknown(request.POST)
        return self.thanks(evaluation)

    def already(self, evaluation: Evaluation, typed: list[tuple[str, str]] | None = None) -> HttpResponse:
        text = _("Your answer is sealed and lies among the others. Nobody can find it again, so it cannot be changed.")
        status = 200 if typed is None else 409
        return self.stop(evaluation, _("You have answered"), text, typed=typed, is_good=True, status=status)


def find_voter(token: str) -> Voter | None:
    """Return the voter whose link carries the token, with all that the pages show, in one query."""
    related = (*(f"evaluation__{each}" for each in RELATED), "invitation__organisation")
    return answer_link.find(token, Voter.objects.select_related(*related))


def group_of(voter: Voter) -> str:
    """Return the code of the municipality that a survey's invitation tells; empty where it tells none."""
    organisation = voter.invitation.organisation if voter.invitation else None
    return (organisation.code or "") if organisation else ""


def _texts(sent: QueryDict) -> list[str]:
    """Return what was written in a paper whose questions are gone: chosen answers are numbers and tell nothing."""
    values = [value.strip() for name in sent if name.startswith("q-") for value in sent.getlist(name)]
    return [value for value in values if value and not value.lstrip("-").isdigit()]
