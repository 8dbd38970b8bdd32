"""The mails about enrolments, by what they are about."""

from enrolments.emails import references, to_contact, to_participant  # noqa: F401 - register what they have
from enrolments.emails.registrations import queue_cancelled, queue_registered, queue_seated

__all__ = ["queue_cancelled", "queue_registered", "queue_seated"]
