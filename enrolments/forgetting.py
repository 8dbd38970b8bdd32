"""Forget somebody who asks for it: what goes at once, what stays until when, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from courses.enums import RunStatus
from enrolments.enums import ACTIVE_STATUSES, ActorKind
from enrolments.links import participant_link, registration_link
from enrolments.models import ChangeRequest, Enrolment, EnrolmentEvent, GroupDraft, Person, Registration
from enrolments.operations.retention import anonymise_enrolments, anonymise_registrations, empty_requests, paid
from website.accounts.contributions import ForgetMe, Forgettable, forget_me
from website.accounts.models import User
from website.core.retention import Period
from website.messaging.enums import RETRYABLE_STATUSES
from website.messaging.models import OutboxMessage


@dataclass
class Fate:
    """What becomes of somebody's rows: `goes` is anonymised now; the rest is kept, each kind for its reason."""

    goes: list[Enrolment] = field(default_factory=list)
    seats: list[Enrolment] = field(default_factory=list)
    contacts_go: list[Registration] = field(default_factory=list)
    contacts_paid: list[Registration] = field(default_factory=list)
    contacts_live: list[Registration] = field(default_factory=list)


def fate_of(emails: list[str]) -> Fate:
    """Return what becomes of the rows with these addresses. Two queries.

    A seat (or a place in line) on a run that has not been held is needed to hold it, and so is the contact of
    such seats. What somebody was to pay for is a payment record.
    """
    today = timezone.localdate()
    fate = Fate()
    enrolments = Enrolment.objects.filter(email__in=emails).exclude(email="").select_related("run__course")
    for enrolment in enrolments.annotate(last_day=Max("run__days__date")).order_by("pk"):
        coming = enrolment.status in ACTIVE_STATUSES and enrolment.run.status != RunStatus.CANCELLED
        is_over = enrolment.last_day is not None and enrolment.last_day < today
        (fate.seats if coming and not is_over else fate.goes).append(enrolment)
    active = Enrolment.objects.filter(registration=OuterRef("pk"), status__in=ACTIVE_STATUSES)
    registrations = Registration.objects.filter(contact_email__in=emails).exclude(contact_email="")
    for registration in registrations.select_related("run__course").annotate(
        last_day=Max("run__days__date"), is_live=Exists(active), is_paid=paid_expression()
    ):
        is_over = registration.last_day is not None and registration.last_day < today
        if registration.is_live and not is_over and registration.run.status != RunStatus.CANCELLED:
            fate.contacts_live.append(registration)
        elif registration.is_paid and not _is_past(registration.last_day, today):
            fate.contacts_paid.append(registration)
        else:
            fate.contacts_go.append(registration)
    return fate


def paid_expression() -> Exists:
    """Return, as something to annotate, whether a registration is a payment record."""
    return Exists(Registration.objects.filter(paid(), pk=OuterRef("pk")))


def plan(user: User, emails: list[str]) -> Iterator[Forgettable]:
    """Yield what will go and what stays, in the person's words."""
    fate = fate_of(emails)
    for enrolment in fate.goes:
        yield Forgettable(
            _("Your name and all you wrote on %(course)s (%(date)s). Your seat stays in the reports without a name.")
            % {"course": enrolment.run, "date": _day(enrolment.last_day)}
        )
    for registration in fate.contacts_go:
        yield Forgettable(_("That you registered others on %(course)s") % {"course": registration.run})
    if drafts := GroupDraft.objects.filter(contact_email__in=emails).count():
        yield Forgettable(_("Half-finished registrations: %(count)s") % {"count": drafts})
    if Person.objects.filter(user=user).exists():
        yield Forgettable(_("Your calendar feed: calendars that subscribe to it get nothing more"))
    for enrolment in fate.seats:
        yield Forgettable(
            _("Your seat on %(course)s (%(date)s)") % {"course": enrolment.run, "date": _day(enrolment.last_day)},
            kept_until=_contact_until(enrolment.last_day),
            why=_("The course has not been held yet, so we must know who comes. Cancel first if you will not."),
            url=participant_link.url(enrolment),
            action=_("See or cancel your seat"),
        )
    for registration in fate.contacts_live:
        yield Forgettable(
            _("That you are the contact of registration %(number)s on %(course)s")
            % {"number": registration.number, "course": registration.run},
            kept_until=_contact_until(registration.last_day),
            why=_("The course has not been held yet, and its participants have you as their contact."),
            url=registration_link.url(registration),
            action=_("See or cancel the registration"),
        )
    for registration in fate.contacts_paid:
        yield Forgettable(
            _("Your name and address on registration %(number)s on %(course)s, which was to be paid for")
            % {"number": registration.number, "course": registration.run},
            kept_until=Period.of("payment").ends(registration.last_day) if registration.last_day else None,
            why=_("The Danish bookkeeping act makes us keep payment records."),
        )


def forget(user: User, emails: list[str]) -> None:
    """Anonymise what may go, in the caller's transaction. What stays is what `plan` names."""
    # Locked first, so that nothing of them changes between the plan and the deed.
    _lock(Registration.objects.filter(contact_email__in=emails))
    _lock(Enrolment.objects.filter(email__in=emails))
    fate = fate_of(emails)
    pks = [enrolment.pk for enrolment in fate.goes]
    anonymise_enrolments(pks, actor=ActorKind.PARTICIPANT, everything=True)
    EnrolmentEvent.objects.filter(enrolment__in=pks).exclude(reason="").update(reason="")
    empty_requests(ChangeRequest.objects.filter(enrolment__in=pks))
    anonymise_registrations([registration.pk for registration in fate.contacts_go])
    Registration.objects.filter(pk__in=[row.pk for row in fate.contacts_paid]).update(contact_phone="")
    GroupDraft.objects.filter(contact_email__in=emails).delete()
    Person.objects.filter(user=user).delete()
    registrations = {row.registration_id for row in fate.goes} | {row.pk for row in fate.contacts_go}
    about = [f"registration:{pk}" for pk in registrations] + [f"enrolment:{pk}" for pk in pks]
    # Mails to others about them name them: whoever was to read those has got them.
    OutboxMessage.objects.filter(reference__in=about).exclude(status__in=RETRYABLE_STATUSES).delete()


def _is_past(last_day: date | None, today: date) -> bool:
    """Whether the law's years are over: then it goes tonight anyhow, or now."""
    return last_day is not None and Period.of("payment").ends(last_day) < today


def _lock(rows: QuerySet) -> None:
    list(rows.order_by("pk").select_for_update(no_key=True).values_list("pk"))


def _contact_until(last_day: date | None) -> date | None:
    return Period.of("contact").ends(last_day) if last_day else None


def _day(day: date | None) -> str:
    return date_format(day, "DATE_FORMAT") if day else _("the dates are not set yet")


forget_me.add("enrolments", ForgetMe(plan=plan, forget=forget), order=20)
