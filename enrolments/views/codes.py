"""The address in a participant's QR code. It opens nothing: it says what the code is for, and shows it large."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from courses.models import CourseRun
from enrolments.check_in_codes import OwnCode
from enrolments.enums import ON_THE_ROLL
from enrolments.models import Enrolment
from enrolments.operations.check_in import enrolment_of_code
from enrolments.permissions import may_take_roll_call
from enrolments.views.roll_call import nearest_day, refused, roll_call_url, wants_json


@method_decorator(never_cache, name="dispatch")
class ParticipantCodeView(View):
    """Whoever takes the run's roll call is led to the participant there; everybody else sees the code, and no name."""

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        enrolment = enrolment_of_code(code)
        if wants_json(request):
            response: HttpResponse = self.explain(request, enrolment)
        elif enrolment is None:
            response = TemplateResponse(request, "enrolments/code_unknown.html", status=404)
        else:
            run = CourseRun.objects.select_related("course").get(pk=enrolment.run_id)
            if may_take_roll_call(request.user, run):
                response = self.to_roll_call(request, enrolment, run)
            else:
                response = TemplateResponse(request, "enrolments/code.html", {"own": OwnCode(enrolment)})
        patch_vary_headers(response, ["Accept", "Cookie"])
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    def explain(self, request: HttpRequest, enrolment: Enrolment | None) -> HttpResponse:
        """Tell a roll call's scanner why a code is of nobody on its roll. Names go to who takes that run's own."""
        if not request.user.is_authenticated:
            return JsonResponse({"text": ""}, status=401)
        if enrolment is None:
            text = _(
                "The code is not in force: it has been replaced by a newer one, or it was never ours."
                " Find the participant in the list."
            )
            return JsonResponse({"text": text}, status=404)
        run = CourseRun.objects.select_related("course").get(pk=enrolment.run_id)
        if not may_take_roll_call(request.user, run):
            return JsonResponse({"text": _("The code is of another run.")})
        names = {"name": enrolment, "run": run, "status": enrolment.get_status_display()}
        if enrolment.status in ON_THE_ROLL:
            return JsonResponse({"text": _("%(name)s is on another run: “%(run)s”.") % names})
        return JsonResponse({"text": _("%(name)s is not on the roll of “%(run)s”. Status: %(status)s.") % names})

    def to_roll_call(self, request: HttpRequest, enrolment: Enrolment, run: CourseRun) -> HttpResponse:
        if enrolment.status not in ON_THE_ROLL:
            status = enrolment.get_status_display()
            text = _("%(name)s is not on the roll of “%(run)s”. Status: %(status)s.")
            return refused(request, text % {"name": enrolment, "run": run, "status": status}, status=410)
        day = nearest_day(run)
        if day is None:
            return refused(request, _("“%(run)s” has no days yet.") % {"run": run}, status=404)
        return redirect(f"{roll_call_url(day)}#deltager-{enrolment.pk}")
