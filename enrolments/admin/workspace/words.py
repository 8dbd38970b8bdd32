"""Why an operation was refused, in words for an organiser: what was wrong, and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrolments.admin.workspace.history import FIELD_LABELS
from enrolments.exceptions import (
    AlreadyRegistered,
    DetailsChanged,
    EnrolmentError,
    GroupStaysTogether,
    HoldReleased,
    NoLongerActive,
    NotAMove,
    NotEnoughSeats,
    NotWaiting,
    PayerNeeded,
    ReasonNeeded,
    RegistrationClosed,
    RunCancelled,
)
from website.core.danish import listed


def refusal(error: EnrolmentError) -> str:
    """Say in words why an operation was refused."""
    match error:
        case NotEnoughSeats():
            return ngettext(
                "There is %(left)s free seat for %(wanted)s participants. Raise the number of seats first.",
                "There are %(left)s free seats for %(wanted)s participants. Raise the number of seats first.",
                error.left,
            ) % {"left": error.left, "wanted": error.wanted}
        case NotWaiting():
            return _("They are no longer on the waiting list. Somebody may have seated or cancelled them meanwhile.")
        case RunCancelled():
            return _("The run is cancelled, so nobody can get a seat on it.")
        case GroupStaysTogether():
            return _("The group only comes together, so it gets seats whole or not at all.")
        case ReasonNeeded():
            return _("Somebody else is first in line. Write why they are passed.")
        case AlreadyRegistered():
            return _("%(emails)s has a seat or a place in line on the run already.") % {"emails": listed(error.emails)}
        case NoLongerActive():
            return _("The participant no longer comes. Somebody may have changed it meanwhile.")
        case DetailsChanged():
            fields = listed(str(FIELD_LABELS.get(name, name)) for name in error.fields)
            return _("Somebody else has changed %(fields)s meanwhile. Look at it again.") % {"fields": fields or "?"}
        case NotAMove():
            return _("Choose another run of the same course.")
        case PayerNeeded():
            return _("The other run costs something, and nobody has said who pays. Register them there instead.")
        case RegistrationClosed():
            return _("The other run takes nobody: %(why)s.") % {"why": error.state.label}
        case HoldReleased():
            return _("The held seats have been let go meanwhile.")
    return _("It could not be done.")
