"""What tests of the ballot box share: surveys that are open, people who vote, the box and the roll as rows."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from evaluations import ballots, sealing
from evaluations.enums import Audience, EvaluationStatus, Moment
from evaluations.models import Evaluation, Questionnaire, Survey, SurveyInvitation, Voter
from evaluations.questions import items_of, parse
from tests.evaluations.factories import questionnaire


def open_survey(
    *, asked: Questionnaire | None = None, audience: str = Audience.INVITED, people: int = 0, **fields: Any
) -> Evaluation:
    """Return a survey's evaluation that is open now, with `people` on its list and roll."""
    asked = asked or questionnaire(moment=Moment.SURVEY)
    survey = Survey.objects.create(title_da="Frivillighed", slug=uuid4().hex, questionnaire=asked, audience=audience)
    now = timezone.now()
    public_key, sealed_key = sealing.new_evaluation_keys()
    evaluation = Evaluation.objects.create(
        **{
            "survey": survey,
            "moment": Moment.SURVEY,
            "questionnaire": asked,
            "status": EvaluationStatus.OPEN,
            "opens_at": now - timedelta(hours=1),
            "closes_at": now + timedelta(days=14),
            "public_key": public_key,
            "sealed_key": sealed_key,
            "ballot_size": ballots.size_for(list(items_of(parse(asked.questions)))),
            **fields,
        }
    )
    invitations = SurveyInvitation.objects.bulk_create(
        SurveyInvitation(survey=survey, email=f"kommune{number}@example.dk") for number in range(people)
    )
    Voter.objects.bulk_create(Voter(evaluation=evaluation, invitation=each) for each in invitations)
    return evaluation


def make_due(evaluation: Evaluation) -> Evaluation:
    """Let the time for answers be over."""
    evaluation.closes_at = timezone.now() - timedelta(seconds=1)
    Evaluation.objects.filter(pk=evaluation.pk).update(closes_at=evaluation.closes_at)
    return evaluation


def rows(sql: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
