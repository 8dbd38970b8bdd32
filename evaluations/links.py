"""Secret links to answer by: derived by signing, so nothing is stored and a link can be replaced."""

from enrolments.links import SecretLink
from evaluations.models import Voter

#: A voter's own link: /evaluering/<token>/
answer_link = SecretLink("evaluations.answer-link", Voter, "evaluations:answer")
