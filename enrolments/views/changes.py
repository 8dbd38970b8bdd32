"""Cancel, replace and move behind a secret link: shown and accepted first, and asked for after the deadline.

Each page decides by the clock and the accepted terms whether it does what is wanted or asks the organiser.
What is posted carries what was shown; if that is no longer so, the page is shown again and nothing has changed.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.models import CourseRun
from courses.presentation import RunView, vat_text
from enrolments.change_words import fee_text, refusal, too_late_text, who_text
from enrolments.enums import EnrolmentStatus, RequestKind
from enrolments.exceptions import CostChanged, EnrolmentError, NoLongerActive, TooLate
from enrolments.forms.changes import ColleagueForm, MessageForm
from enrolments.models import Enrolment
from enrolments.operations.cancelling import cancel, fees_of
from enrolments.operations.ending import is_in_time
from enrolments.operations.fees import NOTHING
from enrolments.operations.moving import MoveCost, cost_of, move
from enrolments.operations.replacing import replace
from enrolments.operations.requests import ask
from enrolments.views.doors import ContactDoor, Door, ParticipantDoor
from website.core.danish import kroner


class ChangePage(Door):
    """What the three changes share: whom it is about, and whether the deadline has passed."""

    kind: RequestKind

    def chosen(self, values: Sequence[str]) -> list[Enrolment]:
        """Return the active participants of these numbers; all within reach without any."""
        rows = list(self.reach().active())
        return [row for row in rows if str(row.pk) in values] if values else rows

    def in_time(self, enrolments: Sequence[Enrolment]) -> bool:
        return is_in_time(self.kind, self.registration, self.run, enrolments, timezone.now())

    def is_over(self) -> bool:
        """Whether there is nothing left to ask for: the run is over."""
        ends_at = self.run.ends_at
        return ends_at is not None and timezone.now() >= ends_at

    def back(self, words: str, *, level: int = messages.INFO) -> HttpResponse:
        messages.add_message(self.request, level, words)
        return redirect(self.home)

    def ask_for(self, enrolments: Sequence[Enrolment], message: str, **wish: Any) -> HttpResponse:
        """Pass the wish on to the organiser, one request a participant, and say so."""
        refused: list[str] = []
        for enrolment in enrolments:
            try:
                ask(enrolment=enrolment, kind=self.kind, actor=self.actor, message=message, **wish)
            except EnrolmentError as error:
                refused.append(refusal(error))
        if refused:
            return self.back(refused[0], level=messages.ERROR)
        return self.back(
            _("We have passed your wish on to the organiser. Nothing has changed yet: you get an e-mail."),
            level=messages.SUCCESS,
        )

    def late_context(self, form: MessageForm) -> dict[str, Any]:
        return {"late": too_late_text(self.kind, self.registration, self.run), "message_form": form}


class CancelPage(ChangePage):
    """A confirming step with the fee (GET), then the cancellation (POST): of each `deltager`, or of everybody."""

    kind = RequestKind.CANCEL

    def get(self, request: HttpRequest) -> HttpResponse:
        if "valg" in request.GET and "deltager" not in request.GET:
            return self.back(_("Tick the participants you want to cancel."), level=messages.ERROR)
        return self.show(self.chosen(request.GET.getlist("deltager")), MessageForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = self.chosen(request.POST.getlist("deltager"))
        if not chosen:
            return self.back(_("It was cancelled already."))
        form = MessageForm(request.POST)
        if not self.in_time(chosen) and not self.is_over():
            if "gebyr" in request.POST or not form.is_valid():
                return self.show(chosen, form)
            return self.ask_for(chosen, form.cleaned_data["message"])
        try:
            cancelled = cancel(
                registration=self.registration,
                enrolment_pks=[enrolment.pk for enrolment in chosen],
                actor=self.actor,
                accepted_fee=amount(request.POST.get("gebyr")),
            )
        except CostChanged:
            messages.warning(request, _("The fee has changed since you opened the page. Nothing is cancelled yet."))
            return self.show(chosen, form)
        except TooLate:
            return self.back(_("The run is over, so it cannot be cancelled. Call or write to us."), level=40)
        if not cancelled:
            return self.back(_("It was cancelled already."))
        return self.back(cancelled_message(cancelled), level=messages.SUCCESS)

    def show(self, chosen: list[Enrolment], form: MessageForm) -> HttpResponse:
        if not chosen or (self.is_over() and not self.in_time(chosen)):
            return self.back(_("There is nothing left to cancel here."))
        fees = fees_of(self.registration, self.run, chosen, timezone.now())
        total = sum(fees.values(), NOTHING)
        reached = self.reach().active().count()
        for enrolment in chosen:
            enrolment.costs = enrolment.pk in fees
            enrolment.fee_now = fee_text(fees.get(enrolment.pk, NOTHING), self.registration)
        context = {
            "chosen": chosen,
            "is_everybody": len(chosen) == reached and len(chosen) > 1,
            "who": who_text(chosen),
            "fee": total,
            "fee_text": fee_text(total, self.registration),
            "fee_short": kroner(total),
            "has_seat": any(enrolment.status == EnrolmentStatus.CONFIRMED for enrolment in chosen),
        }
        if not self.in_time(chosen):
            context |= self.late_context(form)
        return self.page("enrolments/cancel.html", _("Cancel participants"), **context)


class ReplacePage(ChangePage):
    """A colleague's details (GET), then the replacement (POST)."""

    kind = RequestKind.REPLACE

    def get(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None:
            return self.back(refusal(NoLongerActive()), level=messages.ERROR)
        return self.show(enrolment, ColleagueForm(run=self.run), MessageForm())

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        enrolment = self.one(pk)
        if enrolment is None:
            return self.back(refusal(NoLongerActive()), level=messages.ERROR)
        form, message_form = ColleagueForm(request.POST, run=self.run), MessageForm(request.POST)
        if not form.is_valid() or not message_form.is_valid():
            return self.show(enrolment, form, message_form)
        if not self.in_time([enrolment]):
            if "for_sent" not in request.POST:
                return self.show(enrolment, form, message_form)
            return self.ask_for([enrolment], message_form.cleaned_data["message"], details=form.details)
        try:
            new = replace(enrolment=enrolment, details=form.details, actor=self.actor)
        except EnrolmentError as error:
            form.add_error("email", refusal(error))
            return self.show(enrolment, form, message_form)
        words = _("%(new)s has taken over from %(old)s. Both have got an e-mail.")
        return self.back(words % {"new": new.name, "old": str(enrolment)}, level=messages.SUCCESS)

    def show(self, enrolment: Enrolment, form: ColleagueForm, message_form: MessageForm) -> HttpResponse:
        if not self.in_time([enrolment]) and self.is_over():
            return self.back(refusal(TooLate()), level=messages.ERROR)
        context: dict[str, Any] = {"enrolment": enrolment, "form": form}
        if not self.in_time([enrolment]):
            context |= self.late_context(message_form)
        return self.page("enrolments/replace.html", _("Put a colleague in"), **context)


class MovePage(ChangePage):
    """Choose a run (GET), see fee, price and terms (GET with `til`), accept and move (POST)."""

    kind = RequestKind.MOVE

    def get(self, request: HttpRequest) -> HttpResponse:
        if "valg" in request.GET and "deltager" not in request.GET:
            return self.back(_("Tick the participants you want to move."), level=messages.ERROR)
        chosen = self.chosen(request.GET.getlist("deltager"))
        target = self.target(request.GET.get("til"))
        return self.confirm(chosen, target, MessageForm()) if target else self.choose(chosen)

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = self.chosen(request.POST.getlist("deltager"))
        target = self.target(request.POST.get("til"))
        if not chosen:
            return self.back(refusal(NoLongerActive()), level=messages.ERROR)
        if target is None:
            return self.choose(chosen)
        form = MessageForm(request.POST)
        if not self.in_time(chosen):
            if "gebyr" in request.POST or not form.is_valid():
                return self.confirm(chosen, target, form)
            return self.ask_for(chosen, form.cleaned_data["message"], to_run=target)
        if target.terms_id and not request.POST.get("accept_terms"):
            return self.confirm(chosen, target, form, error=_("Accept the terms of cancellation to move."))
        try:
            there = move(enrolments=chosen, to_run=target, actor=self.actor, accepted=self.accepted())
        except CostChanged:
            messages.warning(
                request, _("Price, fee or terms have changed since you opened the page. Nothing is moved yet.")
            )
            return self.confirm(chosen, target, form)
        except TooLate:
            return self.confirm(chosen, target, form)
        except EnrolmentError as error:
            messages.error(request, refusal(error))
            return self.choose(chosen)
        words = ngettext("%(who)s is moved to %(run)s.", "%(who)s are moved to %(run)s.", len(chosen))
        words = words % {"who": who_text(chosen), "run": run_text(RunView(there.run, timezone.now()))}
        return self.back(f"{words} {_('We have sent an e-mail about it.')}", level=messages.SUCCESS)

    def target(self, value: str | None) -> CourseRun | None:
        """Return the run meant, if it is another one of the course that the public knows of."""
        if not value or not (value.isascii() and value.isdigit()) or len(value) > 18:
            return None
        return self.others().filter(pk=value).first()

    def others(self):
        return CourseRun.objects.upcoming().filter(course=self.run.course_id).exclude(pk=self.run.pk).for_display()

    def accepted(self) -> MoveCost | None:
        """Return what the page had shown; None when it is not there."""
        posted = self.request.POST
        fee, price, terms = amount(posted.get("gebyr")), amount(posted.get("pris")), posted.get("vilkaar", "")
        known = terms == "" or (terms.isascii() and terms.isdigit() and len(terms) < 19)
        if fee is None or price is None or not known:
            return None
        return MoveCost(fee=fee, price=price, terms_pk=int(terms) if terms else None)

    def choose(self, chosen: list[Enrolment]) -> HttpResponse:
        if not chosen or (self.is_over() and not self.in_time(chosen)):
            return self.back(refusal(TooLate() if chosen else NoLongerActive()), level=messages.ERROR)
        now = timezone.now()
        shown = [RunView(run, now) for run in self.others()]
        for each in shown:
            left = each.run.seats.left
            each.is_possible = each.takes_registrations and (left is None or left >= len(chosen))
        context: dict[str, Any] = {"chosen": chosen, "who": who_text(chosen), "runs": shown}
        context["possible"] = any(each.is_possible for each in shown)
        if not self.in_time(chosen):
            context["late"] = too_late_text(self.kind, self.registration, self.run)
        return self.page("enrolments/move.html", _("Move to another run"), **context)

    def confirm(
        self, chosen: list[Enrolment], target: CourseRun, form: MessageForm, *, error: str = ""
    ) -> HttpResponse:
        if not chosen:
            return self.back(refusal(NoLongerActive()), level=messages.ERROR)
        cost = cost_of(self.registration, self.run, target, chosen)
        context: dict[str, Any] = {
            "chosen": chosen,
            "who": who_text(chosen),
            "target": target,
            "to": RunView(target, timezone.now()),
            "cost": cost,
            "fee_text": fee_text(cost.fee, self.registration),
            "fee_short": kroner(cost.fee),
            "price_text": fee_text(cost.price, self.registration) if cost.price else str(_("Free")),
            "vat": vat_text(target.course.vat_code, cost.price),
            "choose_url": self.address("move", *chosen),
            "error": error,
        }
        if not self.in_time(chosen):
            context |= self.late_context(form)
        return self.page("enrolments/move_confirm.html", _("Move to another run"), **context)


class CancelView(CancelPage, ContactDoor):
    """The contact cancels one, several or all."""


class SeatCancelView(CancelPage, ParticipantDoor):
    """A participant cancels their own seat."""


class ReplaceView(ReplacePage, ContactDoor):
    """The contact puts a colleague in a participant's place."""


class SeatReplaceView(ReplacePage, ParticipantDoor):
    """A participant puts a colleague in their own place."""


class MoveView(MovePage, ContactDoor):
    """The contact moves one, several or all."""


class SeatMoveView(MovePage, ParticipantDoor):
    """A participant moves to another run."""


def amount(posted: str | None) -> Decimal | None:
    """Return the amount that a page had shown, or None."""
    try:
        value = Decimal(posted or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def run_text(shown: RunView) -> str:
    """Return a run of a known course: its days, and its label where it has one."""
    return f"{shown.dates} ({shown.label})" if shown.label else shown.dates


def cancelled_message(cancelled: list[Enrolment]) -> str:
    """Say who was cancelled: by name, or how many."""
    if len(cancelled) == 1:
        return _("%(name)s is cancelled. We have sent you an e-mail about it.") % {"name": str(cancelled[0])}
    return _("%(count)s participants are cancelled. We have sent you an e-mail about it.") % {"count": len(cancelled)}
