"""What can go wrong in registration, as exceptions that carry what a message needs."""

from collections.abc import Sequence

from courses.enums import RegistrationState


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
    """The run has begun: the contact can no longer change this on their own."""


class NotWaiting(EnrolmentError):
    """The enrolment is not on the waiting list (any more)."""


class GroupStaysTogether(EnrolmentError):
    """A group that asked to stay together is seated whole or not at all."""


class RunCancelled(EnrolmentError):
    """The run is not held: nobody is given a seat on it."""


class ReasonNeeded(EnrolmentError):
    """Someone else is first in line by the rule; passing them takes a logged reason."""
