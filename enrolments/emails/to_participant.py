"""What a participant is told: their seat with its calendar entry, their place in line, and that it is cancelled."""

from typing import Any

from django.utils.formats import time_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseDay
from enrolments.emails.parts import (
    about_registration,
    attendee_of,
    calendar_part,
    code_block,
    code_pictures,
    filled,
    practical_block,
    seat_button,
)
from enrolments.emails.words import (
    CODE,
    CONTACT,
    COURSE,
    NAME,
    NOTHING,
    OWN_LINK,
    PRACTICAL,
    QUESTIONS,
    RUN,
    enrolments,
    newest,
)
from enrolments.enums import ActorKind, EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.snapshots import run_from
from website.core.danish import written
from website.messaging.registry import Calendar, Picture
from website.messaging.texts import Block, Filled, Placeholder, Value, register_text_mail

Context = dict[str, Any]

MISTAKE = Placeholder("mistake", gettext_lazy("whom to ask if it is a mistake, empty when they know"))


def _filled(
    context: Context,
    *,
    calendar: Calendar | None = None,
    show_link: bool = False,
    pictures: tuple[Picture, ...] = (),
    **more: Value,
) -> Filled:
    """Return what every mail to a participant has, and what this one adds."""
    run, attendee = run_from(context["run"]), context["attendee"]
    values: dict[str, Value] = {
        "name": attendee["name"] or _("participant"),
        "contact": context["registration"]["contact_name"],
        # Mails that were queued before participants had a link of their own tell of no version: none is made up.
        "link": seat_button(attendee) if "link_version" in attendee else NOTHING,
    }
    return filled(run, values | more, show_link=show_link, calendar=calendar, pictures=pictures)


def _as(*statuses: EnrolmentStatus) -> Any:
    """Return a function that makes a preview of the newest participant in one of these states."""

    def context_of(enrolment: Enrolment) -> Context:
        return about_registration(enrolment.registration, enrolment.run) | {
            "attendee": attendee_of(enrolment),
            "had_seat": True,
            "actor": ActorKind.CONTACT.value,
        }

    return newest(lambda: enrolments().filter(status__in=statuses), context_of)


@register_text_mail(
    "enrolments.invitation",
    title=gettext_lazy("A seat, with the calendar invitation (to the participant)"),
    about=gettext_lazy("To the participant when they have a seat: at once, or later from the waiting list"),
    subject=gettext_lazy("You have a seat: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "{contact} has registered you. You have a seat, and the calendar invitation is in this e-mail.\n\n"
        "{run}\n\n"
        "{code}\n\n"
        "{practical}\n\n"
        "Can you not come, or is something about you wrong? See to it on your own page:\n\n"
        "{link}\n\n"
        "{questions}"
    ),
    placeholders=[NAME, CONTACT, COURSE, RUN, CODE, PRACTICAL, OWN_LINK, QUESTIONS],
    sample=_as(EnrolmentStatus.CONFIRMED),
)
def invitation(context: Context) -> Filled:
    run = run_from(context["run"])
    return _filled(
        context,
        calendar=calendar_part(run, context["attendee"]),
        show_link=True,
        pictures=code_pictures(context["attendee"]),
        code=code_block(context["attendee"]),
        practical=practical_block(run),
    )


@register_text_mail(
    "enrolments.waiting",
    title=gettext_lazy("Put on the waiting list (to the participant)"),
    about=gettext_lazy("To the participant at once when they are registered on a run that is full"),
    subject=gettext_lazy("On the waiting list: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "{contact} has registered you. The run is full, so you are on the waiting list."
        " We write to you if you get a seat.\n\n"
        "{run}\n\n"
        "Do you no longer want to come? See to it on your own page:\n\n"
        "{link}\n\n"
        "{questions}"
    ),
    placeholders=[NAME, CONTACT, COURSE, RUN, OWN_LINK, QUESTIONS],
    sample=_as(EnrolmentStatus.WAITING),
)
def waiting(context: Context) -> Filled:
    return _filled(context)


# --- cancellations --------------------------------------------------------------------------


def _mistake(context: Context) -> str:
    """Say whom to ask, when somebody else cancelled. Our own address stands in every mail."""
    if context.get("actor", ActorKind.CONTACT) != ActorKind.CONTACT:
        return ""
    registration = context["registration"]
    return _("Is that a mistake? Ask %(contact)s (%(email)s), who cancelled it.") % {
        "contact": registration["contact_name"],
        "email": registration["contact_email"],
    }


@register_text_mail(
    "enrolments.cancelled",
    title=gettext_lazy("Seat cancelled (to the participant)"),
    about=gettext_lazy("To the participant when their seat is cancelled; takes the course out of the calendar"),
    subject=gettext_lazy("Cancelled: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Your seat is cancelled, and the course is taken out of your calendar.\n\n"
        "{run}\n\n"
        "{mistake}\n\n"
        "{questions}"
    ),
    placeholders=[NAME, CONTACT, COURSE, RUN, MISTAKE, QUESTIONS],
    sample=_as(EnrolmentStatus.CANCELLED),
)
def cancelled(context: Context) -> Filled:
    calendar = calendar_part(run_from(context["run"]), context["attendee"], method="CANCEL")
    return _filled(context, calendar=calendar if context["had_seat"] else None, mistake=_mistake(context))


@register_text_mail(
    "enrolments.cancelled_waiting",
    title=gettext_lazy("Off the waiting list (to the participant)"),
    about=gettext_lazy("To the participant when their place on the waiting list is cancelled"),
    subject=gettext_lazy("Off the waiting list: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\nYour place on the waiting list is cancelled.\n\n{run}\n\n{mistake}\n\n{questions}"
    ),
    placeholders=[NAME, CONTACT, COURSE, RUN, MISTAKE, QUESTIONS],
    sample=_as(EnrolmentStatus.CANCELLED),
)
def cancelled_waiting(context: Context) -> Filled:
    return _filled(context, mistake=_mistake(context))


# --- further days of a run ------------------------------------------------------------------

DAY = Placeholder("day", gettext_lazy("the day's number"))
DAYS = Placeholder("days", gettext_lazy("how many days the course has"))
WHEN = Placeholder("when", gettext_lazy("the day's date, time and place"), block=True)


def _day_filled(context: Context, *, method: str) -> Filled:
    run, number = run_from(context["run"]), context["day"]
    values: dict[str, Value] = {
        "name": context["attendee"]["name"] or _("participant"),
        "day": str(number + 1),
        "days": str(len(run.days)),
        "when": _when(run.days[number], run.place) if run.days else NOTHING,
    }
    calendar = calendar_part(run, context["attendee"], number=number, method=method)
    return filled(run, values, calendar=calendar)


def _when(day: CourseDay, place: str) -> Block:
    hours = _("%(start)s–%(end)s") % {
        "start": time_format(day.start_time, "TIME_FORMAT"),
        "end": time_format(day.end_time, "TIME_FORMAT"),
    }
    lines = [f"{written(day.date, 'l j. F Y')} {hours}", day.venue.one_line_address if day.venue else place]
    lines = [line for line in lines if line]
    html = format_html("<p>{}</p>", lines[0]) if len(lines) == 1 else format_html("<p>{}<br>{}</p>", *lines)
    return Block(text="\n".join(lines), html=html)


def _sample_day() -> Context | None:
    rows = enrolments().filter(status=EnrolmentStatus.CONFIRMED).order_by("-pk")[:20]
    row = next((each for each in rows if len(each.run.ordered_days()) > 1), None)
    if row is None:
        return None
    return about_registration(row.registration, row.run) | {"attendee": attendee_of(row), "day": 1}


@register_text_mail(
    "enrolments.invitation_day",
    title=gettext_lazy("Calendar invitation for a further day"),
    about=gettext_lazy("To the participant for each day after the first: a calendar takes one day a mail"),
    subject=gettext_lazy("For your calendar: day {day} of {course}"),
    body=gettext_lazy(
        "Dear {name}\n\nThe course has {days} days. This e-mail puts day {day} in your calendar.\n\n{when}"
    ),
    placeholders=[NAME, COURSE, DAY, DAYS, WHEN, QUESTIONS],
    sample=_sample_day,
)
def invitation_day(context: Context) -> Filled:
    return _day_filled(context, method="REQUEST")


@register_text_mail(
    "enrolments.cancelled_day",
    title=gettext_lazy("A day out of the calendar"),
    about=gettext_lazy("To the participant for each day that is cancelled after the first"),
    subject=gettext_lazy("Out of your calendar: day {day} of {course}"),
    body=gettext_lazy("Dear {name}\n\nDay {day} of {days} is taken out of your calendar.\n\n{when}"),
    placeholders=[NAME, COURSE, DAY, DAYS, WHEN, QUESTIONS],
    sample=_sample_day,
)
def cancelled_day(context: Context) -> Filled:
    return _day_filled(context, method="CANCEL")
