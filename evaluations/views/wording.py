"""What an evaluation is called where people answer it, and whom to write to. Asks nothing of the database."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from courses.presentation import moment
from evaluations.enums import Audience, EvaluationStatus, Moment
from evaluations.models import Evaluation
from evaluations.questions import Text
from website.core.danish import period, unbroken

#: What pages of answering need of an evaluation, in the query that finds it.
RELATED = ("questionnaire", "run__course", "survey")

_reference = Signer(salt="evaluations.thanks")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words about one evaluation, in the language in use."""

    evaluation: Evaluation

    @property
    def heading(self) -> str:
        match self.evaluation.moment:
            case Moment.BEFORE:
                return _("What do you expect of the course?")
            case Moment.FOLLOW_UP:
                return _("What have you been able to use?")
            case Moment.SURVEY:
                return str(self._title)
        return _("What did you get out of the course?")

    @property
    def course(self) -> str:
        """The course's title; empty for a survey, which is its own heading."""
        return self.evaluation.run.course.title if self.evaluation.run else ""

    @property
    def survey(self) -> Text:
        """The survey's title, for pages whose heading is another; empty for a run."""
        return self._title

    @property
    def when(self) -> str:
        """The run's label and days, in one query; empty for a survey."""
        run = self.evaluation.run
        days = run.ordered_days() if run else []
        dates = unbroken(period(days[0].date, days[-1].date)) if days else ""
        # Old runs are called by their date alone.
        return " · ".join(dict.fromkeys(each for each in (run.label if run else "", dates) if each))

    @property
    def introduction(self) -> Text:
        """What the questionnaire says of itself; of a survey what the survey does."""
        evaluation = self.evaluation
        said = (
            evaluation.survey if evaluation.survey and evaluation.survey.introduction_da else evaluation.questionnaire
        )
        return Text(said.introduction_da, said.introduction_en)

    @property
    def introduction_language(self) -> str:
        return self._other_language(self.introduction)

    @property
    def heading_language(self) -> str:
        return self._other_language(self._title) if self.evaluation.survey else ""

    @property
    def speaks_english(self) -> bool:
        """Whether there is anything to read in English."""
        blocks = self.evaluation.questionnaire.questions.raw_data
        return any(block["value"].get("en") for block in blocks)

    @property
    def is_survey(self) -> bool:
        return self.evaluation.survey_id is not None

    @property
    def is_open_survey(self) -> bool:
        """Whether everyone with the link may answer: then there is no list of who does."""
        survey = self.evaluation.survey
        return survey is not None and survey.audience == Audience.OPEN

    @property
    def is_before(self) -> bool:
        return self.evaluation.moment == Moment.BEFORE

    def why_closed(self, now: datetime, *, was_sent: bool) -> tuple[str, str]:
        """Return the heading and the words where no answers are taken. `was_sent`: one was sent all the same."""
        evaluation = self.evaluation
        if evaluation.status == EvaluationStatus.STOPPED:
            heading = _("The survey has been stopped") if self.is_survey else _("The evaluation has been stopped")
            return heading, _("It takes no answers. You need not do anything.")
        if evaluation.status == EvaluationStatus.PLANNED and evaluation.closes_at > now:
            heading = _("The survey is not open yet") if self.is_survey else _("The evaluation is not open yet")
            if evaluation.opens_at <= now:
                return heading, _("It opens in a moment. Try again in a few minutes.")
            return heading, _("It opens %(at)s. Come back then.") % {"at": unbroken(moment(evaluation.opens_at))}
        if not was_sent:
            heading = _("The survey is closed") if self.is_survey else _("The evaluation is closed")
            return heading, _("It no longer takes answers. Thank you for wanting to give yours.")
        if self.is_survey:
            text = _("The survey closed before your answer reached us, so it has not been counted.")
        else:
            text = _("The evaluation closed before your answer reached us, so it has not been counted.")
        return _("Your answer came too late"), text

    @property
    def closes_at(self) -> str:
        return unbroken(moment(self.evaluation.closes_at))

    @property
    def contact_name(self) -> str:
        return (self.evaluation.run.course.contact_name if self.evaluation.run else "") or settings.PROVIDER["name"]

    @property
    def contact_email(self) -> str:
        return (self.evaluation.run.course.contact_email if self.evaluation.run else "") or settings.PROVIDER["email"]

    @property
    def _title(self) -> Text:
        survey = self.evaluation.survey
        return Text(survey.title_da, survey.title_en) if survey else Text()

    @staticmethod
    def _other_language(text: Text) -> str:
        return "da" if text.da and not text.en and (get_language() or "da").startswith("en") else ""


def thanks_url(evaluation: Evaluation, **query: str) -> str:
    """Return the address of the page of thanks: the same for everybody who answers this evaluation."""
    return reverse("evaluations:thanks") + "?" + urlencode({"om": _reference.sign(evaluation.pk), **query})


def thanked_evaluation(reference: str) -> Evaluation | None:
    """Return the evaluation that an address of `thanks_url` is about; None for a forged one or one that is gone."""
    try:
        pk = int(_reference.unsign(reference))
    except (BadSignature, ValueError):
        return None
    return Evaluation.objects.select_related(*RELATED).filter(pk=pk).first()
