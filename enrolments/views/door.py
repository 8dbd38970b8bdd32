"""What stands at the door: the screen with the changing code, and the one that counts who has come. No names."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import HELD_STATUSES
from courses.models import CourseDay
from enrolments.door_codes import DoorCode, door_code
from enrolments.enums import ATTENDED_STATUSES, ON_THE_ROLL
from enrolments.models import RollEntry
from enrolments.operations.check_in import is_open, opens_at
from enrolments.qr import qr_data_uri
from enrolments.views.roll_call import DayView, roll_call_url, wants_json
from website.core.danish import clock, written


def come_and_expected(day: CourseDay) -> tuple[int, int]:
    """Return how many have come on the day, and how many are on its roll: one query."""
    counts = RollEntry.objects.filter(day=day.pk, enrolment__status__in=ON_THE_ROLL).aggregate(
        come=Count("enrolment_id", filter=Q(attendance__status__in=ATTENDED_STATUSES)), expected=Count("enrolment_id")
    )
    return counts["come"], counts["expected"]


def count_text(come: int, expected: int) -> str:
    """Such as "27 of 40 have come"."""
    return ngettext("%(come)s of %(expected)s has come", "%(come)s of %(expected)s have come", come) % {
        "come": come,
        "expected": expected,
    }


class ScreenView(DayView):
    """A page for a projector or a tablet. A script asks for the same as JSON; without one the page reloads itself."""

    template = ""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        state = self.state()
        if wants_json(request):
            return JsonResponse(state)
        context = {
            "run": self.run,
            "day": self.day,
            "state": state,
            "roll_call_url": roll_call_url(self.day),
            **self.more(),
        }
        return render(request, self.template, context)

    def state(self) -> dict[str, Any]:
        """Return what the screen shows now (JSON types)."""
        come, expected = come_and_expected(self.day)
        return {"come": come, "expected": expected, "count": count_text(come, expected)}

    def more(self) -> dict[str, Any]:
        return {}


class CountScreenView(ScreenView):
    template = "enrolments/count_screen.html"


class DoorScreenView(ScreenView):
    """The day's code while check-in is open; before and after, when it is."""

    template = "enrolments/door_screen.html"

    def state(self) -> dict[str, Any]:
        now = timezone.now()
        state = super().state()
        if not is_open(self.day, now):
            return state | {"open": False, "closed": self.closed_text(now), "seconds": 30}
        code = door_code(self.day, now)
        return state | {
            "open": True,
            "digits": code.spaced_digits,
            "qr": qr_data_uri(self.scan_url(code)),
            "seconds": round((code.changes_at - now).total_seconds(), 1),
        }

    def more(self) -> dict[str, Any]:
        address = settings.SITE_URL + reverse("enrolments:check_in")
        return {"check_in_address": address.partition("://")[2].rstrip("/")}

    def scan_url(self, code: DoorCode) -> str:
        return settings.SITE_URL + reverse("enrolments:check_in_scanned", args=[self.day.pk, code.token])

    def closed_text(self, now: Any) -> str:
        if self.run.status not in HELD_STATUSES:
            return _("The run is not held, so nobody can check in.")
        if now >= self.day.ends_at:
            return _("The day is over. Check-in closed at %(time)s.") % {"time": clock(self.day.end_time)}
        opens = timezone.localtime(opens_at(self.day))
        return _("Check-in opens %(date)s at %(time)s.") % {
            "date": written(opens, "l j. F"),
            "time": time_format(opens, "TIME_FORMAT"),
        }
