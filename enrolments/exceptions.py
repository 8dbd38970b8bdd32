"""What can go wrong in registration, as exceptions that carry what a message needs."""

from collections.abc import Sequence

from courses.enums import RegistrationState
from enrolments.enums import OfferStatus


class EnrolmentError(Exception):
    """Base of all refusals. Nothing has been changed when one is raised."""


class RegistrationClosed(EnrolmentError):
    """The run takes no registrations; `state` says why."""

    def __init__(self, state: RegistrationState) -> None:
        super().__init__(state.value)
        self.state = state


class NotEnoughSeats(EnrolmentError):
    """There are `left` seats for `wanted` participants."""

    def __init__(self, *, left: int, wanted: int, has_line: bool) -> None:
        super().__init__(f"{wanted} wanted, {left} left")
        self.left, self.wanted, self.has_line = left, wanted, has_line


class AlreadyRegistered(EnrolmentError):
    """These addresses already have an active enrolment on the run."""

    def __init__(self, emails: Sequence[str]) -> None:
        super().__init__(f"{len(emails)} already registered")
        self.emails = list(emails)


class TooLate(EnrolmentError):
    """The deadline of the accepted terms has passed: people can no longer change this on their own."""


class NoLongerActive(EnrolmentError):
    """The participant has been cancelled, replaced or moved meanwhile."""


class CostChanged(EnrolmentError):
    """What was shown and accepted is no longer what it costs; `cost` is what applies now."""

    def __init__(self, cost: object) -> None:
        super().__init__("the cost has changed")
        self.cost = cost


class PayerNeeded(EnrolmentError):
    """The other run costs something, and nobody has said who pays."""


class NotAMove(EnrolmentError):
    """One moves to another run of the same course, not to the same run or to another course."""


class DetailsChanged(EnrolmentError):
    """Somebody else has changed `fields` meanwhile: `current` is the row as it stands now."""

    def __init__(self, current: object, fields: Sequence[str] = ()) -> None:
        super().__init__("details have changed meanwhile")
        self.current, self.fields = current, list(fields)


class DetailsFrozen(EnrolmentError):
    """The payer has been invoiced: what stands on the invoice is not changed."""


class AlreadyAsked(EnrolmentError):
    """The organiser has been asked for this and has not answered yet."""


class AlreadySettled(EnrolmentError):
    """The request has been answered already."""


class NotWaiting(EnrolmentError):
    """The enrolment is not on the waiting list (any more)."""


class GroupStaysTogether(EnrolmentError):
    """A group that asked to stay together is seated whole or not at all."""


class RunCancelled(EnrolmentError):
    """The run is not held: nobody is given a seat on it."""


class ReasonNeeded(EnrolmentError):
    """Someone else is first in line by the rule; passing them takes a logged reason."""


class OfferClosed(EnrolmentError):
    """The offer can no longer be answered or taken back; `status` says what came of it."""

    def __init__(self, status: OfferStatus) -> None:
        super().__init__(status.value)
        self.status = status


class NotInOffer(EnrolmentError):
    """Nobody was chosen, or somebody whom the offer is not about."""


class AlreadyHeld(EnrolmentError):
    """Seats are being held for the group already."""


class HoldReleased(EnrolmentError):
    """The held seats have been let go already."""


class AnswersChanged(EnrolmentError):
    """Somebody else has changed the answers since they were shown."""


class AlreadyTold(EnrolmentError):
    """Somebody has decided on the change of the run already."""


class ChangedMeanwhile(EnrolmentError):
    """The run, or who would be told, is not what the organiser looked at."""


class NoLimit(EnrolmentError):
    """The run has no limit of seats, so what is taken from the line would be offered to it again at once."""


class CertificateRevoked(EnrolmentError):
    """The certificate has been revoked already, or its personal data is deleted: it can be neither again."""


class NotEntitled(EnrolmentError):
    """The requirement for a certificate is not met, and nobody has said why one is given all the same."""


class AlreadyTrainingContact(EnrolmentError):
    """The person has access to the municipality's people already."""


class SignInClosed(EnrolmentError):
    """An administrator has closed the sign-in of this address: nobody gets access through it."""
