"""The roll call of a day as a page: plain forms that work without JavaScript; with it, an app (`sync`)."""

from contextlib import suppress
from datetime import date
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import OrganisationKind, RunStatus
from courses.models import Organisation
from enrolments.enums import AttendanceStatus
from enrolments.exceptions import EnrolmentError
from enrolments.models import Attendance, Enrolment
from enrolments.operations import attendance
from enrolments.operations.attendance import MAX_MINUTES, Mark
from enrolments.permissions import may_mark
from enrolments.reports.roll_call import Roll, act_text, last_act, mark_label, roll_of
from enrolments.views.roll_call.base import DayView
from enrolments.views.roll_call.forms import (
    BadInput,
    NotAllowed,
    explain,
    marked_pk,
    marked_status,
    number,
    read_details,
)
from enrolments.views.roll_call.state import Words, requirements, whole
from enrolments.views.roll_call.texts import page_texts
from enrolments.views.roll_call.walk_ins import add_walk_in, walk_in_text

#: The four choices, with icons (colour is never the only sign) and the key that takes them.
MARK_CHOICES = [
    (AttendanceStatus.PRESENT, "check"),
    (AttendanceStatus.LATE, "time"),
    (AttendanceStatus.ABSENT, "close"),
    (AttendanceStatus.EXCUSED, "chat"),
]
#: The letter that takes each mark, from the Danish words (to stede, forsinket, væk, undskyldt).
KEYS = {
    AttendanceStatus.PRESENT: "T",
    AttendanceStatus.LATE: "F",
    AttendanceStatus.ABSENT: "V",
    AttendanceStatus.EXCUSED: "U",
}
#: Marks the messages that say what a plain form recorded.
SAID = "roll-call"
#: What a row is before the script fills it in.
BLANK = {"pk": 0, "name": "", "byline": "", "status": ""}
#: What the list can be narrowed to, by the word in the address.
VIEWS = {"til-stede": "present", "forsinket": "late", "fravaer": "absent", "undskyldt": "excused", "ikke-taget": ""}


class RollCallView(DayView):
    """The roll call. GET shows it; POST is one act of a plain form, and leads back to whom it was about."""

    kept_on_device = True

    def get(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        return self.page(request, roll_of(self.day))

    def post(self, request: HttpRequest, run_pk: int, date: date) -> HttpResponse:
        try:
            message, about = self.perform(request)
        except (BadInput, NotAllowed, attendance.AttendanceError) as error:
            return self.page(request, roll_of(self.day), error=explain(error), status=409)
        messages.success(request, message, extra_tags=SAID)
        return redirect(self.back_to(request, about))

    def perform(self, request: HttpRequest) -> tuple[str, str]:
        """Do what the form asks; return a sentence about it, and whose details to open ("" for nobody's)."""
        match request.POST.get("handling", "marker"):
            case "alle":
                return self.mark_the_rest(request), ""
            case "fortryd":
                self.require_open(request, "")
                attendance.undo(day=self.day, change_pk=number(request.POST.get("change")), by=request.user)
                return _("Undone."), ""
            case "ny":
                return self.add(request), ""
            case "marker":
                return self.mark(request)
        raise BadInput(_("The form asked for something unknown. Reload the page. Nothing was saved."))

    def mark_the_rest(self, request: HttpRequest) -> str:
        self.require_open(request, AttendanceStatus.PRESENT)
        changes = attendance.mark_untaken(day=self.day, by=request.user)
        if not changes:
            return _("Everyone had been marked already.")
        return ngettext(
            "%(count)s participant was marked present.", "%(count)s participants were marked present.", len(changes)
        ) % {"count": len(changes)}

    def add(self, request: HttpRequest) -> str:
        try:
            enrolment = add_walk_in(day=self.day, fields=request.POST.dict(), by=request.user)
        except EnrolmentError as error:
            raise BadInput(walk_in_text(error)) from error
        return _("%(who)s: %(mark)s") % {"who": enrolment.name, "mark": mark_label(AttendanceStatus.PRESENT)}

    def mark(self, request: HttpRequest) -> tuple[str, str]:
        pk, status = number(marked_pk(request)), marked_status(request)
        standing = Mark.of(Attendance.objects.filter(enrolment=pk, day=self.day).first())
        words = Words(self.day, request.user)
        unseen = {name for name in ("reason", "note") if words.shown(pk, getattr(standing, name)) is None}
        wanted = read_details(request, status, standing, unseen=unseen)
        self.require_open(request, status)
        attendance.mark(day=self.day, marks={pk: wanted}, by=request.user)
        name = Enrolment.objects.values_list("name", flat=True).get(pk=pk)
        label = mark_label(status, wanted.minutes_late, wanted.minutes_early)
        asks = (status == AttendanceStatus.LATE and not wanted.minutes_late) or (
            status == AttendanceStatus.EXCUSED and not wanted.reason
        )
        told_all = "note" in request.POST
        return _("%(who)s: %(mark)s") % {"who": name, "mark": label}, str(pk) if asks and not told_all else ""

    def require_open(self, request: HttpRequest, status: str) -> None:
        """Raise NotAllowed unless the day can be marked so now."""
        allowed = may_mark(request.user, self.day, presents=self.day.is_mine, status=status)
        if not allowed:
            raise NotAllowed(f"{allowed.reason} {_('Nothing was saved.')}")

    def back_to(self, request: HttpRequest, about: str) -> str:
        shown = request.POST.get("vis", "")
        query = [f"vis={shown}"] if shown in VIEWS else []
        query += [f"deltager={about}"] if about else []
        pk = marked_pk(request)
        anchor = f"#deltager-{pk}" if pk.isascii() and pk.isdigit() else "#liste"
        return request.path + (f"?{'&'.join(query)}" if query else "") + anchor

    def page(self, request: HttpRequest, roll: Roll, *, error: str = "", status: int = 200) -> HttpResponse:
        shown = request.GET.get("vis", "")
        shown = shown if shown in VIEWS else ""
        act = last_act(self.day, request.user)
        common = self.common_context()
        words = Words(self.day, request.user)
        standing = requirements(self.run, common["days"])
        is_early = self.day.date > timezone.localdate()
        allowed = may_mark(
            request.user, self.day, presents=self.day.is_mine, status=AttendanceStatus.EXCUSED if is_early else None
        )
        data = whole(self.day, request.user, roll, standing, words)
        context = {
            **common,
            "roll": roll,
            "people": list(zip(roll.rows, data["people"], strict=True)),
            "data": data,
            "texts": page_texts(),
            "shown": shown,
            "shown_status": VIEWS.get(shown),
            "views": [(name, *texts) for name, texts in zip(VIEWS, roll.count_texts, strict=True)],
            "choices": MARK_CHOICES,
            "keys": [(status, KEYS[status]) for status, _icon in MARK_CHOICES],
            "blank": BLANK,
            "open_row": request.GET.get("deltager", "") or (marked_pk(request) if error else ""),
            "undo_change": act[0].pk if act else None,
            "undo_text": _("Undo %(act)s") % {"act": act_text(act)} if act else "",
            "confirms_all": "alle" in request.GET and roll.untaken and allowed and not is_early,
            "adds": "ny" in request.GET or (error and request.POST.get("handling") == "ny"),
            "added": request.POST if error else {},
            "submission": uuid4(),
            "municipalities": Organisation.objects.filter(kind=OrganisationKind.MUNICIPALITY),
            "error": error,
            "said": " ".join(str(each) for each in messages.get_messages(request) if SAID in each.tags.split()),
            "is_cancelled": self.run.status == RunStatus.CANCELLED,
            "is_early": is_early,
            "closed": "" if allowed else allowed.reason,
            "max_minutes": MAX_MINUTES,
            "tools": self.tools(),
        }
        return render(request, "enrolments/roll_call.html", context, status=status)

    def tools(self) -> list[tuple[str, str, str]]:
        """Return (icon, title, address) of what else the day has."""
        here = {"run_pk": self.run.pk, "date": self.day.date}
        found = []
        for symbol, name, title in (
            ("desktop", "door_screen", _("Door screen with code")),
            ("groups", "count_screen", _("Big screen with the count")),
            ("print", "sign_in_sheet", _("Sign-in sheet (PDF)")),
            ("edit", "mark_grid", _("Type in from paper")),
        ):
            try:
                found.append((symbol, title, reverse(f"enrolments:{name}", kwargs=here)))
            except NoReverseMatch:
                continue
        with suppress(NoReverseMatch):
            screen = reverse("evaluations:screen", args=[self.run.pk])
            found.append(("desktop", _("Evaluation on the big screen"), screen))
        return found
