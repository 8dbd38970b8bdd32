"""The mail back to those who were asked: what was changed because of their answers."""

from collections.abc import Iterable
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy

from courses.models import CourseRun
from enrolments.emails.parts import filled
from enrolments.models import Enrolment
from enrolments.snapshots import run_from, snapshot_run
from evaluations.models import Evaluation, Voter
from evaluations.operations.electorate import voters_for
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Filled, Placeholder, register_text_mail, words_block

Context = dict[str, Any]
KIND = "evaluations.changes_made"


def asked_people(evaluation: Evaluation) -> Iterable[Enrolment]:
    """Return whom the evaluation was put to, answered or not: one entry an address.

    Somebody no longer concerned (cancelled, say) stands on the roll all the same: they are left out.
    """
    on_roll = Voter.objects.filter(evaluation=evaluation).values("enrolment")
    asked = Enrolment.objects.filter(pk__in=on_roll).filter(pk__in=voters_for(evaluation).values("pk"))
    return asked.exclude(email="").order_by("email", "-pk").distinct("email")


def queue_changes_made(evaluation: Evaluation) -> int:
    """Queue the mail to everybody who was asked; return to how many. Nothing in it depends on who answered."""
    run = CourseRun.objects.for_display().get(pk=evaluation.run_id)
    known = snapshot_run(run)
    mails = [
        QueuedMail(
            KIND,
            person.email,
            {"run": known, "name": person.name, "message": evaluation.changes_made},
            f"enrolment:{person.pk}",
        )
        for person in asked_people(evaluation)
    ]
    queue_mails(mails)
    return len(mails)


def _sample() -> Context | None:
    evaluation = Evaluation.objects.closed().exclude(run=None).exclude(changes_made="").order_by("-closed_at").first()
    if evaluation is None:
        return None
    run = CourseRun.objects.for_display().get(pk=evaluation.run_id)
    return {"run": snapshot_run(run), "name": "Karen Holm", "message": evaluation.changes_made}


@register_text_mail(
    KIND,
    title=gettext_lazy("What we changed because of you"),
    about=gettext_lazy("To everybody who was asked in an evaluation, when an organiser tells what was changed"),
    subject=gettext_lazy("What we changed because of you: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "You took part in {course}, and we asked the participants what they thought of it. Thank you for that."
        " This is what we have changed because of the answers:\n\n"
        "{changes}\n\n"
        "We write to everybody who was asked. Nobody can see who answered, or what.\n\n"
        "{questions}"
    ),
    placeholders=[
        Placeholder("name", gettext_lazy("the participant's name")),
        Placeholder("course", gettext_lazy("the course's title")),
        Placeholder("changes", gettext_lazy("what was changed"), block=True, required=True),
        Placeholder("first_day", gettext_lazy("the first day's date")),
        Placeholder("run", gettext_lazy("the course, its days and place"), block=True),
        Placeholder("questions", gettext_lazy("whom to ask"), block=True),
    ],
    sample=_sample,
)
def fill_changes_made(context: Context) -> Filled:
    run = run_from(context["run"])
    return filled(
        run,
        {
            "name": context["name"],
            "changes": words_block(context["message"], {}),
            "first_day": date_format(run.days[0].date, "DATE_FORMAT") if run.days else "",
        },
    )
