"""What is the same however somebody stops coming: cancelled, replaced or moved."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Case, Value, When

from courses.enums import RunStatus
from courses.models import CourseRun
from enrolments.enums import ActorKind, EnrolmentStatus, RequestKind, RequestStatus
from enrolments.exceptions import TooLate
from enrolments.models import ChangeRequest, Enrolment, Registration
from enrolments.operations.fees import may
from website.accounts.models import User

#: People themselves, bound by the deadlines and shown the fee before it counts.
PEOPLE = (ActorKind.CONTACT, ActorKind.PARTICIPANT)
#: Which request an ending answers.
ANSWERS = {
    EnrolmentStatus.CANCELLED: RequestKind.CANCEL,
    EnrolmentStatus.REPLACED: RequestKind.REPLACE,
    EnrolmentStatus.MOVED: RequestKind.MOVE,
}


def is_in_time(
    kind: RequestKind, registration: Registration, run: CourseRun, enrolments: Iterable[Enrolment], at: datetime
) -> bool:
    """Whether people may make this change on their own now: by the terms they accepted.

    A cancelled run has no deadline. Those in line decide until the run begins. Nobody waits for a run
    without days.
    """
    if run.status == RunStatus.CANCELLED:
        return True
    starts_at = run.starts_at
    if starts_at is not None and at >= starts_at:
        return False
    seated = any(enrolment.status == EnrolmentStatus.CONFIRMED for enrolment in enrolments)
    return not seated or may(kind, registration.terms, starts_at, at)


def require_in_time(
    kind: RequestKind,
    actor: ActorKind,
    registration: Registration,
    run: CourseRun,
    enrolments: Sequence[Enrolment],
    at: datetime,
) -> None:
    """Raise TooLate when people themselves come after the deadline. Staff are bound by none."""
    if actor in PEOPLE and not is_in_time(kind, registration, run, enrolments, at):
        raise TooLate


def end(enrolments: Sequence[Enrolment], *, status: EnrolmentStatus, at: datetime, user: User | None) -> None:
    """Write that these no longer come, with the fee each carries; answer what was asked for them.

    Their calendar entries get a higher SEQUENCE, and their dietary and access needs go at once: nobody cooks for
    them. Answers that are health data go the next night.
    Call it under the run's lock.
    """
    for enrolment in enrolments:
        enrolment.status, enrolment.cancelled_at, enrolment.dietary = status, at, ""
        enrolment.calendar_sequence += 1
    Enrolment.objects.bulk_update(enrolments, ["status", "cancelled_at", "dietary", "calendar_sequence", "fee"])
    ChangeRequest.objects.filter(enrolment__in=enrolments, status=RequestStatus.OPEN).update(
        status=Case(
            When(kind=ANSWERS[status], then=Value(RequestStatus.GRANTED)), default=Value(RequestStatus.REFUSED)
        ),
        handled_at=at,
        handled_by=user,
        data={},
    )
