"""What somebody has taken, across runs and jobs: by person, and by address where nobody has signed in with it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from enrolments.models import Enrolment
from enrolments.reports.standings import Standing, in_hours, standings
from website.accounts.typing import AnyUser
from website.core.exports import snapshot


@dataclass
class Transcript:
    """The lines of somebody's courses, the newest first, and what they come to."""

    lines: list[Standing]

    @property
    def taken(self) -> list[Standing]:
        return [line for line in self.lines if line.has_attended]

    @property
    def hours(self) -> Decimal:
        return in_hours(sum(line.minutes for line in self.lines))

    @property
    def courses(self) -> int:
        """How many runs they have attended at least a minute of."""
        return len(self.taken)


def same_person(enrolment: Enrolment) -> QuerySet[Enrolment]:
    """Return all enrolments of whoever this one is of: the person's, else those with its address, else itself."""
    if enrolment.person_id:
        # Also what carries one of the person's addresses and has not been joined yet.
        return Enrolment.objects.filter(
            Q(person=enrolment.person_id) | Q(email__in=enrolment.person.addresses.values("email"))  # type: ignore[union-attr] # has one
        )
    if enrolment.email:
        return Enrolment.objects.filter(person=None, email=enrolment.email)
    return Enrolment.objects.filter(pk=enrolment.pk)


def transcript_of(*, enrolment: Enrolment, user: AnyUser, at: datetime | None = None) -> Transcript:
    """Return the transcript of the participant, of what `user` may see. Constant queries."""
    return _transcript(same_person(enrolment).visible_to(user), at)


def history_of(emails: list[str], *, at: datetime | None = None) -> Transcript:
    """Return what somebody with these addresses has taken: for themselves."""
    return _transcript(Enrolment.objects.filter(email__in=emails).exclude(email=""), at)


def _transcript(rows: QuerySet[Enrolment], at: datetime | None) -> Transcript:
    with snapshot():
        lines = [line for line in standings(rows, at=at) if line.is_booked or line.has_attended]
    return Transcript(lines[::-1])
