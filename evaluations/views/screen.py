"""The way to the questions for those in the room: on the big screen, and on a sheet of paper. No names, no figures."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from courses.models import CourseRun
from enrolments.permissions import may_take_roll_call
from enrolments.qr import qr_data_uri
from enrolments.views.roll_call.base import RollCallBase, refused
from evaluations.documents import room_sheet
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Evaluation
from evaluations.permissions import may_see_all_results
from website.core.danish import clock, written
from website.core.pdf import pdf_response


def room_address(evaluation: Evaluation) -> str:
    """Return the full address of the room."""
    return settings.SITE_URL + reverse("evaluations:room", args=[evaluation.room_code])


def to_type(address: str) -> str:
    """Return an address as people type it."""
    return address.partition("://")[2].rstrip("/")


def parts_of(address: str) -> list[str]:
    """Return where a long address may go on in the next line: after a slash, so that the code stands whole."""
    *folders, code = address.split("/")
    return [*(f"{folder}/" for folder in folders), code]


class RoomPage(RollCallBase):
    """A page of a run for its presenters and organisers. Whoever has not signed in is sent to do so."""

    run: CourseRun
    evaluation: Evaluation | None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        self.run = get_object_or_404(CourseRun.objects.select_related("course"), pk=kwargs["run_pk"])
        verdict = may_take_roll_call(request.user, self.run)
        if not verdict:
            return refused(request, verdict.reason)
        found = Evaluation.objects.filter(run=self.run, moment=Moment.END).exclude(room_code=None)
        self.evaluation = found.defer("public_key", "sealed_key").first()
        response = super().dispatch(request, *args, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        return response


class ScreenView(RoomPage):
    """For the projector: the QR code and the address, large. Before and after, when it is."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        context: dict[str, Any] = {
            "run": self.run,
            "evaluation": self.evaluation,
            "back_url": self.back_url(),
            "closed": self.closed_text(),
        }
        if self.evaluation is not None:
            address = room_address(self.evaluation)
            context |= {
                "qr": qr_data_uri(address),
                "address": to_type(address),
                "address_parts": parts_of(to_type(address)),
            }
        return TemplateResponse(request, "evaluations/screen.html", context)

    def back_url(self) -> str:
        if may_see_all_results(self.request.user):
            return reverse("participants:evaluation", args=[self.run.pk])
        return reverse("enrolments:roll_call_run", args=[self.run.pk])

    def closed_text(self) -> str:
        """Return why nobody can answer now; "" while they can."""
        evaluation, now = self.evaluation, timezone.now()
        if evaluation is None or evaluation.status == EvaluationStatus.STOPPED or not self.run.is_held:
            return _("The run is not evaluated in the room.")
        if evaluation.takes_answers(now):
            return ""
        if evaluation.status == EvaluationStatus.PLANNED and now < evaluation.closes_at:
            if evaluation.opens_at <= now:
                return _("The evaluation opens in a moment.")
            opens = timezone.localtime(evaluation.opens_at)
            if opens.date() == timezone.localdate(now):
                return _("The evaluation opens at %(time)s.") % {"time": clock(opens.time())}
            return _("The evaluation opens %(date)s at %(time)s.") % {
                "date": written(opens, "l j. F"),
                "time": time_format(opens, "TIME_FORMAT"),
            }
        return _("The evaluation is closed.")


class SheetView(RoomPage):
    """The same on paper, to be laid on the tables or hung on the wall."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if self.evaluation is None or self.evaluation.status == EvaluationStatus.STOPPED:
            raise Http404
        address = room_address(self.evaluation)
        document = room_sheet(self.run, self.evaluation, address=address, typed=to_type(address))
        return pdf_response(document, f"evaluering-{self.run.pk}.pdf")
