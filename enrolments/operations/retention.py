"""What of people is deleted, and when: one sweep for each kind of row, each with the rows that are due.

A cutoff is the newest last day of a run whose period is over (website.core.retention). Rows are found by what
they still hold, so a sweep may be killed at any moment and run again. What stays is pseudonymous: who was there
becomes "Deltager 123" of a municipality, without title or department. In a small municipality those two tell
who it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from courses.enums import RunStatus
from courses.models import CourseDay, CourseRun
from enrolments.enums import (
    ENDED_STATUSES,
    ActorKind,
    BillingMethod,
    EnrolmentStatus,
    EventKind,
    RequestStatus,
)
from enrolments.models import (
    Answer,
    Attendance,
    AttendanceChange,
    ChangeRequest,
    Enrolment,
    EnrolmentEvent,
    GroupDraft,
    Payer,
    Registration,
    RunChange,
    RunMessage,
    SeatHold,
)
from enrolments.operations.questions import delete_answers, sensitive_answers_over
from website.core.retention import BATCH

#: Stands where PostgreSQL wants an address for the invoice (RFC 2606: nobody's).
NO_ADDRESS = "slettet@invalid"


@dataclass(frozen=True, slots=True)
class Sweep:
    """Rows that are due at a cutoff, and what is done to some of them. `run` is the way from a row to its run."""

    rows: Callable[[date], QuerySet[Any]]
    act: Callable[[list[int]], Any]
    run: str = "run"

    def due(self, cutoff: date) -> int:
        return self.rows(cutoff).count()

    def forget(self, cutoff: date) -> Iterator[int]:
        """Do it, a batch and a transaction at a time; yield how many rows each batch touched."""
        last = 0
        while pks := list(
            self.rows(cutoff).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True).distinct()[:BATCH]
        ):
            with transaction.atomic():
                self.act(pks)
            yield len(pks)
            last = pks[-1]


def over(cutoff: date, run: str = "run", created: str = "created_at") -> Q:
    """Return what finds rows of runs whose last day is no later than `cutoff`.

    A cancelled run that never got a day counts from when the row was made.
    """
    ended = CourseRun.objects.annotate(last=Max("days__date")).filter(last__lte=cutoff).values("pk")
    never = CourseRun.objects.filter(status=RunStatus.CANCELLED, days=None).values("pk")
    return Q(**{f"{run}__in": ended}) | Q(**{f"{run}__in": never, f"{created}__date__lte": cutoff})


def paid() -> Q:
    """Return what finds registrations that somebody was to pay for: their records are kept as the law says."""
    payers = Payer.objects.filter(registration=OuterRef("pk"))
    present = Exists(Attendance.objects.filter(enrolment=OuterRef("pk")).exclude(status=""))
    charged = Enrolment.objects.filter(registration=OuterRef("pk")).filter(
        Q(status=EnrolmentStatus.CONFIRMED) | Q(fee__gt=0) | present
    )
    return Q(Exists(payers.filter(frozen_at__isnull=False))) | Q(
        ~Q(run__status=RunStatus.CANCELLED)
        & Q(price__gt=0)
        & Exists(payers.exclude(billing_method=BillingMethod.NONE))
        & Exists(charged)
    )


# Health data: as soon as nobody needs it.


def _needs(cutoff: date) -> QuerySet[Enrolment]:
    unneeded = over(cutoff) | Q(status__in=ENDED_STATUSES) | Q(run__status=RunStatus.CANCELLED)
    return Enrolment.objects.exclude(dietary="").filter(unneeded)


def _wishes(cutoff: date) -> QuerySet[ChangeRequest]:
    """A wish to be replaced holds the colleague's needs: gone when it is settled, or too late."""
    unneeded = (
        over(cutoff, "enrolment__run") | Q(enrolment__run__status=RunStatus.CANCELLED) | ~Q(status=RequestStatus.OPEN)
    )
    return ChangeRequest.objects.exclude(data={}).filter(unneeded)


def _late_drafts(cutoff: date) -> QuerySet[GroupDraft]:
    """A draft for a run that was cancelled may still be carried over to another one: it stays its days."""
    return GroupDraft.objects.filter(over(cutoff))


#: A mark's run, from the mark and from a change of it.
MARKED_ON, CHANGED_ON = "day__run", "attendance__day__run"
NO_REASONS: dict[str, str] = {"old_reason": "", "new_reason": ""}
NO_WORDS: dict[str, str] = {**NO_REASONS, "old_note": "", "new_note": "", "device": ""}


def _excused(cutoff: date) -> QuerySet[Attendance]:
    """Why somebody is excused is often that they are ill; that they were excused stays."""
    unneeded = (
        over(cutoff, MARKED_ON, created="marked_at")
        | Q(enrolment__status__in=ENDED_STATUSES)
        | Q(day__run__status=RunStatus.CANCELLED)
    )
    return Attendance.objects.exclude(reason="").filter(unneeded)


def _excused_once(cutoff: date) -> QuerySet[AttendanceChange]:
    unneeded = (
        over(cutoff, CHANGED_ON, created="received_at")
        | Q(attendance__enrolment__status__in=ENDED_STATUSES)
        | Q(attendance__day__run__status=RunStatus.CANCELLED)
    )
    return AttendanceChange.objects.exclude(**NO_REASONS).filter(unneeded)


NEEDS = (
    Sweep(_excused, lambda pks: Attendance.objects.filter(pk__in=pks).update(reason=""), run=MARKED_ON),
    Sweep(_excused_once, lambda pks: AttendanceChange.objects.filter(pk__in=pks).update(**NO_REASONS), run=CHANGED_ON),
    Sweep(_needs, lambda pks: Enrolment.objects.filter(pk__in=pks).update(dietary="")),
    Sweep(
        lambda cutoff: sensitive_answers_over(cutoff + timedelta(days=1)),
        lambda pks: delete_answers(Answer.objects.filter(pk__in=pks)),
        run="registration__run",
    ),
    Sweep(_wishes, lambda pks: ChangeRequest.objects.filter(pk__in=pks).update(data={}), run="enrolment__run"),
    Sweep(_late_drafts, lambda pks: GroupDraft.objects.filter(pk__in=pks).delete()),
)


def forget_needs(*, today: date | None = None) -> int:
    """Delete health data on runs whose last day is past, and of those who do not come; return how many rows."""
    cutoff = (today or timezone.localdate()) - timedelta(days=1)
    return sum(rows for sweep in NEEDS for rows in sweep.forget(cutoff))


# Contact data, and what people and staff wrote about a run that is long over.


def _addresses(cutoff: date) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(over(cutoff)).exclude(email="", notes="", person=None)


def _unpaid_contacts(cutoff: date) -> QuerySet[Registration]:
    return Registration.objects.filter(over(cutoff), ~paid(), anonymised_at=None)


def _phones(cutoff: date) -> QuerySet[Registration]:
    return Registration.objects.filter(over(cutoff)).exclude(contact_phone="")


def _requests(cutoff: date) -> QuerySet[ChangeRequest]:
    return ChangeRequest.objects.filter(over(cutoff, "enrolment__run")).exclude(message="", reply="", data={})


def _reasons(cutoff: date) -> QuerySet[EnrolmentEvent]:
    return EnrolmentEvent.objects.exclude(reason="").filter(
        over(cutoff, "enrolment__run", created="enrolment__created_at")
    )


def _messages(cutoff: date) -> QuerySet[RunMessage]:
    return RunMessage.objects.filter(over(cutoff, created="sent_at"))


def _told_changes(cutoff: date) -> QuerySet[RunChange]:
    return RunChange.objects.filter(over(cutoff)).exclude(before={}, message="")


def _run_notes(cutoff: date) -> QuerySet[CourseRun]:
    """What staff noted on a run often tells of its participants."""
    ended = CourseRun.objects.annotate(last=Max("days__date")).filter(last__lte=cutoff).values("pk")
    return CourseRun.objects.exclude(notes="").filter(pk__in=ended)


def _holds(cutoff: date) -> QuerySet[SeatHold]:
    return SeatHold.objects.exclude(reason="").filter(over(cutoff))


def _mark_notes(cutoff: date) -> QuerySet[Attendance]:
    return Attendance.objects.exclude(note="").filter(over(cutoff, MARKED_ON, created="marked_at"))


def _mark_words(cutoff: date) -> QuerySet[AttendanceChange]:
    """What stood on marks before, and the names that devices gave themselves."""
    return AttendanceChange.objects.exclude(old_note="", new_note="", device="").filter(
        over(cutoff, CHANGED_ON, created="received_at")
    )


CONTACT = (
    Sweep(_mark_notes, lambda pks: Attendance.objects.filter(pk__in=pks).update(note=""), run=MARKED_ON),
    Sweep(_mark_words, lambda pks: AttendanceChange.objects.filter(pk__in=pks).update(**NO_WORDS), run=CHANGED_ON),
    Sweep(_addresses, lambda pks: Enrolment.objects.filter(pk__in=pks).update(email="", notes="", person=None)),
    Sweep(_unpaid_contacts, lambda pks: anonymise_registrations(pks)),
    Sweep(_phones, lambda pks: Registration.objects.filter(pk__in=pks).update(contact_phone="")),
    Sweep(_requests, lambda pks: empty_requests(ChangeRequest.objects.filter(pk__in=pks)), run="enrolment__run"),
    Sweep(_reasons, lambda pks: EnrolmentEvent.objects.filter(pk__in=pks).update(reason=""), run="enrolment__run"),
    Sweep(_messages, lambda pks: RunMessage.objects.filter(pk__in=pks).delete()),
    Sweep(_told_changes, lambda pks: RunChange.objects.filter(pk__in=pks).update(before={}, message="")),
    Sweep(_run_notes, lambda pks: CourseRun.objects.filter(pk__in=pks).update(notes=""), run="pk"),
    Sweep(_holds, lambda pks: SeatHold.objects.filter(pk__in=pks).update(reason="")),
)


# Course data: who took part.


def _names(cutoff: date) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(over(cutoff), anonymised_at=None)


def _answers(cutoff: date) -> QuerySet[Answer]:
    return Answer.objects.filter(over(cutoff, "registration__run", created="registration__created_at"))


COURSE = (
    Sweep(_names, lambda pks: anonymise_enrolments(pks)),
    Sweep(_answers, lambda pks: delete_answers(Answer.objects.filter(pk__in=pks)), run="registration__run"),
)


# Payment records.


def _payments(cutoff: date) -> QuerySet[Registration]:
    late = Payer.objects.filter(registration=OuterRef("pk"), frozen_at__date__gt=cutoff)
    return Registration.objects.filter(over(cutoff), paid(), ~Exists(late), anonymised_at=None)


PAYMENT = (Sweep(_payments, lambda pks: anonymise_registrations(pks)),)


def anonymise_enrolments(pks: list[int], *, actor: ActorKind = ActorKind.SYSTEM, everything: bool = False) -> None:
    """Leave of these enrolments what tells nobody who it was; with `everything`, addresses and notes go as well.

    Answers and their files go too, and what was written at their marks. It stands in the history, by nobody's name.
    """
    rest = {"email": "", "notes": "", "dietary": ""} if everything else {}
    with transaction.atomic():
        Enrolment.objects.filter(pk__in=pks).update(
            name=Concat(Value("Deltager "), Cast("pk", CharField())),
            job_title="",
            department="",
            person=None,
            anonymised_at=timezone.now(),
            **rest,
        )
        # What was written at their marks tells of them; that they were marked, and how, stays.
        Attendance.objects.filter(enrolment__in=pks).exclude(reason="", note="").update(reason="", note="")
        AttendanceChange.objects.filter(attendance__enrolment__in=pks).update(**NO_WORDS)
        delete_answers(Answer.objects.filter(enrolment__in=pks))
        EnrolmentEvent.objects.bulk_create(
            EnrolmentEvent(enrolment_id=pk, kind=EventKind.ANONYMISED, actor=actor) for pk in pks
        )


def anonymise_registrations(pks: list[int]) -> None:
    """Delete who the contact was, and the payer's persons and references. Organisation and EAN number stay."""
    with transaction.atomic():
        payers = Payer.objects.filter(registration__in=pks)
        payers.filter(billing_method=BillingMethod.EMAIL).update(invoice_email=NO_ADDRESS)
        payers.exclude(billing_method=BillingMethod.EMAIL).update(invoice_email="")
        payers.update(person_reference="", order_reference="", cvr="")
        Registration.objects.filter(pk__in=pks).update(
            contact_name="",
            contact_email="",
            contact_phone="",
            # The digest was made of what they wrote.
            submission=Concat(Value("forgotten:"), Cast("pk", CharField())),
            anonymised_at=timezone.now(),
        )


def empty_requests(requests: QuerySet[ChangeRequest]) -> None:
    """Delete what was written in these wishes; that they were made stays."""
    requests.update(message="", reply="", data={})


def next_due(sweeps: tuple[Sweep, ...], cutoff: date) -> tuple[date, int] | None:
    """Return the first last day after `cutoff` whose rows these sweeps will find, and how many rows."""
    found: dict[date, int] = {}
    for sweep in sweeps:
        last = CourseDay.objects.filter(run=OuterRef(sweep.run)).order_by("-date").values("date")[:1]
        rows = sweep.rows(date.max - timedelta(days=1)).annotate(last_day=Subquery(last)).filter(last_day__gt=cutoff)
        first = rows.order_by("last_day").values("last_day").annotate(rows=Count("pk", distinct=True)).first()
        if first:
            found[first["last_day"]] = found.get(first["last_day"], 0) + first["rows"]
    return min(found.items()) if found else None
