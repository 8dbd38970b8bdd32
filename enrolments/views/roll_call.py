"""Roll call of a day: plain forms that work without JavaScript; a script asks for JSON instead of pages."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.generic import View

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import CourseDay, CourseRun
from enrolments.enums import AttendanceStatus
from enrolments.models import AttendanceChange, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import MAX_MINUTES_LATE, Mark
from enrolments.permissions import may_take_all_roll_calls, may_take_roll_call
from enrolments.reports.roll_call import Roll, act_text, last_act, mark_label, roll_of

DAYS_A_PAGE = 40
PAST_DAYS = 10
#: Marks committed this long before the page was last told are told again: clocks and commits cross.
OVERLAP = timedelta(seconds=60)


class BadInput(Exception):
    """What was sent makes no sense; the message says why."""


def refused(request: HttpRequest, reason: str, *, status: int = 403) -> HttpResponse:
    """Say no in words, as a page or as JSON."""
    if wants_json(request):
        return JsonResponse({"error": reason}, status=status)
    return render(request, "enrolments/roll_call_refused.html", {"reason": reason}, status=status)


def wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


@method_decorator(never_cache, name="dispatch")
class RollCallBase(View):
    """Signs people in first, and marks answers as dependent on what was asked for."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if wants_json(request):
                return refused(request, _("You are no longer signed in. Sign in again, then try again."), status=401)
            return redirect_to_login(request.get_full_path() if request.method == "GET" else request.path)
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ["Accept", "Cookie"])
        return response


class RollCallListView(RollCallBase):
    """The days on which this person may take attendance: today's and coming ones, and the latest past."""

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
        return redirect("enrolments:roll_call", run_pk=run.pk, date=day.date)


def nearest_day(run: CourseRun, today: date | None = None) -> CourseDay | None:
    """Return the run's day today, else the next one, else the last one; None without days."""
    days = run.ordered_days()
    today = today or timezone.localdate()
    return next((day for day in days if day.date >= today), days[-1] if days else None)


@method_decorator(never_cache, name="dispatch")
class DayView(RollCallBase):
    """What the roll call and its history share: the day in the address, and who may see it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        self.day = (
            CourseDay.objects.select_related("run__course", "run__venue", "venue")
            .annotate(is_mine=Exists(CourseRun.objects.presented_by(request.user).filter(pk=OuterRef("run_id"))))
            .filter(run=kwargs["run_pk"], date=kwargs["date"])
            .first()
        )
        if self.day is None:
            return self.day_missing(request, kwargs["run_pk"], kwargs["date"])
        self.run = self.day.run
        allowed = may_take_roll_call(request.user, self.run, presents=self.day.is_mine)
        if not allowed:
            return refused(request, allowed.reason)
        return super().dispatch(request, *args, **kwargs)

    def day_missing(self, request: HttpRequest, run_pk: int, wanted: date) -> HttpResponse:
        run = CourseRun.objects.select_related("course").filter(pk=run_pk).first()
        if run is None:
            raise Http404(_("There is no such run."))
        allowed = may_take_roll_call(request.user, run)
        if not allowed:
            return refused(request, allowed.reason)
        text = _("“%(run)s” has no day on %(date)s.") % {"run": run, "date": date_format(wanted)}
        if request.method == "POST":
            text += " " + _("The day has been removed or moved. Nothing was saved.")
        return refused(request, text, status=404)

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


class RollCallView(DayView):
    """The roll call. GET shows it (or, as JSON, what has changed `siden`); POST marks."""

    def get(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        roll = roll_of(self.day)
        if wants_json(request):
            return JsonResponse(self.state(roll, since=request.GET.get("siden")))
        return self.page(request, roll)

    def post(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        try:
            changes, message = self.perform(request)
        except (BadInput, attendance.AttendanceError) as error:
            return self.refuse(request, explain(error))
        if not wants_json(request):
            messages.success(request, message)
            return redirect(self.back_to(request))
        roll = roll_of(self.day)
        state = self.state(roll, since=request.POST.get("siden"), also=marked_pk(request))
        state["message"] = message
        if changes:
            names = {row.pk: row.name for row in (*roll.rows, *roll.former)}
            state["undo"] = {"change": changes[0].pk, "text": undo_text(act_text(changes, names))}
        return JsonResponse(state)

    def perform(self, request: HttpRequest) -> tuple[list[AttendanceChange], str]:
        """Do what the form asks; return what changed and a sentence about it."""
        act = request.POST.get("handling", "marker")
        if act == "alle":
            changes = attendance.mark_untaken(day=self.day, by=request.user)
            if not changes:
                return changes, _("Everyone had been marked already.")
            return changes, ngettext(
                "%(count)s participant was marked present.", "%(count)s participants were marked present.", len(changes)
            ) % {"count": len(changes)}
        if act == "fortryd":
            changes = attendance.undo(day=self.day, change_pk=number(request.POST.get("change")), by=request.user)
            return changes, _("Undone.")
        if act != "marker":
            raise BadInput(_("The form asked for something unknown. Reload the page. Nothing was saved."))
        pk, mark = read_mark(request)
        changes = attendance.mark(day=self.day, marks={pk: mark}, by=request.user)
        label = mark_label(mark.status, mark.minutes_late)
        if wants_json(request):
            return changes, label
        name = Enrolment.objects.values_list("name", flat=True).get(pk=pk)
        return changes, _("%(who)s: %(mark)s") % {"who": name, "mark": label}

    def refuse(self, request: HttpRequest, text: str) -> HttpResponse:
        roll = roll_of(self.day)
        if wants_json(request):
            state = self.state(roll, since=request.POST.get("siden"), also=marked_pk(request))
            return JsonResponse({**state, "error": text}, status=409)
        return self.page(request, roll, error=text, status=409)

    def back_to(self, request: HttpRequest) -> str:
        shown = request.POST.get("vis", "")
        query = f"?vis={shown}" if shown in VIEWS else ""
        pk = marked_pk(request)
        return request.path + query + (f"#deltager-{pk}" if pk.isdigit() else "#liste")

    def page(self, request: HttpRequest, roll: Roll, *, error: str = "", status: int = 200) -> HttpResponse:
        shown = request.GET.get("vis", "")
        shown = shown if shown in VIEWS else ""
        act = last_act(self.day, request.user)
        context = {
            **self.common_context(),
            "roll": roll,
            "shown": shown,
            "shown_status": VIEWS.get(shown),
            "views": [(name, *texts) for name, texts in zip(VIEWS, roll.count_texts, strict=True)],
            "choices": MARK_CHOICES,
            "undo_change": act[0].pk if act else None,
            "undo_text": undo_text(act_text(act)) if act else "",
            "confirms_all": "alle" in request.GET and roll.untaken,
            "error": error,
            "since": timezone.now().isoformat(),
            "is_cancelled": self.run.status == RunStatus.CANCELLED,
            "is_early": self.day.date > timezone.localdate(),
            "max_minutes": MAX_MINUTES_LATE,
        }
        return render(request, "enrolments/roll_call.html", context, status=status)

    def state(self, roll: Roll, *, since: str | None, also: str | None = None) -> dict[str, Any]:
        """Return what a page that was told `since` does not know yet, and the counts."""
        told = read_instant(since)
        fresh = [
            row
            for row in (*roll.rows, *roll.former)
            if told is None or str(row.pk) == also or (row.marked_at and row.marked_at >= told - OVERLAP)
        ]
        return {
            "since": timezone.now().isoformat(),
            "listed": [row.pk for row in roll.rows] if told is None else len(roll.rows),
            "counts": roll.counts,
            "rows": [
                {"id": row.pk, "status": row.status, "minutes": row.minutes_late, "text": row.mark_text}
                for row in fresh
            ],
        }


class HistoryView(DayView):
    """Every change of the day, or of one participant on the day: who, when, what."""

    def get(self, request: HttpRequest, run_pk: int, date: date, enrolment_pk: int | None = None) -> HttpResponse:
        changes = (
            AttendanceChange.objects.filter(attendance__day=self.day)
            .select_related("attendance__enrolment", "by")
            .order_by("-pk")
        )
        participant = None
        if enrolment_pk is not None:
            participant = Enrolment.objects.filter(pk=enrolment_pk, run=self.run).first()
            if participant is None:
                raise Http404(_("There is no such participant on this run."))
            changes = changes.filter(attendance__enrolment=participant)
        page = Paginator(changes, 100).get_page(request.GET.get("side"))
        lines = [
            {
                "change": change,
                "before": mark_label(change.old_status, change.old_minutes_late),
                "after": mark_label(change.new_status, change.new_minutes_late),
            }
            for change in page
        ]
        context = {**self.common_context(), "participant": participant, "lines": lines, "page_obj": page}
        return render(request, "enrolments/roll_call_history.html", context)


#: The four choices, with icons: colour is never the only sign.
MARK_CHOICES = [
    (AttendanceStatus.PRESENT, "check"),
    (AttendanceStatus.LATE, "time"),
    (AttendanceStatus.ABSENT, "close"),
    (AttendanceStatus.EXCUSED, "chat"),
]
#: What the list can be narrowed to, by the word in the address.
VIEWS = {"til-stede": "present", "forsinket": "late", "fravaer": "absent", "undskyldt": "excused", "ikke-taget": ""}


def undo_text(act: str) -> str:
    return _("Undo %(act)s") % {"act": act}


def number(text: str | None) -> int:
    """Return a row's number from a form. Raises BadInput when it is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadInput(_("The form was not filled in right. Reload the page. Nothing was saved."))
    return int(text)


def marked_pk(request: HttpRequest) -> str:
    """Return the participant's number as it stands in the form: `mark` is "<number>:<status>"."""
    return request.POST.get("mark", "").partition(":")[0]


def read_mark(request: HttpRequest) -> tuple[int, Mark]:
    """Read whom to mark and as what. Raises BadInput for minutes that are no number of minutes."""
    pk, status = number(marked_pk(request)), request.POST.get("mark", "").partition(":")[2]
    written = request.POST.get("minutter", "").strip()
    if status != AttendanceStatus.LATE or not written:
        return pk, Mark(status)
    if not (written.isascii() and written.isdigit() and 1 <= int(written[:9]) <= MAX_MINUTES_LATE):
        raise BadInput(
            _("Write the minutes as a whole number from 1 to %(most)s. You wrote “%(written)s”.")
            % {"most": MAX_MINUTES_LATE, "written": written[:40]}
        )
    return pk, Mark(status, int(written))


def read_instant(text: str | None) -> datetime | None:
    """Return the instant a page says it was told at, or None when it says none that can be."""
    try:
        instant = parse_datetime((text or "").replace(" ", "+"))
    except ValueError:
        return None
    # Years at the calendar's ends cannot be reckoned with.
    return instant if instant and timezone.is_aware(instant) and 2000 < instant.year < 9000 else None


def explain(error: Exception) -> str:
    """Return a refusal in words."""
    match error:
        case BadInput():
            return str(error)
        case attendance.DayRemoved():
            return _("The day has been removed or moved. Nothing was saved.")
        case attendance.UnknownMark():
            return _("There is no such mark: “%(mark)s”. Reload the page. Nothing was saved.") % {"mark": error}
        case attendance.NotOnTheRoll() if error.names:
            return _("%(names)s is not on the roll any more (cancelled or moved). Nothing was saved.") % {
                "names": ", ".join(error.names)
            }
        case attendance.NotOnTheRoll():
            return _("This participant is not on this run. Reload the page. Nothing was saved.")
        case attendance.ChangedSince():
            return _("%(names)s has been marked again since, so there is nothing to undo.") % {
                "names": ", ".join(error.names)
            }
    return _("There is nothing to undo.")


def roll_call_url(day: CourseDay) -> str:
    """Return the address of a day's roll call."""
    return reverse("enrolments:roll_call", kwargs={"run_pk": day.run_id, "date": day.date})
