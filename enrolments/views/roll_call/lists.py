"""The days to take attendance on, and the way from a run to its day."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from courses.enums import HELD_STATUSES
from courses.models import CourseDay, CourseRun
from enrolments.permissions import may_take_all_roll_calls, may_take_roll_call
from enrolments.views.roll_call.base import RollCallBase, nearest_day, refused, roll_call_url, user_key
from enrolments.views.roll_call.texts import list_texts

DAYS_A_PAGE = 40
PAST_DAYS = 10


class RollCallListView(RollCallBase):
    """The days on which this person may take attendance: today's and coming ones, and the latest past."""

    kept_on_device = True

    def get(self, request: HttpRequest) -> HttpResponse:
        days = CourseDay.objects.filter(run__status__in=HELD_STATUSES)
        sees_all = bool(may_take_all_roll_calls(request.user))
        if not sees_all:
            days = days.filter(run__in=CourseRun.objects.presented_by(request.user))
            if not days.exists():
                return refused(
                    request,
                    _("You are on no run as presenter. Ask an organiser to put you on the day you are to teach."),
                )
        days = days.select_related("run__course", "run__venue", "run__seats", "venue").annotate(
            taken=Count("attendance", filter=~Q(attendance__status=""))
        )
        today = timezone.localdate()
        coming = days.filter(date__gte=today).order_by("date", "start_time", "pk")
        past = days.filter(date__lt=today).order_by("-date", "start_time", "pk")[:PAST_DAYS]
        page = Paginator(coming, DAYS_A_PAGE).get_page(request.GET.get("side"))
        return render(
            request,
            "enrolments/roll_call_list.html",
            {
                "page_obj": page,
                "today": [day for day in page if day.date == today],
                "coming": [day for day in page if day.date != today],
                "past": past if page.number == 1 else [],
                "sees_all": sees_all,
                "data": {"user": user_key(request.user), "texts": list_texts()},
            },
        )


class RollCallRunView(RollCallBase):
    """Sends on to the roll call of today, else of the next day, else of the last."""

    def get(self, request: HttpRequest, run_pk: int) -> HttpResponse:
        run = CourseRun.objects.select_related("course").filter(pk=run_pk).first()
        if run is None:
            raise Http404(_("There is no such run."))
        allowed = may_take_roll_call(request.user, run)
        if not allowed:
            return refused(request, allowed.reason)
        day = nearest_day(run)
        if day is None:
            return refused(request, _("“%(run)s” has no days yet.") % {"run": run}, status=404)
        return redirect(roll_call_url(day))
