"""Check in on one's own at the door: by its six digits or its QR code, then by who one is.

Public pages that work without JavaScript and set no cookie. The door's code is judged when it arrives; what the
next form carries is a permit (enrolments.door_codes).
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from courses.models import CourseDay
from enrolments.door_codes import Permit, days_of_digits, is_token_of, read_digits
from enrolments.enums import AttendanceStatus
from enrolments.models import Enrolment
from enrolments.operations import check_in as operations
from enrolments.operations.attendance import AttendanceError
from enrolments.views.doors import ParticipantDoor
from website.accounts.operations import addresses_of
from website.core.throttling import WrongTries, address_of

#: The steps by the name of their button.
DIGITS, WHO, ME = "digits", "who", "me"


class CheckInBase(View):
    """What the ways in share. Someone signed in, or behind their own link, is known; anybody else says who they are."""

    template = "enrolments/check_in.html"
    #: Where the forms post to.
    action: str

    def known(self, days: list[CourseDay]) -> tuple[Enrolment, CourseDay] | None:
        """Return who it is without asking, and on which of the days."""
        user = self.request.user
        return operations.find_by_address(addresses_of(user), days) if user.is_authenticated else None

    def visitor_tries(self) -> WrongTries:
        """Return the wrong digits of this visitor: of a person where we know whom, else of an address.

        The price of it: a whole room may stand behind one address and use its ten tries up between them, and
        somebody with many addresses may use up the day's tries of all. Typing is refused then, right digits too.
        The QR code, whose token nobody guesses, is never held back, nor is whoever is signed in or has their link.
        """
        user = self.request.user
        if user.is_authenticated:
            return WrongTries("check-in", f"user:{user.pk}", each=settings.CHECK_IN_WRONG_TRIES)
        return WrongTries(
            "check-in",
            address_of(self.request),
            each=settings.CHECK_IN_WRONG_TRIES,
            of_all=settings.CHECK_IN_WRONG_TRIES_OF_ALL,
        )

    def judge_digits(self, typed: str) -> HttpResponse:
        """Judge the door's digits, and mark, or ask who it is."""
        tries, now = self.visitor_tries(), timezone.now()
        if tries.are_used_up():
            return self.too_many()
        digits = read_digits(typed)
        days = days_of_digits(digits, self.judged_days(now), now) if digits else []
        if not days:
            if typed.strip():
                tries.count()
            return self.ask_digits(error=digits_error(typed), typed=typed, status=422)
        permit = Permit.give(days, now)
        known = self.known(days)
        return self.mark(*known, permit, is_proven=True) if known else self.ask_who(permit)

    def judged_days(self, now: Any) -> list[CourseDay]:
        return list(operations.open_days(now))

    def mark(self, enrolment: Enrolment, day: CourseDay, permit: Permit, *, is_proven: bool) -> HttpResponse:
        """Mark, and say what came of it; someone proven is told more about themselves."""
        try:
            result = operations.check_in(enrolment=enrolment, day=day, permit=permit)
        except operations.OutsideWindow:
            return self.closed()
        except operations.PermitSpent:
            return self.ask_digits(error=spent_error(), status=409)
        except (operations.CheckInError, AttendanceError):
            if not is_proven:
                return self.ask_who(permit, error=who_error(), status=422)
            return self.stop(
                _("Talk to the staff at the door"),
                _("You have no seat on this run as it stands (%(status)s). The staff at the door will help you in.")
                % {"status": enrolment.get_status_display().lower()},
            )
        context = {"result": result, "course": day.run.course, "is_proven": is_proven}
        context["is_late"] = result.status == AttendanceStatus.LATE
        return self.page("enrolments/check_in_done.html", context)

    def ask_digits(self, *, error: str = "", typed: str = "", status: int = 200) -> HttpResponse:
        return self.page(self.template, {"step": DIGITS, "error": error, "typed": typed[:20]}, status=status)

    def ask_who(self, permit: Permit, *, error: str = "", typed: str = "", status: int = 200) -> HttpResponse:
        days = CourseDay.objects.select_related("run__course").filter(pk__in=permit.days)
        context = {"step": WHO, "permit": permit.signed(), "error": error, "typed": typed[:254]}
        # Two days may share their digits for a moment: then nobody is told which it is.
        context["day"] = days[0] if len(days) == 1 else None
        return self.page(self.template, context, status=status)

    def too_many(self) -> HttpResponse:
        return self.stop(
            _("Too many wrong tries"),
            _(
                "For a while no more digits can be tried from here. Scan the QR code at the door instead,"
                " or talk to the staff there."
            ),
            status=429,
        )

    def closed(self) -> HttpResponse:
        return self.stop(
            _("Check-in is closed"), _("Participants check in from shortly before the day begins until it ends.")
        )

    def stop(self, title: str, text: str, *, status: int = 409) -> HttpResponse:
        return self.page(
            "enrolments/check_in_stop.html", {"heading": title, "text": text, "may_type": status != 429}, status=status
        )

    def page(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        return TemplateResponse(self.request, template, {"action": self.action, **context}, status=status)


# Without a cookie: phones open what they scan in browsers that keep none. What a forged request would lack is the
# code at the door, and it would come without the visitor's sign-in (SameSite).
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class CheckInView(CheckInBase):
    """The digits typed; and, from a page that carries a permit, who it is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.action = reverse("enrolments:check_in")
        response = super().dispatch(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.ask_digits()

    def post(self, request: HttpRequest) -> HttpResponse:
        if "permit" not in request.POST:
            return self.judge_digits(request.POST.get("digits", ""))
        permit = Permit.read(request.POST["permit"])
        if permit is None:
            return self.ask_digits(error=spent_error(), status=409)
        days = list(CourseDay.objects.select_related("run__course").filter(pk__in=permit.days))
        if ME in request.POST:
            known = self.known(days)
            return self.mark(*known, permit, is_proven=True) if known else self.ask_who(permit)
        return self.judge_who(request.POST.get("who", ""), permit, days)

    def judge_who(self, typed: str, permit: Permit, days: list[CourseDay]) -> HttpResponse:
        """Find who it is by what was typed. The permit is the visitor: only who stands at the door gets another."""
        tries = WrongTries(
            "check-in-who",
            permit.mark_id.hex,
            each=settings.CHECK_IN_WRONG_TRIES,
            of_all=settings.CHECK_IN_WRONG_TRIES_OF_ALL,
        )
        if tries.are_used_up():
            return self.stop(
                _("Too many wrong tries"), _("Talk to the staff at the door. They will mark you."), status=429
            )
        found = operations.find_typed(typed, days) if typed.strip() else None
        if found is None:
            if typed.strip():
                tries.count()
            return self.ask_who(permit, error=who_error(), typed=typed, status=422)
        response = self.mark(*found, permit, is_proven=False)
        if response.status_code == 422:
            tries.count()
        return response


@method_decorator(never_cache, name="dispatch")
class ScannedView(CheckInBase):
    """The door's QR code. Looking changes nothing: the page carries a permit, and asks who it is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.action = reverse("enrolments:check_in")
        response = super().dispatch(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex"
        return response

    def get(self, request: HttpRequest, day_pk: int, token: str) -> HttpResponse:
        now = timezone.now()
        day = CourseDay.objects.select_related("run__course").filter(pk=day_pk).first()
        if day is None or not is_token_of(token, day, now):
            return self.stop(
                _("The code is too old"),
                _("The code at the door changes all the time. Scan the one that stands there now."),
                status=410,
            )
        if not operations.is_open(day, now):
            return self.closed()
        permit = Permit.give([day], now)
        known = self.known([day])
        if known is None:
            return self.ask_who(permit)
        return self.page(
            self.template, {"step": ME, "permit": permit.signed(), "day": day, "enrolment": known[0], "error": ""}
        )


class SeatCheckInView(ParticipantDoor, CheckInBase):
    """Check in from the participant's own page: the link says who it is, the digits that they are there."""

    def get(self, request: HttpRequest) -> HttpResponse:
        self.action = self.address("check_in")
        return self.ask_digits()

    def post(self, request: HttpRequest) -> HttpResponse:
        self.action = self.address("check_in")
        return self.judge_digits(request.POST.get("digits", ""))

    def judged_days(self, now: Any) -> list[CourseDay]:
        return list(operations.open_days(now).filter(run=self.enrolment.run_id))

    def known(self, days: list[CourseDay]) -> tuple[Enrolment, CourseDay] | None:
        return self.enrolment, days[0]

    def visitor_tries(self) -> WrongTries:
        return WrongTries("check-in", f"seat:{self.enrolment.pk}", each=settings.CHECK_IN_WRONG_TRIES)

    def page(self, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:  # type: ignore[override] # the door's own has another shape
        return CheckInBase.page(self, template, {"home": self.home, **context}, status=status)


def digits_error(typed: str) -> str:
    if not typed.strip():
        return _("Type the six digits that stand at the door.")
    if not read_digits(typed):
        return _("There are six digits at the door: type all of them, and nothing else.")
    return _("Those digits do not stand at the door now. They change every 30 seconds: type the ones you see.")


def who_error() -> str:
    return _(
        "We cannot mark anybody with that. Write the e-mail you are registered with, or the code on your badge."
        " Does it not help? The staff at the door will."
    )


def spent_error() -> str:
    return _("Too much time has passed, or the code has been used. Type the digits that stand at the door now.")
