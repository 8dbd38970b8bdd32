"""The mails of a course's evaluations: three invitations, and two reminders to those who have not answered.

The link is derived when a mail is sent and stored nowhere. Whom a mail went to tells who had not answered by then, so
no staff page shows it (`private`), and its row goes when the evaluation is closed (operations.reminding). Nobody is
mailed for having answered.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseRun
from enrolments.emails.words import day_and_time, paragraph
from evaluations.emails_parts import ANONYMOUS, ANSWER, Context, about_nobody, about_voter, answer_button
from evaluations.enums import COURSE_MOMENTS, Moment
from evaluations.models import Evaluation, Voter
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.references import About, references
from website.messaging.texts import Filled, Placeholder, register_text_mail

REFERENCE = "evaluation"
INVITATIONS = {moment: f"evaluations.invitation_{moment}" for moment in COURSE_MOMENTS}
REMINDERS = ("evaluations.reminder", "evaluations.last_reminder")


def kind_of(evaluation: Evaluation, voter: Voter, stage: int) -> str:
    """Return which mail a voter is due at this stage: whoever has had none is invited, however late it is."""
    return INVITATIONS[Moment(evaluation.moment)] if voter.mails == 0 else REMINDERS[stage - 2]


def reference_to(evaluation: Evaluation) -> str:
    return f"{REFERENCE}:{evaluation.pk}"


def queue_evaluation_mails(evaluation: Evaluation, stage: int, voters: Iterable[Voter]) -> None:
    """Queue to each of the voters the mail of this stage, in the caller's transaction. `enrolment` is read of each."""
    run = evaluation.run
    if run is None:
        raise ValueError("Not the evaluation of a run.")
    about = {
        "course": run.course.title,
        "moment": evaluation.moment,
        "closes_at": evaluation.closes_at.isoformat(),
        "reply_to": run.course.contact_email,
    }
    queue_mails(
        QueuedMail(
            kind_of(evaluation, voter, stage),
            voter.enrolment.email,
            about | about_voter(voter, voter.enrolment.name),
            reference_to(evaluation),
        )
        for voter in voters
        if voter.enrolment is not None
    )


@references.register(REFERENCE)
def evaluations(pks: Collection[int]) -> dict[int, About]:
    """Tell the run whose evaluation a mail was about."""
    rows = Evaluation.objects.filter(pk__in=pks, run__isnull=False).select_related("run__course")
    return {
        row.pk: About(str(row.run), reverse("participants:evaluation", args=[row.run_id])) for row in rows if row.run
    }


def _sample_of(moment: Moment | None = None) -> Context:
    """Return what a participant would be asked, with a link that opens nothing."""
    evaluation = Evaluation.objects.filter(run__isnull=False).select_related("run__course").order_by("-pk").first()
    run = evaluation.run if evaluation else CourseRun.objects.select_related("course").order_by("-pk").first()
    closes_at = evaluation.closes_at if evaluation else timezone.now()
    return {
        "course": run.course.title if run else "Ledelse af frivillige",
        "moment": moment or Moment.END,
        "closes_at": closes_at.isoformat(),
        "reply_to": "",
    } | about_nobody("Karen Holm")


PLACEHOLDERS = (
    Placeholder("name", gettext_lazy("the participant's name")),
    Placeholder("course", gettext_lazy("the course's title")),
    Placeholder("closes", gettext_lazy("the last day to answer")),
    ANSWER,
    ANONYMOUS,
)


def _fill(context: Context) -> Filled:
    anonymous = _(
        "Your answer is anonymous. It is remembered that you have answered, so that you are not reminded, but nobody"
        " can see what you answered. Nothing is shown until at least five have answered."
    )
    return Filled(
        values={
            "name": context["name"] or _("participant"),
            "course": context["course"],
            "closes": _until(datetime.fromisoformat(context["closes_at"])),
            "answer": answer_button(_("Answer the questions"), context),
            "anonymous": paragraph(anonymous),
        },
        reply_to=context["reply_to"] or settings.PROVIDER["email"],
    )


register_text_mail(
    INVITATIONS[Moment.BEFORE],
    title=gettext_lazy("Evaluation: before the course"),
    about=gettext_lazy("To each participant with a seat, some days before the course."),
    subject=gettext_lazy("What do you hope to get out of {course}?"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "You are soon to take part in {course}. Tell us what you hope to take home, and what is difficult where you"
        " work. The presenters plan the course by it. It takes a few minutes.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "You can answer until {closes}. If you would rather not answer, do nothing: we remind you twice at most."
    ),
    placeholders=PLACEHOLDERS,
    sample=lambda: _sample_of(Moment.BEFORE),
    private=True,
)(_fill)

register_text_mail(
    INVITATIONS[Moment.END],
    title=gettext_lazy("Evaluation: at the end of the course"),
    about=gettext_lazy("The same afternoon to each participant who is not absent and has not answered in the room."),
    subject=gettext_lazy("How was {course}?"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Thank you for coming. What did you get out of {course}, and what will you do with it? It takes a few minutes,"
        " and your answer makes the next course better.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "You can answer until {closes}. If you would rather not answer, do nothing: we remind you twice at most."
    ),
    placeholders=PLACEHOLDERS,
    sample=lambda: _sample_of(Moment.END),
    private=True,
)(_fill)

register_text_mail(
    INVITATIONS[Moment.FOLLOW_UP],
    title=gettext_lazy("Evaluation: follow-up after three months"),
    about=gettext_lazy("To each participant who attended, three months after the last day."),
    subject=gettext_lazy("What became of it? {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Three months ago you took part in {course}. What have you been able to use, and what got in the way? It takes"
        " a few minutes. Only now can we see whether the course makes a difference.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "You can answer until {closes}. If you would rather not answer, do nothing: we remind you twice at most."
    ),
    placeholders=PLACEHOLDERS,
    sample=lambda: _sample_of(Moment.FOLLOW_UP),
    private=True,
)(_fill)

register_text_mail(
    REMINDERS[0],
    title=gettext_lazy("Evaluation: first reminder"),
    about=gettext_lazy("To those who have not answered, three days after the first mail."),
    subject=gettext_lazy("We miss your answer: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We have not had your answer about {course} yet. A few short answers are a great help, also if something was"
        " not good enough.\n\n"
        "{answer}\n\n"
        "{anonymous}\n\n"
        "You can answer until {closes}. We remind you once more, and then no more."
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample_of,
    private=True,
)(_fill)

register_text_mail(
    REMINDERS[1],
    title=gettext_lazy("Evaluation: last reminder"),
    about=gettext_lazy("To those who still have not answered, a week after the first mail."),
    subject=gettext_lazy("Last chance to answer: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "You can answer about {course} until {closes}. It is quickly done, and this is the last time that we ask.\n\n"
        "{answer}\n\n"
        "{anonymous}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample_of,
    private=True,
)(_fill)


def _until(at: datetime) -> str:
    """Such as "fredag 4. december kl. 12.00"; without a time when it is the evening."""
    local = timezone.localtime(at)
    if (local.hour, local.minute) != (23, 59):
        return day_and_time(local.date(), local.time())
    return _("%(weekday)s %(date)s") % {"weekday": date_format(local, "l"), "date": date_format(local, "DATE_FORMAT")}
