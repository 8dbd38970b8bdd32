"""Named choices of who comes."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class EnrolmentStatus(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    OFFERED = "offered", _("Offered a seat")
    WAITING = "waiting", _("On the waiting list")
    CANCELLED = "cancelled", pgettext_lazy("participant", "Cancelled")
    REPLACED = "replaced", pgettext_lazy("participant", "Replaced by a colleague")
    MOVED = "moved", pgettext_lazy("participant", "Moved to another run")
    #: Came to the door when every seat was taken: marked all the same, counted in no seat, flagged to the organisers.
    WALK_IN = "walk_in", pgettext_lazy("participant", "Came without a seat")


#: Someone who comes or wants to come: one such enrolment for an address on a run.
ACTIVE_STATUSES = (
    EnrolmentStatus.CONFIRMED,
    EnrolmentStatus.OFFERED,
    EnrolmentStatus.WAITING,
    EnrolmentStatus.WALK_IN,
)
#: Someone who may be marked: with a seat, or at the door without one.
ON_THE_ROLL = (EnrolmentStatus.CONFIRMED, EnrolmentStatus.WALK_IN)
#: Someone in line: still waiting, or asked whether they want the seat that is held for them.
IN_LINE_STATUSES = (EnrolmentStatus.OFFERED, EnrolmentStatus.WAITING)
#: Someone who no longer comes. `cancelled_at` tells since when.
ENDED_STATUSES = (EnrolmentStatus.CANCELLED, EnrolmentStatus.REPLACED, EnrolmentStatus.MOVED)


class BillingMethod(models.TextChoices):
    NONE = "none", _("Nothing to pay")
    EAN = "ean", _("E-invoice (EAN)")
    EMAIL = "email", _("Invoice by e-mail")


class EventKind(models.TextChoices):
    """What the history of an enrolment tells."""

    REGISTERED = "registered", _("Registered")
    ADDED = "added", _("Added by an organiser")
    WAITLISTED = "waitlisted", _("Put on the waiting list")
    LINE_MOVED = "line_moved", _("Moved in the waiting list")
    OFFERED = "offered", _("Offered a seat")
    OFFER_ACCEPTED = "offer_accepted", _("Accepted the seat")
    OFFER_DECLINED = "offer_declined", _("Declined the seat")
    OFFER_EXPIRED = "offer_expired", _("Did not answer the offer in time")
    OFFER_WITHDRAWN = "offer_withdrawn", _("The offer was withdrawn")
    SEATED = "seated", _("Given a seat from the waiting list")
    CANCELLED = "cancelled", pgettext_lazy("participant", "Cancelled")
    REPLACED = "replaced", pgettext_lazy("participant", "Replaced by a colleague")
    REPLACES = "replaces", _("Takes over a colleague's seat")
    MOVED_AWAY = "moved_away", pgettext_lazy("participant", "Moved to another run")
    MOVED_HERE = "moved_here", _("Moved here from another run")
    NAMED = "named", _("Name filled in")
    DETAILS = "details", _("Details corrected")
    REQUESTED = "requested", _("Asked for a change after the deadline")
    REQUEST_GRANTED = "request_granted", _("The request was granted")
    REQUEST_REFUSED = "request_refused", _("The request was refused")
    WALKED_IN = "walked_in", _("Came without having registered")
    TOLD = "told", _("Told of a change of the run")
    CERTIFIED = "certified", _("Certificate issued")
    CERTIFICATE_REVOKED = "certificate_revoked", _("Certificate revoked")
    ANONYMISED = "anonymised", _("Personal data deleted")


class ActorKind(models.TextChoices):
    CONTACT = "contact", _("The contact")
    PARTICIPANT = "participant", _("The participant")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("The system")


class OfferStatus(models.TextChoices):
    """How an offer of freed seats stands. Only an open one holds seats."""

    OPEN = "open", _("Waits for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RequestKind(models.TextChoices):
    """What somebody asks for after the deadline of the terms."""

    CANCEL = "cancel", pgettext_lazy("request", "Cancel")
    REPLACE = "replace", pgettext_lazy("request", "Replace by a colleague")
    MOVE = "move", pgettext_lazy("request", "Move to another run")


class RequestStatus(models.TextChoices):
    OPEN = "open", pgettext_lazy("request", "Open")
    GRANTED = "granted", pgettext_lazy("request", "Granted")
    REFUSED = "refused", pgettext_lazy("request", "Refused")


class RunChangeKind(models.TextChoices):
    """What an organiser did to a run that participants may need to hear."""

    CHANGED = "changed", pgettext_lazy("run", "Changed")
    CANCELLED = "cancelled", pgettext_lazy("run", "Cancelled")
    CONFIRMED = "confirmed", pgettext_lazy("run", "Confirmed: it will be held")


class RunChangeStatus(models.TextChoices):
    PENDING = "pending", _("Participants have not been told")
    TOLD = "told", _("Participants have been told")
    SILENT = "silent", _("Participants are not to be told")


class QuestionKind(models.TextChoices):
    TEXT = "text", _("Text")
    CHOICE = "choice", _("One of several answers")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    FILE = "file", _("File")


class AskedOf(models.TextChoices):
    PARTICIPANT = "participant", _("Each participant")
    REGISTRATION = "registration", _("The contact, once")


class AttendanceStatus(models.TextChoices):
    PRESENT = "present", _("Present")
    LATE = "late", _("Late")
    ABSENT = "absent", _("Absent")
    EXCUSED = "excused", _("Excused")


#: Marks that count as having been there.
ATTENDED_STATUSES = (AttendanceStatus.PRESENT, AttendanceStatus.LATE)


class MarkSource(models.TextChoices):
    """How a mark was taken."""

    ROLL_CALL = "roll_call", _("Roll call")
    SCAN = "scan", _("Code scanned")
    SELF = "self", _("Checked in on their own")
    PAPER = "paper", _("Typed in from paper")
    IMPORT = "import", _("Import")
    API = "api", _("Another program")


class Requirement(models.TextChoices):
    """How somebody stands to what counts as having attended a run."""

    MET = "met", pgettext_lazy("requirement", "Met")
    ON_TRACK = "on_track", pgettext_lazy("requirement", "On track")
    AT_RISK = "at_risk", pgettext_lazy("requirement", "At risk")
    OUT_OF_REACH = "out_of_reach", pgettext_lazy("requirement", "Out of reach")


class CertificateStanding(models.TextChoices):
    """How a participant stands to a certificate. Never stored: it follows from marks and certificates."""

    VALID = "valid", pgettext_lazy("certificate", "Has one")
    OUTDATED = "outdated", pgettext_lazy("certificate", "To be looked at")
    READY = "ready", pgettext_lazy("certificate", "To be issued")
    IN_DOUBT = "in_doubt", pgettext_lazy("certificate", "Attendance is missing")
    REVOKED = "revoked", pgettext_lazy("certificate", "Revoked")
    NOT_MET = "not_met", pgettext_lazy("certificate", "Requirement not met")
    NOT_OVER = "not_over", pgettext_lazy("certificate", "The run is not over")
    UNNAMED = "unnamed", pgettext_lazy("certificate", "Name is missing")


class Schedule(models.TextChoices):
    """How often a saved report is sent by mail."""

    NEVER = "never", _("Not by mail")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")
    QUARTERLY = "quarterly", _("Every quarter")
