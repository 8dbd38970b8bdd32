"""Whether a run is held: cancel it, hold it after all, confirm it; and what the decision rests on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log

from courses.enums import HELD_STATUSES, RunStatus
from courses.models import CourseRun
from courses.querysets import CourseRunQuerySet
from enrolments.emails.runs import CANCEL, REQUEST, alternatives_to, mails_to
from enrolments.enums import (
    ActorKind,
    EnrolmentStatus,
    EventKind,
    OfferStatus,
    RunChangeKind,
    RunChangeStatus,
)
from enrolments.exceptions import AlreadyTold, RunCancelled
from enrolments.models import Enrolment, EnrolmentEvent, Notice, Offer, RunChange, SeatHold
from enrolments.operations.offers import serve_line
from enrolments.operations.run_audience import Audience, Recipient, chosen, recipients
from enrolments.operations.run_changes import queue_in_batches, raise_sequences, record_told, settle
from enrolments.operations.seats import lock_run
from enrolments.snapshots import snapshot_run
from website.accounts.models import User
from website.core.danish import kroner, listed
from website.messaging.operations import QueuedMail, queue_mail

#: Whom a run's fate concerns.
EVERYBODY = Audience(presenters=True)
#: A worker that was down on the decision date reminds so many days later.
LATEST_REMINDER = timedelta(days=3)
DECISION_NOTICE = "decision"

# --- deciding -------------------------------------------------------------------------------


def cancel_run(*, run_pk: int, user: User, message: str, tell: bool = True, at: datetime | None = None) -> RunChange:
    """Cancel a run: offers and held seats are let go, calendars emptied, everybody told.

    Participants keep their status: they were to come, and may move to another run. Raises AlreadyTold when the run
    is cancelled already.
    """
    at = at or timezone.now()
    with transaction.atomic():
        run = lock_run(run_pk)
        if run.status == RunStatus.CANCELLED:
            raise AlreadyTold
        was = run.status
        CourseRun.objects.filter(pk=run.pk).update(status=RunStatus.CANCELLED, confirmed_at=None)
        _withdraw_offers(run, user, at)
        SeatHold.objects.filter(run=run, released_at=None).update(released_at=at)
        _drop_pending(run, user)
        log(instance=run, action="wagtail.edit", user=user)
        change = RunChange(run=run, kind=RunChangeKind.CANCELLED, created_by=user, before={"status": was})
        return _announce(run, change, user, message, tell=tell, method=CANCEL)


def reopen_run(*, run_pk: int, user: User, message: str, tell: bool = True, at: datetime | None = None) -> RunChange:
    """Hold a cancelled run after all: open or closed as it was, seats as they were, everybody told.

    Raises AlreadyTold when the run is not cancelled.
    """
    with transaction.atomic():
        run = lock_run(run_pk)
        if run.status != RunStatus.CANCELLED:
            raise AlreadyTold
        cancelled = RunChange.objects.filter(run=run, kind=RunChangeKind.CANCELLED).first()
        was = cancelled.before.get("status") if cancelled else None
        run.status = was if was in HELD_STATUSES else RunStatus.OPEN
        CourseRun.objects.filter(pk=run.pk).update(status=run.status)
        log(instance=run, action="wagtail.edit", user=user)
        change = RunChange(
            run=run, kind=RunChangeKind.CHANGED, created_by=user, before={"status": RunStatus.CANCELLED.value}
        )
        change = _announce(run, change, user, message, tell=tell, method=REQUEST)
        serve_line(run, at=at)
        return change


def confirm_run(
    *,
    run_pk: int,
    user: User,
    message: str,
    tell: bool = True,
    audience: Audience = EVERYBODY,
    at: datetime | None = None,
) -> RunChange:
    """Decide that a run is held, and tell the audience if asked to.

    Raises RunCancelled, or AlreadyTold when it has been confirmed already.
    """
    with transaction.atomic():
        run = lock_run(run_pk)
        if run.status == RunStatus.CANCELLED:
            raise RunCancelled
        if run.confirmed_at:
            raise AlreadyTold
        CourseRun.objects.filter(pk=run.pk).update(confirmed_at=at or timezone.now())
        log(instance=run, action="wagtail.edit", user=user)
        change = RunChange(run=run, kind=RunChangeKind.CONFIRMED, created_by=user)
        return _announce(run, change, user, message, tell=tell, audience=audience)


def _withdraw_offers(run: CourseRun, user: User, at: datetime) -> None:
    """Take back every open offer: its people wait again, at the place they had."""
    offered = list(run.enrolments.filter(status=EnrolmentStatus.OFFERED))
    Enrolment.objects.filter(pk__in=[e.pk for e in offered]).update(status=EnrolmentStatus.WAITING, offer=None)
    Offer.objects.filter(run=run, status=OfferStatus.OPEN).update(status=OfferStatus.WITHDRAWN, answered_at=at)
    EnrolmentEvent.objects.bulk_create(
        EnrolmentEvent(enrolment=e, kind=EventKind.OFFER_WITHDRAWN, actor=ActorKind.STAFF, user=user) for e in offered
    )


def _drop_pending(run: CourseRun, user: User) -> None:
    """A change nobody has been told of is not worth telling of a run that is not held."""
    for change in RunChange.objects.filter(run=run, status=RunChangeStatus.PENDING):
        settle(change, RunChangeStatus.SILENT, user)


def _announce(
    run: CourseRun,
    change: RunChange,
    user: User,
    message: str,
    *,
    tell: bool,
    method: str = "",
    audience: Audience = EVERYBODY,
) -> RunChange:
    """Write the decision down and queue its mails; `method` is what happens to the calendar, if anything."""
    if not tell:
        return settle(change, RunChangeStatus.SILENT, user)
    enrolments = list(chosen(run, audience))
    told = recipients(run, audience, enrolments=enrolments)
    if method:
        raise_sequences(each.enrolment for each in told if each.has_seat)
    queue_in_batches(announcements(run, kind_of(change), told, message, method=method))
    settle(change, RunChangeStatus.TOLD, user, message=message, recipients=len(told))
    addresses = {each.email for each in told}
    heard = (e for e in enrolments if e.email in addresses or e.registration.contact_email in addresses)
    record_told(change, heard, user)
    return change


def kind_of(change: RunChange) -> str:
    """Return the kind of mail that tells of a decision."""
    if change.kind == RunChangeKind.CHANGED:
        return "enrolments.run_reopened" if is_reopening(change) else "enrolments.run_changed"
    return {
        RunChangeKind.CANCELLED: "enrolments.run_cancelled",
        RunChangeKind.CONFIRMED: "enrolments.run_confirmed",
    }[RunChangeKind(change.kind)]


def is_reopening(change: RunChange) -> bool:
    return change.kind == RunChangeKind.CHANGED and change.before.get("status") == RunStatus.CANCELLED


def announcements(
    run: CourseRun, kind: str, told: Iterable[Recipient], message: str, *, method: str = ""
) -> Iterable[QueuedMail]:
    """Yield the mails of a decision. Days that are over stay in the calendar as they were."""
    with translation.override(settings.LANGUAGE_CODE):
        known = snapshot_run(run)
        extra: dict[str, Any] = {"message": message, "price": str(run.effective_price), "alternatives": []}
        if kind == "enrolments.run_cancelled":
            extra["alternatives"] = alternatives_to(run)
    today = timezone.localdate().isoformat()
    entries = [(day, method) for day in known["days"] if day["date"] >= today] if method else []
    for recipient in told:
        yield from mails_to(recipient, kind=kind, run_pk=run.pk, run=known, extra=extra, entries=entries)


# --- what the decision rests on ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """How a run stands. Amounts are DKK excluding VAT; what is not known is None."""

    taken: int
    held: int
    waiting: int
    minimum: int | None
    capacity: int | None
    price: Decimal
    fixed_costs: Decimal | None
    cost_per_participant: Decimal
    income: Decimal
    fees: Decimal
    ended: int

    @property
    def missing(self) -> int:
        """How many more it takes to reach the minimum."""
        return max(0, (self.minimum or 0) - self.taken)

    @property
    def costs(self) -> Decimal | None:
        """The fixed costs, when there is money to speak of; None when nobody has written them or the run is free."""
        return self.fixed_costs if self.price > 0 else None

    @property
    def break_even(self) -> int | None:
        """Participants needed to cover the costs; None when it is not known, or never."""
        margin = self.price - self.cost_per_participant
        if self.costs is None or margin <= 0:
            return None
        return int((self.costs / margin).to_integral_value(ROUND_CEILING))

    @property
    def never_breaks_even(self) -> bool:
        """Whether each participant costs as much as they pay, so that no number covers the fixed costs."""
        return bool(self.costs) and self.price <= self.cost_per_participant

    @property
    def result(self) -> Decimal | None:
        """What it looks like now: surplus, or deficit below 0."""
        if self.costs is None:
            return None
        return self.income - self.costs - self.cost_per_participant * self.taken


def figures_of(run: CourseRun) -> Figures:
    """Return how the run stands (two queries). What was agreed with each participant is what counts as income."""
    seats = run.seats
    money = run.enrolments.aggregate(
        income=Sum("registration__price", filter=Q(status=EnrolmentStatus.CONFIRMED), default=Decimal(0)),
        fees=Sum("fee", default=Decimal(0)),
        ended=Count("pk", filter=Q(cancelled_at__isnull=False)),
    )
    return Figures(
        taken=seats.taken,
        held=seats.held,
        waiting=seats.waiting,
        minimum=run.minimum,
        capacity=run.capacity,
        price=run.effective_price,
        fixed_costs=run.fixed_costs,
        cost_per_participant=run.cost_per_participant or Decimal(0),
        **money,
    )


def figures_in_words(figures: Figures) -> list[str]:
    """Return how the run stands, a sentence each."""
    said = []
    if figures.minimum:
        text = ngettext(
            "%(taken)s participant of at least %(minimum)s",
            "%(taken)s participants of at least %(minimum)s",
            figures.taken,
        )
    else:
        text = ngettext("%(taken)s participant", "%(taken)s participants", figures.taken)
    said.append(text % {"taken": figures.taken, "minimum": figures.minimum})
    if figures.held or figures.waiting:
        text = ngettext(
            "%(held)s seat offered or held, %(waiting)s on the waiting list",
            "%(held)s seats offered or held, %(waiting)s on the waiting list",
            figures.held,
        )
        said.append(text % {"held": figures.held, "waiting": figures.waiting})
    if figures.break_even is not None:
        text = ngettext(
            "Break-even at %(count)s participant", "Break-even at %(count)s participants", figures.break_even
        )
        said.append(text % {"count": figures.break_even})
    if figures.never_breaks_even:
        said.append(_("A participant costs as much as they pay, so the fixed costs are never covered"))
    if figures.result is not None:
        text = _("Surplus now: %(amount)s") if figures.result >= 0 else _("Deficit now: %(amount)s")
        said.append(text % {"amount": kroner(abs(figures.result))})
    return said


def if_held(run: CourseRun, figures: Figures) -> list[str]:
    """Say what it means to hold the run."""
    said = [_("You choose whether participants, contacts and presenters get an e-mail that it is certain.")]
    if figures.missing:
        text = ngettext(
            "You hold it with %(count)s participant fewer than the minimum.",
            "You hold it with %(count)s participants fewer than the minimum.",
            figures.missing,
        )
        said.append(text % {"count": figures.missing})
    if run.terms:
        said.append(_("Who cancels from now on pays by the terms “%(terms)s”.") % {"terms": run.terms})
    return said


def if_cancelled(run: CourseRun, figures: Figures) -> list[str]:
    """Say what it means to cancel the run."""
    line = figures.waiting + figures.held
    told = [ngettext("%(count)s participant", "%(count)s participants", figures.taken) % {"count": figures.taken}]
    if line:
        waiting = ngettext("%(count)s person on the waiting list", "%(count)s people on the waiting list", line)
        told.append(waiting % {"count": line})
    text = _("%(people)s are told by e-mail, and the days go out of their calendars.")
    said = [text % {"people": listed(told)}]
    if figures.price > 0:
        said.append(_("Nobody who has a seat pays anything."))
    if figures.fees > 0:
        said.append(
            _("Those who cancelled before have agreed to fees of %(amount)s by their terms.")
            % {"amount": kroner(figures.fees)}
        )
    others = alternatives_to(run)
    if others:
        places = ", ".join(" ".join(part for part in (o["when"], o["place"]) if part) for o in others)
        said.append(_("They may move free of charge to: %(runs)s.") % {"runs": places})
    else:
        said.append(_("No other run of the course has free seats to offer them."))
    return said


# --- the decision date ------------------------------------------------------------------------


def decision_context(run: CourseRun, *, name: str) -> dict[str, Any]:
    """Return what the reminder says, as JSON types, in the site's language."""
    with translation.override(settings.LANGUAGE_CODE):
        figures = figures_of(run)
        return {
            "run_pk": run.pk,
            "run": snapshot_run(run),
            "name": name,
            "figures": figures_in_words(figures),
            "if_held": if_held(run, figures),
            "if_cancelled": if_cancelled(run, figures),
        }


def undecided(today: date | None = None) -> CourseRunQuerySet:
    """Return the runs whose decision date has come, that are to be held and have not begun or been confirmed."""
    today = today or timezone.localdate()
    return CourseRun.objects.for_list().filter(
        status__in=HELD_STATUSES, decision_date__lte=today, confirmed_at=None, first_starts_at__gt=timezone.now()
    )


def remind_of_decisions(*, today: date | None = None) -> int:
    """Remind whoever is responsible of each run to be decided today, once; return how many were reminded."""
    today = today or timezone.localdate()
    due = undecided(today).filter(decision_date__gte=today - LATEST_REMINDER)
    return sum(_remind(run, today) for run in CourseRun.objects.for_display().filter(pk__in=due.values("pk")))


def _remind(run: CourseRun, today: date) -> bool:
    person = run.responsible if run.responsible and run.responsible.is_active else None
    email = person.email if person else run.course.contact_email or settings.PROVIDER["email"]
    name = person.get_full_name() if person else run.course.contact_name
    with transaction.atomic():
        # Moved to another day, it is another decision.
        _notice, is_new = Notice.objects.get_or_create(
            kind=DECISION_NOTICE, about=f"run:{run.pk}:{run.decision_date:%Y-%m-%d}"
        )
        if not is_new or not email:
            return False
        context = decision_context(run, name=name or settings.PROVIDER["name"])
        queue_mail(kind="enrolments.decision", to=email, context=context, reference=f"run:{run.pk}")
        return True
