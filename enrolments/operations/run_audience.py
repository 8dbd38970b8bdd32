"""Who of a run hears of it: one mail to an address, whatever its owner is to the run.

Participants with a seat or in line, the contacts who registered them, and who hosts or presents. Somebody may be
several of these; their one mail then says all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q

from courses.models import CourseRun, Presenter
from enrolments.enums import ACTIVE_STATUSES, ATTENDED_STATUSES, IN_LINE_STATUSES, EnrolmentStatus
from enrolments.models import Enrolment, Registration
from enrolments.querysets import EnrolmentQuerySet


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom an organiser writes to. `seats` and `line` choose participants, the next two in which way they hear.

    `organisations` (pks, empty: all), `was_there` and `was_not_there` (pk of a day) narrow the participants
    down, and with them the contacts. `enrolments` (pks, empty: all) are those chosen one by one in the list.
    """

    seats: bool = True
    line: bool = True
    participants: bool = True
    contacts: bool = True
    presenters: bool = False
    organisations: tuple[int, ...] = ()
    was_there: int | None = None
    was_not_there: int | None = None
    enrolments: tuple[int, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "seats": self.seats,
            "line": self.line,
            "participants": self.participants,
            "contacts": self.contacts,
            "presenters": self.presenters,
            "organisations": list(self.organisations),
            "was_there": self.was_there,
            "was_not_there": self.was_not_there,
            "enrolments": list(self.enrolments),
        }


@dataclass(slots=True)
class Recipient:
    """One address and what its owner is to the run."""

    email: str
    name: str
    enrolment: Enrolment | None = None
    registrations: dict[int, Registration] = field(default_factory=dict)
    participants: list[Enrolment] = field(default_factory=list)
    presents: bool = False

    @property
    def has_seat(self) -> bool:
        return self.enrolment is not None and self.enrolment.status == EnrolmentStatus.CONFIRMED

    @property
    def may_see_link(self) -> bool:
        """Whether the secret online link is for them: who has a seat, who registered such a one, who teaches."""
        return self.presents or self.has_seat or any(p.status == EnrolmentStatus.CONFIRMED for p in self.participants)

    @property
    def since(self) -> datetime | None:
        """When they learnt of the run: who registered. Presenters always knew."""
        moments = [registration.created_at for registration in self.registrations.values()]
        if self.enrolment:
            moments.append(self.enrolment.created_at)
        return None if self.presents or not moments else min(moments)

    def as_json(self) -> dict[str, Any]:
        """Return what a mail to them needs, as JSON types. Secret links are left out: they are derived at sending."""
        own = self.enrolment
        return {
            "name": self.name,
            "presents": self.presents,
            "enrolment": own
            and {
                "pk": own.pk,
                "link_version": own.link_version,
                "name": own.name,
                "email": own.email,
                "sequence": own.calendar_sequence,
                "status": own.status,
            },
            "registrations": [{"pk": r.pk, "link_version": r.link_version} for r in self.registrations.values()],
            "participants": [p.name for p in self.participants],
            "may_see_link": self.may_see_link,
        }


def chosen(run: CourseRun, audience: Audience) -> EnrolmentQuerySet:
    """Return the active participants of the run that the audience is about, with their registrations."""
    statuses = [
        status for status in ACTIVE_STATUSES if (audience.line if status in IN_LINE_STATUSES else audience.seats)
    ]
    enrolments = run.enrolments.filter(status__in=statuses).select_related("registration").order_by("pk")
    if audience.enrolments:
        enrolments = enrolments.filter(pk__in=audience.enrolments)
    if audience.organisations:
        enrolments = enrolments.filter(organisation__in=audience.organisations)
    there = Q(attendance__status__in=ATTENDED_STATUSES)
    if audience.was_there:
        enrolments = enrolments.filter(there, attendance__day=audience.was_there)
    if audience.was_not_there:
        present = Enrolment.objects.filter(there, attendance__day=audience.was_not_there)
        enrolments = enrolments.exclude(pk__in=present.values("pk"))
    return enrolments


def recipients(run: CourseRun, audience: Audience, *, enrolments: Iterable[Enrolment] | None = None) -> list[Recipient]:
    """Return who gets a mail, in the order of the registrations, presenters last (two queries).

    `enrolments`: who the audience is about, where the caller has read them.
    """
    found: dict[str, Recipient] = {}
    enrolments = list(chosen(run, audience) if enrolments is None else enrolments)
    if audience.participants:
        for enrolment in enrolments:
            if enrolment.email:
                found[enrolment.email] = Recipient(enrolment.email, enrolment.name, enrolment=enrolment)
    if audience.contacts:
        for enrolment in enrolments:
            contact = enrolment.registration
            if not contact.contact_email:
                continue
            recipient = found.setdefault(contact.contact_email, Recipient(contact.contact_email, contact.contact_name))
            recipient.registrations[contact.pk] = contact
            recipient.participants.append(enrolment)
            recipient.name = recipient.name or contact.contact_name
    if audience.presenters:
        for presenter in presenters_of(run):
            email = presenter.email.casefold()
            recipient = found.setdefault(email, Recipient(email, presenter.name))
            recipient.presents = True
    return list(found.values())


def presenters_of(run: CourseRun) -> list[Presenter]:
    """Return who hosts or presents on a day of the run and has an address, each once."""
    on_a_day = Q(presented_days__run=run) | Q(hosted_days__run=run)
    return list(Presenter.objects.filter(on_a_day).exclude(email="").distinct())


def without_address(enrolments: Iterable[Enrolment]) -> int:
    """Return how many participants have no address of their own: only their contact hears."""
    return sum(not enrolment.email for enrolment in enrolments)
