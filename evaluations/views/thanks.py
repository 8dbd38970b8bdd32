"""What happens with the answers: where whoever has answered is led. The address says nothing about them."""

from django.http import HttpRequest, HttpResponse

from evaluations.views.base import UntracedView
from evaluations.views.wording import Wording, thanked_evaluation


class ThanksView(UntracedView):
    """Thanks, and what comes next. The same page for everybody who answered the same evaluation."""

    def get(self, request: HttpRequest) -> HttpResponse:
        evaluation = thanked_evaluation(request.GET.get("om", ""))
        about = Wording(evaluation) if evaluation else None
        return self.page("evaluations/thanks.html", {"about": about})
