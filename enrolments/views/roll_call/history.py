"""The history of a day, or of one participant on it: every tap, also those that changed nothing."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from enrolments.models import AttendanceChange, Enrolment
from enrolments.permissions import may_see_enrolments
from enrolments.reports.roll_call import mark_label
from enrolments.views.roll_call.base import DayView

#: A tap that reached us later than this after it was taken came from a device that was offline: it is told.
LATE_SECONDS = 60
#: A clock that is more than this off is told.
CLOCK_SECONDS = 120


class HistoryView(DayView):
    """Who, when tapped and when received, from which device, what was before and after; the latest tap first."""

    def get(self, request: HttpRequest, run_pk: int, date: date, enrolment_pk: int | None = None) -> HttpResponse:
        changes = (
            AttendanceChange.objects.filter(attendance__day=self.day)
            .select_related("attendance__enrolment", "by")
            .order_by("-at", "-pk")
        )
        participant = None
        if enrolment_pk is not None:
            participant = Enrolment.objects.filter(pk=enrolment_pk, run=self.run).first()
            if participant is None:
                raise Http404(_("There is no such participant on this run."))
            changes = changes.filter(attendance__enrolment=participant)
        page = Paginator(changes, 100).get_page(request.GET.get("side"))
        sees_words = bool(may_see_enrolments(request.user))
        lines = [_line(change, sees_words=sees_words) for change in page]
        context = {**self.common_context(), "participant": participant, "lines": lines, "page_obj": page}
        return render(request, "enrolments/roll_call_history.html", context)


def _line(change: AttendanceChange, *, sees_words: bool) -> dict[str, object]:
    """Return what the page shows of a change. Reasons and notes are shown to those who see registrations."""
    off = change.clock_offset or 0
    return {
        "change": change,
        "before": mark_label(change.old_status, change.old_minutes_late, change.old_minutes_early),
        "after": mark_label(change.new_status, change.new_minutes_late, change.new_minutes_early),
        "words": [word for word in (change.new_reason, change.new_note) if word] if sees_words else [],
        "came_late": abs((change.received_at - change.at).total_seconds()) > LATE_SECONDS,
        "minutes_off": round(abs(off) / 60) if abs(off) > CLOCK_SECONDS else 0,
    }
