"""Surveys for tests: an invited one with a list, open or closed, made through the operations that staff use."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from courses.enums import OrganisationKind
from courses.models import Organisation
from evaluations.enums import Audience, Moment
from evaluations.models import Evaluation, Questionnaire, Survey
from evaluations.operations.opening import open_evaluation
from evaluations.operations.survey_invitations import Invitee, invite
from evaluations.operations.surveys import SurveyDetails, save_survey
from tests.evaluations import factories

MUNICIPALITY = factories.question("municipality", "municipality", "Hvilken kommune svarer du for?")
USE = factories.question(
    "single", "use", "Bruger I frivillige?", options=factories.options("Ja", "Nej", "Det er vi på vej til")
)
#: An instant at which mails may go: a Wednesday in the middle of the day.
NOON = datetime.fromisoformat("2026-11-25T12:00:00+01:00")


def details(**fields: Any) -> SurveyDetails:
    """Return a survey's details: of those on a list, opening at `opens_at` (default: an hour ago)."""
    opens_at = fields.pop("opens_at", timezone.now() - timedelta(hours=1))
    return SurveyDetails(
        **{
            "title_da": "Frivillighed 2026",
            "questionnaire": fields.pop("questionnaire", None) or asked(),
            "audience": Audience.INVITED,
            "slug": "frivillighed-2026",
            "opens_at": opens_at,
            "closes_at": opens_at + timedelta(days=21),
            "first_reminder_at": opens_at + timedelta(days=7),
            "second_reminder_at": opens_at + timedelta(days=14),
            **fields,
        }
    )


def asked(*questions: dict[str, Any]) -> Questionnaire:
    return factories.questionnaire(
        *(questions or (USE, factories.TEACHING, factories.LEARNED)), moment=Moment.SURVEY, title="Om frivillige"
    )


def survey(*, people: int = 0, is_open: bool = True, **fields: Any) -> Survey:
    """Return a survey with so many people on its list, open unless told otherwise."""
    made = save_survey(details=details(**fields))
    if people:
        put_on_list(made, people)
    if is_open:
        evaluation = Evaluation.objects.get(survey=made)
        assert open_evaluation(pk=evaluation.pk, at=evaluation.opens_at + timedelta(minutes=1))
    return Survey.objects.select_related("evaluation").get(pk=made.pk)


def put_on_list(made: Survey, people: int, *, start: int = 0, municipality: Organisation | None = None) -> Any:
    """Invite so many people, `start` of whom have numbers already; return the list's name."""
    pk = municipality.pk if municipality else None
    numbers = range(start, start + people)
    batch, _count = invite(
        survey_pk=made.pk,
        people=[Invitee(f"person{number}@example.dk", f"Person {number}", pk) for number in numbers],
    )
    return batch


def municipality(code: str) -> Organisation:
    return Organisation.objects.get(kind=OrganisationKind.MUNICIPALITY, code=code)
