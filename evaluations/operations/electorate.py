"""Who may answer an evaluation, and the roll they stand on.

Before the course those with a seat; at its end those who were there, or about whose last day nobody knows yet; at
the follow-up those who were there. What was answered stays with whoever was there: somebody who hands their seat on
after the first day is asked about it too. A survey's roll is its list.
"""

import secrets
from datetime import datetime
from typing import assert_never

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from courses.models import CourseDay
from enrolments.enums import ATTENDED_STATUSES, ON_THE_ROLL, AttendanceStatus, EnrolmentStatus
from enrolments.models import Attendance, Enrolment
from enrolments.models.facts import Fact
from enrolments.operations.check_in import enrolment_by_code
from evaluations.enums import EvaluationStatus, Moment
from evaluations.models import Evaluation, SurveyInvitation, Voter
from evaluations.operations.locking import share_box

#: Marks of somebody who was not there.
AWAY = (AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED)
BATCH = 1000


def voters_for(evaluation: Evaluation) -> QuerySet[Enrolment] | QuerySet[SurveyInvitation]:
    """Return who may answer: enrolments of the run, or of a survey its invitations (of an open survey none).

    Somebody without an address or whose name is still to follow is among them once they were marked as having come:
    in the room the code on their badge is enough.
    """
    if evaluation.survey_id is not None:
        return SurveyInvitation.objects.filter(survey=evaluation.survey_id)
    enrolments = Enrolment.objects.filter(run=evaluation.run_id, anonymised_at=None)
    attended = Exists(_marks(ATTENDED_STATUSES))
    match Moment(evaluation.moment):
        case Moment.BEFORE:
            return enrolments.filter(status=EnrolmentStatus.CONFIRMED, name__gt="")
        case Moment.END:
            # Whoever stayed away from the first day may come on the last: till they are marked nobody knows.
            last_day = CourseDay.objects.filter(run=evaluation.run_id).order_by("-starts_at", "-pk").values("pk")[:1]
            stayed_away = Exists(_marks(AWAY).filter(day=Subquery(last_day)))
            expected = Q(status__in=ON_THE_ROLL, name__gt="") & ~Q(stayed_away)
            return enrolments.filter(expected | Q(attended))
        case Moment.FOLLOW_UP:
            there = Fact.objects.filter(day__run=evaluation.run_id, minutes_present__gt=0)
            return enrolments.filter(pk__in=there.values("enrolment"))
        case Moment.SURVEY:
            return enrolments.none()
        case unknown:
            assert_never(unknown)


def _marks(statuses: tuple[AttendanceStatus, ...]) -> QuerySet[Attendance]:
    return Attendance.objects.filter(enrolment=OuterRef("pk"), status__in=statuses)


def sync_roll(*, evaluation: Evaluation) -> int:
    """Put newcomers and walk-ins on the roll of an open evaluation, in random order; return how many.

    Nobody leaves it while it is open, cancelled or marked absent since: if only those who had not answered left, the
    number of people asked would tell who had. They get no mail any more (`concerned`). Votes go on meanwhile: a vote
    and this never wait for one another in a circle, since both share the box first, and a vote locks one row of the
    roll. A constant number of queries.
    """
    with transaction.atomic():
        share_box(evaluation.pk)
        # Two at once would wait for each other's rows in any order: the second waits here.
        row = Evaluation.objects.select_for_update(no_key=True).get(pk=evaluation.pk)
        return _add_missing(row) if row.status == EvaluationStatus.OPEN else 0


def concerned(evaluation: Evaluation) -> QuerySet[Voter]:
    """Return those on the roll whom the evaluation still concerns: the others are not written to."""
    still = voters_for(evaluation).order_by().values("pk")
    return Voter.objects.filter(evaluation=evaluation, **{f"{_key_of(evaluation)}__in": still})


def write_roll(*, evaluation: Evaluation) -> int:
    """Write the roll of an evaluation that is being opened, in the caller's transaction; return how many are on it."""
    return _add_missing(evaluation)


def _add_missing(evaluation: Evaluation) -> int:
    key = _key_of(evaluation)
    there = Voter.objects.filter(evaluation=evaluation).values(key)
    missing = list(voters_for(evaluation).exclude(pk__in=there).order_by().values_list("pk", flat=True))
    # The roll's own numbers and places tell nothing of who registered when.
    secrets.SystemRandom().shuffle(missing)
    voters = [Voter(evaluation=evaluation, **{f"{key}_id": pk}) for pk in missing]
    Voter.objects.bulk_create(voters, batch_size=BATCH, ignore_conflicts=True)
    return len(missing)


def _key_of(evaluation: Evaluation) -> str:
    return "enrolment" if evaluation.survey_id is None else "invitation"


def voter_in_room(*, evaluation: Evaluation, typed: str, at: datetime | None = None) -> Voter | None:
    """Return the roll's entry of whoever typed this in the room: the address registered with, or their badge's code.

    Somebody who came without having registered is put on the roll. None, alike, for somebody unknown, somebody not
    concerned, somebody who has answered, and when answers are not taken.
    """
    at = at or timezone.now()
    if not evaluation.takes_answers(at):
        return None
    found = _enrolment_of(evaluation, typed)
    if found is None:
        return None
    with transaction.atomic():
        share_box(evaluation.pk)
        current = Evaluation.objects.filter(pk=evaluation.pk).taking_answers(at).first()
        if current is None:
            return None
        voter, _is_new = Voter.objects.get_or_create(evaluation=current, enrolment=found)
    return None if voter.has_answered else voter


def _enrolment_of(evaluation: Evaluation, typed: str) -> Model | None:
    """Return whose address or code this is, if they have yet to answer.

    Whether they have is asked in the statement that finds them. So somebody who has answered takes the same
    statements as somebody whom nobody knows: how long the reply takes tells no more than its words.
    """
    typed = typed.strip()
    if evaluation.run_id is None or not typed or "\0" in typed:
        return None  # which no column holds
    answered = Voter.objects.filter(evaluation=evaluation, enrolment=OuterRef("pk"), has_answered=True)
    rows = voters_for(evaluation).annotate(has_answered=Exists(answered))
    if "@" in typed:
        found = rows.filter(email=typed.casefold()).order_by("-pk").first()
    else:
        badge = enrolment_by_code(run=evaluation.run_id, code=typed)
        found = rows.filter(pk=badge.pk if badge else 0).first()
    return None if found is None or found.has_answered else found
