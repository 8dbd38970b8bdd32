"""The reminders before the first day: to each participant, with all that the day takes."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from courses.models import CourseRun
from enrolments.emails.parts import attendee_of, code_block, code_pictures, practical_block, run_block, seat_button
from enrolments.emails.words import CODE, call_block, day_and_time
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.snapshots import RunSnapshot, run_from, snapshot_run
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Filled, Placeholder, register_text_mail

Context = dict[str, Any]


def queue_reminders(kind: str, runs: Mapping[int, CourseRun], enrolments: Iterable[Enrolment]) -> None:
    """Remind each of the participants of their run; `kind` is the reminder's. Two queries for all."""
    about = {pk: snapshot_run(run) for pk, run in runs.items()}
    queue_mails(
        QueuedMail(
            f"enrolments.{kind}",
            enrolment.email,
            {"run": about[enrolment.run_id], "attendee": attendee_of(enrolment)},
            f"registration:{enrolment.registration_id}",
        )
        for enrolment in enrolments
    )


def _sample() -> Context | None:
    """Return what the newest confirmed participant would be reminded of, for the preview."""
    enrolment = Enrolment.objects.filter(status=EnrolmentStatus.CONFIRMED).exclude(name="").order_by("-pk").first()
    if enrolment is None:
        return None
    run = CourseRun.objects.for_display().get(pk=enrolment.run_id)
    return {"run": snapshot_run(run), "attendee": attendee_of(enrolment)}


PLACEHOLDERS = (
    Placeholder("name", gettext_lazy("the participant's name")),
    Placeholder("course", gettext_lazy("the course's title")),
    Placeholder("first_day", gettext_lazy("the first day and when it begins")),
    Placeholder("run", gettext_lazy("the course, its days and place"), block=True),
    CODE,
    Placeholder("practical", gettext_lazy("practical information and the way there"), block=True),
    Placeholder("call", gettext_lazy("whom to call or write to"), block=True),
    Placeholder("seat", gettext_lazy("the button to the participant's own page"), block=True, required=True),
)


@register_text_mail(
    "enrolments.reminder_week",
    title=gettext_lazy("Reminder a week before"),
    about=gettext_lazy("To each participant with a seat, a week before the first day. Not to who registered since."),
    subject=gettext_lazy("Soon: {course}, {first_day}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We look forward to seeing you. The course begins {first_day}.\n\n"
        "{run}\n\n"
        "{practical}\n\n"
        "## If you cannot come\n"
        "Tell us as soon as you can, and somebody else may have the seat. You cancel, or send a colleague, here:\n\n"
        "{seat}\n\n"
        "{call}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample,
)
def fill_week(context: Context) -> Filled:
    return _fill(context)


@register_text_mail(
    "enrolments.reminder_day",
    title=gettext_lazy("Reminder the day before"),
    about=gettext_lazy("To each participant with a seat, the day before the first day"),
    subject=gettext_lazy("Tomorrow: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\nSee you {first_day}.\n\n{run}\n\n{code}\n\n{practical}\n\n"
        "## If something comes up\n{call}\n\n{seat}"
    ),
    placeholders=PLACEHOLDERS,
    sample=_sample,
)
def fill_day(context: Context) -> Filled:
    return _fill(context)


def _fill(context: Context) -> Filled:
    run, attendee = run_from(context["run"]), context["attendee"]
    return Filled(
        values={
            "name": attendee["name"],
            "course": run.title,
            "first_day": _first_day(run),
            "run": run_block(run, show_link=True),
            "code": code_block(attendee),
            "practical": practical_block(run),
            "call": call_block(name=run.contact_name, phone=run.contact_phone, email=run.contact_email),
            "seat": seat_button(attendee),
        },
        reply_to=run.contact_email,
        pictures=code_pictures(attendee),
    )


def _first_day(run: RunSnapshot) -> str:
    return day_and_time(run.days[0].date, run.days[0].start_time) if run.days else ""
