"""What happened to people's places since they registered: told by the operations that the site itself uses.

`life` in runs.toml names what is to happen on a run. The mails it gives stand in the outbox as sent: none
leaves for people who do not exist.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import QuerySet

from courses.models import CourseRun, Organisation
from courses.watchers import run_watchers
from demo.loader.ledger import Ledger
from demo.loader.users import ORGANISER
from enrolments.enums import ActorKind, BillingMethod, EnrolmentStatus, RequestKind
from enrolments.models import Enrolment
from enrolments.operations.attendance import walk_in
from enrolments.operations.cancelling import cancel, fees_of
from enrolments.operations.details import Affiliation, ContactDetails, ParticipantDetails, PayerDetails
from enrolments.operations.holds import hold_for_group
from enrolments.operations.moving import cost_of, move
from enrolments.operations.registering import register
from enrolments.operations.replacing import replace
from enrolments.operations.requests import ask
from website.accounts.models import User
from website.messaging.enums import MailStatus
from website.messaging.models import OutboxMessage

#: Who came to the door: one has an address, one does not want to give any.
WALK_INS = (("Vibeke Thorup", "vibeke.thorup@example.dk"), ("Palle Krogh", ""))

Happening = Callable[[CourseRun, Ledger], None]


def load(ledger: Ledger) -> None:
    """Let happen, on the runs that this load made, what is written of each."""
    for run, entry in ledger.runs:
        for name in entry.get("life", []):
            HAPPENINGS[name](CourseRun.objects.for_display().get(pk=run.pk), ledger)
    # They were sent when it happened.
    OutboxMessage.objects.filter(status=MailStatus.QUEUED, created_at__gte=ledger.now - timedelta(hours=1)).update(
        status=MailStatus.SENT, sent_at=ledger.now, attempts=1
    )


def free_a_seat(run: CourseRun, ledger: Ledger) -> None:
    """Somebody cancels on a full run: the first in line is offered the seat."""
    one = _seated(run)[0]
    cost = fees_of(one.registration, run, [one], ledger.now)
    cancel(
        registration=one.registration,
        enrolment_pks=[one.pk],
        actor=ActorKind.CONTACT,
        accepted_fee=sum(cost.values()),
        at=ledger.now,
    )


def hold_for_a_group(run: CourseRun, ledger: Ledger) -> None:
    """The organiser keeps what is freed from now on for a group that only comes together."""
    first = run.enrolments.waiting().filter(registration__keep_together=True).first()
    if first:
        hold_for_group(
            run_pk=run.pk,
            registration_pk=first.registration_id,
            user=_organiser(),
            reason="Hele ledergruppen skal med, aftalt på telefon",
            at=ledger.now,
        )


def put_a_colleague_in(run: CourseRun, ledger: Ledger) -> None:
    """A participant falls ill, and a colleague takes the seat."""
    old = _seated(run)[1]
    details = ParticipantDetails(
        name="Merete Højgaard", email="merete.hoejgaard@example.dk", job_title="afdelingsleder"
    )
    replace(enrolment=old, details=details, actor=ActorKind.CONTACT, at=ledger.now)


def book_without_names(run: CourseRun, ledger: Ledger) -> None:
    """A contact books two seats whose names are to follow."""
    pattern = _seated(run)[0].registration
    payer = PayerDetails(billing_method=BillingMethod.EMAIL, invoice_email="faktura.kultur@example.dk")
    register(
        run_pk=run.pk,
        submission=f"demo:names-to-follow:{run.pk}",
        contact=ContactDetails(name="Asta Fjordside", email="asta.fjordside@example.dk", phone="00 12 34 56"),
        affiliation=Affiliation(pattern.organisation, pattern.organisation_name),
        participants=[ParticipantDetails(name="", email=""), ParticipantDetails(name="", email="")],
        payer=payer if run.effective_price else None,
        at=ledger.now,
    )


def move_here(run: CourseRun, ledger: Ledger) -> None:
    """Somebody on a later run of the same course moves to this one."""
    later = CourseRun.objects.filter(course=run.course, days__date__gt=run.ordered_days()[-1].date).exclude(pk=run.pk)
    one = _enrolments().filter(run__in=later, status=EnrolmentStatus.CONFIRMED).exclude(email="").first()
    if one is None:
        return
    there = CourseRun.objects.for_display().get(pk=one.run_id)
    move(
        enrolments=[one],
        to_run=run,
        actor=ActorKind.CONTACT,
        accepted=cost_of(one.registration, there, run, [one]),
        at=ledger.now,
    )


def ask_to_move(run: CourseRun, ledger: Ledger) -> None:
    """After the deadline somebody asks the organiser to move them to a later run."""
    later = CourseRun.objects.filter(course=run.course, days__date__gt=run.ordered_days()[-1].date).first()
    ask(
        enrolment=_seated(run)[2],
        kind=RequestKind.MOVE,
        actor=ActorKind.PARTICIPANT,
        message="Jeg er blevet indkaldt til byrådsmøde samme dag. Kan jeg komme med næste gang?",
        to_run=later,
        at=ledger.now,
    )


def end_later(run: CourseRun, ledger: Ledger) -> None:
    """The organiser lets a day end an hour later, and has not told the participants yet."""
    known = [(watcher, watcher.before(run)) for watcher in run_watchers]
    day = run.ordered_days()[0]
    day.end_time = day.end_time.replace(hour=day.end_time.hour + 1)
    day.save()
    changed = CourseRun.objects.for_display().get(pk=run.pk)
    for watcher, before in known:
        watcher.after(changed, before, _organiser())


def walk_in_at_the_door(run: CourseRun, ledger: Ledger) -> None:
    """Two come without having registered: one gets the last seat, the other is marked without one."""
    past = [day for day in run.ordered_days() if day.date < ledger.today]
    if not past:
        return
    day = past[-1]
    for number, (name, email) in enumerate(WALK_INS):
        at = day.starts_at + timedelta(minutes=6 + number)
        walk_in(
            day=day,
            submission=f"demo:walk-in:{number}",
            name=name,
            email=email,
            organisation=Organisation.objects.filter(code="0751").first(),
            by=_organiser(),
            at=at,
            received_at=at,
        )


HAPPENINGS: dict[str, Happening] = {
    "walk_in_at_the_door": walk_in_at_the_door,
    "free_a_seat": free_a_seat,
    "hold_for_a_group": hold_for_a_group,
    "put_a_colleague_in": put_a_colleague_in,
    "book_without_names": book_without_names,
    "move_here": move_here,
    "ask_to_move": ask_to_move,
    "end_later": end_later,
}


def _seated(run: CourseRun) -> QuerySet[Enrolment]:
    return _enrolments().filter(run=run, status=EnrolmentStatus.CONFIRMED)


def _enrolments() -> QuerySet[Enrolment]:
    return Enrolment.objects.select_related("registration__terms", "registration__organisation").order_by("pk")


def _organiser() -> User:
    return User.objects.get(email=ORGANISER)
