"""The mails of a survey with a list: the invitation, and two reminders to those who have not answered.

The link is derived when a mail is sent and stored nowhere. Nobody is mailed for having answered.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.links import answer_link
from evaluations.models import Evaluation, Survey, Voter
from website.core.danish import clock
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.references import About, references
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

Context = dict[str, Any]
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
            about | {"name": voter.invitation.name, "voter": voter.pk, "link_version": voter.link_version},
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
        "name": "Anna Hansen",
        "voter": 0,
        "link_version": 1,
    }


PLACEHOLDERS = (
    Placeholder("name", gettext_lazy("the name on the list")),
    Placeholder("survey", gettext_lazy("the survey's title")),
    Placeholder("introduction", gettext_lazy("the survey's introduction"), block=True),
    Placeholder("closes", gettext_lazy("until when one can answer")),
    Placeholder("answer", gettext_lazy("the button to the questions"), block=True, required=True),
    Placeholder("anonymous", gettext_lazy("how we keep answers anonymous"), block=True),
    Placeholder("call", gettext_lazy("whom to call or write to"), block=True),
)


@register_text_mail(
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
)
def fill_invitation(context: Context) -> Filled:
    return _fill(context)


@register_text_mail(
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
)
def fill_reminder(context: Context) -> Filled:
    return _fill(context)


@register_text_mail(
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
)
def fill_last_reminder(context: Context) -> Filled:
    return _fill(context)


def _fill(context: Context) -> Filled:
    provider = settings.PROVIDER
    voter = Voter(pk=context["voter"], link_version=context["link_version"])
    anonymous = _(
        "Your answer is anonymous. We only see how many have answered, never what you answered, and the answers to a"
        " question are shown only when at least five have answered it."
    )
    return Filled(
        values={
            # "Dear {name}" must read well without one, too.
            "name": context["name"] or _("participant in the survey"),
            "survey": context["title"],
            "introduction": _paragraph(context["introduction"]),
            "closes": moment(datetime.fromisoformat(context["closes_at"])),
            "answer": Block.button(_("Answer the survey"), answer_link.url(voter)),
            "anonymous": _paragraph(anonymous),
            "call": Block.from_template(
                "enrolments/emails/_call", {name: provider[name] for name in ("name", "phone", "email")}
            ),
        },
    )


def moment(at: datetime) -> str:
    """Such as "fredag 4. december 2026 kl. 16.00"."""
    local = timezone.localtime(at)
    return _("%(weekday)s %(date)s at %(time)s") % {
        "weekday": date_format(local, "l"),
        "date": date_format(local, "DATE_FORMAT"),
        "time": clock(local.time()),
    }


def _paragraph(text: str) -> Block:
    return Block.from_template("enrolments/emails/_paragraph", {"text": text})
