"""The mails of a survey with a list: the invitation, and two reminders to those who have not answered.

The link is derived when a mail is sent and stored nowhere. Nobody is mailed for having answered.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.emails.words import call_block, day_and_time, paragraph
from evaluations.emails_parts import ANONYMOUS, ANSWER, Context, about_nobody, about_voter, answer_button
from evaluations.models import Evaluation, Survey, Voter
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.references import About, references
from website.messaging.texts import Filled, Placeholder, register_text_mail

REFERENCE = "survey"
#: By how many of these somebody has had already.
KINDS = (
    "evaluations.survey_invitation",
    "evaluations.survey_reminder",
    "evaluations.survey_last_reminder",
)


def queue_survey_mails(kind: str, evaluation: Evaluation, voters: Iterable[Voter]) -> None:
    """Queue this mail to each of the voters, in the caller's transaction. `invitation` is read of each."""
    survey = evaluation.survey
    if survey is None:
        raise ValueError("Not the evaluation of a survey.")
    about = {
        "title": survey.title_da,
        "introduction": survey.introduction_da,
        "closes_at": evaluation.closes_at.isoformat(),
    }
    queue_mails(
        QueuedMail(
            kind,
            voter.invitation.email,
            about | about_voter(voter, voter.invitation.name),
            f"{REFERENCE}:{survey.pk}",
        )
        for voter in voters
        if voter.invitation is not None
    )


@references.register(REFERENCE)
def surveys(pks: Collection[int]) -> dict[int, About]:
    """Tell the survey that a mail was about."""
    rows = Survey.objects.filter(pk__in=pks).values_list("pk", "title_da")
    return {pk: About(_("Survey: %(title)s") % {"title": title}, _page_of(pk)) for pk, title in rows}


def _page_of(pk: int) -> str:
    try:
        return reverse("surveys:survey", args=[pk])
    except NoReverseMatch:  # the admin is served elsewhere
        return ""


def _sample() -> Context | None:
    """Return what somebody on the newest survey's list would be mailed, with a link that opens nothing."""
    evaluation = Evaluation.objects.filter(survey__isnull=False).select_related("survey").order_by("-pk").first()
    if evaluation is None or evaluation.survey is None:
        return None
    return {
        "title": evaluation.survey.title_da,
        "introduction": evaluation.survey.introduction_da,
        "closes_at": evaluation.closes_at.isoformat(),
    } | about_nobody("Anna Hansen")


PLACEHOLDERS = (
    Placeholder("name", gettext_lazy("the name on the list")),
    Placeholder("survey", gettext_lazy("the survey's title")),
    Placeholder("introduction", gettext_lazy("the survey's introduction"), block=True),
    Placeholder("closes", gettext_lazy("until when one can answer")),
    ANSWER,
    ANONYMOUS,
    Placeholder("call", gettext_lazy("whom to call or write to"), block=True),
)


def _fill(context: Context) -> Filled:
    closes_at = timezone.localtime(datetime.fromisoformat(context["closes_at"]))
    anonymous = _(
        "Your answer is anonymous. It is remembered that you have answered, so that you are not reminded, but nobody"
        " can see what you answered. The answers to a question are shown only when at least five have answered it."
    )
    return Filled(
        values={
            # "Dear {name}" must read well without one, too.
            "name": context["name"] or _("participant in the survey"),
            "survey": context["title"],
            "introduction": paragraph(context["introduction"]),
            "closes": day_and_time(closes_at.date(), closes_at.time()),
            "answer": answer_button(_("Answer the survey"), context),
            "anonymous": paragraph(anonymous),
            "call": call_block(),
        },
    )


register_text_mail(
    KINDS[0],
    title=gettext_lazy("Invitation to a survey"),
    about=gettext_lazy("To everyone on a survey's list, when it opens or when they are added to it."),
    subject=gettext_lazy("Will you answer our survey? {survey}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "You are invited to answer the survey “{survey}”.\n\n"
        "{introduction}\n\n"
        "{answer}\n\n"
        "You can answer until {closes}. The link is yours alone and works once.\n\n"
        "{anonymous}\n\n"
        "Do you have questions?\n\n"
        "{call}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample,
    private=True,
)(_fill)

register_text_mail(
    KINDS[1],
    title=gettext_lazy("Reminder of a survey"),
    about=gettext_lazy("To those on a survey's list who have not answered, at the first reminder."),
    subject=gettext_lazy("We would still like your answer: {survey}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We have not had your answer to the survey “{survey}” yet. You can answer until {closes}.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "Do you have questions?\n\n"
        "{call}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample,
    private=True,
)(_fill)

register_text_mail(
    KINDS[2],
    title=gettext_lazy("Last reminder of a survey"),
    about=gettext_lazy("To those on a survey's list who still have not answered, at the second reminder."),
    subject=gettext_lazy("Last chance to answer: {survey}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "The survey “{survey}” closes {closes}. This is the last time that we remind you.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "Do you have questions?\n\n"
        "{call}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample,
    private=True,
)(_fill)
