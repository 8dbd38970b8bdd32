"""Deadlines, fees and refusals in words: what a page says before anybody accepts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from courses.enums import RegistrationState, RunStatus
from courses.models import CourseRun
from courses.presentation import vat_text
from enrolments.enums import RequestKind
from enrolments.exceptions import (
    AlreadyAsked,
    AlreadyRegistered,
    AlreadySettled,
    EnrolmentError,
    NoLongerActive,
    NotAMove,
    NotEnoughSeats,
    PayerNeeded,
    RegistrationClosed,
    RunCancelled,
    TooLate,
)
from enrolments.models import Enrolment, Registration
from enrolments.operations.fees import cancellation_fee, deadlines, move_fee
from website.core.danish import kroner, listed

#: More participants than this become a number.
NAMED = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """What one may do, until when, and what it costs: one row of the page."""

    what: str
    until: str
    costs: list[str]


def rules_of(registration: Registration, run: CourseRun) -> list[Rule]:
    """Return what the accepted terms say of changes to a seat, in words; nothing of a run that is not held."""
    starts_at = run.starts_at
    if starts_at is None or run.status == RunStatus.CANCELLED:
        return []
    terms, price = registration.terms, registration.price
    until = deadlines(terms, starts_at)
    fee = move_fee(terms, price)
    return [
        Rule(
            pgettext("request", "Replace by a colleague"),
            _until(until.replace, registration),
            [str(_("Free"))],
        ),
        Rule(
            pgettext("request", "Move to another run"),
            _until(until.move, registration),
            [_("%(fee)s per participant") % {"fee": kroner(fee)} if fee else str(_("Free"))],
        ),
        Rule(pgettext("request", "Cancel"), _until(until.cancel, registration), cancellation_steps(registration, run)),
    ]


def cancellation_steps(registration: Registration, run: CourseRun) -> list[str]:
    """Return what cancelling one seat costs from which day on, in words, the first day first."""
    starts_at = run.starts_at
    terms, price = registration.terms, registration.price
    if starts_at is None or terms is None or price <= 0:
        return [str(_("Free"))]
    first_day = timezone.localtime(starts_at).date()
    steps: list[tuple[date | None, Decimal]] = [(None, Decimal(0))]
    for tier in sorted(terms.tiers.all(), key=lambda each: -each.days_before):
        day = first_day - timedelta(days=tier.days_before)
        fee = cancellation_fee(terms, price, first_day, day)
        if fee != steps[-1][1]:
            steps.append((day, fee))
    return [
        _("%(fee)s from %(day)s") % {"fee": fee_text(fee, registration), "day": date_format(day, "DATE_FORMAT")}
        if day
        else str(_("Free"))
        for day, fee in steps
    ]


def fee_text(fee: Decimal, registration: Registration) -> str:
    """Return an amount as people read it: "947,50 kr. ekskl. moms"; that it is free when it is nothing."""
    if not fee:
        return str(_("Free"))
    return f"{kroner(fee)} {vat_text(registration.vat_code, fee)}"


def until_text(deadline: datetime | None) -> str:
    """Return a deadline: "til og med 3. marts 2027", or the clock time where the run's beginning decides."""
    if deadline is None:
        return ""
    local = timezone.localtime(deadline)
    if local.time() == time.min:
        return _("until and including %(day)s") % {"day": date_format(local - timedelta(days=1), "DATE_FORMAT")}
    return _("until %(moment)s") % {"moment": date_format(local, "DATETIME_FORMAT")}


def _until(deadline: datetime | None, registration: Registration) -> str:
    """Return a deadline, or that one has to ask where it had passed before anybody registered."""
    if deadline is not None and deadline <= registration.created_at:
        return str(_("Only by asking the organiser"))
    return until_text(deadline)


def too_late_text(kind: RequestKind, registration: Registration, run: CourseRun) -> str:
    """Return that the deadline has passed, and which one it was."""
    deadline = deadlines(registration.terms, run.starts_at).of(kind)
    if deadline is None or deadline <= registration.created_at:
        return _("By the terms you accepted, you ask the organiser for this.")
    return _("The deadline has passed: you could do it yourself %(until)s. You can still ask the organiser.") % {
        "until": until_text(deadline)
    }


def who_text(enrolments: Sequence[Enrolment]) -> str:
    """Return the participants in a row: names, and how many there are without; many are a number alone."""
    if len(enrolments) > NAMED:
        return _("%(count)s participants") % {"count": len(enrolments)}
    named = [enrolment.name for enrolment in enrolments if enrolment.name]
    unnamed = len(enrolments) - len(named)
    if unnamed:
        words = ngettext("the seat whose name is to follow", "%(count)s seats whose names are to follow", unnamed)
        named.append(words % {"count": unnamed})
    return listed(named)


def refusal(error: EnrolmentError) -> str:
    """Return in words why a change was refused, and what to do."""
    match error:
        case AlreadyRegistered():
            return _("%(emails)s is registered on this run already. Choose somebody else.") % {
                "emails": listed(error.emails)
            }
        case NoLongerActive():
            return _("It has been changed meanwhile: the participant is no longer registered on this run.")
        case NotEnoughSeats() if error.left:
            return _("There are not that many free seats on the run: %(left)s left. Choose another one.") % {
                "left": error.left
            }
        case NotEnoughSeats():
            return _("The run has just been filled, or others are in line for its seats. Choose another one.")
        case RegistrationClosed():
            return _("One cannot move to that run: %(state)s.") % {
                "state": RegistrationState(error.state).label.lower()
            }
        case NotAMove():
            return _("Choose another run of the same course.")
        case PayerNeeded():
            return _("The other run costs something, and we do not know who pays. Write to us, and we will move you.")
        case RunCancelled():
            return _("The run is cancelled.")
        case AlreadyAsked():
            return _("You have asked already, and the organiser has not answered yet.")
        case AlreadySettled():
            return _("The request has been answered already.")
        case TooLate():
            return _("It is too late for that here. Call or write to us.")
    return _("That could not be done. Try again, or write to us.")
