from evaluations.models.evaluations import Evaluation
from evaluations.models.pages import SurveyResultsPage
from evaluations.models.questionnaires import Questionnaire
from evaluations.models.results import QuestionResult, TextAnswer
from evaluations.models.surveys import Survey, SurveyInvitation
from evaluations.models.voting import Ballot, Voter

__all__ = [
    "Ballot",
    "Evaluation",
    "QuestionResult",
    "Questionnaire",
    "Survey",
    "SurveyInvitation",
    "SurveyResultsPage",
    "TextAnswer",
    "Voter",
]
