"""What all roll call views share: who is asking, which day, and how to say no."""

from datetime import date
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.generic import View

from courses.models import CourseDay, CourseRun
from enrolments.permissions import may_take_roll_call
from website.accounts.typing import AnyUser

#: Tells the service worker whose page it may keep on the device (site/…/sw.js).
USER_HEADER = "X-Roll-Call-User"


def roll_call_url(day: CourseDay) -> str:
    """Return the address of a day's roll call."""
    return reverse("enrolments:roll_call", kwargs={"run_pk": day.run_id, "date": day.date})


def user_key(user: AnyUser) -> str:
    """Return what a device knows a user by: the same every time, and nothing to anybody else."""
    return salted_hmac("enrolments.roll_call.device", str(user.pk), algorithm="sha256").hexdigest()[:20]


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def refused(
    request: HttpRequest, reason: str, *, status: int = 403, code: str = "refused", url: str = ""
) -> HttpResponse:
    """Say no in words, as a page or as JSON; `url` is where to go on."""
    if wants_json(request):
        return JsonResponse({"error": reason, "code": code, "url": url}, status=status)
    return render(request, "enrolments/roll_call_refused.html", {"reason": reason, "url": url}, status=status)


def nearest_day(run: CourseRun, today: date | None = None) -> CourseDay | None:
    """Return the run's day today, else the next one, else the last one; None without days."""
    days = run.ordered_days()
    today = today or timezone.localdate()
    return next((day for day in days if day.date >= today), days[-1] if days else None)


@method_decorator(never_cache, name="dispatch")
class RollCallBase(View):
    """Signs people in first, and marks answers as dependent on what was asked for."""

    #: Whether the service worker may keep the page, for this user alone.
    kept_on_device = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if wants_json(request):
                text = _("You are no longer signed in. Sign in again, then try again.")
                return refused(request, text, status=401, code="signed_out")
            return redirect_to_login(request.get_full_path() if request.method == "GET" else request.path)
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept", "Cookie"])
        if self.kept_on_device and request.method == "GET" and response.status_code == 200:
            response[USER_HEADER] = user_key(request.user)
        return response


class DayView(RollCallBase):
    """What everything about a day shares: the day in the address, and who may see it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        day = (
            CourseDay.objects.select_related("run__course__attendance_rule", "run__venue", "venue")
            .annotate(is_mine=Exists(CourseRun.objects.presented_by(request.user).filter(pk=OuterRef("run_id"))))
            .filter(run=kwargs["run_pk"], date=kwargs["date"])
            .first()
        )
        if day is None:
            return self.day_missing(request, kwargs["run_pk"], kwargs["date"])
        self.day, self.run = day, day.run
        allowed = may_take_roll_call(request.user, self.run, presents=day.is_mine)
        if not allowed:
            return refused(request, allowed.reason)
        return super().dispatch(request, *args, **kwargs)

    def day_missing(self, request: HttpRequest, run_pk: int, wanted: date) -> HttpResponse:
        run = CourseRun.objects.select_related("course").filter(pk=run_pk).first()
        if run is None:
            if wants_json(request):
                return refused(request, _("There is no such run."), status=404, code="day_missing")
            raise Http404(_("There is no such run."))
        allowed = may_take_roll_call(request.user, run)
        if not allowed:
            return refused(request, allowed.reason)
        text = _("“%(run)s” has no day on %(date)s.") % {"run": run, "date": date_format(wanted)}
        if request.method == "POST":
            text += " " + _("The day has been removed or moved. Nothing was saved.")
        return refused(request, text, status=404, code="day_missing", url=self.moved_to(request, run))

    def moved_to(self, request: HttpRequest, run: CourseRun) -> str:
        """Return the address of the day that stood on this date before, where that is known; else "" ."""
        return ""

    def common_context(self) -> dict[str, Any]:
        days = self.run.ordered_days()
        number = next(n for n, day in enumerate(days) if day.pk == self.day.pk)
        return {
            "run": self.run,
            "day": self.day,
            "days": days,
            "day_number": number + 1,
            "previous_day": days[number - 1] if number else None,
            "next_day": days[number + 1] if number + 1 < len(days) else None,
            "venue": self.day.effective_venue,
        }
