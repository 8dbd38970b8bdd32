"""Who comes, who pays, and who was there."""

from enrolments.models.attendance import Attendance, AttendanceChange
from enrolments.models.registration import Enrolment, EnrolmentEvent, Payer, Registration
from enrolments.models.roll import RollEntry

__all__ = ["Attendance", "AttendanceChange", "Enrolment", "EnrolmentEvent", "Payer", "Registration", "RollEntry"]
