"""What the operations of evaluations refuse. Each carries words for people in `str()`."""

from django.utils.translation import gettext_lazy as _


class EvaluationError(Exception):
    """Base of all refusals. Nothing has been changed when one is raised."""

    message = _("That is not possible.")

    def __init__(self, message: object = None) -> None:
        super().__init__(str(message or self.message))


class SurveyGone(Exception):
    """Somebody deleted the survey meanwhile. No refusal: there is no page left that could say why."""


class NotOpen(EvaluationError):
    """Answers are not taken: not yet, no more, or never."""

    message = _("The evaluation is closed.")


class AlreadyAnswered(EvaluationError):
    """This voter's answer is in the box already."""

    message = _("You have answered already.")


class NotInvited(EvaluationError):
    """The voter is not on the roll any more."""

    message = _("The link is no longer in use.")


class KeyMissing(EvaluationError):
    """This process has no private key. Only the worker has one."""

    message = _("The worker has no private key.")


class KeyWrong(EvaluationError):
    """None of the worker's private keys opens the evaluation's."""

    message = _("The worker's private key is another than the evaluation was opened with.")


class QuestionnaireLocked(EvaluationError):
    """It has been used, so it stands as people answered it: make a new version."""

    message = _("The questionnaire has been used. Make a new version instead.")
