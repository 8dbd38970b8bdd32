"""Who comes, who pays, what they asked for, and who was there."""

from enrolments.models.attendance import Attendance, AttendanceChange
from enrolments.models.certificates import Certificate
from enrolments.models.facts import Booking, EnrolmentResult, Fact
from enrolments.models.groups import GroupDraft
from enrolments.models.history import EnrolmentEvent
from enrolments.models.line import Offer, SeatHold
from enrolments.models.notices import Notice
from enrolments.models.people import Person, PersonAddress
from enrolments.models.questions import Answer, Question
from enrolments.models.registration import Enrolment, Payer, Registration
from enrolments.models.reports import SavedReport, TrainingContact
from enrolments.models.requests import ChangeRequest
from enrolments.models.roll import RollEntry
from enrolments.models.run_changes import RunChange, RunMessage

__all__ = [
    "Answer",
    "Attendance",
    "AttendanceChange",
    "Booking",
    "Certificate",
    "ChangeRequest",
    "Enrolment",
    "EnrolmentEvent",
    "EnrolmentResult",
    "Fact",
    "GroupDraft",
    "Notice",
    "Offer",
    "Payer",
    "Person",
    "PersonAddress",
    "Question",
    "Registration",
    "RollEntry",
    "RunChange",
    "RunMessage",
    "SavedReport",
    "SeatHold",
    "TrainingContact",
]
