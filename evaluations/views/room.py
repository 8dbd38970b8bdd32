"""The way in from the QR code on the screen in the room: who are you, then the questions.

What somebody types tells them no more than whether there is something to answer: an address that nobody has, one of
another run and one that has answered already all get the same reply.
"""

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from evaluations.links import answer_link
from evaluations.models import Evaluation
from evaluations.operations.electorate import voter_in_room
from evaluations.views.answer import PaperView
from evaluations.views.base import LANGUAGE
from evaluations.views.wording import RELATED, Wording
from website.core.throttling import WrongTries

SALT = "evaluations.room-visit"
#: An address has at most 254 signs; a participant's QR code holds a longer address of ours.
LONGEST = 500


class RoomView(PaperView):
    """Ask who somebody is by their e-mail address or the code on their badge, and lead them to their own link."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        evaluation = find_room(code)
        if evaluation is None:
            return self.unknown()
        return self.ask(evaluation, visit=uuid.uuid4().hex) if evaluation.takes_answers() else self.closed(evaluation)

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        evaluation = find_room(code)
        if evaluation is None:
            return self.unknown()
        if not evaluation.takes_answers():
            return self.closed(evaluation)
        visit, typed = self.visit(evaluation), request.POST.get("who", "")[:LONGEST]
        if not visit:
            error = _("The page had been open for too long. Send what you wrote once more.")
            return self.ask(evaluation, visit=uuid.uuid4().hex, error=error, typed=typed, status=422)
        tries = self.tries(evaluation, visit, typed)
        if tries.are_used_up():
            return self.ask(evaluation, visit=visit, error=too_many(typed), typed=typed, status=429)
        if not typed.strip():
            error = _("Write the e-mail you are registered with, or the code on your badge.")
            return self.ask(evaluation, visit=visit, error=error, status=422)
        voter = voter_in_room(evaluation=evaluation, typed=typed)
        if voter is None:
            tries.count()
            return self.ask(evaluation, visit=visit, error=nobody(), typed=typed, status=422)
        query = "?" + urlencode({LANGUAGE: self.language}) if LANGUAGE in request.GET else ""
        response = HttpResponseRedirect(reverse("evaluations:answer", args=[answer_link.token(voter)]) + query)
        response.status_code = 303
        return response

    def visit(self, evaluation: Evaluation) -> str:
        """Return what tells this visit from others; empty where no page of ours was posted, and nothing is judged.

        A whole room stands behind one network address: were that the visitor, ten who mistype would shut out all; and
        no address is to be kept, not even as a digest. So each page carries a random number.
        """
        try:
            room, visit = signing.loads(self.request.POST.get("visit", ""), salt=SALT, max_age=24 * 60 * 60)
        except (signing.BadSignature, ValueError, TypeError):
            return ""
        return str(visit) if room == evaluation.pk else ""

    def tries(self, evaluation: Evaluation, visit: str, typed: str) -> WrongTries:
        """Return the wrong tries of this visit, and of the room together.

        Somebody who fetches a new page for every ten tries meets the room's limit, and with them everybody else. So
        that one cannot shut out all, addresses (which are guessed by knowing people) and codes (one in a million
        million) are counted apart: with no more addresses taken, the code on the badge still leads in.
        """
        if is_address(typed):
            return WrongTries(
                f"evaluation-room-{evaluation.pk}",
                visit,
                each=settings.EVALUATION_WRONG_TRIES,
                of_all=settings.EVALUATION_WRONG_ADDRESSES_OF_ALL,
            )
        return WrongTries(
            f"evaluation-room-{evaluation.pk}-codes",
            visit,
            each=settings.EVALUATION_WRONG_TRIES,
            of_all=settings.EVALUATION_WRONG_CODES_OF_ALL,
        )

    def ask(
        self, evaluation: Evaluation, *, visit: str, error: str = "", typed: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "about": Wording(evaluation),
            "visit": signing.dumps([evaluation.pk, visit], salt=SALT),
            "error": error,
            "typed": typed,
        }
        return self.page("evaluations/room.html", context, status=status)


def find_room(code: str) -> Evaluation | None:
    """Return the evaluation whose room has this code, with what its pages show."""
    if "\0" in code:
        return None  # which no column holds
    return Evaluation.objects.select_related(*RELATED).filter(room_code=code.casefold()).first()


def nobody() -> str:
    return _(
        "We find nothing to answer with that. Write the e-mail you are registered with, or the code on your badge."
        " Have you answered already? Then you are done."
    )


def is_address(typed: str) -> bool:
    return "@" in typed


def too_many(typed: str) -> str:
    if is_address(typed):
        return _(
            "Too many wrong e-mails have been tried. Use the code on your badge or the link in the mail that we send"
            " you, or wait ten minutes and try again."
        )
    return _(
        "Too many wrong codes have been tried. Use your e-mail or the link in the mail that we send you, or wait ten"
        " minutes and try again."
    )
