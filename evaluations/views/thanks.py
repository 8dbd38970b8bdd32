"""What happens with the answers: where whoever has answered is led. The address says nothing about them."""

from django.http import HttpRequest, HttpResponse

from evaluations.views.base import UntracedView


class ThanksView(UntracedView):
    """Thanks, and what comes next."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page("evaluations/thanks.html")
