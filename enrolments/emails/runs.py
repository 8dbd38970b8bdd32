"""The mails about a run as a whole: it changed, is cancelled, held, held after all; messages; the decision.

An address gets one mail, whatever its owner is to the run (enrolments.operations.run_audience), and for each
further day whose calendar entry changes a short one.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseRun
from courses.presentation import present
from enrolments.emails.parts import filled, practical_block, run_block
from enrolments.emails.run_parts import (
    CANCEL,
    REQUEST,
    admin_url,
    alternatives_block,
    calendar_note,
    calendar_of,
    changes_block,
    has_link,
    links_to,
    list_block,
    relation_to,
)
from enrolments.enums import EnrolmentStatus
from enrolments.models import Enrolment
from enrolments.operations.run_audience import Audience, Recipient, recipients
from enrolments.snapshots import run_from, snapshot_run
from website.core.danish import listed
from website.messaging.operations import QueuedMail
from website.messaging.texts import Block, Filled, Placeholder, TextMail, Value, register_text_mail, words_block

Context = dict[str, Any]
#: A day as a snapshot has it, and what its calendar entry is told: REQUEST or CANCEL.
Entry = tuple[Context, str]

# --- queueing -------------------------------------------------------------------------------


def mails_to(
    recipient: Recipient, *, kind: str, run_pk: int, run: Context, extra: Context, entries: Sequence[Entry] = ()
) -> Iterator[QueuedMail]:
    """Yield the mails of one occasion to one address: the first calendar entry goes with the mail itself."""
    entries = entries if recipient.has_seat else ()
    reference = _reference(recipient, run_pk)
    person = recipient.as_json()
    first = {"day": entries[0][0], "method": entries[0][1]} if entries else None
    context = {"run": run, "to": person, "calendar": first, "days": len(entries), **extra}
    yield QueuedMail(kind, recipient.email, context, reference)
    for day, method in entries[1:]:
        calendar = {"day": day, "method": method}
        yield QueuedMail(
            "enrolments.run_day",
            recipient.email,
            {"run": run | {"days": [day]}, "to": person, "calendar": calendar},
            reference,
        )


def _reference(recipient: Recipient, run_pk: int) -> str:
    """Return what the mail is about: the person's own row, so that what was sent to them is found by it."""
    if recipient.enrolment:
        return f"enrolment:{recipient.enrolment.pk}"
    return next((f"registration:{pk}" for pk in recipient.registrations), f"run:{run_pk}")


def alternatives_to(run: CourseRun) -> list[Context]:
    """Return the runs of the same course that one can move to now, as JSON types."""
    others = CourseRun.objects.filter(course=run.course_id).public().taking_registrations().exclude(pk=run.pk)
    free = [other for other in others.for_display() if other.seats.left != 0]
    return [{"when": view.dates, "place": view.place, "label": view.label} for view in map(present, free)]


# --- what they say --------------------------------------------------------------------------

NAME = Placeholder("name", gettext_lazy("the recipient's name"))
COURSE = Placeholder("course", gettext_lazy("the course's title"))
RELATION = Placeholder("relation", gettext_lazy("what the recipient is to the run, such as “You have a seat on it.”"))
MESSAGE = Placeholder("message", gettext_lazy("your own words"), block=True, required=True)
CHANGES = Placeholder("changes", gettext_lazy("what has changed"), block=True, required=True)
FACTS = Placeholder("run", gettext_lazy("the course, its days and place"), block=True)
CALENDAR = Placeholder("calendar_note", gettext_lazy("what happens in the calendar"))
LINKS = Placeholder("links", gettext_lazy("the button to the registration"), block=True)
QUESTIONS = Placeholder("questions", gettext_lazy("whom to ask"), block=True)
PAYMENT = Placeholder("payment", gettext_lazy("that nothing is to be paid"))
OTHERS = Placeholder("other_runs", gettext_lazy("other runs with free seats"), block=True)
PRACTICAL = Placeholder("practical", gettext_lazy("the practical information"), block=True)
COMMON = (NAME, COURSE, RELATION, MESSAGE, FACTS, CALENDAR, LINKS, QUESTIONS)

#: The placeholders of what an organiser writes: short Danish words, for they are typed by hand.
OWN_WORDS = TextMail(
    name="enrolments.own_words",
    title=gettext_lazy("Your message"),
    about="",
    subject="",
    body="",
    placeholders=(
        Placeholder("navn", gettext_lazy("the recipient's name")),
        Placeholder("kursus", gettext_lazy("the course's title")),
        Placeholder("dage", gettext_lazy("the days")),
        Placeholder("sted", gettext_lazy("the place")),
        Placeholder("hold", gettext_lazy("the course, its days and place"), block=True),
        Placeholder("praktisk", gettext_lazy("the practical information"), block=True),
        Placeholder("link", gettext_lazy("the button to the registration"), block=True),
    ),
    fill=lambda context: Filled(values=own_values(context)),
)


def own_values(context: Context) -> dict[str, Value]:
    """Return what the placeholders of an organiser's own words stand for."""
    run = run_from(context["run"])
    return {
        "navn": context["to"]["name"],
        "kursus": run.title,
        "dage": listed(date_format(day.date, "DATE_FORMAT") for day in run.days),
        "sted": run.place or (_("Online") if run.online_link else ""),
        "hold": run_block(run, show_link=context["to"]["may_see_link"]),
        "praktisk": practical_block(run),
        "link": links_to(context["to"]),
    }


def inline(words: str, values: dict[str, Value]) -> str:
    """Return one line of own words with its placeholders filled."""
    return " ".join(words_block(words, values).text.split())


def _sample(**extra: Any) -> Context | None:
    """Return the context of a mail to the newest participant with an address, for the preview."""
    newest = (
        Enrolment.objects.filter(status=EnrolmentStatus.CONFIRMED, run__days__isnull=False)
        .exclude(email="")
        .order_by("-pk")
        .first()
    )
    if newest is None:
        return None
    run = CourseRun.objects.for_display().get(pk=newest.run_id)
    enrolments = run.enrolments.filter(pk=newest.pk).select_related("registration")
    [recipient, *_others] = recipients(run, Audience(), enrolments=enrolments)
    known = snapshot_run(run)
    return {
        "run": known,
        "to": recipient.as_json(),
        "calendar": {"day": known["days"][0], "method": extra.pop("method", REQUEST)},
        "days": 1,
        "message": "",
        "changes": [],
        "alternatives": alternatives_to(run),
        "price": str(run.effective_price),
        **extra,
    }


def _sample_changed() -> Context | None:
    context = _sample()
    if context:
        venue = context["run"]["venue"]
        context["changes"] = [{"what": _("New place"), "before": "", "after": venue["name"] if venue else _("Online")}]
    return context


def _fill(context: Context, **values: Value) -> Filled:
    """Return what all these mails share, and `values` on top."""
    run, to = run_from(context["run"]), context["to"]
    message = words_block(context.get("message", ""), own_values(context))
    common: dict[str, Value] = {
        "name": to["name"],
        "relation": relation_to(to),
        "message": message,
        "practical": practical_block(run),
        "calendar_note": calendar_note(context),
        "links": links_to(to),
    }
    return filled(run, common | values, show_link=to["may_see_link"], calendar=calendar_of(context))


@register_text_mail(
    "enrolments.run_changed",
    title=gettext_lazy("A run has changed"),
    about=gettext_lazy("To everybody of a run whom an organiser tells of a new date, place or presenter"),
    subject=gettext_lazy("Changed: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Something has changed about the course. {relation}\n\n"
        "{changes}\n\n"
        "{message}\n\n"
        "This is how it is now:\n\n"
        "{run}\n\n"
        "{calendar_note}\n\n"
        "{links}\n\n"
        "{questions}"
    ),
    placeholders=[*COMMON, CHANGES],
    sample=_sample_changed,
)
def fill_changed(context: Context) -> Filled:
    return _fill(context, changes=changes_block(context["changes"]))


@register_text_mail(
    "enrolments.run_cancelled",
    title=gettext_lazy("A run is cancelled"),
    about=gettext_lazy("To everybody of a run that an organiser cancels"),
    subject=gettext_lazy("The course is cancelled: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We are sorry: the course is cancelled. {relation}\n\n"
        "{message}\n\n"
        "{run}\n\n"
        "{payment} {calendar_note}\n\n"
        "{other_runs}\n\n"
        "{links}\n\n"
        "{questions}"
    ),
    placeholders=[*COMMON, PAYMENT, OTHERS],
    sample=lambda: _sample(method=CANCEL),
)
def fill_cancelled(context: Context) -> Filled:
    pays = Decimal(context["price"]) > 0 and (context["to"]["enrolment"] or context["to"]["registrations"])
    offered = has_link(context["to"]) and context["alternatives"]
    return _fill(
        context,
        relation=relation_to(context["to"], was=True),
        run=run_block(run_from(context["run"])),
        payment=_("You pay nothing for a course that we cancel.") if pays else "",
        other_runs=alternatives_block(context["alternatives"]) if offered else "",
        links=links_to(context["to"], label=_("Move to another run") if offered else ""),
    )


@register_text_mail(
    "enrolments.run_reopened",
    title=gettext_lazy("A cancelled run is held after all"),
    about=gettext_lazy("To everybody of a run that was cancelled, when an organiser opens it again"),
    subject=gettext_lazy("The course is held after all: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "We wrote that the course is cancelled. It is held after all. {relation}\n\n"
        "{message}\n\n"
        "{run}\n\n"
        "{calendar_note}\n\n"
        "{links}\n\n"
        "{questions}"
    ),
    placeholders=COMMON,
    sample=_sample,
)
@register_text_mail(
    "enrolments.run_confirmed",
    title=gettext_lazy("A run is certain to be held"),
    about=gettext_lazy("To everybody of a run, when an organiser has decided that it is held"),
    subject=gettext_lazy("The course will be held: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Now it is certain: the course will be held. {relation}\n\n"
        "{message}\n\n"
        "{run}\n\n"
        "{practical}\n\n"
        "{links}\n\n"
        "{questions}"
    ),
    placeholders=[*COMMON, PRACTICAL],
    sample=_sample,
)
def fill_held(context: Context) -> Filled:
    return _fill(context)


@register_text_mail(
    "enrolments.run_message",
    title=gettext_lazy("A message to a run"),
    about=gettext_lazy("What an organiser writes to all or some of a run stands in it"),
    subject="{subject}",
    body="{message}\n\n{questions}",
    placeholders=[
        Placeholder("subject", gettext_lazy("the subject the organiser wrote")),
        NAME,
        COURSE,
        MESSAGE,
        FACTS,
        LINKS,
        QUESTIONS,
    ],
    sample=lambda: _sample(
        subject=_("Your message"), message=_("Dear {navn}") + f"\n\n{_('Your message')}\n\n{{hold}}", calendar=None
    ),
)
def fill_message(context: Context) -> Filled:
    return _fill(context, subject=inline(context["subject"], own_values(context)))


@register_text_mail(
    "enrolments.run_day",
    title=gettext_lazy("One more day for the calendar"),
    about=gettext_lazy("Beside one of the mails about a run, for each further day whose calendar entry changes"),
    subject=gettext_lazy("For your calendar: {day}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "{what}\n\n"
        "{run}\n\n"
        "We send one e-mail for each day, because calendars only take one entry at a time."
    ),
    placeholders=[
        NAME,
        COURSE,
        Placeholder("day", gettext_lazy("the day's date and the course")),
        Placeholder("what", gettext_lazy("whether the entry is updated or taken out")),
        FACTS,
    ],
    sample=_sample,
)
def fill_day(context: Context) -> Filled:
    run = run_from(context["run"])
    date = date_format(run.days[0].date, "DATE_FORMAT")
    gone = context["calendar"]["method"] == CANCEL
    return _fill(
        context,
        day=_("%(date)s, %(course)s") % {"date": date, "course": run.title},
        what=_("This day goes out of your calendar:") if gone else _("This day goes into your calendar as it is now:"),
    )


# --- the decision ---------------------------------------------------------------------------


@register_text_mail(
    "enrolments.decision",
    title=gettext_lazy("The decision date of a run"),
    about=gettext_lazy("To the responsible organiser in the morning of the decision date"),
    subject=gettext_lazy("Decide today: is {course} held?"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Today you decide whether the run is held.\n\n"
        "{run}\n\n"
        "## How it stands\n"
        "{figures}\n\n"
        "## If the run is held\n"
        "{if_held}\n\n"
        "{hold}\n\n"
        "## If the run is cancelled\n"
        "{if_cancelled}\n\n"
        "{cancel}"
    ),
    placeholders=[
        NAME,
        COURSE,
        FACTS,
        Placeholder("figures", gettext_lazy("participants, minimum and break-even"), block=True, required=True),
        Placeholder("if_held", gettext_lazy("what it means to hold the run"), block=True),
        Placeholder("hold", gettext_lazy("the button to confirm the run"), block=True),
        Placeholder("if_cancelled", gettext_lazy("what it means to cancel the run"), block=True),
        Placeholder("cancel", gettext_lazy("the button to cancel the run"), block=True),
    ],
    sample=lambda: _decision_sample(),
)
def fill_decision(context: Context) -> Filled:
    run = run_from(context["run"])
    return Filled(
        values={
            "name": context["name"],
            "course": f"{run.title} · {run.label}" if run.label else run.title,
            "run": run_block(run),
            "figures": list_block(context["figures"]),
            "if_held": list_block(context["if_held"]),
            "hold": Block.button(_("Confirm the run"), admin_url("confirm_run", context["run_pk"])),
            "if_cancelled": list_block(context["if_cancelled"]),
            "cancel": Block.button(_("Cancel the run"), admin_url("cancel_run", context["run_pk"])),
        }
    )


def _decision_sample() -> Context | None:
    from enrolments.operations.run_decisions import decision_context

    run = CourseRun.objects.for_display().filter(minimum__isnull=False, days__isnull=False).order_by("-pk").first()
    return decision_context(run, name=_("the organiser")) if run else None
