"""The way in from the QR code on the screen in the room."""

from django.http import HttpRequest, HttpResponse

from evaluations.views.base import UntracedView


class RoomView(UntracedView):
    """Ask who somebody is, and lead them to the questions."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        return self.page("evaluations/unknown_link.html", status=404)
