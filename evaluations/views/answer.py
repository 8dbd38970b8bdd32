"""Answer an evaluation behind one's own secret link."""

from django.http import HttpRequest, HttpResponse

from evaluations.views.base import UntracedView


class AnswerView(UntracedView):
    """The questions, and where the answers are sent."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.page("evaluations/unknown_link.html", status=404)
