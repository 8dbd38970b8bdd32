"""Named choices of what is asked, when, and how it stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Moment(models.TextChoices):
    """When a questionnaire is put to people."""

    BEFORE = "before", _("Before the course")
    END = "end", _("At the end of the course")
    FOLLOW_UP = "follow_up", _("Follow-up after three months")
    SURVEY = "survey", _("Survey")


#: The moments of a course, in their order.
COURSE_MOMENTS = (Moment.BEFORE, Moment.END, Moment.FOLLOW_UP)


class QuestionKind(models.TextChoices):
    """The kinds of questions: also the names of the blocks that staff build questionnaires of."""

    SCALE = "scale", pgettext_lazy("question", "Scale with labels")
    NUMBER = "number", pgettext_lazy("question", "0 to 10")
    SINGLE = "single", pgettext_lazy("question", "One answer of several")
    MULTIPLE = "multiple", pgettext_lazy("question", "Several answers")
    MATRIX = "matrix", pgettext_lazy("question", "Matrix")
    TEXT = "text", pgettext_lazy("question", "Text")
    #: Only in surveys: groups the results by municipality, where the groups are large enough.
    MUNICIPALITY = "municipality", pgettext_lazy("question", "Municipality")


#: Kinds whose answers stand in an order, so that a mean says something.
MEASURED_KINDS = (QuestionKind.SCALE, QuestionKind.NUMBER, QuestionKind.MATRIX)
#: Kinds with options to choose from.
OPTION_KINDS = (QuestionKind.SCALE, QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.MATRIX)


class About(models.TextChoices):
    """What a question is about: asked once, or once for each presenter or day."""

    COURSE = "course", _("The course as a whole")
    PRESENTER = "presenter", _("Each presenter")
    DAY = "day", _("Each day")


class EvaluationStatus(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("evaluation", "Planned")
    OPEN = "open", pgettext_lazy("evaluation", "Open")
    #: The ballots have been counted and destroyed.
    CLOSED = "closed", pgettext_lazy("evaluation", "Closed")
    #: Called off before anybody was asked.
    STOPPED = "stopped", pgettext_lazy("evaluation", "Stopped")


class Trouble(models.TextChoices):
    """Why the worker cannot open or close an evaluation. Nothing is lost: it tries again every minute."""

    NONE = "", pgettext_lazy("evaluation", "None")
    KEY_MISSING = "key_missing", _("The worker has no private key")
    KEY_WRONG = "key_wrong", _("The worker's private key is another than the evaluation was opened with")
    FAILED = "failed", _("The ballots could not be counted: the worker's log says where it went wrong")


class Audience(models.TextChoices):
    """Who may answer a survey."""

    INVITED = "invited", _("Those on the list, once each")
    OPEN = "open", _("Everyone with the link")
