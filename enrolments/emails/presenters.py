"""The brief to presenters and hosts before a day: who comes, counted, and what they expect. Never who they are."""

from collections.abc import Iterable, Mapping
from datetime import date, time
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from courses.models import CourseDay, CourseRun, Presenter, Venue
from courses.presentation import DayView
from enrolments.emails.words import call_block
from enrolments.reports.brief import Audience, audiences
from website.messaging.operations import QueuedMail, queue_mails
from website.messaging.texts import Block, Filled, Placeholder, register_text_mail

Context = dict[str, Any]

KIND = "enrolments.presenter_brief"


def queue_briefs(briefs: Iterable[tuple[CourseDay, Presenter]], known: Mapping[int, Audience]) -> None:
    """Queue the brief of a day to each of these people. `known`: who comes, by run."""
    queue_mails(
        QueuedMail(KIND, person.email, brief_context(day, known[day.run_id], person.name), f"run:{day.run_id}")
        for day, person in briefs
    )


def brief_context(day: CourseDay, audience: Audience, name: str) -> Context:
    """Return what the brief is rendered from, as JSON types."""
    run, venue = day.run, day.effective_venue
    course = run.course
    return {
        "name": name,
        "course": course.title,
        "label": run.label,
        "run_pk": run.pk,
        "date": day.date.isoformat(),
        "start": day.start_time.isoformat(),
        "end": day.end_time.isoformat(),
        "title": day.title,
        "programme": day.programme,
        "place": venue.one_line_address if venue else "",
        "directions": venue.directions if venue else "",
        "online_link": run.online_link,
        "contact_name": course.contact_name,
        "contact_email": course.contact_email,
        "contact_phone": course.contact_phone,
        "audience": audience.as_json(),
    }


def _sample() -> Context | None:
    """Return the brief of the newest day that somebody presents on, for the preview."""
    day = (
        CourseDay.objects.filter(presenters__isnull=False)
        .select_related("run__course", "run__venue", "venue")
        .order_by("-date", "-pk")
        .first()
    )
    person = day.presenters.first() if day else None
    if day is None or person is None:
        return None
    return brief_context(day, audiences([day.run_id])[day.run_id], person.name)


@register_text_mail(
    KIND,
    title=gettext_lazy("Brief to presenters"),
    about=gettext_lazy("To each presenter and host some days before their day. Participants are counted, never named."),
    subject=gettext_lazy("Your day {day}: {course}"),
    body=gettext_lazy(
        "Dear {name}\n\n"
        "Here is what you need to know before {day}.\n\n"
        "{facts}\n\n"
        "{programme}\n\n"
        "{audience}\n\n"
        "{roll_call}\n\n"
        "{call}"
    ),
    placeholders=(
        Placeholder("name", gettext_lazy("the presenter's name")),
        Placeholder("course", gettext_lazy("the course's title")),
        Placeholder("day", gettext_lazy("the day, such as “4 March 2027”")),
        Placeholder("facts", gettext_lazy("when and where the day is held"), block=True),
        Placeholder("programme", gettext_lazy("the day's programme"), block=True),
        Placeholder("audience", gettext_lazy("who comes, counted, and what they expect"), block=True, required=True),
        Placeholder("roll_call", gettext_lazy("the button to the day: brief and roll call"), block=True),
        Placeholder("call", gettext_lazy("whom to call or write to"), block=True),
    ),
    sample=_sample,
)
def fill_brief(context: Context) -> Filled:
    day = _day_from(context)
    values = {
        "day": DayView(day),
        "course": context["course"],
        "label": context["label"],
        "place": context["place"],
        "directions": context["directions"],
        "online_link": context["online_link"],
        "audience": Audience.from_json(context["audience"]),
    }
    path = reverse("enrolments:presenter_brief", args=[context["run_pk"], day.date])
    return Filled(
        values={
            "name": context["name"],
            "course": context["course"],
            "day": date_format(day.date, "DATE_FORMAT"),
            "facts": Block.from_template("enrolments/emails/_brief_facts", values),
            "programme": Block.from_template("enrolments/emails/_brief_programme", values),
            "audience": Block.from_template("enrolments/emails/_brief_audience", values),
            "roll_call": Block.button(_("See the day and take attendance"), settings.SITE_URL + path),
            "call": call_block(**{part: context[f"contact_{part}"] for part in ("name", "phone", "email")}),
        },
        reply_to=context["contact_email"],
    )


def _day_from(context: Context) -> CourseDay:
    return CourseDay(
        run=CourseRun(venue=Venue(name="")),
        date=date.fromisoformat(context["date"]),
        start_time=time.fromisoformat(context["start"]),
        end_time=time.fromisoformat(context["end"]),
        title=context["title"],
        programme=context["programme"],
    )
